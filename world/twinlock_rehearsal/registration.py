"""What a program declares, one resource at a time, and the port through which it is told the results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.provider.values import Properties


@dataclass(frozen=True, slots=True)
class Registration:
    """One resource as the program declares it, with its options.

    Attributes:
        urn: Pulumi's name for it.
        type: Resource type token.
        name: Its logical name.
        custom: Whether a provider manages it; a component only groups others.
        provider: URN of its explicit provider, empty where it has none.
        properties: Its inputs.
        dependencies: URNs of what must exist before it.
        protect: Whether deleting it is refused.
        retain: Whether it is left alone when it is no longer declared.
        deleted_with: URN of the resource whose deletion deletes it too, empty where there is none.
        ignore_changes: Property paths whose difference is left alone once it exists.
        aliases: URNs that it had before.
    """

    urn: str
    type: str
    name: str
    custom: bool
    provider: str
    properties: Properties
    dependencies: tuple[str, ...] = ()
    protect: bool = False
    retain: bool = False
    deleted_with: str = ""
    ignore_changes: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of a resource.

    Attributes:
        id: Its id; None where only an apply can give it.
        properties: Its outputs.
    """

    id: str | None
    properties: Properties


class Deployment(Protocol):
    """What runs behind a program."""

    def register(self, registration: Registration) -> Registered:
        """Take a resource, which comes after all it depends on."""

    def invoke(self, token: str, provider: str, arguments: Mapping[str, object]) -> Mapping[str, object] | None:
        """Answer a function of a provider; None where only an apply can tell."""

    def stack_outputs(self, reference: str) -> Mapping[str, object] | None:
        """Return the outputs of another stack; None where only an apply can tell."""
