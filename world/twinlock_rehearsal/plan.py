"""Compare one declared resource with what is live: what there is, what differs, what is to be done.

Reads and decides; changes nothing. Preview and apply begin with the same plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinlock.engine.result import FieldChange, Operation
from twinlock.errors import Incomplete
from twinlock.provider import step
from twinlock.provider.values import has_unknown
from twinlock_rehearsal.state import Pending

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.provider.port import Handler, HandlerFactory
    from twinlock_rehearsal.registration import Registration
    from twinlock_rehearsal.state import ResourceState


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done with one resource.

    Attributes:
        operation: What is to be done.
        id: The id it is known by; empty where it does not exist.
        live: What it is; empty where it does not exist.
        inputs: What it is to become: as declared, with what the program ignores left as it is.
        fields: What differs.
    """

    operation: Operation
    id: str
    live: Mapping[str, object]
    inputs: Mapping[str, object]
    fields: tuple[FieldChange, ...] = ()


def plan(registration: Registration, prior: ResourceState | None, factory: HandlerFactory, handler: Handler) -> Plan:
    """Return what is to be done with a resource.

    Args:
        registration: What the program declares.
        prior: What the state knows of it.
        factory: The handler's type.
        handler: Reads what is live.

    Raises:
        Incomplete: An input is wrong, something of that name exists that is not this stack's, or nothing could be read.
    """
    declared = registration.properties.values
    known = {} if prior is None else prior.inputs
    inputs = step.without_unknown(declared, known)
    if has_unknown(declared):
        if prior is None or not prior.id:
            return Plan(Operation.CREATE, "", {}, declared)
    else:
        _check(handler, inputs)
    id_, live = _live(prior, factory, handler, inputs)
    if live is None:
        return Plan(Operation.CREATE, "", {}, declared)
    _same_one(prior, factory, live)
    ignored = () if is_new(prior) else registration.ignore_changes
    differing = (*handler.diff(live, inputs), *step.unknown_changes(declared, known))
    fields = step.heeded(sorted(differing, key=lambda change: change.path), ignored)
    return Plan(
        operation=step.operation_for(fields, factory.replaces),
        id=id_,
        live=live,
        inputs=step.effective(declared, live, ignored),
        fields=step.concealed(fields, registration.properties.secret),
    )


def is_new(prior: ResourceState | None) -> bool:
    """Return whether a resource was never seen to be as declared.

    It is then made so as a whole; what the program ignores is ignored from then on.
    """
    return prior is None or prior.pending is Pending.CREATE


def _check(handler: Handler, inputs: Mapping[str, object]) -> None:
    failures = handler.check(inputs)
    if failures:
        raise Incomplete(
            "The inputs are not right.",
            f"{'; '.join(f'{failure.path} {failure.reason}' for failure in failures)}.",
            "Correct the program that declares it.",
        )


def _live(
    prior: ResourceState | None, factory: HandlerFactory, handler: Handler, inputs: Mapping[str, object]
) -> tuple[str, Mapping[str, object] | None]:
    if prior is not None and prior.id:
        live = handler.read(prior.id, inputs)
        if live is not None:
            return prior.id, live
    found = handler.find(inputs)
    if found is None:
        return "", None
    # A resource of the state that is gone, while another bears its name, is bound to that one and corrected.
    if prior is None and not factory.adopts:
        raise Incomplete(
            "It exists already, and this stack did not create it.",
            f"It was found as {found}.",
            "Rename or remove the one or the other, then run the same command again.",
        )
    return found, handler.read(found, inputs)


def _same_one(prior: ResourceState | None, factory: HandlerFactory, live: Mapping[str, object]) -> None:
    """Refuse to go on with something else that took a name, where the type says how to tell."""
    identity: str | None = getattr(factory, "identity", None)
    if identity is None or prior is None:
        return
    before, now = prior.outputs.get(identity), live.get(identity)
    if before is not None and before != now:
        raise Incomplete(
            "Another one has taken its name.",
            f"Its {identity} was {before} and is {now}.",
            "Find out who replaced it. Rename or remove what stands there, then run the same command again.",
        )
