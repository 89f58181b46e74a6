"""`observed.lock.json`: the ids first seen behind names, kept with the manifest and reviewed like it.

What is there is never changed by a command, but for what the command itself has just replaced: an id that differs is
the audit's to find, and a person's to accept by removing its line. One section per target. Another local world is
another GitHub, whose ids mean nothing to those of the last one, so its section begins anew.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from twinlock.errors import BadInput, Incomplete
from twinlock.files import write_atomically
from twinlock.model.declaration import Where
from twinlock.model.identities import KINDS, Identities

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

FILE = "observed.lock.json"
"""In the platform directory; committed."""

_BEGUN = "begun"


class ObservedLock:
    """The file, as far as it concerns one target."""

    def __init__(self, path: Path, target: Where) -> None:
        """Name the file and the target; nothing is read yet."""
        self._path = path
        self._target = target

    def known(self, live: Identities) -> Identities:
        """Return what was first seen behind names, of the GitHub that `live` was read from.

        Raises:
            BadInput: The file is damaged.
            Incomplete: It cannot be read.
        """
        known = self._sections().get(self._target.value, Identities())
        another = self._target is Where.WORLD and known.begun != live.begun
        return Identities(begun=live.begun) if another else known

    def add(self, live: Identities) -> None:
        """Write down the ids behind names that are new; ids behind known names stay as they are.

        Raises:
            BadInput: The file is damaged.
            Incomplete: It cannot be read or written.
        """
        self._write(self.known(live).with_new(live))

    def forget(self, names: Mapping[str, Collection[str]]) -> None:
        """Remove names whose things the caller has replaced or deleted, by kind.

        Raises:
            BadInput: The file is damaged.
            Incomplete: It cannot be read or written.
        """
        known = self._sections().get(self._target.value)
        if known is not None:
            self._write(known.without(names))

    def begin_anew(self) -> None:
        """Forget all that was seen of this target, because it is no more.

        Raises:
            BadInput: The file is damaged.
            Incomplete: It cannot be read or written.
        """
        if self._target.value in self._sections():
            self._write(None)

    def _write(self, known: Identities | None) -> None:
        sections = self._sections()
        before = dict(sections)
        sections.pop(self._target.value, None)
        if known is not None:
            sections[self._target.value] = known
        if sections == before:
            return
        if sections:
            document = {target: _document(section) for target, section in sections.items()}
            write_atomically(self._path, json.dumps(document, indent=2, sort_keys=True) + "\n")
        else:
            self._path.unlink(missing_ok=True)

    def _sections(self) -> dict[str, Identities]:
        try:
            raw = json.loads(self._path.read_bytes())
            return {target: _section(section) for target, section in _members(raw)}
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise Incomplete(
                f"{self._path} was not read.",
                f"The system says: {error.strerror or error}.",
                "Make the file readable, then run the same command again.",
            ) from error
        except (ValueError, RecursionError) as error:
            raise BadInput(
                f"{self._path} is damaged.",
                "It is not what twinlock writes: targets, kinds, names and their ids.",
                f"Restore it: `git checkout {FILE}`.",
            ) from error


def _document(known: Identities) -> dict[str, object]:
    ids = {kind: dict(known.of(kind)) for kind in KINDS if known.of(kind)}
    return {**ids, _BEGUN: known.begun}


def _section(raw: object) -> Identities:
    kinds = dict(_members(raw))
    begun = kinds.pop(_BEGUN, "")
    if not isinstance(begun, str) or not kinds.keys() <= set(KINDS):
        raise ValueError("a section holds kinds")
    return Identities(**{kind: _ids(found) for kind, found in kinds.items()}, begun=begun)


def _ids(raw: object) -> dict[str, int]:
    found = {name: number for name, number in _members(raw) if type(number) is int and number > 0}
    if len(found) != len(_members(raw)):
        raise ValueError("an id is a number")
    return found


def _members(raw: object) -> list[tuple[str, object]]:
    if not isinstance(raw, dict):
        raise ValueError("not an object")  # noqa: TRY004 - a file's form, told by the caller
    return list(raw.items())
