"""Declares one group's repositories."""

from twinlock.programs.stack_config import declare

declare("repositories")
