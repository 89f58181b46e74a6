"""Pulumi's provider protocol: takes the engine's requests apart, and answers with what `lifecycle` says.

Secrets arrive unwrapped (`acceptSecrets` is not claimed), and the engine itself keeps what was secret among the inputs
secret among the outputs. A failed request is one line: the engine names the resource.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc  # type: ignore[import-untyped]  # no stubs are published with it
from google.protobuf import empty_pb2, struct_pb2  # type: ignore[import-untyped]  # no stubs are published with it
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from twinlock.errors import Incomplete, TwinlockError
from twinlock.provider import wire
from twinlock.provider.server.lifecycle import LeftBehindError, Lifecycle
from twinlock.provider.values import Properties, has_unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from twinlock.provider.port import Clients, HandlerFactory
    from twinlock.provider.port import Properties as Values
    from twinlock.provider.server.lifecycle import Difference

_KINDS = provider_pb2.PropertyDiff
_UNKNOWN_CODE: int = grpc.StatusCode.UNKNOWN.value[0]


@dataclass(frozen=True, slots=True)
class Package:
    """What an executable serves.

    Attributes:
        name: The Pulumi package.
        version: Its version.
        handlers: Handlers by resource type.
        connect: From a provider's inputs to clients; raises `Incomplete` where it refuses them.
        prepare: Loads ahead what every provider of the package needs, in a process that others are forked from.
    """

    name: str
    version: str
    handlers: Mapping[str, HandlerFactory]
    connect: Callable[[Values], Clients]
    prepare: Callable[[], None] = lambda: None


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Serves one provider of one package; the engine starts a process for each."""

    def __init__(self, package: Package) -> None:
        """Take what is served; nothing is connected before `Configure`."""
        self._package = package
        self._clients: Clients | None = None

    def Handshake(  # noqa: N802 - Pulumi's name, as those below
        self, request: provider_pb2.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ProviderHandshakeResponse:
        """Agree on what is understood: neither wrapped secrets nor references nor outputs."""
        del request, context
        return provider_pb2.ProviderHandshakeResponse()

    def GetPluginInfo(  # noqa: N802
        self, request: empty_pb2.Empty, context: grpc.ServicerContext
    ) -> plugin_pb2.PluginInfo:
        """Say the version."""
        del request, context
        return plugin_pb2.PluginInfo(version=self._package.version)

    def GetSchema(  # noqa: N802
        self, request: provider_pb2.GetSchemaRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetSchemaResponse:
        """Name the package; no SDK is generated from this."""
        del request, context
        schema = {"name": self._package.name, "version": self._package.version}
        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema))

    def CheckConfig(  # noqa: N802
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Take the provider's inputs as they are; `Configure` refuses what cannot be connected."""
        del context
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(  # noqa: N802
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """Never replace a provider, and so everything it made, because an address or a token is new."""
        del context
        same = request.olds == request.news
        changes = provider_pb2.DiffResponse.DIFF_NONE if same else provider_pb2.DiffResponse.DIFF_SOME
        return provider_pb2.DiffResponse(changes=changes)

    def Configure(  # noqa: N802
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Connect; nothing is sent yet."""
        with _refusing(context):
            self._clients = self._package.connect(wire.decode(request.args).values)
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Check(  # noqa: N802
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Say what is wrong with the inputs."""
        with _refusing(context):
            failures = self._lifecycle(request.urn).check(wire.decode(request.news).values)
        named = [provider_pb2.CheckFailure(property=each.path, reason=each.reason) for each in failures]
        return provider_pb2.CheckResponse(inputs=request.news, failures=named)

    def Diff(  # noqa: N802
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """Say what differs, and what needs a new resource."""
        with _refusing(context):
            found = self._lifecycle(request.urn).diff(
                wire.decode(request.olds).values,
                wire.decode(request.old_inputs).values,
                wire.decode(request.news).values,
                tuple(request.ignoreChanges),
            )
        return _difference(found)

    def Create(  # noqa: N802
        self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CreateResponse:
        """Create it; in a preview, what only an apply can tell is left out, hence unknown."""
        if request.preview:
            return provider_pb2.CreateResponse(properties=request.properties)
        with _refusing(context):
            created = self._lifecycle(request.urn).create(_known(request.properties))
        return provider_pb2.CreateResponse(id=created.id, properties=_encoded(created.outputs))

    def Read(  # noqa: N802
        self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ReadResponse:
        """Read it; an empty answer means that it is gone."""
        with _refusing(context):
            live = self._lifecycle(request.urn).read(
                request.id, wire.decode(request.inputs).values, wire.decode(request.properties).values
            )
        if live is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(id=request.id, properties=_encoded(live.outputs), inputs=_encoded(live.inputs))

    def Update(  # noqa: N802
        self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.UpdateResponse:
        """Update it; in a preview, what is not declared stays as it is."""
        if request.preview:
            merged = {**wire.decode(request.olds).values, **wire.decode(request.news).values}
            return provider_pb2.UpdateResponse(properties=_encoded(merged))
        with _refusing(context):
            outputs = self._lifecycle(request.urn).update(request.id, _known(request.news))
        return provider_pb2.UpdateResponse(properties=_encoded(outputs))

    def Delete(  # noqa: N802
        self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Delete it."""
        known = {**wire.decode(request.old_inputs).values, **wire.decode(request.properties).values}
        with _refusing(context):
            self._lifecycle(request.urn).delete(request.id, known)
        return empty_pb2.Empty()

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802
        """Agree: every request has a timeout of its own, and the engine ends the process."""
        del request, context
        return empty_pb2.Empty()

    def _lifecycle(self, urn: str) -> Lifecycle:
        type_ = urn.split("::")[2].rpartition("$")[2]
        factory = self._package.handlers.get(type_)
        if factory is None:
            raise Incomplete(
                "It is not known here.",
                f"This provider of {self._package.name} has no handler for {type_}.",
                "Use the official provider, or add a handler.",
            )
        if self._clients is None:
            raise Incomplete("Nothing was reached.", "The provider was not configured.", "Report this.")
        return Lifecycle(factory, self._clients)


@contextmanager
def _refusing(context: grpc.ServicerContext) -> Iterator[None]:
    """End the request with one line where it could not be done."""
    try:
        yield
    except LeftBehindError as error:
        line = _line(error.reason)
        details = provider_pb2.ErrorResourceInitFailed(
            id=error.left.id, properties=_encoded(error.left.outputs), reasons=[line]
        )
        status = status_pb2.Status(code=_UNKNOWN_CODE, message=line)
        status.details.add().Pack(details)
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        context.abort(grpc.StatusCode.UNKNOWN, line)
    except TwinlockError as error:
        context.abort(grpc.StatusCode.UNKNOWN, _line(error))


def _line(error: TwinlockError) -> str:
    # The engine passes on one text, in which `twinlock` finds the mend again; see `engine.pulumi.cause`.
    return " ".join(part for part in (error.what, error.why, f"Mend: {error.mend}") if part)


def _known(struct: struct_pb2.Struct) -> Values:
    values = wire.decode(struct).values
    if has_unknown(values):
        raise Incomplete(
            "An input is not known, although all it depends on exists.",
            "An apply gave the provider an unknown value.",
            "Report this with the program that declares it.",
        )
    return values


def _encoded(values: Values) -> struct_pb2.Struct:
    return wire.encode(Properties(values))


def _difference(found: Difference) -> provider_pb2.DiffResponse:
    detailed = {}
    tops = []
    for change in found.fields:
        top = change.path.partition(".")[0].partition("[")[0]
        kind = _KINDS.UPDATE_REPLACE if top in found.replaces else _KINDS.UPDATE
        detailed[change.path] = provider_pb2.PropertyDiff(kind=kind)
        if top not in tops:
            tops.append(top)
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if detailed else provider_pb2.DiffResponse.DIFF_NONE,
        diffs=tops,
        replaces=sorted(found.replaces),
        detailedDiff=detailed,
        hasDetailedDiff=True,
        # Names are fixed: the new one cannot stand beside the old one.
        deleteBeforeReplace=True,
    )
