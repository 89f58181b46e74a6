"""Pulumi's resource monitor, as the SDK calls it: takes requests apart and hands them to a deployment.

Pulumi's mock seam lets a program run against any object with the monitor's methods. The SDK's own `MockMonitor` drops
what an engine needs (parent, dependencies, `protect`, `ignoreChanges`, aliases), so the requests are read whole here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf import empty_pb2  # type: ignore[import-untyped]  # no stubs are published with it
from pulumi.runtime import settings
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks
from pulumi.runtime.proto import resource_pb2

from twinlock.errors import Incomplete
from twinlock.provider.values import UNKNOWN, Properties
from twinlock.provider.wire import decode, encode
from twinlock_rehearsal.registration import Registration

if TYPE_CHECKING:
    from typing import NoReturn

    from twinlock_rehearsal.registration import Deployment

_STACK = "pulumi:pulumi:Stack"
_STACK_REFERENCE = "pulumi:pulumi:StackReference"


class Monitor(MockMonitor):
    """The monitor of one run of one program."""

    def __init__(self, deployment: Deployment) -> None:
        super().__init__(_NoMocks())
        self._deployment = deployment
        self.outputs = Properties({})
        """The stack's outputs, once the program is through."""

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """Return Pulumi's name for a resource; the stack itself is no part of its children's."""
        stack, project, kind = settings.get_stack(), settings.get_project(), type_
        above = parent.split("::")[2] if parent else _STACK
        if above != _STACK:
            kind = f"{above}${type_}"
        return f"urn:pulumi:{stack}::{project}::{kind}::{name}"

    def RegisterResource(  # noqa: N802 - Pulumi's name
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        """Register one resource."""
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == _STACK:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        registered = self._deployment.register(
            Registration(
                urn=urn,
                type=request.type,
                name=request.name,
                custom=request.custom,
                provider=request.provider.rpartition("::")[0],
                properties=decode(request.object),
                dependencies=tuple(sorted(request.dependencies)),
                protect=request.protect,
                retain=request.retainOnDelete,
                deleted_with=request.deletedWith,
                ignore_changes=tuple(request.ignoreChanges),
                aliases=tuple(request.aliasURNs),
            )
        )
        return resource_pb2.RegisterResourceResponse(
            urn=urn, id=registered.id or "", object=encode(registered.properties)
        )

    def ReadResource(  # noqa: N802 - Pulumi's name
        self, request: resource_pb2.ReadResourceRequest
    ) -> resource_pb2.ReadResourceResponse:
        """Answer a reference to another stack; nothing else is read by programs here."""
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type != _STACK_REFERENCE:
            raise Incomplete(
                f"{request.type} {request.name} was not read.",
                "The embedded engine reads no resource that another program manages, but stack references.",
                "Declare it, or run the program with Pulumi's engine.",
            )
        outputs = self._deployment.stack_outputs(request.id)
        found: dict[str, object] = {
            "name": request.id,
            "outputs": UNKNOWN if outputs is None else outputs,
            "secretOutputNames": [],
        }
        return resource_pb2.ReadResourceResponse(urn=urn, properties=encode(Properties(found)))

    def Invoke(  # noqa: N802 - Pulumi's name
        self, request: resource_pb2.ResourceInvokeRequest
    ) -> resource_pb2.ResourceInvokeResponse:
        """Answer a function of a provider."""
        provider = request.provider.rpartition("::")[0]
        found = self._deployment.invoke(request.tok, provider, decode(request.args).values)
        if found is None:
            return resource_pb2.ResourceInvokeResponse(unknown=True)
        return resource_pb2.ResourceInvokeResponse(**{"return": encode(Properties(found))})

    def RegisterResourceOutputs(  # noqa: N802 - Pulumi's name
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> empty_pb2.Empty:
        """Keep the outputs of the stack; those of components are for people who read the program."""
        if request.urn.split("::")[2] == _STACK:
            self.outputs = decode(request.outputs)
        return empty_pb2.Empty()

    def GetDeploymentInfo(self, request: empty_pb2.Empty) -> resource_pb2.DeploymentInfo:  # noqa: N802 - as above
        """Name the features that this monitor has: aliases then arrive as URNs, resources as ids."""
        del request
        return resource_pb2.DeploymentInfo(
            supportedFeatures=[
                resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
                resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
            ]
        )


class _NoMocks(Mocks):
    """What the base class wants; every method that would use it is overridden."""

    def call(self, args: MockCallArgs) -> NoReturn:
        raise NotImplementedError(args.token)

    def new_resource(self, args: MockResourceArgs) -> NoReturn:
        raise NotImplementedError(args.typ)
