"""A small estate, a connection to nowhere, and a recorder of what programs declare."""

from __future__ import annotations

import asyncio
import contextvars
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pulumi
import pytest
from pulumi.runtime.rpc import deserialize_properties

from twinlock.desired import derive
from twinlock.model.account import Purpose
from twinlock.model.declaration import (
    App,
    Declaration,
    DeclaredTeam,
    Evidence,
    IntegrationPoint,
    Person,
    Pipelines,
    Plan,
    Platform,
    Profile,
    Service,
    State,
    Where,
)
from twinlock.model.organization import Duty
from twinlock.model.repository import Visibility
from twinlock.provider.connection import AwsConnection, Connection, GitHubConnection

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi.runtime.proto import resource_pb2

    from twinlock.model.estate import Estate

ACCOUNTS = {
    Purpose.BUILD: "444444444444",
    Purpose.INTEGRATION: "111111111111",
    Purpose.PRODUCTION: "222222222222",
    Purpose.EVIDENCE: "333333333333",
}
TOKEN = "token-of-the-controller"  # noqa: S105 - recognisable, and of no use
SECRET = "secret-of-the-account"  # noqa: S105 - as above
OUTPUTS: dict[str, dict[str, object]] = {
    "github:index/repository:Repository": {"repoId": 1001, "nodeId": "R_1001"},
    "twinlock:github:OidcSubject": {"subjectPrefix": "repo:acme@7/payments@1001"},
    "aws:ec2/vpcEndpoint:VpcEndpoint": {"prefixListId": "pl-1"},
    "aws:ecr/repository:Repository": {
        "repositoryUrl": "111111111111.dkr.ecr.eu-west-1.amazonaws.com/payments/payments-r1"
    },
    "aws:cloudwatch/logGroup:LogGroup": {"arn": "arn:aws:logs:eu-west-1:111111111111:log-group:run"},
    "aws:ecs/taskDefinition:TaskDefinition": {"arn": "arn:aws:ecs:eu-west-1:111111111111:task-definition/task:1"},
    "aws:iam/policy:Policy": {"arn": "arn:aws:iam::111111111111:policy/twinlock-boundary"},
    "aws:sqs/queue:Queue": {"url": "https://sqs.eu-west-1.amazonaws.com/111111111111/queue"},
    "github:index/team:Team": {"slug": "the-slug"},
}
"""What GitHub and AWS would compute."""


@dataclass(frozen=True)
class Declared:
    """One resource as a program declared it.

    Attributes:
        type: Its type token.
        name: Its logical name.
        inputs: Its inputs, plain: secrets are marked `{"secret": value}`.
        options: Parent, provider, `protect`, ignored changes and dependencies, by logical name.
    """

    type: str
    name: str
    inputs: dict[str, Any]
    options: dict[str, Any]


@dataclass
class Recording:
    """What a program declared.

    Attributes:
        resources: Every resource in the order it was registered.
        calls: Every function call: `(token, arguments)`.
        outputs: The stack's outputs.
    """

    resources: list[Declared] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)

    def of(self, type_: str) -> dict[str, Declared]:
        """Return the resources of a type by name."""
        return {resource.name: resource for resource in self.resources if resource.type == type_}

    def inputs(self, type_: str) -> dict[str, dict[str, Any]]:
        """Return the inputs of the resources of a type, by name."""
        return {name: resource.inputs for name, resource in self.of(type_).items()}


class RecordingMocks(pulumi.runtime.Mocks):
    """Answers as GitHub and AWS would."""

    def __init__(self, recording: Recording, references: dict[str, Any]) -> None:
        self._recording = recording
        self._references = references

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        """Return an id, and the outputs beside the inputs."""
        if args.typ == "pulumi:pulumi:StackReference":
            return args.name, {**args.inputs, "outputs": self._references.get(args.name, {})}
        return f"{args.name}-id", {**args.inputs, **OUTPUTS.get(args.typ, {})}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        """Answer a function: the id is the length of the slug."""
        self._recording.calls.append((args.token, dict(args.args)))
        return {"id": str(len(args.args["slug"])), "slug": args.args["slug"]}, []


class RecordingMonitor(pulumi.runtime.mocks.MockMonitor):
    """Records whole requests: mocks are not told of parents, providers and options."""

    def __init__(self, mocks: RecordingMocks, recording: Recording) -> None:
        super().__init__(mocks)
        self._recording = recording

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> Any:  # noqa: N802, ANN401 - Pulumi's
        """Record a resource."""
        if request.type != "pulumi:pulumi:Stack":
            names = [urn.rpartition("::")[2] for urn in request.dependencies]
            options = {
                "parent": request.parent.rpartition("::")[2],
                "provider": request.provider.rpartition("::")[0].rpartition("::")[2],
                "protect": request.protect,
                "ignore_changes": list(request.ignoreChanges),
                "after": sorted(set(names)),
            }
            inputs = _plain(deserialize_properties(request.object, keep_unknowns=True))
            self._recording.resources.append(Declared(request.type, request.name, inputs, options))
        return super().RegisterResource(request)  # type: ignore[no-untyped-call] # Pulumi's mocks have no types

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802, ANN401 - Pulumi's
        """Record the outputs of the stack."""
        if "pulumi:pulumi:Stack::" in request.urn:
            self._recording.outputs = _plain(deserialize_properties(request.outputs, keep_unknowns=True))
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call] # as above


