"""What a provider does with one resource when the engine asks, in plain values: no message, no server.

The engine keeps the state and decides what is to happen; the handler knows how. In between stand the few rules that
keep a step honest: nothing that exists already is taken over unless its type adopts, an update begins with what is
live, and a creation that failed half-way is reported with what it left behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinlock.errors import Incomplete
from twinlock.provider import step
from twinlock.provider.port import Created
from twinlock.provider.refusal import understood
from twinlock.provider.values import has_unknown

if TYPE_CHECKING:
    from twinlock.engine.result import FieldChange
    from twinlock.provider.port import Clients, Failure, HandlerFactory, Properties


@dataclass(frozen=True, slots=True)
class Difference:
    """How a resource differs from its declaration.

    Attributes:
        fields: What differs, by path.
        replaces: The top-level properties among them that need a new resource.
    """

    fields: tuple[FieldChange, ...]
    replaces: frozenset[str]


@dataclass(frozen=True, slots=True)
class Live:
    """A resource as it is.

    Attributes:
        inputs: What a declaration of it would say.
        outputs: All that it says of itself.
    """

    inputs: Properties
    outputs: Properties


class LeftBehindError(Exception):
    """A creation failed after it had begun.

    Attributes:
        left: What exists now.
        reason: Why it failed.
    """

    def __init__(self, left: Created, reason: Incomplete) -> None:
        super().__init__(reason.what)
        self.left = left
        self.reason = reason


class Lifecycle:
    """The resources of one type, through one provider.

    Every method that reaches GitHub or AWS raises `Incomplete` when it cannot do its work.
    """

    def __init__(self, factory: HandlerFactory, clients: Clients) -> None:
        """Take the type and what its handler works through."""
        self._factory = factory
        self._handler = factory(clients)

    def check(self, inputs: Properties) -> tuple[Failure, ...]:
        """Return what is wrong with the inputs; what only an apply can tell, the apply checks."""
        return () if has_unknown(inputs) else self._handler.check(inputs)

    def diff(self, live: Properties, known: Properties, inputs: Properties, ignored: tuple[str, ...]) -> Difference:
        """Return what differs between a resource and its declaration.

        Args:
            live: Its outputs, as of the last read or apply.
            known: Its inputs, as of then.
            inputs: What is declared now.
            ignored: Property paths whose difference is left alone.
        """
        if not inputs:
            # A refresh compares with what was declared last, and of what is taken over nothing was.
            return Difference((), frozenset())
        with understood():
            found = self._handler.diff(live, step.without_unknown(inputs, known))
        differing = (*found, *step.unknown_changes(inputs, known))
        fields = step.heeded(sorted(differing, key=lambda change: change.path), ignored)
        return Difference(fields, frozenset(step.top(change.path) for change in fields) & self._factory.replaces)

    def create(self, inputs: Properties) -> Created:
        """Create it, or take it over where its type adopts.

        Raises:
            LeftBehindError: It failed, and something exists now that did not before.
        """
        with understood():
            found = self._handler.find(inputs)
            if found is not None:
                return self._adopted(found, inputs)
        try:
            with understood():
                created = self._handler.create(inputs)
        except Incomplete as reason:
            left = self._left_behind(inputs)
            if left is None:
                raise
            raise LeftBehindError(left, reason) from None
        return Created(created.id, {**inputs, **created.outputs})

    def read(self, id_: str, inputs: Properties, outputs: Properties) -> Live | None:
        """Return it as it is live, exclusively, or None where it is gone.

        Args:
            id_: What it is read by.
            inputs: Its inputs as the engine knows them; empty where it is imported.
            outputs: Its outputs likewise.
        """
        with understood():
            found = self._handler.read(id_, inputs or outputs)
        if found is None:
            return None
        # What the answer does not tell (which rulesets are declared, say) stays as it was declared.
        # Of what is taken over the state tells as outputs what a read has to know, and it is as good as declared.
        known = inputs or {name: value for name, value in outputs.items() if name != "id"}
        declared = {name: found.get(name, given) for name, given in known.items()} if inputs else {**known, **found}
        return Live(declared, {**inputs, **found})

    def update(self, id_: str, inputs: Properties) -> Properties:
        """Make it as declared, given what is live at this moment, and return its outputs."""
        with understood():
            live = self._handler.read(id_, inputs)
            if live is None:
                raise Incomplete(
                    "It is gone.", f"Nothing is live under {id_}.", "Run the same command again; it is then created."
                )
            return {**live, **inputs, **self._handler.update(id_, live, inputs)}

    def delete(self, id_: str, known: Properties) -> None:
        """Delete it, given what the engine knows of it."""
        with understood():
            self._handler.delete(id_, known)

    def _adopted(self, id_: str, inputs: Properties) -> Created:
        if not self._factory.adopts:
            raise Incomplete(
                "It exists already, and this stack did not create it.",
                f"It was found as {id_}.",
                "Rename or remove the one or the other, or import it, then run the same command again.",
            )
        live = self._handler.read(id_, inputs)
        if live is None:
            created = self._handler.create(inputs)
            return Created(created.id, {**inputs, **created.outputs})
        if not self._handler.diff(live, inputs):
            return Created(id_, {**inputs, **live})
        return Created(id_, {**live, **inputs, **self._handler.update(id_, live, inputs)})

    def _left_behind(self, inputs: Properties) -> Created | None:
        try:
            with understood():
                found = self._handler.find(inputs)
                live = None if found is None else self._handler.read(found, inputs)
        except Incomplete:
            return None
        return None if found is None or live is None else Created(found, live)
