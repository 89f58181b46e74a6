"""What a program declared last, and what it had heard by then: enough to tell that it would declare the same again.

A program is a pure function of what it is made of (the stack's fingerprint) and of the answers that it gets: from
functions, from other stacks, and from its own resources. While all of these are the same, running it is of no use.

The declaration is kept in a file beside the state, which may be deleted at any time. Inputs are not repeated in it:
they are in the state, and the declaration counts only beside the very state that its run left behind.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from twinlock_rehearsal.connections import PROVIDER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock_rehearsal.registration import Deployment, Registered, Registration

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource that the program declared, beside what the state says of it.

    Attributes:
        urn: Pulumi's name for it.
        ignore_changes: Property paths whose difference is left alone.
    """

    urn: str
    ignore_changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a function of a provider answered.

    Attributes:
        token: The function.
        provider: URN of the provider that was asked.
        arguments: What it was asked with.
        digest: The answer's digest.
    """

    token: str
    provider: str
    arguments: Mapping[str, object]
    digest: str


@dataclass(frozen=True, slots=True)
class Reference:
    """What another stack had to say.

    Attributes:
        stack: The other stack, as programs name it.
        digest: Its outputs' digest.
    """

    stack: str
    digest: str


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a program declared in a run that came to its end.

    Attributes:
        fingerprint: What the program was made of.
        state: Digest of the state that the run left behind.
        resources: Its resources, in its order.
        answers: The functions that it called.
        references: The stacks whose outputs it read.
    """

    fingerprint: str
    state: str
    resources: tuple[Resource, ...]
    answers: tuple[Answer, ...]
    references: tuple[Reference, ...]


class Recorder:
    """Takes note of what a program declares and hears; see `registration.Deployment`."""

    def __init__(self, deployment: Deployment) -> None:
        """Stand between a program and the deployment behind it."""
        self._deployment = deployment
        self._resources: list[Resource] = []
        self._answers: list[Answer] = []
        self._references: list[Reference] = []
        self._secretive = False

    def register(self, registration: Registration) -> Registered:
        """Let a resource be registered."""
        if registration.custom and not registration.type.startswith(PROVIDER):
            self._resources.append(Resource(registration.urn, registration.ignore_changes))
            self._secretive |= bool(registration.properties.secret)
        return self._deployment.register(registration)

    def invoke(self, token: str, provider: str, arguments: Mapping[str, object]) -> Mapping[str, object] | None:
        """Let a function be answered."""
        found = self._deployment.invoke(token, provider, arguments)
        self._answers.append(Answer(token, provider, arguments, digest(found)))
        return found

    def stack_outputs(self, reference: str) -> Mapping[str, object] | None:
        """Let another stack be read."""
        found = self._deployment.stack_outputs(reference)
        self._references.append(Reference(reference, digest(found)))
        return found

    def declaration(self, fingerprint: str, state: str) -> Declaration | None:
        """Return what was declared; None where a secret is among it, for the state holds that by its digest alone."""
        if self._secretive:
            return None
        return Declaration(fingerprint, state, tuple(self._resources), tuple(self._answers), tuple(self._references))


def digest(answer: object) -> str:
    """Return the digest of a JSON value, the order of its keys aside."""
    return hashlib.sha256(json.dumps(answer, sort_keys=True).encode()).hexdigest()


def encode(declaration: Declaration) -> str:
    """Return a declaration as the text of its file."""
    return json.dumps({"version": _VERSION, **asdict(declaration)}, indent=1, sort_keys=True) + "\n"


def parse(text: str) -> Declaration | None:
    """Return the declaration in a file's text; None where it is damaged, or of another version."""
    try:
        match json.loads(text):
            case {
                "version": version,
                "fingerprint": str(fingerprint),
                "state": str(state),
                "resources": [*resources],
                "answers": [*answers],
                "references": [*references],
            } if version == _VERSION:
                return Declaration(
                    fingerprint,
                    state,
                    tuple(_resource(raw) for raw in resources),
                    tuple(_answer(raw) for raw in answers),
                    tuple(_reference(raw) for raw in references),
                )
    except (ValueError, RecursionError):
        pass
    return None


def _resource(raw: object) -> Resource:
    match raw:
        case {"urn": str(urn), "ignore_changes": [*paths]} if all(isinstance(path, str) for path in paths):
            return Resource(urn, tuple(paths))
    raise ValueError("resource")


def _answer(raw: object) -> Answer:
    match raw:
        case {"token": str(token), "provider": str(provider), "arguments": {**arguments}, "digest": str(found)}:
            return Answer(token, provider, {str(name): value for name, value in arguments.items()}, found)
    raise ValueError("answer")


def _reference(raw: object) -> Reference:
    match raw:
        case {"stack": str(stack), "digest": str(found)}:
            return Reference(stack, found)
    raise ValueError("reference")
