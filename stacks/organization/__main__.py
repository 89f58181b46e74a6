"""Declares the organization and the AWS accounts' foundations."""

from twinlock.programs.stack_config import declare

declare("organization")
