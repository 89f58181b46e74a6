"""One run of one stack: each resource is compared with what is live and made as declared.

Intent is written down before each action, so a run that was killed anywhere is finished by the next. After the first
failure nothing more is begun: what comes later might rely on what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from twinlock.engine.result import Change, Operation
from twinlock.errors import Incomplete
from twinlock.provider.refusal import naming
from twinlock.provider.values import Properties, has_unknown
from twinlock_rehearsal.connections import PROVIDER
from twinlock_rehearsal.deletion import in_reverse, refuse_protected
from twinlock_rehearsal.plan import Plan, is_new, plan
from twinlock_rehearsal.registration import Registered
from twinlock_rehearsal.state import Pending, ResourceState, concealed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twinlock.engine.imports import Existing
    from twinlock.engine.port import Listener
    from twinlock.provider.port import Handler, HandlerFactory
    from twinlock_rehearsal.connections import Connector
    from twinlock_rehearsal.functions import Function
    from twinlock_rehearsal.registration import Registration
    from twinlock_rehearsal.state import State


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every run of an engine shares.

    Attributes:
        connections: From providers to clients.
        handlers: Handlers by resource type.
        functions: Functions of providers by token.
        outputs: Returns the outputs of another stack by its reference.
    """

    connections: Connector
    handlers: Mapping[str, HandlerFactory]
    functions: Mapping[str, Function]
    outputs: Callable[[str], Mapping[str, object] | None]


