"""Properties as Pulumi's SDK sends them, and as plain values (`values`), both ways.

On the wire a secret is a structure with a signature and an unknown value is a certain string. Here secrets are
unwrapped, and remembered by their top-level property; an unknown value is `UNKNOWN`.
"""

from __future__ import annotations

from collections.abc import Mapping

from google.protobuf import struct_pb2  # type: ignore[import-untyped]  # no stubs are published with it
from pulumi.runtime import rpc

from twinlock.provider.values import UNKNOWN, Properties, Unknown

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - Pulumi's mark of a secret, not one


def decode(struct: struct_pb2.Struct) -> Properties:
    """Return the properties in a structure, in the order of their names; one that is null is left out, as Pulumi does.

    Raises:
        ValueError: A property is of a kind that no program here uses (an asset, a reference to a resource).
    """
    values: dict[str, object] = {}
    secret = set()
    for name, value in sorted(struct.fields.items()):
        plain, is_secret = _decode(value)
        if plain is not None:
            values[name] = plain
        if is_secret:
            secret.add(name)
    return Properties(values, frozenset(secret))


def _decode(value: struct_pb2.Value) -> tuple[object, bool]:
    match value.WhichOneof("kind"):
        case "string_value":
            return (UNKNOWN if value.string_value == rpc.UNKNOWN else value.string_value), False
        case "number_value":
            number = value.number_value
            return (int(number) if number.is_integer() else number), False
        case "bool_value":
            return value.bool_value, False
        case "list_value":
            elements = [_decode(element) for element in value.list_value.values]
            return [plain for plain, _ in elements], any(secret for _, secret in elements)
        case "struct_value":
            return _decode_struct(value.struct_value)
        case _:
            return None, False


def _decode_struct(struct: struct_pb2.Struct) -> tuple[object, bool]:
    if _SIGNATURE in struct.fields:
        if struct.fields[_SIGNATURE].string_value != _SECRET:
            raise ValueError("programs here use neither assets nor references to resources")
        return _decode(struct.fields["value"])[0], True
    inner = decode(struct)
    return dict(inner.values), bool(inner.secret)


def encode(properties: Properties) -> struct_pb2.Struct:
    """Return properties as the SDK expects them from an engine."""
    struct = struct_pb2.Struct()
    for name, value in properties.values.items():
        plain = _encoded(value)
        struct[name] = {_SIGNATURE: _SECRET, "value": plain} if name in properties.secret else plain
    return struct


def _encoded(value: object) -> object:
    if isinstance(value, Unknown):
        return rpc.UNKNOWN
    if isinstance(value, Mapping):
        return {name: _encoded(element) for name, element in value.items()}
    if isinstance(value, list | tuple):
        return [_encoded(element) for element in value]
    return value
