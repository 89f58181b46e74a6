"""The grammar of the expression language: from text to a tree.

Recursive descent over tokens, with bounds on length and depth, so that any text is a tree or an `ExpressionError`.
Pure; called by `expression`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from twinlock_world.actions import values
from twinlock_world.actions.functions import FUNCTIONS, STATUS_FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock_world.jsonvalue import JsonValue

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>[-+]?(?:0x[0-9a-fA-F]+|0o[0-7]+|\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?))(?![\w])"
    r"|(?P<text>'(?:[^']|'')*')"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_-]*)"
    r"|(?P<sign>&&|\|\||==|!=|<=|>=|[!<>()\[\].,*]))"
)
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
class Literal:
    """A value as it is written."""

    value: JsonValue


@dataclass(frozen=True, slots=True)
class Name:
    """A context."""

    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """A property or an item of something."""

    of: Tree
    at: Tree | None  # nothing: every item, as `.*` asks


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    name: str
    arguments: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """Two values and the sign between them."""

    sign: str
    left: Tree
    right: Tree


@dataclass(frozen=True, slots=True)
class Not:
    """A negation."""

    of: Tree


Tree: TypeAlias = "Literal | Name | Index | Call | Operation | Not"


def parse(text: str) -> Tree:
    """Return an expression's tree.

    Raises:
        ExpressionError: It is no expression.
    """
    if len(text) > _LONGEST:
        raise ExpressionError("Exceeded max expression length 21000")
    parser = _Parser(tokens(text), text.strip())
    tree = parser.choice(0)
    parser.end()
    return tree


def tokens(text: str) -> list[tuple[str, str]]:
    """Return the words of an expression with their kinds.

    Raises:
        ExpressionError: Something in it is no word.
    """
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

    def choice(self, depth: int) -> Tree:
        if depth > _DEEPEST:
            raise ExpressionError(f"Exceeded max expression depth {_DEEPEST}")
        left = self._both(depth)
        while self._take("||"):
            left = Operation("||", left, self._both(depth))
        return left

    def _both(self, depth: int) -> Tree:
        left = self._equality(depth)
        while self._take("&&"):
            left = Operation("&&", left, self._equality(depth))
        return left

    def _equality(self, depth: int) -> Tree:
        left = self._order(depth)
        while sign := self._take("==", "!="):
            left = Operation(sign, left, self._order(depth))
        return left

    def _order(self, depth: int) -> Tree:
        left = self._negation(depth)
        while sign := self._take("<=", ">=", "<", ">"):
            left = Operation(sign, left, self._negation(depth))
        return left

    def _negation(self, depth: int) -> Tree:
        count = 0
        while self._take("!"):
            count += 1
        tree = self._path(depth)
        for _ in range(min(count, 2 - count % 2)):
            tree = Not(tree)
        return tree

    def _path(self, depth: int) -> Tree:
        tree, length = self._atom(depth), 0
        while True:
            length += 1
            if length > _DEEPEST:
                raise ExpressionError(f"Exceeded max expression depth {_DEEPEST}")
            if self._take("."):
                tree = Index(tree, None if self._take("*") else Literal(self._name()))
            elif self._take("["):
                at = None if self._take("*") else self.choice(depth + 1)
                self._need("]")
                tree = Index(tree, at)
            else:
                return tree

    def _atom(self, depth: int) -> Tree:
        if self._take("("):
            tree = self.choice(depth + 1)
            self._need(")")
            return tree
        kind, word = self._next()
        if kind == "number":
            return Literal(values.number_of(word))
        if kind == "text":
            return Literal(word[1:-1].replace("''", "'"))
        if kind != "name":
            self._at -= 1
            raise self._unexpected()
        if self._take("("):
            return self._call(word, depth)
        if word.casefold() in _LITERALS:
            return Literal(_LITERALS[word.casefold()])
        return Name(word)

    def _call(self, word: str, depth: int) -> Tree:
        name = word.casefold()
        function = FUNCTIONS.get(name) or STATUS_FUNCTIONS.get(name)
        if function is None:
            raise ExpressionError(f"Unrecognized function: '{word}'")
        arguments: list[Tree] = []
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
        return Call(name, tuple(arguments))

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
