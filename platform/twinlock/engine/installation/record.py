"""`engine.json`: what was installed, from where, and what it must still be when it is used."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "engine.json"


@dataclass(frozen=True, slots=True)
class Executable:
    """One executable as it was when it was verified.

    Attributes:
        size: Its bytes.
        sha256: Their digest.
    """

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Record:
    """One installation.

    Attributes:
        version: Pulumi's version.
        way: Where it came from: `path`, `download` or `source`.
        executables: By name.
    """

    version: str
    way: str
    executables: Mapping[str, Executable]


def encode(record: Record) -> str:
    """Return a record as it is written."""
    executables = {name: {"size": each.size, "sha256": each.sha256} for name, each in record.executables.items()}
    document = {"version": record.version, "from": record.way, "executables": executables}
    return f"{json.dumps(document, indent=2, sort_keys=True)}\n"


def parse(content: bytes) -> Record | None:
    """Return what a file records, or None where it is no record."""
    try:
        raw = json.loads(content)
    except (ValueError, RecursionError):
        return None
    match raw:
        case {"version": str(version), "from": str(way), "executables": {**listed}}:
            executables = {str(name): found for name, entry in listed.items() if (found := _executable(entry))}
            return Record(version, way, executables) if len(executables) == len(listed) else None
    return None


def _executable(raw: object) -> Executable | None:
    match raw:
        case {"size": int(size), "sha256": str(digest)}:
            return Executable(size, digest)
    return None
