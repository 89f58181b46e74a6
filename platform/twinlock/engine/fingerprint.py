"""Digests of what a program is made of: equal digests mean that it would declare the same again.

A digest is made of names and values, never of memory addresses or hash seeds, so that the next process agrees.
"""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def digest(*values: object) -> str:
    """Return the digest of values: texts, numbers, enums, dataclasses, mappings, sequences and sets of them.

    A field that its class keeps out of `repr` is a secret, and no part of the digest.

    Raises:
        TypeError: A value is of another kind.
    """
    return hashlib.sha256(_text([_canonical(value) for value in values]).encode()).hexdigest()


@cache
def sources(package: Path) -> str:
    """Return the digest of every module in a package's directory, by path, as of the first time this process asked."""
    found = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        content = path.read_bytes()
        found.update(f"{path.relative_to(package).as_posix()} {len(content)}\n".encode())
        found.update(content)
    return found.hexdigest()


def _canonical(value: object) -> object:
    if isinstance(value, enum.Enum):
        return [type(value).__qualname__, value.name]
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        # Their order counts: programs may declare in it.
        return {"mapping": [[_canonical(key), _canonical(held)] for key, held in value.items()]}
    if isinstance(value, AbstractSet):
        return {"set": sorted((_canonical(element) for element in value), key=_text)}
    if isinstance(value, Sequence):
        return [_canonical(element) for element in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {type(value).__qualname__: dict(_told(value))}
    raise TypeError(f"a {type(value).__name__} has no digest")


def _told(value: object) -> Iterator[tuple[str, object]]:
    for each in fields(value):  # type: ignore[arg-type]  # the caller has found a dataclass
        if each.repr:
            yield each.name, _canonical(getattr(value, each.name))


def _text(canonical: object) -> str:
    return json.dumps(canonical, sort_keys=True)
