"""What is to be done with one declared resource, judged by what is live.

Pure: the engine reads and writes, this decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.engine.result import FieldChange, Operation
from twinlock.provider.values import UNKNOWN, has_unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SECRET = "[secret]"  # noqa: S105 - what people read in place of one


def operation_for(changes: Iterable[FieldChange], replaces: frozenset[str]) -> Operation:
    """Return what a resource that exists needs, given what differs."""
    tops = {top(change.path) for change in changes}
    if tops & replaces:
        return Operation.REPLACE
    return Operation.UPDATE if tops else Operation.SAME


def heeded(changes: Iterable[FieldChange], ignored: tuple[str, ...]) -> tuple[FieldChange, ...]:
    """Return the changes that the program does not ignore."""
    return tuple(change for change in changes if not any(_covers(path, change.path) for path in ignored))


def concealed(changes: Iterable[FieldChange], secret: frozenset[str]) -> tuple[FieldChange, ...]:
    """Return the changes with every secret replaced by a mark."""
    return tuple(
        FieldChange(change.path, SECRET, SECRET) if top(change.path) in secret else change for change in changes
    )


def without_unknown(inputs: Mapping[str, object], known: Mapping[str, object]) -> dict[str, object]:
    """Return inputs in which what only an apply can tell is as it was last, or left out."""
    return {
        name: known[name] if has_unknown(value) else value
        for name, value in inputs.items()
        if not has_unknown(value) or name in known
    }


def unknown_changes(inputs: Mapping[str, object], known: Mapping[str, object]) -> tuple[FieldChange, ...]:
    """Return a change for each input that only an apply can tell."""
    return tuple(
        FieldChange(name, str(known.get(name, "")), repr(UNKNOWN))
        for name, value in inputs.items()
        if has_unknown(value)
    )


def effective(inputs: Mapping[str, object], live: Mapping[str, object], ignored: tuple[str, ...]) -> dict[str, object]:
    """Return what to update to: the inputs, with what the program ignores left as it is live."""
    return {
        name: _merged(value, live.get(name), [path for path in ignored if _covers(name, path) or _covers(path, name)])
        for name, value in inputs.items()
    }


def added(outputs: Mapping[str, object], inputs: Mapping[str, object], ignored: tuple[str, ...]) -> dict[str, object]:
    """Return what a resource says of itself beyond what was declared: ids and names that GitHub or AWS gave it.

    What was declared comes back in the spelling of whoever answers, and is compared as an input. What is ignored is of
    no interest by the program's own word, and an absent property is the same as an empty one.
    """
    return {
        name: value
        for name, value in outputs.items()
        if name not in inputs and value not in (None, "", [], {}) and not any(_covers(path, name) for path in ignored)
    }


def _merged(declared: object, live: object, ignored: list[str]) -> object:
    if not ignored:
        return declared
    inner = [path.partition(".")[2] for path in ignored]
    if not all(inner) or not isinstance(declared, dict) or not isinstance(live, dict):
        return declared if live is None else live
    return {
        name: _merged(value, live.get(name), [path for path in inner if _covers(name, path) or _covers(path, name)])
        for name, value in declared.items()
    }


def top(path: str) -> str:
    """Return the top-level property that a path lies in."""
    return path.partition(".")[0].partition("[")[0]


def _covers(path: str, inner: str) -> bool:
    """Return whether a property path names another or something around it; `*` names everything."""
    return path in {"*", inner} or inner.startswith((f"{path}.", f"{path}["))
