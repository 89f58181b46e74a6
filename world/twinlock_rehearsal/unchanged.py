"""Whether everything is as a run left it: all that its program heard and declared is read again, live.

It reads and compares, and does nothing else. Whatever is not as it was, and whatever cannot be read, means that the
program has to be run, which then meets it and deals with it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from typing import TYPE_CHECKING

from twinlock.engine.result import Operation
from twinlock_rehearsal.connections import PROVIDER
from twinlock_rehearsal.plan import plan
from twinlock_rehearsal.registration import Registration
from twinlock_rehearsal.remembered import digest
from twinlock_rehearsal.values import Properties

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twinlock.engine.port import Stack
    from twinlock.provider.port import Clients
    from twinlock_rehearsal.deployment import Surroundings
    from twinlock_rehearsal.remembered import Answer, Declaration, Reference, Resource
    from twinlock_rehearsal.state import State

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
            self._connect(declaration)
            return self._all(list(self._questions(declaration)))
        except Exception:  # noqa: BLE001 - whatever it is, running the program meets it again, and reports it
            return False

    def _connect(self, declaration: Declaration) -> None:
        """Open the clients that will be needed, before there are threads that would open them twice."""
        used = {resource.provider for resource in self._state.resources.values()}
        used |= {answer.provider for answer in declaration.answers}
        for provider in self._stack.providers():
            type_ = f"{PROVIDER}{provider.package}"
            urn = f"urn:pulumi:{self._stack.group}::{self._stack.project}::{type_}::{provider.name}"
            if urn in used:
                self._clients[urn] = self._around.connections.to(type_, provider.inputs)

    def _questions(self, declaration: Declaration) -> Iterator[Callable[[], bool]]:
        yield from (partial(self._reads_alike, reference) for reference in declaration.references)
        yield from (partial(self._answers_alike, answer) for answer in declaration.answers)
        yield from (partial(self._is_as_declared, resource) for resource in declaration.resources)

    def _all(self, questions: list[Callable[[], bool]]) -> bool:
        pool = ThreadPoolExecutor(_AT_ONCE)
        try:
            return all(done.result() for done in as_completed([pool.submit(question) for question in questions]))
        finally:
            pool.shutdown(cancel_futures=True)

    def _reads_alike(self, reference: Reference) -> bool:
        return digest(self._around.outputs(reference.stack)) == reference.digest

    def _answers_alike(self, answer: Answer) -> bool:
        function = self._around.functions[answer.token]
        return digest(function(self._clients[answer.provider], answer.arguments)) == answer.digest

    def _is_as_declared(self, resource: Resource) -> bool:
        known = self._state.resources[resource.urn]
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
        found = plan(declared, known, factory, factory(self._clients[known.provider]))
        # What the program made other resources of is an output of this one.
        return (found.operation, found.id) == (Operation.SAME, known.id) and digest(
            {**found.inputs, **found.live}
        ) == digest(known.outputs)
