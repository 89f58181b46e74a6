"""Declares the environment of one integration run."""

from twinlock.programs.stack_config import declare

declare("integration")
