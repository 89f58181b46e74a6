"""Declares the protections of one group's repositories, and its roles."""

from twinlock.programs.stack_config import declare

declare("protections")
