"""GitHub's expression language: `${{ github.ref == 'refs/heads/main' && !cancelled() }}`.

Lexed, parsed and evaluated here because act sees only one job at a time: what decides *whether* a job runs, with which
matrix, in which environment and under which name is the orchestrator's to evaluate. Semantics as documented in
https://docs.github.com/en/actions/reference/workflows-and-actions/expressions: loose equality, text compared without
regard to case, a missing property is null. Pure.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock_world.actions import values
from twinlock_world.actions.functions import FUNCTIONS, STATUS_FUNCTIONS, FunctionError, Status
from twinlock_world.actions.syntax import (
    Call,
    ExpressionError,
    Index,
    Literal,
    Name,
    Not,
    Operation,
    parse,
    tokens,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock_world.actions.syntax import Tree
    from twinlock_world.jsonvalue import JsonValue

__all__ = [
    "ExpressionError",
    "Scope",
    "evaluate",
    "holds",
    "interpolate",
    "interpolate_all",
    "parse_condition",
    "rewrite",
    "rewrite_bare",
]

_FENCED: Final = re.compile(r"\$\{\{((?:'(?:[^']|'')*'|(?!\}\}).)*)\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression may see: contexts by name, and how things stand for `success()` and its kin."""

    contexts: Mapping[str, JsonValue]
    status: Status | None = None


@dataclass(frozen=True, slots=True)
class _Filtered:
    """What `.*` selects; a further property applies to each item."""

    items: tuple[JsonValue, ...]


def evaluate(text: str, scope: Scope) -> JsonValue:
    """Return the value of an expression without its fence.

    Raises:
        ExpressionError: It is none, or names what isn't there to name.
    """
    return _plain(_evaluate(parse(text), scope))


def interpolate(text: str, scope: Scope) -> JsonValue:
    """Return a text with its fenced expressions replaced; one that is nothing but an expression keeps its type.

    Raises:
        ExpressionError: An expression in it fails.
    """
    whole = _FENCED.fullmatch(text.strip())
    if whole is not None:
        return evaluate(whole[1], scope)
    return _FENCED.sub(lambda found: values.as_text(evaluate(found[1], scope)), text)


def interpolate_all(value: JsonValue, scope: Scope) -> JsonValue:
    """Return a document with the expressions in all of its texts replaced.

    Raises:
        ExpressionError: One of them fails.
    """
    if isinstance(value, str):
        return interpolate(value, scope)
    if values.is_object(value):
        return {
            values.as_text(interpolate(name, scope)): interpolate_all(item, scope)
            for name, item in values.as_object(value).items()
        }
    if values.is_array(value):
        return [interpolate_all(item, scope) for item in values.as_array(value)]
    return value


def holds(condition: str, scope: Scope) -> bool:
    """Tell whether a condition (`if:`) holds; one that asks for no status implies `success()`.

    Raises:
        ExpressionError: It cannot be evaluated.
    """
    whole = _FENCED.fullmatch(condition.strip())
    text = whole[1] if whole is not None else condition
    if whole is None and "${{" in condition:
        return values.is_true(interpolate(condition, scope)) and _succeeded(scope)  # text around a fence is always true
    if not text.strip():
        return _succeeded(scope)
    tree = parse(text)
    if not _asks_status(tree) and not _succeeded(scope):
        return False
    return values.is_true(_plain(_evaluate(tree, scope)))


def rewrite(text: str, contexts: Mapping[str, JsonValue], names: Mapping[str, Mapping[str, str]]) -> str:
    """Return a text whose fenced expressions carry the values of these contexts in themselves.

    For whoever evaluates the rest later and knows those contexts less well. `contexts` are replaced whole, of `names`
    single properties. A text that isn't an expression as it stands is left alone.
    """
    return _FENCED.sub(lambda found: "${{ " + rewrite_bare(found[1].strip(), contexts, names) + " }}", text)


