"""The port between an engine and what it manages: one handler per resource type.

An engine decides *when* something is created, changed or deleted; a handler knows *how*. twinlock's own resource types
are handled in `provider.handlers`; the embedded engine has handlers of the same port for the official types, so that
one dispatch serves both, in-process or over Pulumi's provider protocol.

Properties are plain JSON values under Pulumi's camelCase names, whole numbers as `int` (Pulumi's wire has floats only).
A handler is never given an unknown or a wrapped secret: the engine unwraps before it calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from twinlock.aws.session import AwsServices, Iam
    from twinlock.engine.result import FieldChange
    from twinlock.github.client import GitHubClient

Properties: TypeAlias = Mapping[str, object]
"""Inputs or outputs of a resource."""


@dataclass(frozen=True, slots=True)
class Clients:
    """What a handler reaches the outside through; built from the inputs of the resource's Pulumi provider.

    Attributes:
        github: GitHub, for a provider of GitHub's.
        organization: Login of the organization, beside `github`.
        iam: IAM of one account, for a provider of AWS's.
        account: The account's twelve digits, beside `iam`.
        aws: Every service of that account, beside `iam`.
        region: Where its regional services are asked.
    """

    github: GitHubClient | None = None
    organization: str | None = None
    iam: Iam | None = None
    account: str | None = None
    aws: AwsServices | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """An input that cannot be right.

    Attributes:
        path: The property.
        reason: One line: what is wrong with it.
    """

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Created:
    """What was created.

    Attributes:
        id: The id to read, update and delete it by.
        outputs: Its properties: the inputs and what GitHub or AWS added.
    """

    id: str
    outputs: Properties


class Handler(Protocol):
    """Manages the resources of one type.

    Every method that reaches GitHub or AWS raises `twinlock.errors.Incomplete` when it cannot do its work: not
    reachable, refused, or an answer that hides a part of what it would have to compare.
    """

    def check(self, inputs: Properties) -> tuple[Failure, ...]:
        """Return what is wrong with the inputs, asking nobody."""

    def find(self, inputs: Properties) -> str | None:
        """Return the id of what already stands where the inputs would be created, or None.

        An engine asks before it creates: where the type adopts (see `HandlerFactory`) it goes on with `read` and
        `update`; where it does not, only an interrupted creation may take over what is found.
        """

    def create(self, inputs: Properties) -> Created:
        """Create it."""

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - Pulumi's word
        """Return it as it is live, exclusively (also what nobody declared), or None where it is gone."""

    def diff(self, live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
        """Return what differs between `read`'s answer and the inputs; empty where nothing need be done."""

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - Pulumi's word
        """Make it as declared, given what `read` answered, and return its outputs."""

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - Pulumi's word
        """Delete it, given what `read` or the state says of it; already gone is no error."""


class HandlerFactory(Protocol):
    """What a handler module exports as `HANDLER`: usually the handler's class itself."""

    @property
    def type(self) -> str:
        """The resource type token (`twinlock:github:TeamMembers`)."""

    @property
    def replaces(self) -> frozenset[str]:
        """Top-level inputs whose change needs a new resource instead of an update."""

    @property
    def adopts(self) -> bool:
        """Whether what already exists is taken over: a setting that is always there, or an exclusive inventory."""

    def __call__(self, clients: Clients) -> Handler:
        """Return a handler that works through `clients`."""