def _plain(value: Any) -> Any:  # noqa: ANN401 - any value of Pulumi's wire
    if pulumi.runtime.rpc.is_rpc_secret(value):
        return {"secret": _plain(pulumi.runtime.rpc.unwrap_rpc_secret(value))}
    if isinstance(value, dict):
        return {name: _plain(element) for name, element in value.items()}
    if isinstance(value, list):
        return [_plain(element) for element in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@pytest.fixture
def declare() -> Callable[..., Recording]:
    """Return a function that runs a program and returns what it declared, so that tests assert outside `apply`."""
    return _declare


def _declare(program: Callable[[], object], references: dict[str, Any] | None = None) -> Recording:
    """Run a program; `references` are the outputs of other stacks by their qualified names."""
    recording = Recording()
    mocks = RecordingMocks(recording, references or {})
    return contextvars.copy_context().run(_run, program, recording, RecordingMonitor(mocks, recording))


def _run(program: Callable[[], object], recording: Recording, monitor: RecordingMonitor) -> Recording:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        pulumi.runtime.reset_options(project="twinlock-test", stack="test", preview=False)
        settings = pulumi.runtime.settings.Settings(
            project="twinlock-test",
            stack="test",
            monitor=monitor,
            engine=pulumi.runtime.mocks.MockEngine(None),
            dry_run=False,
            organization="organization",
        )
        pulumi.runtime.configure(settings)
        loop.run_until_complete(pulumi.runtime.run_in_stack(lambda: _discarded(program())))
    finally:
        waiting = asyncio.all_tasks(loop)
        for task in waiting:
            task.cancel()
        loop.set_exception_handler(_ignored)
        loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))
        asyncio.set_event_loop(None)
        loop.close()
    return recording


def _ignored(_loop: asyncio.AbstractEventLoop, _context: dict[str, Any]) -> None:
    """Say nothing about tasks that a failed program left behind: its own failure is raised."""


def _discarded(_result: object) -> None:
    """Exports are the program's only result."""


@pytest.fixture
def declaration() -> Declaration:
    """Return what a user declared: one service with one queue."""
    teams = {
        "platform": Duty.PLATFORM,
        "audit": Duty.AUDITOR,
        "payments-developers": Duty.AUTHOR,
        "payments-reviewers": Duty.REVIEWER,
        "payments-testers": Duty.TESTER,
        "payments-releasers": Duty.RELEASER,
    }
    people = {"alice": "payments-developers", "tess": "payments-testers", "olga": None}
    return Declaration(
        platform=Platform(
            organization="acme",
            target=Where.WORLD,
            plan=Plan.ENTERPRISE,
            visibility=Visibility.PRIVATE,
            profile=Profile.STANDARD,
            accepted_gaps=(),
            owners=("olga",),
            accounts=ACCOUNTS,
            region="eu-west-1",
            quorum={},
            pipelines=Pipelines("3f6c" * 10, None),
            apps={name: App(None, None, None) for name in ("controller", "auditor", "gate", "release")},
            machines=(),
            state=State("file://./state", "passphrase"),
            evidence=Evidence("governance", 30),
            undeclared_roles="quarantine",
            teams={slug: DeclaredTeam(slug, duty, "manifest") for slug, duty in teams.items()},
        ),
        people={
            name: Person(name, f"{name}@acme.example", (name,), (), (), () if team is None else (team,))
            for name, team in people.items()
        },
        services={"payments": service("payments")},
    )


def service(name: str) -> Service:
    """Return a service with its own teams and one queue."""
    return Service(
        name=name,
        description="Takes card payments.",
        starter="python-http",
        authors=f"{name}-developers",
        reviewers=f"{name}-reviewers",
        testers=f"{name}-testers",
        releasers=f"{name}-releasers",
        approvals=2,
        integration_points=(IntegrationPoint("orders-queue", "aws-sqs", None, critical=True),),
        integration_ttl_seconds=7200,
        deploy="ecs",
        visibility=None,
    )


@pytest.fixture
def estate(declaration: Declaration) -> Estate:
    """Return all that must exist for it."""
    return derive(declaration)


@pytest.fixture
def references() -> dict[str, object]:
    """Return the outputs of the service's stack `repositories`, as a stack reference gives them."""
    reported = {
        name: {"repositoryId": float(number), "nodeId": f"R_{number}", "subjectPrefix": f"repo:acme@7/{name}@{number}"}
        for name, number in (("payments", 1001), ("payments-integration-tests", 1002))
    }
    return {"organization/twinlock-repositories/payments": {"repositories": reported}}


@pytest.fixture
def make_service() -> Callable[[str], Service]:
    """Return a function that makes a further service."""
    return service


@pytest.fixture
def connection() -> Connection:
    """Return a connection whose addresses nobody listens on: programs declare, they do not connect."""
    return Connection(
        GitHubConnection("http://127.0.0.1:1", "acme", TOKEN),
        {
            purpose: AwsConnection(account, "eu-west-1", "http://127.0.0.1:2", "public-half", SECRET)
            for purpose, account in ACCOUNTS.items()
        },
    )
