"""An object of the graph, and the registry of what each type's fields are.

A `Thing` is what REST writes of an object, with its GraphQL type and the repository or organization it was found in.
Modules of `types` fill the registry by `fields`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from twinlock_world.graphql.context import Context
    from twinlock_world.jsonvalue import Fields, JsonObject, JsonValue


@dataclass(frozen=True, slots=True)
class Thing:
    """One object: its type, what REST writes of it, and where it was found."""

    kind: str
    body: Fields
    home: Thing | None = None

    @property
    def identifier(self) -> int:
        """Its number."""
        return self.body.number("id")

    def inner(self, name: str, kind: str) -> Thing | None:
        """Return an object that stands within this one's body; nothing for null."""
        return Thing(kind, self.body.object(name), self.home) if self.body.given(name) else None

    def place(self) -> Thing:
        """Return where it was found."""
        assert self.home is not None  # noqa: S101 - whoever makes a thing of a repository names the repository
        return self.home


Resolver: TypeAlias = "Callable[[Thing, Context, Fields], object]"
_RESOLVERS: Final[dict[tuple[str, str], Resolver]] = {}


def fields(kind: str, resolvers: Mapping[str, Resolver]) -> None:
    """Say how fields of a type are answered."""
    for name, resolver in resolvers.items():
        if (kind, name) in _RESOLVERS:
            raise ValueError(f"{kind}.{name} is answered twice")
        _RESOLVERS[kind, name] = resolver


def resolver_of(kind: str, name: str) -> Resolver | None:
    """Return how a field is answered."""
    return _RESOLVERS.get((kind, name))


def answered() -> frozenset[tuple[str, str]]:
    """Return every field that is answered, for the tests that compare it with the schema."""
    return frozenset(_RESOLVERS)


def same(*names: str) -> Mapping[str, Resolver]:
    """Answer fields that REST writes under the same name, but for the way words are joined."""
    return {name: rest(snake(name)) for name in names}


def renamed(names: Mapping[str, str]) -> Mapping[str, Resolver]:
    """Answer fields by REST's fields of other names."""
    return {name: rest(theirs) for name, theirs in names.items()}


def rest(name: str) -> Resolver:
    """Answer a field by REST's field of this name; a dotted name leads inwards."""
    path = name.split(".")

    def resolve(thing: Thing, _context: Context, _arguments: Fields) -> JsonValue:
        value: JsonValue = thing.body.raw
        for step in path:
            value = value.get(step) if isinstance(value, Mapping) else None
        return value

    return resolve


def upper(name: str) -> Resolver:
    """Answer an enumeration's field: GraphQL writes in capitals what REST writes small."""
    read = rest(name)

    def resolve(thing: Thing, context: Context, arguments: Fields) -> JsonValue:
        value = read(thing, context, arguments)
        return value.upper() if isinstance(value, str) else None

    return resolve


def always(value: JsonValue) -> Resolver:
    """Answer a field that is the same for every object of this world."""
    return lambda _thing, _context, _arguments: value


def path_of(name: str = "html_url") -> Resolver:
    """Answer a `resourcePath`: an address without its host."""
    read = rest(name)

    def resolve(thing: Thing, context: Context, arguments: Fields) -> JsonValue:
        return str(read(thing, context, arguments)).removeprefix(context.urls.html())

    return resolve


def snake(name: str) -> str:
    """Return a name as REST writes it: `nameWithOwner` as `name_with_owner`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def camel(name: str) -> str:
    """Return a name as GraphQL writes it."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def camel_keys(document: JsonObject) -> dict[str, JsonValue]:
    """Return a document with its fields' names as GraphQL writes them, all the way down."""
    return {camel(name): _camel_value(value) for name, value in document.items()}


def _camel_value(value: JsonValue) -> JsonValue:
    if isinstance(value, Mapping):
        return camel_keys(value)
    if isinstance(value, list):
        return [_camel_value(item) for item in value]
    return value
