"""The main job as a newcomer does it: each command a process of its own, in an empty directory, without a terminal."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

import pytest


class Shell:
    """Runs commands in one directory, as a shell without a terminal would."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __call__(self, line: str, expected: int = 0) -> subprocess.CompletedProcess[str]:
        """Run `twinlock LINE`, which must end with the expected code."""
        cache = {"PYTHONPYCACHEPREFIX": sys.pycache_prefix} if sys.pycache_prefix else {}
        done = subprocess.run(
            [sys.executable, "-m", "twinlock_cli", *line.split()],
            cwd=self._directory,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self._directory),
                "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
                **cache,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == expected, f"twinlock {line}\n{done.stdout}\n{done.stderr}"
        return done


@pytest.fixture
def twinlock(tmp_path: Path) -> Iterator[Shell]:
    """Return a shell in an empty directory; the world that is started there is stopped."""
    shell = Shell(tmp_path)
    yield shell
    shell("-C acme world down")


def test_a_newcomer_provisions_a_service_and_the_audit_is_clean(twinlock: Shell, tmp_path: Path) -> None:
    """From nothing to a provisioned service in six commands, none of which asks anything; a rerun changes nothing."""
    twinlock("init acme --org acme")
    twinlock("-C acme new payments")
    twinlock("-C acme check")
    twinlock("-C acme world up --detach")

    private = tmp_path / "acme" / ".twinlock" / "world.json"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    world = json.loads(private.read_bytes())
    assert world.keys() == {"github", "aws", "pid"}
    # The socket is there where its path is short enough for a system to take.
    assert world["github"].keys() - {"socket"} == {"url", "tokens"}
    apps = {"twinlock-controller", "twinlock-auditor", "twinlock-gate", "twinlock-release"}
    assert world["github"]["tokens"].keys() > {"olga", "otto", *apps}
    assert world["aws"].keys() == {"url", "accounts"}
    assert {purpose: keys["id"] for purpose, keys in world["aws"]["accounts"].items()} == {
        "build": "444444444444",
        "integration": "111111111111",
        "production": "222222222222",
        "evidence": "333333333333",
    }
    assert {frozenset(keys) for keys in world["aws"]["accounts"].values()} == {
        frozenset({"id", "access_key", "secret_key"})
    }
    os.kill(world["pid"], 0)

    before = json.loads(twinlock("-C acme audit --format json", expected=1).stdout)
    missing = {finding["subject"] for finding in before["findings"] if "missing" in finding["message"]}
    assert {"acme/payments:ruleset/default-branch", "arn:aws:iam::222222222222:role/payments-release"} <= missing

    twinlock("-C acme up --yes")

    assert twinlock("-C acme audit").stdout.splitlines()[-1] == "Settings match the manifest."
    report = json.loads(twinlock("-C acme audit --format json").stdout)
    assert report.keys() == {"findings", "unknowns", "notes", "coverage", "calls", "windows"}
    assert (report["findings"], report["unknowns"], report["notes"]) == ([], [], [])
    assert "branch-ruleset acme/payments:ruleset/default-branch" in report["coverage"]["evaluated"]
    assert {place.split()[1] for place in report["coverage"]["not_evaluated"]} == {"acme/delivery-pipelines"}
    # Nothing changed since the audit before, so GitHub counts nothing.
    assert (before["calls"]["github"] > 0, report["calls"]["github"], report["calls"]["aws"] > 0) == (True, 0, True)

    again = json.loads(twinlock("-C acme up --yes --format json").stdout)
    assert {stack["stack"]: stack["changes"] for stack in again["stacks"]} == {
        "organization/platform": [],
        "repositories/platform": [],
        "repositories/payments": [],
        "protections/payments": [],
    }
    assert {seed["outcome"] for seed in again["seeds"]} == {"AlreadySeeded"}
    twinlock("-C acme reconcile --once --yes")
    assert "unknown_routes" not in twinlock("-C acme world status").stdout
