"""Checkpoints: how one stands to what is recorded, and what changed in it, without a value."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock.engine import checkpoint
from twinlock.engine.checkpoint import Change, Recorded, Standing, changes, digest, require_trusted, standing
from twinlock.errors import BadInput, Incomplete

URN = "urn:pulumi:payments::twinlock-protections::github:index/repositoryRuleset:RepositoryRuleset::main"
OTHER = f"{URN}-tags"


def _deployment(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {"manifest": {"time": "2026-01-01T00:00:00Z"}, "resources": list(resources), **more}


def _file(deployment: dict[str, Any]) -> bytes:
    return json.dumps({"version": 3, "checkpoint": {"stack": "payments", "latest": deployment}}, indent=4).encode()


def _export(deployment: dict[str, Any]) -> bytes:
    return json.dumps({"deployment": deployment, "version": 3}).encode()


RULESET = {"urn": URN, "inputs": {"enforcement": "active", "rules": [{"type": "deletion"}]}, "id": "7"}


def test_a_file_and_its_export_have_one_digest() -> None:
    """The digest is of the deployment, however it is written down."""
    assert digest(_file(_deployment(RULESET))) == digest(_export(_deployment(RULESET)))
    assert digest(_file(_deployment(RULESET))) != digest(_file(_deployment({**RULESET, "id": "8"})))


def test_only_what_the_programs_declare_is_counted() -> None:
    """Stacks, components and providers are Pulumi's own."""
    held: list[dict[str, Any]] = [
        {"urn": "a", "custom": True, "type": "github:index/team:Team"},
        {"urn": "b", "custom": True, "type": "pulumi:providers:github"},
        {"urn": "c", "custom": False, "type": "twinlock:github:Organization"},
        {"urn": "d", "type": "pulumi:pulumi:Stack"},
    ]
    assert checkpoint.resources(_file(_deployment(*held))) == 1


def test_a_stack_that_never_ran_has_a_digest_too() -> None:
    """Pulumi writes a checkpoint without a deployment when a stack is made."""
    assert digest(b'{"version": 3, "checkpoint": {"stack": "payments"}}') == digest(b'{"version":3,"checkpoint":{}}')


def test_the_same_declared_elsewhere_is_no_difference_of_a_resource() -> None:
    """Plain Pulumi notes other places in the source, and dependencies in another order; one less is told."""
    before = {**RULESET, "dependencies": ["a", "b"], "propertyDependencies": {"rules": ["a", "b"]}}
    after = {
        **RULESET,
        "dependencies": ["b", "a"],
        "propertyDependencies": {"rules": ["b", "a"]},
        "sourcePosition": "project:///__main__.py#5",
        "stackTrace": [{"sourcePosition": "project:///__main__.py#5"}],
    }
    assert digest(_file(_deployment(before))) != digest(_file(_deployment(after)))
    assert changes(_file(_deployment(before)), _file(_deployment(after))) == []
    less = {**after, "dependencies": ["b"]}
    assert changes(_file(_deployment(before)), _file(_deployment(less))) == [Change(URN, "changed", ("dependencies",))]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "It is no JSON."),
        (b"\xff", "It is no JSON."),
        (b"[]", "It holds no deployment."),
        (b"{}", "It holds no deployment."),
        (b'{"checkpoint": {"latest": []}}', "It holds no deployment."),
        (b'{"deployment": {"resources": {}}}', "It holds no deployment."),
    ],
)
def test_what_is_no_checkpoint_is_refused(content: bytes, why: str) -> None:
    """Damaged state is never taken for an empty one."""
    with pytest.raises(BadInput) as caught:
        digest(content)
    assert str(caught.value) == f"The checkpoint cannot be read.\n{why}\nRestore it from the backend's backups."


