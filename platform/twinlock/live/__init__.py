"""Readers of what GitHub and AWS report, behind ports."""
