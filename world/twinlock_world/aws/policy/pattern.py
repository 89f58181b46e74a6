"""Patterns of policies: `*`, `?` and `${variables}`.

A value that stands in for a variable is literal, whatever it holds. Matching takes no longer than pattern times text,
so that no policy can make the server hang.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_VARIABLE: Final = re.compile(r"\$\{\s*(?P<key>[^},]+?)\s*(?:,\s*'(?P<default>[^']*)'\s*)?\}")
_WILD: Final = re.compile(r"([*?])")
_ESCAPED: Final = frozenset("*?$")
_ARN_PARTS: Final = 6


class Wild(Enum):
    """A place in a pattern that more than one text fits."""

    ONE = "?"
    MANY = "*"


Token: TypeAlias = str | Wild
"""A literal text, or a wildcard."""

Segment: TypeAlias = tuple[Token, ...]
"""What stands between two stars: texts of a known length."""

Context: TypeAlias = "Mapping[str, tuple[str, ...]]"
"""What is known of a request, by condition key in lower case; several values where the key has several."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern that is ready to be compared.

    Attributes:
        literal: Its text with its variables filled in, wildcards being characters like any other.
        segments: What stands between its stars.
        parts: The same of each of an ARN's six parts; nothing where it has fewer.
    """

    literal: str
    segments: tuple[Segment, ...]
    parts: tuple[tuple[Segment, ...], ...]

    @classmethod
    def of(cls, tokens: Iterable[Token]) -> Pattern:
        """Return the pattern that some tokens make."""
        whole = tuple(tokens)
        parts = _parts(whole)
        return cls(
            "".join(token.value if isinstance(token, Wild) else token for token in whole),
            _segments(whole),
            tuple(_segments(part) for part in parts) if len(parts) == _ARN_PARTS else (),
        )

    def matches(self, text: str) -> bool:
        """Tell whether a whole text fits."""
        return _matches(self.segments, text)

    def matches_arn(self, arn: str) -> bool:
        """Tell whether an ARN fits, part by part: no wildcard reaches over a colon into the next part.

        What has fewer than an ARN's six parts is compared as a whole, such as `*`.
        """
        if not self.parts:
            return _matches(self.segments, arn)
        found = arn.split(":", _ARN_PARTS - 1)
        return len(found) == _ARN_PARTS and all(map(_matches, self.parts, found))


def like(pattern: str, text: str) -> bool:
    """Tell whether a whole text fits a pattern without variables."""
    return plain(pattern).matches(text)


@lru_cache(maxsize=4096)
def plain(pattern: str) -> Pattern:
    """Return a pattern in which nothing is a variable."""
    return Pattern.of(_tokens(pattern))


def expand(pattern: str, context: Context) -> Pattern | None:
    """Return a pattern with its variables filled in, or nothing where one has no single value."""
    if "${" not in pattern:
        return plain(pattern)
    tokens: list[Token] = []
    end = 0
    for found in _VARIABLE.finditer(pattern):
        value = _value(found, context)
        if value is None:
            return None
        tokens += [*_tokens(pattern[end : found.start()]), value]
        end = found.end()
    return Pattern.of((*tokens, *_tokens(pattern[end:])))


def _tokens(text: str) -> Iterator[Token]:
    return (Wild(piece) if piece in {"*", "?"} else piece for piece in _WILD.split(text) if piece)


def _segments(tokens: Iterable[Token]) -> tuple[Segment, ...]:
    segments: list[list[Token]] = [[]]
    for token in tokens:
        if token is Wild.MANY:
            segments.append([])
        else:
            segments[-1].append(token)
    return tuple(map(tuple, segments))


def _parts(tokens: Iterable[Token]) -> list[list[Token]]:
    """Return the tokens between the colons, of which the sixth part may hold more."""
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if isinstance(token, Wild):
            parts[-1].append(token)
            continue
        first, *more = token.split(":", _ARN_PARTS - len(parts))
        parts[-1].append(first)
        parts += [[text] for text in more]
    return parts


def _matches(segments: tuple[Segment, ...], text: str) -> bool:
    """Compare the first and last segment where they must be, and those between as far left as they fit."""
    first, last = segments[0], segments[-1]
    if len(segments) == 1:
        return len(text) == _length(first) and _fits(first, text, 0)
    start, end = _length(first), len(text) - _length(last)
    if end < start or not _fits(first, text, 0) or not _fits(last, text, end):
        return False
    for segment in segments[1:-1]:
        at = _find(segment, text, start, end)
        if at < 0:
            return False
        start = at + _length(segment)
    return True


def _find(segment: Segment, text: str, start: int, end: int) -> int:
    if len(segment) == 1 and isinstance(segment[0], str):
        return text.find(segment[0], start, end)
    places = range(start, end - _length(segment) + 1)
    return next((at for at in places if _fits(segment, text, at)), -1)


def _fits(segment: Segment, text: str, at: int) -> bool:
    for token in segment:
        if isinstance(token, str) and not text.startswith(token, at):
            return False
        at += len(token) if isinstance(token, str) else 1
    return at <= len(text)


def _length(segment: Segment) -> int:
    return sum(len(token) if isinstance(token, str) else 1 for token in segment)


def _value(found: re.Match[str], context: Context) -> str | None:
    key: str = found["key"]
    if key in _ESCAPED:
        return key
    values = context.get(key.lower(), ())
    default: str | None = found["default"]
    return values[0] if len(values) == 1 else default
