"""Durations as people write them: `90m`, `2h`, `1d`."""

from __future__ import annotations

import re

FORM = r"^[1-9][0-9]{0,4}[mhd]$"
SHORTEST = 15 * 60
LONGEST = 24 * 60 * 60
_SECONDS = {"m": 60, "h": 60 * 60, "d": 24 * 60 * 60}


def seconds(text: str) -> int | None:
    """Return a duration in seconds, or None where the text is none."""
    if not re.fullmatch(FORM, text, re.ASCII):
        return None
    return int(text[:-1]) * _SECONDS[text[-1]]
