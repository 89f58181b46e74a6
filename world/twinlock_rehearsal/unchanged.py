"""Whether everything is as a run left it: all that its program heard and declared is read again, live.

It reads and compares, and does nothing else. Whatever is not as it was, and whatever cannot be read, means that the
program has to be run, which then meets it and deals with it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import cached_property, partial
from typing import TYPE_CHECKING

from twinlock.engine.result import Operation
from twinlock.provider import step
from twinlock.provider.values import Properties
from twinlock_rehearsal.connections import PROVIDER
from twinlock_rehearsal.plan import plan
from twinlock_rehearsal.registration import Registration
from twinlock_rehearsal.remembered import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from twinlock.engine.port import Stack
    from twinlock.provider.port import Clients
    from twinlock_rehearsal.deployment import Surroundings
    from twinlock_rehearsal.remembered import Answer, Declaration, Reference, Resource
    from twinlock_rehearsal.state import ResourceState, State

_AT_ONCE = 8
"""Reads that are on their way together."""


class Comparison:
    """Compares what is live with what a run declared and left behind."""

    def __init__(self, stack: Stack, state: State, surroundings: Surroundings) -> None:
        """Prepare to compare; nothing is read yet.

        Args:
            stack: The stack, whose program is not run.
            state: What is known of it.
            surroundings: What runs share.
        """
        self._stack = stack
        self._state = state
        self._around = surroundings
        self._clients: dict[str, Clients] = {}

    def holds(self, declaration: Declaration) -> bool:
        """Return whether the same program would hear and declare the same, and find it all done."""
        if declaration.state != self._state.digest:
            return False
        if sorted(resource.urn for resource in declaration.resources) != sorted(self._state.resources):
            return False
        try:
            return self._all(self._questions(declaration))
        except Exception:  # noqa: BLE001 - whatever it is, running the program meets it again, and reports it
            return False

    def _questions(self, declaration: Declaration) -> Iterator[Callable[[], bool]]:
        """Yield what is to be asked; a client is opened before the first question to it, and never by two threads."""
        for reference in declaration.references:
            yield partial(self._reads_alike, reference)
        for answer in declaration.answers:
            yield partial(self._answers_alike, answer, self._client(answer.provider))
        for resource in declaration.resources:
            known = self._state.resources[resource.urn]
            yield partial(self._is_as_declared, resource, known, self._client(known.provider))

    def _client(self, urn: str) -> Clients:
        if urn not in self._clients:
            type_, inputs = self._providers[urn]
            self._clients[urn] = self._around.connections.to(type_, inputs)
        return self._clients[urn]

    @cached_property
    def _providers(self) -> Mapping[str, tuple[str, Mapping[str, object]]]:
        place = f"urn:pulumi:{self._stack.group}::{self._stack.project}"
        found = [(f"{PROVIDER}{each.package}", each) for each in self._stack.providers()]
        return {f"{place}::{type_}::{each.name}": (type_, each.inputs) for type_, each in found}

    def _all(self, questions: Iterator[Callable[[], bool]]) -> bool:
        pool = ThreadPoolExecutor(_AT_ONCE)
        try:
            # The first are answered while clients for later ones are still being opened.
            return all(done.result() for done in as_completed([pool.submit(question) for question in questions]))
        finally:
            pool.shutdown(cancel_futures=True)

    def _reads_alike(self, reference: Reference) -> bool:
        return digest(self._around.outputs(reference.stack)) == reference.digest

    def _answers_alike(self, answer: Answer, clients: Clients) -> bool:
        function = self._around.functions[answer.token]
        return digest(function(clients, answer.arguments)) == answer.digest

    def _is_as_declared(self, resource: Resource, known: ResourceState, clients: Clients) -> bool:
        if known.pending is not None:
            return False
        declared = Registration(
            urn=known.urn,
            type=known.type,
            name=known.name,
            custom=True,
            provider=known.provider,
            properties=Properties(known.inputs),
            ignore_changes=resource.ignore_changes,
        )
        factory = self._around.handlers[known.type]
        found = plan(declared, known, factory, factory(clients))
        if (found.operation, found.id) != (Operation.SAME, known.id):
            return False
        # What the program made other resources, and its outputs, of.
        now, before = (step.added(told, known.inputs, resource.ignore_changes) for told in (found.live, known.outputs))
        return digest(now) == digest(before)
