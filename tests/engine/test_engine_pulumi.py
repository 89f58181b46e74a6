"""The real engine on a world: what it provisions, finds and destroys, and that the embedded engine leaves the same."""

from __future__ import annotations

import json
import os
import signal
from typing import Any

import pytest

from twinlock.errors import Incomplete

PULUMI = ("--engine", "pulumi")


def test_a_service_from_nothing_is_as_declared(provisioned: Any) -> None:  # noqa: ANN401 - the conftest's
    """What Pulumi provisions is what the manifest says, by the audit's own reading."""
    audited = provisioned.twinlock("audit", "--format", "json")
    assert (audited.code, audited.document["findings"], audited.document["unknowns"]) == (0, [], [])


def test_a_second_up_and_a_preview_find_nothing_to_do(provisioned: Any) -> None:  # noqa: ANN401
    """Where nothing has drifted, nothing is changed, and preview says so."""
    again = provisioned.twinlock("up", "--yes", *PULUMI, "--format", "json")
    assert {stack["stack"]: stack["changes"] for stack in again.document["stacks"]} == {
        "organization/platform": [],
        "repositories/platform": [],
        "repositories/payments": [],
        "protections/payments": [],
    }
    previewed = provisioned.twinlock("preview", *PULUMI, "--format", "json")
    assert (previewed.code, [stack["changes"] for stack in previewed.document["stacks"]]) == (0, [[], [], [], []])


def test_no_secret_is_in_the_clear_in_state(provisioned: Any) -> None:  # noqa: ANN401
    """Neither the token that the providers were given, nor an account's key, nor the passphrase."""
    controller = provisioned.world["github"]["tokens"]["twinlock-controller"]
    keys = [account["secret_key"] for account in provisioned.world["aws"]["accounts"].values()]
    passphrase = (provisioned.root / ".twinlock" / "pulumi" / "passphrase").read_text()
    secrets = [controller, *keys, passphrase]
    checkpoints = sorted((provisioned.root / "state" / ".pulumi").rglob("*.json"))
    assert len(checkpoints) >= 4
    assert [path for path in checkpoints for secret in secrets if secret in path.read_text()] == []


def test_a_forged_checkpoint_is_refused(provisioned: Any) -> None:  # noqa: ANN401
    """State that somebody changed outside a run is not run on; put back, it is what the last run left."""
    path = provisioned.root / "state" / ".pulumi" / "stacks" / "twinlock-organization" / "platform.json"
    before = path.read_text()
    forged = json.loads(before)
    team = next(each for each in forged["checkpoint"]["latest"]["resources"] if each["type"].endswith("team:Team"))
    team["inputs"] = {**team.get("inputs", {}), "privacy": "secret"}
    path.write_text(json.dumps(forged))
    refused = provisioned.twinlock("up", "--yes", *PULUMI)
    path.write_text(before)
    assert refused.code == 3
    assert "error: organization/platform was not run." in refused.err
    assert f"changed {team['urn']} (inputs.privacy)" in refused.err


def test_drift_is_previewed_in_words_and_corrected(provisioned: Any) -> None:  # noqa: ANN401
    """What the official provider sees, and what only twinlock's own types see; a preview changes nothing."""
    path = "/repos/acme/payments/rulesets"
    number = next(each["id"] for each in provisioned.request("GET", path) if each["name"] == "default-branch")
    provisioned.request("PUT", f"{path}/{number}", {"enforcement": "disabled"})
    provisioned.request("PUT", "/orgs/acme/teams/payments-testers/memberships/alice", {"role": "member"})
    expected = [
        ("organization/platform", "TeamMembers", "payments-testers", "members"),
        ("protections/payments", "RepositoryRuleset", "payments:default-branch", "enforcement"),
    ]
    for command, code in (("preview",), 1), (("up", "--yes"), 0):
        done = provisioned.twinlock(*command, *PULUMI, "--format", "json")
        assert (done.code, [change for change in changed(done.document) if change in expected]) == (code, expected)
    audited = provisioned.twinlock("audit", "--format", "json")
    assert (audited.code, audited.document["findings"]) == (0, [])


def changed(document: Any) -> list[tuple[str, str, str, str]]:  # noqa: ANN401 - JSON
    """Return every field that differs: stack, type, name, path."""
    return [
        (stack["stack"], change["type"].rpartition(":")[2], change["name"], field["path"])
        for stack in document["stacks"]
        for change in stack["changes"]
        for field in change["fields"]
    ]


def test_a_world_that_says_nothing_ends_the_run_and_names_what_it_waits_for(
    provisioned: Any,  # noqa: ANN401
    impatient: Any,  # noqa: ANN401
) -> None:
    """A run in silence is ended, cleanly: the next one finds its state as it should be."""
    engine, stack = impatient
    before = engine.checkpoint(stack("repositories", "payments"))
    world = provisioned.world["pid"]
    os.kill(world, signal.SIGSTOP)
    try:
        with pytest.raises(Incomplete) as ended:
            engine.up(stack("repositories", "payments"))
    finally:
        os.kill(world, signal.SIGCONT)
    assert ended.value.what == "repositories/payments was ended: for 5 s nothing happened."
    assert "github:index/repository:Repository payments (" in ended.value.why
    engine.preview(stack("repositories", "payments"))
    assert resources(engine.checkpoint(stack("repositories", "payments"))) == resources(before)


def resources(content: bytes) -> list[str]:
    """Return the names of a checkpoint's resources."""
    return sorted(each["urn"] for each in json.loads(content)["checkpoint"]["latest"]["resources"])
