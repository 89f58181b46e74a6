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
from typing import TYPE_CHECKING, Final, TypeAlias

from twinlock_world.actions import values
from twinlock_world.actions.functions import FUNCTIONS, STATUS_FUNCTIONS, FunctionError, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock_world.jsonvalue import JsonValue

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>[-+]?(?:0x[0-9a-fA-F]+|0o[0-7]+|\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?))(?![\w])"
    r"|(?P<text>'(?:[^']|'')*')"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_-]*)"
    r"|(?P<sign>&&|\|\||==|!=|<=|>=|[!<>()\[\].,*]))"
)
_FENCED: Final = re.compile(r"\$\{\{((?:'(?:[^']|'')*'|(?!\}\}).)*)\}\}", re.DOTALL)
_LONGEST: Final = 21_000
_DEEPEST: Final = 50
_LITERALS: Final[Mapping[str, JsonValue]] = {
    "true": True,
    "false": False,
    "null": None,
    "nan": float("nan"),
    "infinity": float("inf"),
}


class ExpressionError(Exception):
    """An expression cannot be read or evaluated."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression may see: contexts by name, and how things stand for `success()` and its kin."""

    contexts: Mapping[str, JsonValue]
    status: Status | None = None


@dataclass(frozen=True, slots=True)
class _Literal:
    value: JsonValue


@dataclass(frozen=True, slots=True)
class _Name:
    name: str


@dataclass(frozen=True, slots=True)
class _Index:
    of: _Tree
    at: _Tree | None  # nothing: every item, as `.*` asks


@dataclass(frozen=True, slots=True)
class _Call:
    name: str
    arguments: tuple[_Tree, ...]


@dataclass(frozen=True, slots=True)
class _Operation:
    sign: str
    left: _Tree
    right: _Tree


@dataclass(frozen=True, slots=True)
class _Not:
    of: _Tree


_Tree: TypeAlias = "_Literal | _Name | _Index | _Call | _Operation | _Not"


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
        tokens = _tokens(text)
    except ExpressionError:
        return text
    parts: list[str] = []
    at = 0
    while at < len(tokens):
        kind, word = tokens[at]
        after = [token for _, token in tokens[at + 1 : at + 3]]
        begins = kind == "name" and (at == 0 or tokens[at - 1][1] != ".") and after[:1] != ["("]
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


def parse(text: str) -> _Tree:
    """Return an expression's tree.

    Raises:
        ExpressionError: It is no expression.
    """
    if len(text) > _LONGEST:
        raise ExpressionError("Exceeded max expression length 21000")
    parser = _Parser(_tokens(text), text.strip())
    tree = parser.choice(0)
    parser.end()
    return tree


def contexts_of(text: str) -> frozenset[str]:
    """Return the names of the contexts that the fenced expressions of a text use.

    Raises:
        ExpressionError: One of them is no expression.
    """
    return frozenset(name for found in _FENCED.findall(text) for name in _names(parse(found)))


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


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at, end = [], 0, len(text.rstrip())
    while at < end:
        token = _TOKEN.match(text, at)
        if token is None or token.lastgroup is None:
            raise ExpressionError(f"Unexpected symbol: '{text[at:].strip()}'. Located at position {at + 1}")
        found.append((token.lastgroup, token[token.lastgroup]))
        at = token.end()
    return found


