"""Plain `pulumi` in `stacks/`, as its users type it, and what custody says afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from twinlock.errors import Incomplete
from twinlock_cli import compose

if TYPE_CHECKING:
    from collections.abc import Callable

STACK = "protections/payments"


@pytest.fixture
def pulumi(provisioned: Any) -> Callable[..., str]:  # noqa: ANN401 - the conftest's
    """Return what runs Pulumi in a project, from a shell that has the environment; it must succeed."""
    shell = {name: value for name, value in os.environ.items() if name in {"HOME", "LANG"}}
    # A person's shell, in which some other organization's token is set.
    shell |= {"PATH": os.defpath, "GITHUB_OWNER": "other", "GITHUB_TOKEN": "of-another", "AWS_PROFILE": "another"}
    shell |= {"PULUMI_HOME": str(provisioned.root.parent / "home")}
    twinlock = f'"{sys.executable}" -m twinlock_cli -C "$1"'

    def run(project: str, *arguments: str) -> str:
        body = f'set -e; eval "$({twinlock} engine environment 2> "$1/said")"; cd "$1/stacks/$2"; shift 2; pulumi "$@"'
        command = ["sh", "-c", body, "sh", str(provisioned.root), project, *arguments]
        done = subprocess.run(command, env=shell, capture_output=True, encoding="utf-8", timeout=300, check=False)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    return run


def test_a_pulumi_user_corrects_drift_and_custody_is_told(provisioned: Any, pulumi: Callable[..., str]) -> None:  # noqa: ANN401
    """Without configuration `pulumi up -s payments` finds its stack, its secrets, its providers and the other stack's
    outputs; the next run of twinlock begins only after somebody accepts what it left.
    """  # noqa: D205 - one sentence
    rulesets = "/repos/acme/payments/rulesets"
    number = next(each["id"] for each in provisioned.request("GET", rulesets) if each["name"] == "default-branch")
    provisioned.request("PUT", f"{rulesets}/{number}", {"enforcement": "disabled"})
    done = pulumi("protections", "up", "-s", "payments", "--yes", "--refresh", "--non-interactive", "--color", "never")
    assert "~ 1 updated" in done
    assert provisioned.request("GET", f"{rulesets}/{number}")["enforcement"] == "active"
    verified = provisioned.twinlock("state", "verify", "--format", "json")
    assert (verified.code, {each["stack"] for each in verified.document if each["standing"] == "changed"}) == (
        1,
        {STACK},
    )
    platform = compose.load(provisioned.root)
    stack = compose.stacks(platform, compose.world(platform))("protections", "payments")
    with pytest.raises(Incomplete, match=r"^protections/payments was not run\."):
        compose.pulumi(platform).up(stack)
    assert provisioned.twinlock("state", "accept", STACK, "--yes").code == 0
    assert provisioned.twinlock("state", "verify").code == 0


def test_every_stack_is_there_under_its_group(pulumi: Callable[..., str]) -> None:
    """A project lists its stacks, each called after its group."""
    assert "payments" in pulumi("repositories", "stack", "ls")
    assert "platform" in pulumi("organization", "stack", "ls")
