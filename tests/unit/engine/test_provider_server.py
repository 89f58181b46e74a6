"""The provider protocol as the engine speaks it: previews, adoption, replacement, partial failures, what is gone."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import grpc  # type: ignore[import-untyped]  # no stubs are published with it
import pytest
from google.protobuf import empty_pb2, struct_pb2  # type: ignore[import-untyped]  # as above
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from twinlock.errors import Incomplete
from twinlock.provider.difference import changes
from twinlock.provider.port import Clients, Created, Failure
from twinlock.provider.server.servicer import Package, Servicer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from twinlock.engine.result import FieldChange
    from twinlock.provider.port import Properties

PLAIN, ADOPTING = "test:index:Plain", "test:index:Adopting"
URN = "urn:pulumi:payments::twinlock-protections::twinlock:github:Component$" + PLAIN + "::one"
ADOPTING_URN = URN.replace(PLAIN, ADOPTING)


@dataclass
class Cloud:
    """What is live, and what it was asked to do."""

    live: dict[str, dict[str, object]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    breaks_after_creating: bool = False
    refuses: bool = False


CLOUD: dict[str, Cloud] = {}


class Plain:
    """Handles things with a name, which is their id, and a colour."""

    type: ClassVar[str] = PLAIN
    replaces: ClassVar[frozenset[str]] = frozenset({"name"})
    adopts: ClassVar[bool] = False

    def __init__(self, clients: Clients) -> None:
        self._cloud = CLOUD[str(clients.organization)]

    def check(self, inputs: Properties) -> tuple[Failure, ...]:
        """Want a name."""
        return () if "name" in inputs else (Failure("name", "is missing"),)

    def find(self, inputs: Properties) -> str | None:
        """Find by name."""
        name = str(inputs["name"])
        return name if name in self._cloud.live else None

    def create(self, inputs: Properties) -> Created:
        """Create, perhaps half."""
        self._cloud.calls.append("create")
        name = str(inputs["name"])
        if self._cloud.refuses:
            raise Incomplete("It was refused.", "No permission.", "Ask.")
        self._cloud.live[name] = {"name": name}
        if self._cloud.breaks_after_creating:
            raise Incomplete("The colour was not set.", "The connection broke.", "Try again.")
        self._cloud.live[name] = {**inputs, "number": 7}
        return Created(name, {"number": 7})

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Read."""
        del inputs
        if self._cloud.refuses:
            raise Incomplete("It was not read.", "GitHub hid a part of it.", "Grant the right to read it.")
        return self._cloud.live.get(id)

    def diff(self, live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
        """Compare."""
        return changes(live, inputs)

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Update."""
        self._cloud.calls.append(f"update from {live.get('colour')}")
        self._cloud.live[id].update(inputs)
        return {"number": 8}

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Delete."""
        self._cloud.calls.append(f"delete {live.get('number')}")
        self._cloud.live.pop(id, None)


class Adopting(Plain):
    """As those, but what exists is taken over."""

    type: ClassVar[str] = ADOPTING
    adopts: ClassVar[bool] = True


@pytest.fixture
def cloud(request: pytest.FixtureRequest) -> Iterator[Cloud]:
    """Return what is live in this test."""
    CLOUD[request.node.name] = Cloud()
    yield CLOUD[request.node.name]
    del CLOUD[request.node.name]


@pytest.fixture
def provider(cloud: Cloud, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Return the provider's client, served over loopback and configured."""
    del cloud

    def connect(inputs: Mapping[str, object]) -> Clients:
        if inputs.get("address") != "good":
            raise Incomplete("GitHub was not reached.", "The address is not good.", "Get another.")
        return Clients(organization=request.node.name)

    server = grpc.server(ThreadPoolExecutor(2))
    package = Package("test", "1.2.3", {PLAIN: Plain, ADOPTING: Adopting}, connect)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(package), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        client = provider_pb2_grpc.ResourceProviderStub(channel)
        client.Configure(provider_pb2.ConfigureRequest(args=struct(address="good")))
        yield client
    server.stop(None)


def struct(**values: object) -> struct_pb2.Struct:
    """Return properties as they are sent."""
    made = struct_pb2.Struct()
    made.update(values)
    return made


def plain(found: struct_pb2.Struct) -> dict[str, object]:
    """Return properties as they were sent."""
    return {name: found[name] for name in found}


def refusal(call: Callable[[], object]) -> str:
    """Return the text with which a request was refused."""
    with pytest.raises(grpc.RpcError) as refused:
        call()
    return str(refused.value.details())


def test_the_package_says_what_it_is(provider: Any) -> None:  # noqa: ANN401 - generated stubs
    """Name and version; previews are supported, wrapped secrets are not asked for."""
    assert provider.GetPluginInfo(empty_pb2.Empty()).version == "1.2.3"
    assert json.loads(provider.GetSchema(provider_pb2.GetSchemaRequest()).schema) == {
        "name": "test",
        "version": "1.2.3",
    }
    configured = provider.Configure(provider_pb2.ConfigureRequest(args=struct(address="good")))
    assert (configured.supportsPreview, configured.acceptSecrets) == (True, False)


def test_a_configuration_that_cannot_be_connected_is_one_line(provider: Any) -> None:  # noqa: ANN401
    """What, why and mend."""
    bad = provider_pb2.ConfigureRequest(args=struct(address="b4d"))
    assert (
        refusal(lambda: provider.Configure(bad))
        == "GitHub was not reached. The address is not good. Mend: Get another."
    )


def test_a_new_address_or_token_replaces_nothing(provider: Any) -> None:  # noqa: ANN401
    """A provider whose configuration changes is updated, and what it made stays."""
    answer = provider.DiffConfig(provider_pb2.DiffRequest(olds=struct(address="a"), news=struct(address="b")))
    assert (answer.changes, list(answer.replaces)) == (provider_pb2.DiffResponse.DIFF_SOME, [])


def test_wrong_inputs_are_named_and_unknown_ones_wait(provider: Any) -> None:  # noqa: ANN401
    """What only an apply can tell is checked by the apply."""
    wrong = provider.Check(provider_pb2.CheckRequest(urn=URN, news=struct(colour="red")))
    assert [(each.property, each.reason) for each in wrong.failures] == [("name", "is missing")]
    later = provider.Check(provider_pb2.CheckRequest(urn=URN, news=struct(colour=rpc.UNKNOWN)))
    assert list(later.failures) == []


def test_a_preview_creates_nothing_and_invents_nothing(provider: Any, cloud: Cloud) -> None:  # noqa: ANN401
    """Its answer holds the inputs alone: whatever else there will be is unknown."""
    answer = provider.Create(provider_pb2.CreateRequest(urn=URN, properties=struct(name="one"), preview=True))
    assert (answer.id, plain(answer.properties), cloud.calls) == ("", {"name": "one"}, [])


def test_a_created_resource_has_inputs_and_outputs(provider: Any) -> None:  # noqa: ANN401
    """The id, what was declared, and what was added to it."""
    answer = provider.Create(provider_pb2.CreateRequest(urn=URN, properties=struct(name="one", colour="red")))
    assert (answer.id, plain(answer.properties)) == ("one", {"name": "one", "colour": "red", "number": 7.0})


def test_what_exists_is_not_taken_over(provider: Any, cloud: Cloud) -> None:  # noqa: ANN401
    """A type that does not adopt refuses, and changes nothing."""
    cloud.live["one"] = {"name": "one"}
    create = provider_pb2.CreateRequest(urn=URN, properties=struct(name="one"))
    assert refusal(lambda: provider.Create(create)) == (
        "It exists already, and this stack did not create it. It was found as one. "
        "Mend: Rename or remove the one or the other, or import it, then run the same command again."
    )
    assert cloud.calls == []


def test_an_adopting_type_takes_over_what_exists(provider: Any, cloud: Cloud) -> None:  # noqa: ANN401
    """It is corrected from what is live; where nothing differs nothing is written."""
    cloud.live["one"] = {"name": "one", "colour": "blue"}
    request = provider_pb2.CreateRequest(urn=ADOPTING_URN, properties=struct(name="one", colour="red"))
    first, second = provider.Create(request), provider.Create(request)
    assert cloud.calls == ["update from blue"]
    assert plain(first.properties) == {"name": "one", "colour": "red", "number": 8.0}
    assert plain(second.properties) == {"name": "one", "colour": "red"}


def test_a_creation_that_failed_half_way_leaves_what_exists_in_the_state(
    provider: Any,  # noqa: ANN401
    cloud: Cloud,
) -> None:
    """The engine is told the id and the properties of what is there now, so that the next run finishes it."""
    cloud.breaks_after_creating = True
    with pytest.raises(grpc.RpcError) as refused:
        provider.Create(provider_pb2.CreateRequest(urn=URN, properties=struct(name="one", colour="red")))
    trailing = dict(refused.value.trailing_metadata())
    status = status_pb2.Status.FromString(trailing["grpc-status-details-bin"])
    left = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(left)
    line = "The colour was not set. The connection broke. Mend: Try again."
    assert (left.id, plain(left.properties), list(left.reasons)) == ("one", {"name": "one"}, [line])
    assert refused.value.details() == line


def test_a_creation_that_left_nothing_is_a_plain_error(provider: Any, cloud: Cloud) -> None:  # noqa: ANN401
    """Nothing is put into the state that is not there."""
    cloud.refuses = True
    create = provider_pb2.CreateRequest(urn=URN, properties=struct(name="one"))
    assert refusal(lambda: provider.Create(create)) == "It was refused. No permission. Mend: Ask."


def test_an_apply_is_never_given_unknown_values(provider: Any, cloud: Cloud) -> None:  # noqa: ANN401
    """Where the engine sent one all the same, nothing is written."""
    create = provider_pb2.CreateRequest(urn=URN, properties=struct(name=rpc.UNKNOWN))
    assert "An input is not known" in refusal(lambda: provider.Create(create))
    assert cloud.calls == []


def test_a_difference_says_where_and_whether_it_replaces(provider: Any) -> None:  # noqa: ANN401
    """Paths for people, top-level names for the engine; the old one goes first, as names are fixed."""
    answer = provider.Diff(
        provider_pb2.DiffRequest(
            id="one",
            urn=URN,
            olds=struct(name="one", rules={"a": 1, "b": 2}, number=7),
            old_inputs=struct(name="one"),
            news=struct(name="two", rules={"a": 1, "b": 3}),
        )
    )
    assert (answer.changes, sorted(answer.diffs)) == (provider_pb2.DiffResponse.DIFF_SOME, ["name", "rules"])
    assert (list(answer.replaces), answer.deleteBeforeReplace) == (["name"], True)
    kinds = {path: each.kind for path, each in answer.detailedDiff.items()}
    kind = provider_pb2.PropertyDiff
    assert kinds == {"name": kind.UPDATE_REPLACE, "rules.b": kind.UPDATE}


def test_what_is_ignored_or_equal_is_no_difference(provider: Any) -> None:  # noqa: ANN401
    """Numbers of the wire equal whole numbers, and ignored paths are left alone."""
    olds, news = struct(name="one", colour="blue", size=2.0), struct(name="one", colour="red", size=2)
    answer = provider.Diff(
        provider_pb2.DiffRequest(id="one", urn=URN, olds=olds, old_inputs=olds, news=news, ignoreChanges=["colour"])
    )
    assert answer.changes == provider_pb2.DiffResponse.DIFF_NONE


def test_an_unknown_input_is_a_difference(provider: Any) -> None:  # noqa: ANN401
    """In a preview, what only an apply can tell may differ."""
    olds, news = struct(name="one", colour="blue"), struct(name="one", colour=rpc.UNKNOWN)
    answer = provider.Diff(provider_pb2.DiffRequest(id="one", urn=URN, olds=olds, old_inputs=olds, news=news))
    assert list(answer.diffs) == ["colour"]


def test_a_refresh_tells_what_is_live(provider: Any, cloud: Cloud) -> None:  # noqa: ANN401
    """Inputs as a declaration would say them now, outputs with all that was added."""
    cloud.live["one"] = {"name": "one", "colour": "green", "number": 7}
    inputs = struct(name="one", colour="red")
    answer = provider.Read(provider_pb2.ReadRequest(id="one", urn=URN, inputs=inputs, properties=inputs))
    assert plain(answer.inputs) == {"name": "one", "colour": "green"}
    assert plain(answer.properties) == {"name": "one", "colour": "green", "number": 7.0}


def test_what_is_gone_is_an_empty_answer(provider: Any) -> None:  # noqa: ANN401
    """The engine then creates it again."""
    answer = provider.Read(provider_pb2.ReadRequest(id="one", urn=URN, inputs=struct(name="one")))
    assert (answer.id, plain(answer.properties)) == ("", {})


def test_what_is_hidden_is_an_error_and_not_gone(provider: Any, cloud: Cloud) -> None:  # noqa: ANN401
    """A part that cannot be read is never taken for absent."""
    cloud.refuses = True
    read = provider_pb2.ReadRequest(id="one", urn=URN, inputs=struct(name="one"))
    assert refusal(lambda: provider.Read(read)).startswith("It was not read. GitHub hid a part of it.")


def test_an_update_begins_with_what_is_live(provider: Any, cloud: Cloud) -> None:  # noqa: ANN401
    """Not with what the state says; in a preview nothing is written."""
    cloud.live["one"] = {"name": "one", "colour": "green"}
    olds, news = struct(name="one", colour="blue", number=7), struct(name="one", colour="red")
    request = provider_pb2.UpdateRequest(id="one", urn=URN, olds=olds, news=news, preview=True)
    foreseen = provider.Update(request)
    assert (plain(foreseen.properties), cloud.calls) == ({"name": "one", "colour": "red", "number": 7.0}, [])
    request.preview = False
    answer = provider.Update(request)
    assert (plain(answer.properties), cloud.calls) == (
        {"name": "one", "colour": "red", "number": 8.0},
        ["update from green"],
    )


def test_an_update_of_what_is_gone_says_so(provider: Any) -> None:  # noqa: ANN401
    """The next run creates it."""
    update = provider_pb2.UpdateRequest(id="one", urn=URN, olds=struct(name="one"), news=struct(name="one"))
    assert refusal(lambda: provider.Update(update)).startswith("It is gone.")


def test_a_deletion_is_given_what_the_state_knows(provider: Any, cloud: Cloud) -> None:  # noqa: ANN401
    """Inputs and outputs, so that a handler can tell how it is to be deleted."""
    cloud.live["one"] = {"name": "one"}
    provider.Delete(provider_pb2.DeleteRequest(id="one", urn=URN, properties=struct(name="one", number=7)))
    assert (cloud.calls, cloud.live) == (["delete 7"], {})


def test_a_type_without_a_handler_is_named(provider: Any) -> None:  # noqa: ANN401
    """The error says which, and what to do."""
    check = provider_pb2.CheckRequest(urn=URN.replace(PLAIN, "test:index:Other"), news=struct(name="one"))
    assert "has no handler for test:index:Other" in refusal(lambda: provider.Check(check))


def test_a_refresh_keeps_of_the_declaration_what_the_answer_does_not_tell(provider: Any, cloud: Cloud) -> None:  # noqa: ANN401
    """An inventory answers with what it found; what was declared to be there is still what was declared."""
    cloud.live["one"] = {"name": "one", "found": ["a"]}
    inputs = struct(name="one", declared=["a"])
    answer = provider.Read(provider_pb2.ReadRequest(id="one", urn=URN, inputs=inputs, properties=inputs))
    assert plain(answer.inputs)["name"] == "one"
    assert list(answer.inputs["declared"]) == ["a"]
