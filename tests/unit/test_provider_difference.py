"""What differs between live and declared properties, inputs that have the wrong shape, the registry, secrets."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock.engine.result import FieldChange
from twinlock.errors import Incomplete
from twinlock.model.account import Purpose
from twinlock.model.declaration import Where
from twinlock.provider import handlers
from twinlock.provider.clients import connect
from twinlock.provider.connection import AwsConnection, Connection, GitHubConnection
from twinlock.provider.difference import changes, same
from twinlock.provider.inputs import Optional, Shape
from twinlock.provider.port import Failure
from twinlock.provider.registry import handlers_in

if TYPE_CHECKING:
    from pathlib import Path

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=12,
)


@given(VALUES, st.randoms(use_true_random=False))
def test_order_of_lists_and_the_wire_s_floats_make_no_difference(value: object, random: object) -> None:
    """A value equals itself shuffled at every depth, with its whole numbers as floats."""

    def shuffled(element: object) -> object:
        if isinstance(element, dict):
            return {key: shuffled(held) for key, held in element.items()}
        if isinstance(element, list):
            return sorted((shuffled(held) for held in element), key=lambda _: random.random())  # type: ignore[attr-defined] # hypothesis' random
        return float(element) if isinstance(element, int) and not isinstance(element, bool) else element

    assert same(value, shuffled(value))
    assert changes({"a": value}, {"a": shuffled(value)}) == ()


@given(VALUES, VALUES)
def test_values_that_differ_are_told_apart_whichever_is_declared(one: object, other: object) -> None:
    """A change is reported in both directions or in neither."""
    forward, backward = changes({"a": one}, {"a": other}), changes({"a": other}, {"a": one})
    if not (isinstance(one, dict) and isinstance(other, dict)):
        assert bool(forward) == bool(backward) == (not same(one, other))


def test_only_declared_properties_are_compared_and_each_is_named_by_its_path() -> None:
    """GitHub adds computed properties, which nobody declared; a missing one is absent."""
    live = {"rules": {"pullRequest": {"approvals": 1, "computed": 5}, "update": True}, "etag": "x", "names": ["b", "a"]}
    declared = {"rules": {"pullRequest": {"approvals": 2}, "update": True}, "names": ["a"], "gone": []}
    assert changes(live, declared) == (
        FieldChange("rules.pullRequest.approvals", "1", "2"),
        FieldChange("names", "a, b", "a"),
        FieldChange("gone", "absent", "none"),
    )


def test_every_wrong_input_is_named() -> None:
    """Missing, mistyped and unknown inputs all appear at once; a boolean is no number."""
    shape = Shape(name=str, flags=(bool,), count=int, pairs=({"a", "b"},), ids=dict, maybe=Optional(str))
    wrong = {"name": "", "flags": [True, 1], "count": True, "pairs": [{"a": "x"}], "ids": {"k": 1}, "new": 0}
    assert shape.failures(wrong) == (
        Failure("name", "is not a text"),
        Failure("flags", "holds something that is not a boolean"),
        Failure("count", "is not a whole number"),
        Failure("pairs", "holds something that is not an object of a, b"),
        Failure("ids", "is not an object of texts"),
        Failure("new", "is unknown"),
    )
    assert shape.failures({})[0] == Failure("name", "is missing")
    right = {"name": "n", "flags": [], "count": 0, "pairs": [{"a": "x", "b": "y"}], "ids": {"k": "1"}}
    assert shape.failures(right) == ()


def test_all_resource_types_of_twinlock_have_a_handler() -> None:
    """Exactly these, each replaced when what it is about changes."""
    found = handlers_in(handlers)
    assert {type_: sorted(handler.replaces) for type_, handler in found.items()} == {
        "twinlock:aws:RoleInventory": ["accountId"],
        "twinlock:github:BranchProtectionInventory": ["repository"],
        "twinlock:github:ConstantInventory": ["repository"],
        "twinlock:github:EnvironmentInventory": ["repository"],
        "twinlock:github:EnvironmentProtection": ["environment", "repository"],
        "twinlock:github:OidcSubject": ["repository"],
        "twinlock:github:OrganizationOidc": ["organization"],
        "twinlock:github:RepositoryAccess": ["repository"],
        "twinlock:github:RulesetInventory": ["repository"],
        "twinlock:github:TeamMembers": ["team"],
    }
    assert all(handler.adopts for handler in found.values())


def test_module_without_handler_fails_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in the wrong place is an error at once, not a type that silently has no handler."""
    package = tmp_path / "handlers_for_a_test"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "_passed_over.py").touch()
    (package / "empty.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    module = __import__("handlers_for_a_test")
    with pytest.raises(ImportError, match=r"handlers_for_a_test\.empty has no HANDLER"):
        handlers_in(module)
    del sys.modules["handlers_for_a_test"]


def test_no_connection_shows_its_secrets() -> None:
    """Whatever prints a connection prints no token and no key."""
    aws = AwsConnection("1" * 12, "eu-west-1", "http://127.0.0.1:1", "public", "SECRET-KEY")
    shown = repr(Connection(GitHubConnection("http://127.0.0.1:1", "acme", "SECRET-TOKEN"), {Purpose.BUILD: aws}))
    assert "SECRET" not in shown
    assert "acme" in shown


def test_provider_without_keys_of_its_account_is_refused() -> None:
    """No ambient credential fills the gap."""
    inputs = {"awsAccountId": "1" * 12, "awsRegion": "eu-west-1", "awsEndpoint": "http://127.0.0.1:1"}
    with pytest.raises(Incomplete, match="There are no keys for it"):
        connect(inputs, Where.WORLD)


def test_provider_of_github_reaches_github_only() -> None:
    """Each side of the provider opens what it is configured for."""
    inputs = {"githubUrl": "http://127.0.0.1:1", "githubToken": "t", "organization": "acme"}
    clients = connect(inputs, Where.WORLD)
    assert (clients.organization, clients.iam, clients.account) == ("acme", None, None)
    assert clients.github is not None