class _Parser:
    """Recursive descent, weakest operator first."""

    def __init__(self, tokens: list[tuple[str, str]], text: str) -> None:
        self._tokens = tokens
        self._text = text
        self._at = 0

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise self._unexpected()

    def choice(self, depth: int) -> _Tree:
        if depth > _DEEPEST:
            raise ExpressionError(f"Exceeded max expression depth {_DEEPEST}")
        left = self._both(depth)
        while self._take("||"):
            left = _Operation("||", left, self._both(depth))
        return left

    def _both(self, depth: int) -> _Tree:
        left = self._equality(depth)
        while self._take("&&"):
            left = _Operation("&&", left, self._equality(depth))
        return left

    def _equality(self, depth: int) -> _Tree:
        left = self._order(depth)
        while sign := self._take("==", "!="):
            left = _Operation(sign, left, self._order(depth))
        return left

    def _order(self, depth: int) -> _Tree:
        left = self._negation(depth)
        while sign := self._take("<=", ">=", "<", ">"):
            left = _Operation(sign, left, self._negation(depth))
        return left

    def _negation(self, depth: int) -> _Tree:
        count = 0
        while self._take("!"):
            count += 1
        tree = self._path(depth)
        for _ in range(min(count, 2 - count % 2)):
            tree = _Not(tree)
        return tree

    def _path(self, depth: int) -> _Tree:
        tree, length = self._atom(depth), 0
        while True:
            length += 1
            if length > _DEEPEST:
                raise ExpressionError(f"Exceeded max expression depth {_DEEPEST}")
            if self._take("."):
                tree = _Index(tree, None if self._take("*") else _Literal(self._name()))
            elif self._take("["):
                at = None if self._take("*") else self.choice(depth + 1)
                self._need("]")
                tree = _Index(tree, at)
            else:
                return tree

    def _atom(self, depth: int) -> _Tree:
        if self._take("("):
            tree = self.choice(depth + 1)
            self._need(")")
            return tree
        kind, word = self._next()
        if kind == "number":
            return _Literal(values.number_of(word))
        if kind == "text":
            return _Literal(word[1:-1].replace("''", "'"))
        if kind != "name":
            self._at -= 1
            raise self._unexpected()
        if self._take("("):
            return self._call(word, depth)
        if word.casefold() in _LITERALS:
            return _Literal(_LITERALS[word.casefold()])
        return _Name(word)

    def _call(self, word: str, depth: int) -> _Tree:
        name = word.casefold()
        function = FUNCTIONS.get(name) or STATUS_FUNCTIONS.get(name)
        if function is None:
            raise ExpressionError(f"Unrecognized function: '{word}'")
        arguments: list[_Tree] = []
        if not self._take(")"):
            arguments.append(self.choice(depth + 1))
            while self._take(","):
                arguments.append(self.choice(depth + 1))
            self._need(")")
        least, most = function.arity
        if len(arguments) < least:
            raise ExpressionError(f"Too few parameters supplied: '{word}'")
        if len(arguments) > most:
            raise ExpressionError(f"Too many parameters supplied: '{word}'")
        return _Call(name, tuple(arguments))

    def _name(self) -> str:
        kind, word = self._next()
        if kind != "name":
            self._at -= 1
            raise self._unexpected()
        return word

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise ExpressionError(f"Unexpected end of expression: '{self._text}'")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, *signs: str) -> str:
        if self._at < len(self._tokens) and self._tokens[self._at][0] == "sign" and self._tokens[self._at][1] in signs:
            self._at += 1
            return self._tokens[self._at - 1][1]
        return ""

    def _need(self, sign: str) -> None:
        if not self._take(sign):
            raise self._unexpected()

    def _unexpected(self) -> ExpressionError:
        if self._at >= len(self._tokens):
            return ExpressionError(f"Unexpected end of expression: '{self._text}'")
        return ExpressionError(f"Unexpected symbol: '{self._tokens[self._at][1]}' in '{self._text}'")


def _evaluate(tree: _Tree, scope: Scope) -> JsonValue | _Filtered:
    match tree:
        case _Literal(value):
            return value
        case _Name(name):
            return _context(name, scope)
        case _Index(of, at):
            return _item(_evaluate(of, scope), at, scope)
        case _Not(of):
            return not values.is_true(_plain(_evaluate(of, scope)))
        case _Call(name, arguments):
            given = [_plain(_evaluate(argument, scope)) for argument in arguments]
            return _apply(name, given, scope)
        case _Operation(sign, left, right):
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


def _operate(sign: str, left: _Tree, right: _Tree, scope: Scope) -> JsonValue:
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


def _item(of: JsonValue | _Filtered, at: _Tree | None, scope: Scope) -> JsonValue | _Filtered:
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


def _asks_status(tree: _Tree) -> bool:
    match tree:
        case _Call(name, arguments):
            return name in STATUS_FUNCTIONS or any(_asks_status(argument) for argument in arguments)
        case _Operation(_, left, right):
            return _asks_status(left) or _asks_status(right)
        case _Not(of):
            return _asks_status(of)
        case _Index(of, at):
            return _asks_status(of) or (at is not None and _asks_status(at))
        case _:
            return False


def _names(tree: _Tree) -> frozenset[str]:
    match tree:
        case _Name(name):
            return frozenset({name.casefold()})
        case _Call(_, arguments):
            return frozenset().union(*(_names(argument) for argument in arguments))
        case _Operation(_, left, right):
            return _names(left) | _names(right)
        case _Not(of):
            return _names(of)
        case _Index(of, at):
            return _names(of) | (frozenset() if at is None else _names(at))
        case _:
            return frozenset()
