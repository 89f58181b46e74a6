"""The state commands on what Pulumi left: what stands, what was forged, and how that is accepted or freed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STACK = "repositories/payments"
REPOSITORY = "github:index/repository:Repository::payments"


@pytest.fixture
def checkpoint(provisioned: Any) -> Iterator[Path]:  # noqa: ANN401 - the conftest's
    """Return a checkpoint's file; it is as it was afterwards, and taken for right."""
    path = provisioned.root / "state/.pulumi/stacks/twinlock-repositories/payments.json"
    content = path.read_bytes()
    yield path
    path.write_bytes(content)
    assert provisioned.twinlock("state", "accept", STACK, "--yes").code == 0


def forge(path: Path) -> str:
    """Say in a checkpoint that a repository is public, and return the resource's name."""
    document = json.loads(path.read_bytes())
    resources = document["checkpoint"]["latest"]["resources"]
    (found,) = [each for each in resources if each["urn"].endswith(REPOSITORY)]
    found["inputs"]["visibility"] = "public"
    path.write_text(json.dumps(document))
    return str(found["urn"])


def test_what_runs_have_left_is_listed_and_verified(provisioned: Any) -> None:  # noqa: ANN401
    """Each stack with its resources and the digest that the journal has."""
    listed = provisioned.twinlock("state", "status", "--format", "json")
    assert [(each["stack"], each["resources"] > 0, each["standing"]) for each in listed.document] == [
        ("organization/platform", True, "as left"),
        ("repositories/platform", True, "as left"),
        (STACK, True, "as left"),
        ("protections/payments", True, "as left"),
    ]
    verified = provisioned.twinlock("state", "verify")
    assert (verified.code, verified.out) == (0, "4 checkpoints: each is what the last run has left.\n")


def test_a_forged_checkpoint_is_told_refused_and_accepted_on_the_record(
    provisioned: Any,  # noqa: ANN401
    checkpoint: Path,
) -> None:
    """What changed is named without its value; nothing runs on it until somebody accepts it, which the journal says."""
    urn = forge(checkpoint)
    verified = provisioned.twinlock("state", "verify", "--format", "json")
    assert (verified.code, [each["changes"] for each in verified.document if each["standing"] == "changed"]) == (
        1,
        [[{"resource": urn, "what": "changed", "paths": ["inputs.visibility"]}]],
    )
    shown = provisioned.twinlock("state", "verify").out
    assert f"{STACK}   changed    {urn}   inputs.visibility\n" in shown
    assert "public" not in shown
    refused = provisioned.twinlock("up", "--yes", "--engine", "pulumi", "payments")
    assert refused.code == 3
    assert f"changed {urn} (inputs.visibility)" in refused.err
    unasked = provisioned.twinlock("state", "accept", STACK)
    assert (unasked.code, "There is no terminal to ask for consent." in unasked.err) == (2, True)
    accepted = provisioned.twinlock("state", "accept", STACK, "--yes")
    assert (accepted.code, accepted.out) == (0, f"{STACK}: accepted, and in the journal.\n")
    entry = json.loads((provisioned.root / ".twinlock/journal.jsonl").read_text().splitlines()[-1])
    assert (entry["event"], entry["subject"], entry["what"]) == (
        "checkpoint",
        STACK,
        "accepted by hand; it was changed",
    )
    assert provisioned.twinlock("state", "verify").code == 0


def test_a_checkpoint_that_is_gone_or_unreadable_is_told(
    provisioned: Any,  # noqa: ANN401
    checkpoint: Path,
) -> None:
    """Neither ends in a traceback, and both name the stack."""
    checkpoint.write_bytes(b"{")
    unreadable = provisioned.twinlock("state", "verify")
    assert (unreadable.code, f"The checkpoint of {STACK} cannot be read." in unreadable.err) == (2, True)
    checkpoint.unlink()
    gone = provisioned.twinlock("state", "verify")
    assert gone.code == 1
    assert f"{STACK}   gone       " in gone.out
    assert "it was removed outside a run" in gone.out
    exported = provisioned.twinlock("state", "export", STACK)
    assert (exported.code, f"{STACK} has no checkpoint." in exported.err) == (2, True)


def test_an_export_is_the_checkpoint_and_names_known_stacks_only(provisioned: Any) -> None:  # noqa: ANN401
    """What is printed is what the backend holds; another name is refused with the known ones."""
    path = provisioned.root / "state/.pulumi/stacks/twinlock-repositories/payments.json"
    exported = provisioned.twinlock("state", "export", STACK)
    assert (exported.code, exported.document) == (0, json.loads(path.read_bytes()))
    other = provisioned.twinlock("state", "export", "repositories/other")
    assert other.code == 2
    assert "The stacks of this platform are: organization/platform, repositories/platform, " in other.err


def test_a_lock_that_a_run_has_left_is_removed(provisioned: Any) -> None:  # noqa: ANN401
    """A lock of another machine, whose process nobody here can look for, holds runs until it is removed."""
    locks = provisioned.root / "state/.pulumi/locks/organization/twinlock-repositories/payments"
    locks.mkdir(parents=True, exist_ok=True)
    held = {"pid": 1, "username": "paula", "hostname": "elsewhere", "timestamp": "2026-01-01T00:00:00Z"}
    (locks / "a.json").write_text(json.dumps(held))
    refused = provisioned.twinlock("up", "--yes", "--engine", "pulumi", "payments")
    assert (refused.code, "Another run of Pulumi holds its state." in refused.err) == (3, True)
    freed = provisioned.twinlock("state", "unlock", STACK, "--yes")
    assert (freed.code, freed.out) == (0, f"{STACK}: no run holds it now.\n")
    assert list(locks.glob("*.json")) == []


def test_where_pulumi_has_no_state_the_commands_say_so(installed: Any, new_platform: Any) -> None:  # noqa: ANN401
    """A directory that Pulumi never provisioned has nothing to verify, which is not the same as verified."""
    del installed
    platform = new_platform()
    for command in ("status", "verify"):
        told = platform.twinlock("state", command)
        assert (told.code, "There is no state of Pulumi's." in told.err) == (3, True)
