"""Declare a stack without any world: everything is to be created, and nothing is asked of anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.engine.result import Change, Operation
from twinlock_rehearsal.connections import PROVIDER
from twinlock_rehearsal.registration import Registered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.engine.port import Listener
    from twinlock_rehearsal.registration import Registration


class Declaration:
    """Collects what a program declares; see `registration.Deployment`.

    Attributes:
        changes: A creation for each resource.
        providers: The declared providers: URN to type and inputs.
    """

    def __init__(self, stack: str, listener: Listener) -> None:
        self.changes: list[Change] = []
        self.providers: dict[str, tuple[str, Mapping[str, object]]] = {}
        self._stack = stack
        self._listener = listener

    def register(self, registration: Registration) -> Registered:
        """Take note of a resource; its inputs are known, all else is not."""
        if registration.type.startswith(PROVIDER):
            self.providers[registration.urn] = (registration.type, registration.properties.values)
            return Registered(registration.name, registration.properties)
        if registration.custom:
            change = Change(registration.urn, registration.type, registration.name, Operation.CREATE)
            self.changes.append(change)
            self._listener(self._stack, change)
        return Registered(None, registration.properties)

    def invoke(self, token: str, provider: str, arguments: Mapping[str, object]) -> None:
        """Know no answer."""
        del token, provider, arguments

    def stack_outputs(self, reference: str) -> None:
        """Know no outputs."""
        del reference