def rewrite_bare(text: str, contexts: Mapping[str, JsonValue], names: Mapping[str, Mapping[str, str]]) -> str:
    """Return an expression without its fence, rewritten so."""
    try:
        words = tokens(text)
    except ExpressionError:
        return text
    parts: list[str] = []
    at = 0
    while at < len(words):
        kind, word = words[at]
        after = [token for _, token in words[at + 1 : at + 3]]
        begins = kind == "name" and (at == 0 or words[at - 1][1] != ".") and after[:1] != ["("]
        known = names.get(word.casefold(), {}) if begins and after[:1] == ["."] else {}
        if begins and word.casefold() in contexts:
            parts.append(f"fromJSON({_quoted(json.dumps(contexts[word.casefold()]))})")
        elif len(after) > 1 and after[1] in known:
            parts.append(_quoted(known[after[1]]))
            at += 2
        else:
            parts.append(word)
        at += 1
    return _joined(parts)


def parse_condition(condition: str) -> None:
    """Refuse a condition (`if:`) that is none.

    Raises:
        ExpressionError: It is no expression.
    """
    for text in _FENCED.findall(condition) if "${{" in condition else [condition]:
        if text.strip():
            parse(text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _joined(parts: list[str]) -> str:
    """Words need a space between them, a property none before it."""
    text = ""
    for part in parts:
        glued = not text or part in {".", "[", "]", "(", ")", ","} or text[-1] in ".[(!"
        text += part if glued else f" {part}"
    return text


def _succeeded(scope: Scope) -> bool:
    return scope.status is None or scope.status.success


def _evaluate(tree: Tree, scope: Scope) -> JsonValue | _Filtered:
    match tree:
        case Literal(value):
            return value
        case Name(name):
            return _context(name, scope)
        case Index(of, at):
            return _item(_evaluate(of, scope), at, scope)
        case Not(of):
            return not values.is_true(_plain(_evaluate(of, scope)))
        case Call(name, arguments):
            given = [_plain(_evaluate(argument, scope)) for argument in arguments]
            return _apply(name, given, scope)
        case Operation(sign, left, right):
            return _operate(sign, left, right, scope)


def _apply(name: str, given: list[JsonValue], scope: Scope) -> JsonValue:
    try:
        if name in STATUS_FUNCTIONS:
            if scope.status is None:
                raise ExpressionError(f"Unrecognized function: '{name}'")
            return STATUS_FUNCTIONS[name].run(scope.status)
        return FUNCTIONS[name].run(given)
    except FunctionError as error:
        raise ExpressionError(str(error)) from error


def _operate(sign: str, left: Tree, right: Tree, scope: Scope) -> JsonValue:
    first = _plain(_evaluate(left, scope))
    if sign == "&&":
        return _plain(_evaluate(right, scope)) if values.is_true(first) else first
    if sign == "||":
        return first if values.is_true(first) else _plain(_evaluate(right, scope))
    second = _plain(_evaluate(right, scope))
    if sign in {"==", "!="}:
        return values.equal(first, second) is (sign == "==")
    return values.ordered(sign, first, second)


def _context(name: str, scope: Scope) -> JsonValue:
    for known, value in scope.contexts.items():
        if known.casefold() == name.casefold():
            return value
    raise ExpressionError(f"Unrecognized named-value: '{name}'")


def _item(of: JsonValue | _Filtered, at: Tree | None, scope: Scope) -> JsonValue | _Filtered:
    if isinstance(of, _Filtered):
        found = [_item(item, at, scope) for item in of.items]
        flat = (part for item in found for part in (item.items if isinstance(item, _Filtered) else (item,)))
        return _Filtered(tuple(item for item in flat if item is not None))
    if at is None:
        if values.is_object(of):
            return _Filtered(tuple(values.as_object(of).values()))
        return _Filtered(tuple(values.as_array(of)) if values.is_array(of) else ())
    return values.item(of, _plain(_evaluate(at, scope)))


def _plain(value: JsonValue | _Filtered) -> JsonValue:
    return list(value.items) if isinstance(value, _Filtered) else value


def _asks_status(tree: Tree) -> bool:
    match tree:
        case Call(name, arguments):
            return name in STATUS_FUNCTIONS or any(_asks_status(argument) for argument in arguments)
        case Operation(_, left, right):
            return _asks_status(left) or _asks_status(right)
        case Not(of):
            return _asks_status(of)
        case Index(of, at):
            return _asks_status(of) or (at is not None and _asks_status(at))
        case _:
            return False
