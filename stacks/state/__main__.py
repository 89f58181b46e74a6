"""Declares the bucket and the key of Pulumi's own state."""

from twinlock.programs.stack_config import declare

declare("state")
