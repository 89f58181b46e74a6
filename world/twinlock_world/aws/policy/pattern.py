"""Patterns of policies: `*`, `?` and `${variables}`.

A value that stands in for a variable is literal, whatever it holds. Matching takes no longer than pattern times text,
so that no policy can make the server hang.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_VARIABLE: Final = re.compile(r"\$\{\s*(?P<key>[^},]+?)\s*(?:,\s*'(?P<default>[^']*)'\s*)?\}")
_ESCAPED: Final = frozenset("*?$")
_ARN_PARTS: Final = 6


class Wild(Enum):
    """A place in a pattern that more than one text fits."""

    ONE = "?"
    MANY = "*"


Token: TypeAlias = str | Wild
Context: TypeAlias = "Mapping[str, tuple[str, ...]]"
"""What is known of a request, by condition key in lower case; several values where the key has several."""


def matches(pattern: Sequence[Token], text: str) -> bool:
    """Tell whether a whole text fits a pattern."""
    at = start = 0
    star: int | None = None
    position = 0
    while position < len(text):
        token = pattern[at] if at < len(pattern) else None
        if token is Wild.MANY:
            star, start = at, position
            at += 1
        elif token is Wild.ONE or token == text[position]:
            at += 1
            position += 1
        elif star is not None:
            at, start = star + 1, start + 1
            position = start
        else:
            return False
    return all(token is Wild.MANY for token in pattern[at:])


def like(pattern: str, text: str) -> bool:
    """Tell whether a whole text fits a pattern without variables."""
    return matches(wildcards(pattern), text)


@lru_cache(maxsize=4096)
def wildcards(pattern: str) -> tuple[Token, ...]:
    """Return the tokens of a pattern without variables."""
    return tuple(Wild(letter) if letter in {"*", "?"} else letter for letter in pattern)


def expand(pattern: str, context: Context) -> tuple[Token, ...] | None:
    """Return the tokens of a pattern with its variables filled in, or nothing where one has no single value."""
    if "${" not in pattern:
        return wildcards(pattern)
    tokens: list[Token] = []
    end = 0
    for found in _VARIABLE.finditer(pattern):
        value = _value(found, context)
        if value is None:
            return None
        tokens += [*wildcards(pattern[end : found.start()]), *value]
        end = found.end()
    return (*tokens, *wildcards(pattern[end:]))


def arn_matches(pattern: Sequence[Token], arn: str) -> bool:
    """Tell whether an ARN fits a pattern, part by part: no wildcard reaches over a colon into the next part.

    What has fewer than an ARN's six parts is compared as a whole, such as `*`.
    """
    parts = _split(pattern)
    if len(parts) < _ARN_PARTS:
        return matches(pattern, arn)
    found = arn.split(":", _ARN_PARTS - 1)
    return len(found) == _ARN_PARTS and all(matches(part, text) for part, text in zip(parts, found, strict=True))


def _split(pattern: Sequence[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for piece in pattern:
        if piece == ":" and len(parts) < _ARN_PARTS:
            parts.append([])
        else:
            parts[-1].append(piece)
    return parts


def _value(found: re.Match[str], context: Context) -> str | None:
    key: str = found["key"]
    if key in _ESCAPED:
        return key
    values = context.get(key.lower(), ())
    default: str | None = found["default"]
    return values[0] if len(values) == 1 else default
