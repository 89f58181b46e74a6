"""Import files: what a stack takes over, written and read as Pulumi does, and told to its state."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock.engine import imports
from twinlock.engine.imports import Existing
from twinlock.engine.port import Stack
from twinlock.engine.pulumi.taking_over import adopted, pending
from twinlock.errors import BadInput

AROUND = (("twinlock:github:RepositoryProtection", "payments"), ("twinlock:github:RepositoryRuleset", "payments:main"))
RULESET = Existing(
    "github:index/repositoryRuleset:RepositoryRuleset",
    "payments:main",
    "7",
    AROUND,
    "github",
    {"repository": "payments"},
)
ACCESS = Existing("twinlock:github:RepositoryAccess", "payments", "payments", AROUND[:1], "twinlock")
STACK = Stack("protections", "payments", lambda: None, imports=(RULESET, ACCESS))
PLACE = "urn:pulumi:payments::twinlock-protections::"
WHOLE = "twinlock:github:RepositoryProtection"
NAMES = st.text(min_size=1, max_size=20)


def test_a_file_is_what_pulumi_imports() -> None:
    """A component is named once, before what stands in it; a provider by its place in the state."""
    document = json.loads(imports.write("twinlock-protections", "payments", (RULESET, ACCESS)))
    assert document["nameTable"] == {
        "provider github": f"{PLACE}pulumi:providers:github::github",
        "provider twinlock": f"{PLACE}pulumi:providers:twinlock::twinlock",
    }
    assert [(each["type"], each["logicalName"], each.get("component", False)) for each in document["resources"]] == [
        (*AROUND[0], True),
        (*AROUND[1], True),
        (RULESET.type, RULESET.name, False),
        (ACCESS.type, ACCESS.name, False),
    ]
    assert document["resources"][2]["outputs"] == {"id": "7", "repository": "payments"}


@given(NAMES, NAMES, st.dictionaries(NAMES.filter(lambda name: name != "id"), NAMES, max_size=3))
def test_what_is_written_is_read(name: str, id_: str, known: dict[str, str]) -> None:
    """Whatever its names hold."""
    existing = Existing("twinlock:github:TeamMembers", name, id_, (("twinlock:github:Team", name),), "twinlock", known)
    assert imports.read(imports.write("p", "g", [existing]).encode(), "f") == (existing,)


@given(
    st.binary(max_size=200)
    | st.recursive(NAMES | st.none(), st.lists, max_leaves=5).map(lambda v: json.dumps(v).encode())
)
def test_what_is_no_import_file_is_refused(content: bytes) -> None:
    """With an error for people, whatever it is."""
    with pytest.raises(BadInput, match="cannot be used"):
        imports.read(content, "imports/repositories/payments.json")


def test_a_parent_that_is_none_is_refused() -> None:
    """Also where it is its own."""
    document = json.loads(imports.write("p", "g", [ACCESS]))
    document["resources"][0]["parent"] = document["resources"][0]["name"]
    with pytest.raises(BadInput, match="which is no component of it"):
        imports.read(json.dumps(document).encode(), "f")


def test_the_state_is_told_what_a_resource_needs_around_it() -> None:
    """Stack, providers without credentials, components, then the resource, which is let go and never deleted."""
    told = json.loads(adopted('{"version": 3, "deployment": {}}', STACK, STACK.imports))["deployment"]["resources"]
    assert [each["urn"].removeprefix(PLACE) for each in told] == [
        "pulumi:pulumi:Stack::twinlock-protections-payments",
        "pulumi:providers:github::github",
        f"{WHOLE}::payments",
        f"{WHOLE}$twinlock:github:RepositoryRuleset::payments:main",
        f"{WHOLE}$twinlock:github:RepositoryRuleset${RULESET.type}::payments:main",
        "pulumi:providers:twinlock::twinlock",
        f"{WHOLE}$twinlock:github:RepositoryAccess::payments",
    ]
    ruleset = told[4]
    assert (ruleset["id"], ruleset["outputs"]) == ("7", {"id": "7", "repository": "payments"})
    assert ruleset["retainOnDelete"]
    assert ruleset["provider"] == f"{told[1]['urn']}::{told[1]['id']}"
    assert not any("inputs" in each for each in told if each["type"].startswith("pulumi:"))


def test_what_the_state_holds_is_not_taken_over_again() -> None:
    """Nothing is pending of it, and nothing else changes."""
    held = imports.urn(STACK.project, STACK.group, RULESET)
    assert pending(STACK, [held]) == (ACCESS,)
    assert adopted("anything", STACK, ()) == "anything"