@pytest.mark.parametrize(
    ("recorded", "found", "expected"),
    [
        (Recorded(), None, Standing.NEW),
        (Recorded(), "a", Standing.UNRECORDED),
        (Recorded("a"), "a", Standing.AS_LEFT),
        (Recorded("a"), "b", Standing.CHANGED),
        (Recorded("a"), None, Standing.GONE),
        (Recorded("a", begun=True), "a", Standing.AS_LEFT),
        (Recorded("a", begun=True), "b", Standing.INTERRUPTED),
        (Recorded(None, begun=True), "b", Standing.INTERRUPTED),
        (Recorded("a", begun=True), None, Standing.INTERRUPTED),
        (Recorded(None, begun=True), None, Standing.NEW),
    ],
)
def test_a_checkpoint_is_as_left_or_it_is_not(recorded: Recorded, found: str | None, expected: Standing) -> None:
    """Only the recorded digest, or what an unfinished run has left, is trusted."""
    assert standing(recorded, found) is expected


@pytest.mark.parametrize("trusted", [Standing.NEW, Standing.AS_LEFT, Standing.INTERRUPTED])
def test_what_a_run_has_left_is_run_on(trusted: Standing) -> None:
    """No message, no error."""
    require_trusted("protections/payments", trusted)


@pytest.mark.parametrize(
    ("found", "changed", "why"),
    [
        (
            Standing.CHANGED,
            [Change(URN, "changed", ("inputs.enforcement",)), Change(OTHER, "removed")],
            f"Its checkpoint was changed outside a run: changed {URN} (inputs.enforcement); removed {OTHER}.",
        ),
        (
            Standing.CHANGED,
            [],
            "Its checkpoint was changed outside a run: nothing of its resources, but what Pulumi notes beside.",
        ),
        (
            Standing.CHANGED,
            None,
            "Its checkpoint was changed outside a run: what it was before is not known any more.",
        ),
        (Standing.GONE, None, "Its checkpoint was removed outside a run."),
        (Standing.UNRECORDED, None, "It has a checkpoint of which no run is recorded here."),
    ],
)
def test_a_forged_checkpoint_is_refused_with_what_changed(
    found: Standing, changed: list[Change] | None, why: str
) -> None:
    """The message names the stack, the resources and how to accept the change on the record."""
    with pytest.raises(Incomplete) as caught:
        require_trusted("protections/payments", found, changed)
    assert str(caught.value) == (
        f"protections/payments was not run.\n{why}\n"
        "Find out who did that. If it was right: `twinlock state accept protections/payments`, "
        "which the journal records."
    )


def test_changes_name_paths_and_never_values() -> None:
    """Added, removed and changed resources, in order of their names; a value is not shown."""
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc"}
    before = _file(_deployment(RULESET, {"urn": OTHER, "inputs": {"token": secret}}))
    after = _file(
        _deployment(
            {**RULESET, "inputs": {"enforcement": "disabled", "rules": [{"type": "creation"}]}, "protect": True},
            {"urn": f"{URN}-more"},
        )
    )
    assert changes(before, after) == [
        Change(URN, "changed", ("inputs.enforcement", "inputs.rules[0].type", "protect")),
        Change(f"{URN}-more", "added"),
        Change(OTHER, "removed"),
    ]
    assert "v1:abc" not in str(changes(before, after))


def test_a_resource_that_waits_for_its_deletion_is_told_from_its_replacement() -> None:
    """Both have one name; only the one that goes is gone."""
    before = _export(_deployment(RULESET, {**RULESET, "id": "6", "delete": True}))
    assert changes(before, _export(_deployment(RULESET))) == [Change(f"{URN} (to be deleted)", "removed")]


leaves = st.sampled_from((None, True, False, 0, 1, "", "x"))
json_values = leaves | st.lists(leaves, max_size=2) | st.dictionaries(st.sampled_from("kl"), leaves, max_size=2)
resources = st.lists(
    st.fixed_dictionaries({"urn": st.sampled_from(("a", "b", "c")), "inputs": json_values}),
    max_size=3,
    unique_by=lambda resource: str(resource["urn"]),
)


@given(resources, resources)
def test_equal_resources_have_no_changes_and_others_have(
    one: list[dict[str, Any]], other: list[dict[str, Any]]
) -> None:
    """Nothing is told of what is the same, and no difference is passed over."""
    found = changes(_export(_deployment(*one)), _export(_deployment(*other)))
    same = {each["urn"]: json.dumps(each, sort_keys=True) for each in one} == {
        each["urn"]: json.dumps(each, sort_keys=True) for each in other
    }
    assert (found == []) == same
    assert all(change.paths or change.what != "changed" for change in found)
