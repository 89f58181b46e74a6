"""The pure parts of the embedded engine: what to do, what to ignore, and values on Pulumi's wire."""

from __future__ import annotations

import pytest
from google.protobuf import struct_pb2  # type: ignore[import-untyped]  # no stubs are published with it
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import rpc

from twinlock.engine.result import FieldChange, Operation
from twinlock.provider import step
from twinlock.provider.values import UNKNOWN, Properties, has_unknown
from twinlock.provider.wire import decode, encode
from twinlock_rehearsal.spelling import camel, camel_rule, snake, to_github, to_pulumi

JSON = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


def change(path: str) -> FieldChange:
    """Return a change of this path."""
    return FieldChange(path, "a", "b")


@pytest.mark.parametrize(
    ("paths", "replaces", "expected"),
    [
        ((), {"name"}, Operation.SAME),
        (("rules.deletion",), {"name"}, Operation.UPDATE),
        (("rules.deletion", "name"), {"name"}, Operation.REPLACE),
        (("name.inner",), {"name"}, Operation.REPLACE),
        (("list[0]",), {"list"}, Operation.REPLACE),
        (("named",), {"name"}, Operation.UPDATE),
    ],
)
def test_the_operation_follows_from_what_differs(
    paths: tuple[str, ...], replaces: set[str], expected: Operation
) -> None:
    """Nothing, an update, or a replacement where a top-level property asks for one."""
    assert step.operation_for(map(change, paths), frozenset(replaces)) is expected


@pytest.mark.parametrize(
    ("ignored", "left"),
    [
        ((), ("a", "a.b", "ab", "c[0].d")),
        (("a",), ("ab", "c[0].d")),
        (("a.b",), ("a", "ab", "c[0].d")),
        (("c",), ("a", "a.b", "ab")),
        (("*",), ()),
    ],
)
def test_what_is_ignored_is_no_difference(ignored: tuple[str, ...], left: tuple[str, ...]) -> None:
    """A path covers itself and what lies in it, and `*` everything."""
    found = step.heeded(map(change, ("a", "a.b", "ab", "c[0].d")), ignored)
    assert tuple(each.path for each in found) == left


def test_an_update_keeps_what_is_ignored() -> None:
    """Ignored values come from live, nested ones too; without a live value the declared one is sent."""
    declared = {"a": 1, "b": {"c": 2, "d": 3}, "e": 4}
    live = {"a": 10, "b": {"c": 20, "d": 30}}
    assert step.effective(declared, live, ("a", "b.c", "e")) == {"a": 10, "b": {"c": 20, "d": 3}, "e": 4}
    assert step.effective(declared, live, ("*",)) == {"a": 10, "b": {"c": 20, "d": 30}, "e": 4}
    assert step.effective(declared, live, ()) == declared


def test_secrets_are_not_shown() -> None:
    """A change within a secret property shows neither value."""
    assert step.concealed([change("token.inner"), change("name")], frozenset({"token"})) == (
        FieldChange("token.inner", "[secret]", "[secret]"),
        change("name"),
    )


def test_unknown_inputs_are_compared_as_they_were() -> None:
    """What only an apply can tell counts as it was last, and as a change."""
    inputs = {"known": 1, "later": UNKNOWN, "partly": [UNKNOWN, 2], "new": UNKNOWN}
    last = {"later": "before", "partly": [1, 2]}
    assert step.without_unknown(inputs, last) == {"known": 1, "later": "before", "partly": [1, 2]}
    assert step.unknown_changes(inputs, last) == (
        FieldChange("later", "before", "(known after apply)"),
        FieldChange("partly", "[1, 2]", "(known after apply)"),
        FieldChange("new", "", "(known after apply)"),
    )


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4), st.booleans())
def test_values_survive_the_wire(values: dict[str, object], hide: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    """What is encoded is decoded again: whole numbers as such, secrets by their property."""
    properties = Properties(values, frozenset(values) if hide else frozenset())
    found = decode(encode(properties))
    assert found.values == values
    assert found.secret == properties.secret
    assert "values" not in repr(found)


def test_nested_secrets_and_unknowns_are_met() -> None:
    """A secret within a list makes the property secret; an unknown is found at any depth."""
    struct = struct_pb2.Struct()
    struct.update({"list": [{"inner": rpc.wrap_rpc_secret("hidden")}], "null": None, "deep": {"x": [rpc.UNKNOWN]}})
    found = decode(struct)
    assert found.values == {"deep": {"x": [UNKNOWN]}, "list": [{"inner": "hidden"}]}
    assert found.secret == {"list"}
    assert has_unknown(found.values)
    assert not has_unknown(found.values["list"])
    assert encode(Properties({"x": UNKNOWN})).fields["x"].string_value == rpc.UNKNOWN


def test_assets_are_refused() -> None:
    """A kind of value that no handler understands is not passed on as if it were one."""
    struct = struct_pb2.Struct()
    struct.update({"file": {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", "path": "x"}})
    with pytest.raises(ValueError, match="neither assets nor references"):
        decode(struct)


@given(st.lists(st.from_regex(r"[a-z][a-z]{1,4}", fullmatch=True), min_size=1, max_size=4).map("_".join))
def test_names_are_spelled_back(name: str) -> None:
    """Each spelling gives the other."""
    assert snake(camel(name)) == name
    assert snake(camel_rule(name)) == name


def test_irregular_names_are_known() -> None:
    """Pulumi's plurals, and a property that bears the name of a rule."""
    pulumi = {"refName": {"includes": ["a"], "excludes": []}, "requiredChecks": [{"integrationId": 1}]}
    github = {"ref_name": {"include": ["a"], "exclude": []}, "required_status_checks": [{"integration_id": 1}]}
    assert to_github(pulumi) == github
    assert to_pulumi(github | {"nothing": None}) == pulumi
    assert camel_rule("required_status_checks") == "requiredStatusChecks"
