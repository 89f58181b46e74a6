"""Where Pulumi works: its files and their permissions, its environment, its locks, and the watchdog over it."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from pulumi.automation.errors import CommandError

from twinlock.engine.port import Stack
from twinlock.engine.pulumi import environment
from twinlock.engine.pulumi.command import Command
from twinlock.engine.pulumi.stale import remove_stale
from twinlock.engine.pulumi.watchdog import Watchdog
from twinlock.engine.pulumi.workspace import Workspace
from twinlock.errors import BadInput

if TYPE_CHECKING:
    from pathlib import Path

STACK = Stack("repositories", "payments", lambda: None)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Return the workspace of an empty platform directory."""
    served = {"twinlock": ("/opt/python", "-m", "a module")}
    return Workspace(tmp_path, "file://./state", {"github": tmp_path / "bin"}, served)


def test_the_project_names_every_provider_it_may_start(workspace: Workspace, tmp_path: Path) -> None:
    """The GitHub provider of the installation, and a launcher of each provider that is served from here."""
    project = workspace.prepare(STACK)
    launcher = workspace.home / "providers" / "twinlock"
    assert json.loads((project / "Pulumi.yaml").read_text()) == {
        "name": "twinlock-repositories",
        "runtime": "python",
        "plugins": {
            "providers": [
                {"name": "github", "path": str(tmp_path / "bin")},
                {"name": "twinlock", "path": str(launcher)},
            ]
        },
    }
    assert (launcher / "pulumi-resource-twinlock").read_text() == "#!/bin/sh\nexec /opt/python -m 'a module' \"$@\"\n"


def test_a_copy_aside_shares_the_stacks_settings_only_if_asked(workspace: Workspace, tmp_path: Path) -> None:
    """A plan that is saved aside is encrypted with a stack's salt, which is in its settings."""
    own = workspace.prepare(STACK)
    assert workspace.aside(tmp_path / "a", settings=True).prepare(STACK) == own
    assert workspace.aside(tmp_path / "b").prepare(STACK) == tmp_path / "b" / "projects" / "repositories"


def test_the_passphrase_is_made_once_and_is_its_owners_alone(workspace: Workspace) -> None:
    """A generated passphrase, mode 0600, kept by the next run; all around it mode 0700."""
    workspace.prepare(STACK)
    passphrase = workspace.passphrase.read_text()
    workspace.prepare(STACK)
    assert workspace.passphrase.read_text() == passphrase
    assert len(passphrase) >= 40
    assert stat.S_IMODE(workspace.passphrase.stat().st_mode) == 0o600
    assert stat.S_IMODE(workspace.home.stat().st_mode) == 0o700


def test_state_without_its_passphrase_is_refused(workspace: Workspace) -> None:
    """A new passphrase would make what is encrypted unreadable for good, so none is made."""
    workspace.prepare(STACK)
    assert workspace.state is not None
    (workspace.state / ".pulumi" / "stacks").mkdir(parents=True)
    workspace.passphrase.unlink()
    with pytest.raises(BadInput, match="cannot be read") as refused:
        workspace.prepare(STACK)
    assert str(workspace.passphrase) in refused.value.why
    assert not workspace.passphrase.exists()


def test_a_backend_elsewhere_is_named_as_it_is(tmp_path: Path) -> None:
    """Only `file://` is a directory of ours."""
    elsewhere = Workspace(tmp_path, "s3://bucket", {}, {})
    assert (elsewhere.state, elsewhere.backend_url) == (None, "s3://bucket")
    assert Workspace(tmp_path, "file://./state", {}, {}).backend_url == f"file://{tmp_path.resolve()}/state"


def test_nothing_that_leaks_into_a_provider_is_inherited() -> None:
    """Only what is listed passes, proxies only towards the cloud."""
    found = {
        "PATH": "/bin",
        "HOME": "/home/olga",
        "GITHUB_OWNER": "other",
        "GITHUB_TOKEN": "t",
        "AWS_PROFILE": "p",
        "PULUMI_BACKEND_URL": "s3://other",
        "HTTPS_PROXY": "http://proxy",
    }
    inside = {"PATH": "/bin", "HOME": "/home/olga"}
    assert environment.scrubbed(found, cloud=False) == inside
    assert environment.scrubbed(found, cloud=True) == {**inside, "HTTPS_PROXY": "http://proxy"}