class Deployment:
    """Runs behind a program; see `registration.Deployment`.

    Attributes:
        changes: What was done so far, or would be.
    """

    def __init__(  # noqa: PLR0913 - what a run is made of
        self,
        stack: str,
        state: State,
        surroundings: Surroundings,
        listener: Listener,
        *,
        apply: bool,
        imports: Mapping[str, Existing] | None = None,
    ) -> None:
        """Prepare a run.

        Args:
            stack: `program/group`.
            state: What is known of the stack; written to by an apply alone.
            surroundings: What runs share.
            listener: Hears each change.
            apply: Whether to make live as declared, or only to say what would be done.
            imports: What may be taken over, by URN, where the program declares it and the state does not hold it.
        """
        self.changes: list[Change] = []
        self._stack = stack
        self._state = state
        self._around = surroundings
        self._listener = listener
        self._apply = apply
        self._providers: dict[str, tuple[str, Mapping[str, object]]] = {}
        self._visited: set[str] = set()
        self._imports = imports or {}
        self._failure: BaseException | None = None

    def register(self, registration: Registration) -> Registered:
        """Make one resource as declared, or say what that would take.

        Raises:
            Incomplete: It could not be done, or an earlier resource failed.
        """
        if self._failure is not None:
            raise self._failure
        try:
            return self._register(registration)
        except BaseException as failure:
            self._failure = failure
            raise

    def use(self, providers: Mapping[str, tuple[str, Mapping[str, object]]]) -> None:
        """Take the providers of a program that is not run itself: URN to type and inputs."""
        self._providers |= providers

    def invoke(self, token: str, provider: str, arguments: Mapping[str, object]) -> Mapping[str, object] | None:
        """Answer a function of a provider from what is live.

        Raises:
            Incomplete: It is unknown, or what it asks for does not exist.
        """
        if self._failure is not None:
            raise self._failure
        with naming(self._stack, "function", token, "answered"):
            function = self._around.functions.get(token)
            if function is None:
                raise _not_handled("function")
            if provider not in self._providers:
                raise _no_provider()
            found = function(self._around.connections.to(*self._providers[provider]), arguments)
            if found is None and self._apply:
                wanted = ", ".join(f"{name} {value}" for name, value in sorted(arguments.items()))
                raise Incomplete(
                    f"There is no {wanted}.", "It does not exist.", "Run `twinlock up` for the organization."
                )
            return found

    def stack_outputs(self, reference: str) -> Mapping[str, object] | None:
        """Return the outputs of another stack; unknown in a preview until it has run.

        Raises:
            Incomplete: It has not run, and this is no preview.
        """
        outputs = self._around.outputs(reference)
        if outputs is None and self._apply:
            raise Incomplete(
                f"{self._stack}: the outputs of {reference} were not read.",
                "That stack has not been applied.",
                "Run `twinlock up`, which applies stacks in their order.",
            )
        return outputs

    def delete_undeclared(self) -> None:
        """Delete what the program no longer declares, in reverse order.

        Raises:
            Incomplete: Something is protected, or could not be deleted.
        """
        gone = [resource for resource in in_reverse(self._state.resources) if resource.urn not in self._visited]
        refuse_protected(self._stack, gone)
        deleted: set[str] = set()
        for resource in gone:
            if not resource.retain:
                self._tell(resource.urn, resource.type, Operation.DELETE)
                if self._apply and resource.deleted_with not in deleted:
                    self._delete(resource)
                deleted.add(resource.urn)
            if self._apply:
                self._state.drop(resource.urn)

    def _register(self, registration: Registration) -> Registered:
        if registration.type.startswith(PROVIDER):
            self._providers[registration.urn] = (registration.type, registration.properties.values)
            return Registered(registration.name, registration.properties)
        if not registration.custom:
            return Registered(None, registration.properties)
        prior = self._state.find(registration.urn, registration.aliases)
        self._visited |= {registration.urn} | ({prior.urn} if prior else set())
        with naming(self._stack, registration.type, registration.name, "compared with what is live"):
            factory, handler = self._handler(registration.type, registration.provider)
            prior = prior or self._taken_over(registration, handler)
            planned = plan(registration, prior, factory, handler)
        if planned.operation is Operation.REPLACE and registration.protect:
            refuse_protected(self._stack, [_record(registration)])
        registered = (
            self._carry_out(registration, prior, planned, handler) if self._apply else _foreseen(registration, planned)
        )
        self._tell(registration.urn, registration.type, planned.operation, planned)
        return registered

    def _taken_over(self, registration: Registration, handler: Handler) -> ResourceState | None:
        """Return a resource that may be taken over, as if a run had left it; None where there is none, or it is gone.

        Another one that has its name by now is none: it was not there when the import was written.
        """
        existing = self._imports.get(registration.urn)
        if existing is None:
            return None
        live = handler.read(existing.id, {**existing.known, **_told(registration)})
        if live is None:
            return None
        # What a declaration does not tell before an apply is compared as it is.
        return replace(_record(registration), id=existing.id, inputs={**live, **existing.known})

    def _carry_out(
        self, registration: Registration, prior: ResourceState | None, planned: Plan, handler: Handler
    ) -> Registered:
        record = replace(_record(registration), id=planned.id)
        if has_unknown(planned.inputs):
            raise Incomplete(
                f"{self._stack}: {registration.type} {registration.name} was not applied.",
                "An input is not known, although all it depends on exists.",
                "Report this with the program that declares it.",
            )
        if planned.operation is Operation.REPLACE:
            before = replace(prior or record, id=planned.id)
            self._state.put(replace(before, pending=Pending.DELETE))
            self._delete(before)
        former = prior.urn if prior else None
        if planned.operation in {Operation.CREATE, Operation.REPLACE}:
            self._state.put(replace(record, id="", pending=Pending.CREATE), instead_of=former)
            with naming(self._stack, registration.type, registration.name, "created"):
                created = handler.create(planned.inputs)
            id_, outputs = created.id, created.outputs
        elif planned.operation is Operation.UPDATE:
            outputs_before = prior.outputs if prior else {}
            pending = Pending.CREATE if is_new(prior) else Pending.UPDATE
            self._state.put(replace(record, outputs=outputs_before, pending=pending), instead_of=former)
            with naming(self._stack, registration.type, registration.name, "updated"):
                outputs = handler.update(planned.id, planned.live, planned.inputs)
            id_ = planned.id
        else:
            id_, outputs = planned.id, planned.live
        found = Properties({**planned.inputs, **outputs}, registration.properties.secret)
        self._state.put(replace(record, id=id_, outputs=concealed(found)), instead_of=former)
        return Registered(id_, found)

    def _delete(self, resource: ResourceState) -> None:
        with naming(self._stack, resource.type, resource.name, "deleted"):
            _, handler = self._handler(resource.type, resource.provider)
            # A creation that was interrupted may have been done, or not.
            id_ = resource.id or handler.find(resource.inputs)
            if id_ is not None:
                self._state.put(replace(resource, pending=Pending.DELETE))
                handler.delete(id_, {**resource.inputs, **resource.outputs})

    def _handler(self, type_: str, provider: str) -> tuple[HandlerFactory, Handler]:
        factory = self._around.handlers.get(type_)
        if factory is None:
            raise _not_handled("resource type")
        if provider not in self._providers:
            raise _no_provider()
        return factory, factory(self._around.connections.to(*self._providers[provider]))

    def _tell(self, urn: str, type_: str, operation: Operation, planned: Plan | None = None) -> None:
        change = Change(urn, type_, urn.rpartition("::")[2], operation, planned.fields if planned else ())
        self.changes.append(change)
        self._listener(self._stack, change)


def _record(registration: Registration) -> ResourceState:
    return ResourceState(
        urn=registration.urn,
        type=registration.type,
        provider=registration.provider,
        inputs=concealed(registration.properties),
        dependencies=registration.dependencies,
        protect=registration.protect,
        retain=registration.retain,
        deleted_with=registration.deleted_with,
    )


def _told(registration: Registration) -> Mapping[str, object]:
    """Return the inputs that are known before an apply."""
    return {name: value for name, value in registration.properties.values.items() if not has_unknown(value)}


def _foreseen(registration: Registration, planned: Plan) -> Registered:
    """Return a resource as an apply would leave it; what only an apply can tell is left out, hence unknown."""
    if planned.operation in {Operation.CREATE, Operation.REPLACE}:
        return Registered(None, registration.properties)
    return Registered(planned.id, Properties({**planned.live, **planned.inputs}, registration.properties.secret))


def _not_handled(what: str) -> Incomplete:
    return Incomplete(
        f"The embedded engine does not know this {what}.",
        "It has no handler for it.",
        "Run the program with Pulumi's engine, or add a handler.",
    )


def _no_provider() -> Incomplete:
    return Incomplete(
        "It has no provider.",
        "The embedded engine takes nothing from the environment, so no default provider exists.",
        "Declare it with an explicit provider, as the other resources of the program are.",
    )
