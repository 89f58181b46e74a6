"""The GitHub provider answers to the SDK that programs are written with: equal tokens, names and shapes."""

from __future__ import annotations

import inspect
import json
import pkgutil
import re
import subprocess
from importlib import import_module
from typing import TYPE_CHECKING, Any, get_args, get_origin

import grpc  # type: ignore[import-untyped]  # no stubs are published with it
import pulumi_github
import pytest
from pulumi import _types
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from twinlock.engine.installation.place import Installation

LARGEST = 64 << 20
TOKEN = re.compile(r"""super\(\w+, __self__\).__init__\(\s*'(github:[^']+)'""")
INVOKED = re.compile(r"invoke\('(github:[^']+)', __args__, opts=opts, typ=(\w+)\)")
NAMES = {str: "string", bool: "boolean", int: "integer", float: "number", Any: "any"}
BRIDGE = frozenset({"pulumi:providers:github/terraformConfig"})
"""The bridge itself adds this to every provider of its release; programs do not call it."""


@pytest.fixture(scope="module")
def schema(installed: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Return the schema that the installed provider serves."""
    home = tmp_path_factory.mktemp("home")
    with started(installed.provider, home) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        options = [("grpc.max_receive_message_length", LARGEST)]
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            yield json.loads(stub.GetSchema(provider_pb2.GetSchemaRequest()).schema)
        process.kill()


def started(provider: Path, home: Path) -> subprocess.Popen[str]:
    """Start a provider as the engine does."""
    return subprocess.Popen(
        [str(provider), "127.0.0.1:1"], stdout=subprocess.PIPE, env={"HOME": str(home)}, text=True, cwd=home
    )


def modules() -> Iterator[Any]:
    """Yield every module of the SDK."""
    for each in pkgutil.iter_modules(pulumi_github.__path__, "pulumi_github."):
        yield import_module(each.name)


def resources() -> dict[str, type]:
    """Return the SDK's resource classes by token."""
    found = {}
    for module in modules():
        source = inspect.getsource(module)
        for token in TOKEN.findall(source):
            found[token] = getattr(module, token.rpartition(":")[2])
    return found


def arguments_of(cls: type) -> type:
    """Return the class of a resource's arguments: another name where a nested type has the usual one."""
    module = inspect.getmodule(cls)
    found: type = getattr(module, f"{cls.__name__}InitArgs", None) or getattr(module, f"{cls.__name__}Args")
    return found


def functions() -> dict[str, type]:
    """Return the classes of the results of the SDK's functions by token."""
    return {
        token: getattr(module, result)
        for module in modules()
        for token, result in INVOKED.findall(inspect.getsource(module))
    }


def spelled(kind: Any) -> Any:  # noqa: ANN401 - a type
    """Return the shape of a type of the SDK."""
    kind = _types.unwrap_type(kind)
    origin = get_origin(kind)
    if kind in NAMES:
        return NAMES[kind]
    if _types.is_input_type(kind):
        return {name: spelled(each) for name, each in _types.input_type_types(kind).items()}
    if _types.is_output_type(kind):
        return {name: spelled(each) for name, each in _types.output_type_types(kind).items()}
    if (origin is not None and issubclass(origin, dict)) or getattr(origin, "__name__", "") == "Mapping":
        return {"*": spelled(get_args(kind)[1])}
    assert get_args(kind), kind
    return [spelled(get_args(kind)[0])]


def written(kind: Mapping[str, Any], types: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a shape
    """Return the shape of a type of the schema."""
    if "$ref" in kind:
        if kind["$ref"] == "pulumi.json#/Any":
            return "any"
        properties = types[kind["$ref"].removeprefix("#/types/")]["properties"]
        return {name: written(each, types) for name, each in properties.items()}
    if kind["type"] == "array":
        return [written(kind["items"], types)]
    if kind["type"] == "object":
        return {"*": written(kind["additionalProperties"], types)}
    return kind["type"]


def shapes(properties: Mapping[str, Any], schema: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return the shapes of the schema's properties by name."""
    return {name: written(each, schema["types"]) for name, each in properties.items()}


def test_there_is_what_the_sdk_has_and_no_more(schema: Any) -> None:  # noqa: ANN401
    """Resources and functions by token; a missing one fails in the middle of a run."""
    assert sorted(schema["resources"]) == sorted(resources())
    assert sorted(schema["functions"].keys() - BRIDGE) == sorted(functions())


def test_every_resource_has_the_sdks_inputs_and_outputs(schema: Any) -> None:  # noqa: ANN401
    """All of them, nested ones too, not only those that programs use today."""
    differing = {}
    for token, cls in resources().items():
        known = schema["resources"][token]
        inputs = {name: spelled(each) for name, each in _types.input_type_types(arguments_of(cls)).items()}
        outputs = {name: spelled(each) for name, each in _types.resource_types(cls).items()}
        if inputs != shapes(known.get("inputProperties", {}), schema):
            differing[f"{token} inputs"] = (inputs, shapes(known.get("inputProperties", {}), schema))
        if outputs != shapes(known.get("properties", {}), schema):
            differing[f"{token} outputs"] = (outputs, shapes(known.get("properties", {}), schema))
    assert differing == {}


def test_every_function_has_the_sdks_outputs(schema: Any) -> None:  # noqa: ANN401
    """What a program hears is what its SDK expects."""
    differing = {}
    for token, cls in functions().items():
        outputs = {name: spelled(each) for name, each in _types.output_type_types(cls).items()}
        found = shapes(schema["functions"][token]["outputs"]["properties"], schema)
        if outputs != found:
            differing[token] = (outputs, found)
    assert differing == {}


def test_the_provider_takes_the_sdks_configuration(schema: Any) -> None:  # noqa: ANN401
    """Among it the settings that programs rely on; the token is a secret."""
    inputs = {
        name: spelled(each) for name, each in _types.input_type_types(pulumi_github.provider.ProviderArgs).items()
    }
    assert inputs == shapes(schema["provider"]["inputProperties"], schema)
    assert {"baseUrl", "legacyClient", "owner", "token", "writeDelayMs"} <= inputs.keys()
    assert schema["provider"]["inputProperties"]["token"]["secret"] is True