def test_the_passphrase_is_named_by_its_file(workspace: Workspace) -> None:
    """Neither a command line nor the environment holds it."""
    settings = workspace.settings()
    assert settings["PULUMI_CONFIG_PASSPHRASE_FILE"] == str(workspace.passphrase)
    assert "PULUMI_CONFIG_PASSPHRASE" not in settings


def test_where_a_key_encrypts_secrets_no_passphrase_is_made(tmp_path: Path) -> None:
    """One that was there before is still named: what it encrypted has to be read."""
    keyed = Workspace(
        tmp_path, "s3://bucket", {}, {}, secrets="awskms://alias/key", credentials={"AWS_REGION": "eu-west-1"}
    )
    keyed.prepare(STACK)
    assert not keyed.passphrase.exists()
    settings = keyed.settings()
    assert ("PULUMI_CONFIG_PASSPHRASE_FILE" in settings, settings["AWS_REGION"]) == (False, "eu-west-1")
    keyed.passphrase.write_text("p")
    assert keyed.settings()["PULUMI_CONFIG_PASSPHRASE_FILE"] == str(keyed.passphrase)


def test_a_command_has_the_environment_it_is_given_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pulumi's own class would hand on everything that this process has."""
    monkeypatch.setenv("GITHUB_OWNER", "other")
    command = Command(script(tmp_path, "env"), "3.256.0", {"PATH": os.environ["PATH"]})
    told = command.run(["up"], str(tmp_path), {"PULUMI_HOME": "/home"})
    names = {line.partition("=")[0] for line in told.stdout.splitlines()}
    assert "PULUMI_HOME" in names
    assert "GITHUB_OWNER" not in names


def test_a_failed_command_is_an_error_that_holds_what_it_wrote(tmp_path: Path) -> None:
    """As with Pulumi's own class."""
    command = Command(script(tmp_path, "echo oops >&2; exit 3"), "3.256.0", {"PATH": os.environ["PATH"]})
    with pytest.raises(CommandError, match="oops"):
        command.run(["up"], str(tmp_path), {})


def test_an_interrupted_command_ends_by_itself(tmp_path: Path) -> None:
    """It is asked once to stop, and what it does then is waited for."""
    begun = tmp_path / "begun"
    body = f"trap 'echo stopped; exit 1' INT; echo > {begun}; while :; do read -t 1 x < /dev/zero; done"
    command = Command(script(tmp_path, body, interpreter="bash"), "3.256.0", {"PATH": os.environ["PATH"]})

    class Silent:
        """Silent from when the command has begun."""

        waiting = ("create a team",)

        @property
        def silence(self) -> float:
            return 1000.0 if begun.exists() else 0.0

    with Watchdog(Silent(), command.interrupt, patience=0.01) as watchdog, pytest.raises(CommandError, match="stopped"):
        command.run(["up"], str(tmp_path), {})
    assert watchdog.waited_for == ("create a team",)


def test_a_watchdog_leaves_a_lively_run_alone() -> None:
    """Nothing is interrupted while something happens, and the end of the run ends the watch."""
    interrupted = threading.Event()

    class Lively:
        """Something has just happened."""

        silence = 0.0
        waiting = ()

    with Watchdog(Lively(), interrupted.set, patience=0.05) as watchdog:
        assert not interrupted.wait(0.2)
    assert watchdog.waited_for is None


def test_the_lock_of_a_process_that_is_gone_is_removed_and_no_other(tmp_path: Path) -> None:
    """A lock of a living process, of another machine, or that nobody can read, stays."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    place = tmp_path / ".pulumi" / "locks" / "organization" / "twinlock-repositories" / "payments"
    place.mkdir(parents=True)
    here = socket.gethostname()
    locks = {
        "stale": {"pid": gone.pid, "hostname": here},
        "living": {"pid": os.getpid(), "hostname": here},
        "elsewhere": {"pid": gone.pid, "hostname": f"not-{here}"},
        "odd": ["x"],
    }
    for name, lock in locks.items():
        (place / f"{name}.json").write_text(json.dumps(lock))
    remove_stale(tmp_path, STACK)
    assert sorted(path.stem for path in place.iterdir()) == ["elsewhere", "living", "odd"]


def script(place: Path, body: str, interpreter: str = "sh") -> Path:
    """Write an executable script."""
    path = place / "pulumi"
    path.write_text(f"#!/usr/bin/env {interpreter}\n{body}\n")
    path.chmod(0o755)
    return path
