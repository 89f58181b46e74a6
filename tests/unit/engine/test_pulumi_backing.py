"""How state is reached, and what a shell needs for plain Pulumi: the right variables, and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twinlock.engine.pulumi import plain
from twinlock.engine.pulumi.backing import Backing, Keys, in_aws, on_cloud, on_world
from twinlock.engine.pulumi.workspace import Workspace
from twinlock.model.declaration import State

if TYPE_CHECKING:
    from pathlib import Path

URL = "http://127.0.0.1:5000"
KEYS = Keys("public-half", "secret-half")
SHELL = {
    "PATH": "/bin",
    "HOME": "/home/olga",
    "AWS_PROFILE": "work",
    "AWS_SECRET_ACCESS_KEY": "of-olga",
    "AWS_ENDPOINT_URL": "http://elsewhere",
    "GITHUB_OWNER": "other",
    "GITHUB_TOKEN": "of-olga",
    "GOOGLE_CREDENTIALS": "of-olga",
    "PULUMI_ACCESS_TOKEN": "of-olga",
    "PULUMI_CONFIG_PASSPHRASE": "of-olga",
}


def test_state_in_the_worlds_aws_is_reached_by_its_keys_alone() -> None:
    """The world's address, which differs at each start, stands in no address that is kept in state."""
    found = on_world(State("s3://acme-state?region=eu-west-1", "awskms://alias/state"), "eu-west-1", URL, KEYS)
    assert found == Backing(
        "s3://acme-state?region=eu-west-1&s3ForcePathStyle=true",
        "awskms://alias/state",
        {
            "AWS_ENDPOINT_URL": URL,
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "public-half",
            "AWS_SECRET_ACCESS_KEY": "secret-half",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
        },
    )
    assert "secret-half" not in repr((found, KEYS))


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State("file://./state", "passphrase"), False),
        (State("file://./state", "awskms://alias/state"), True),
        (State("s3://acme-state", "passphrase"), True),
    ],
)
def test_a_key_in_aws_needs_aws_as_state_does(state: State, expected: bool) -> None:  # noqa: FBT001 - a case
    """A directory with a passphrase needs no world."""
    assert in_aws(state) is expected


@pytest.mark.parametrize(
    ("backend", "passed"),
    [
        ("s3://acme-state", {"AWS_PROFILE", "AWS_SECRET_ACCESS_KEY"}),
        ("gs://acme-state", {"AWS_PROFILE", "AWS_SECRET_ACCESS_KEY", "GOOGLE_CREDENTIALS"}),
        ("https://api.pulumi.com", {"AWS_PROFILE", "AWS_SECRET_ACCESS_KEY", "PULUMI_ACCESS_TOKEN"}),
    ],
)
def test_on_the_cloud_only_what_the_backend_and_the_key_ask_for_passes(backend: str, passed: set[str]) -> None:
    """No address of a service, and nothing of a backend that is not used."""
    found = on_cloud(State(backend, "awskms://alias/state"), SHELL)
    assert (found.url, set(found.credentials)) == (backend, passed)


def test_a_shell_gets_what_runs_of_twinlock_use_and_loses_what_beats_it(tmp_path: Path) -> None:
    """The installed engine and the served providers stand before the PATH; the passphrase is named by its file."""
    workspace = Workspace(tmp_path, "file://./state", {}, {"twinlock": ("/opt/python", "-m", "m")})
    said = list(plain.lines(workspace, tmp_path / "bin", tmp_path / "a python", SHELL, cloud=False))
    home = tmp_path / ".twinlock" / "pulumi"
    assert said == [
        "unset AWS_ENDPOINT_URL",
        "unset AWS_PROFILE",
        "unset AWS_SECRET_ACCESS_KEY",
        "unset GITHUB_OWNER",
        "unset GITHUB_TOKEN",
        "unset PULUMI_CONFIG_PASSPHRASE",
        f"export PULUMI_BACKEND_URL=file://{tmp_path.resolve()}/state",
        f"export PULUMI_CONFIG_PASSPHRASE_FILE={home}/passphrase",
        "export PULUMI_SKIP_UPDATE_CHECK=true",
        "export PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true",
        f"export PATH={tmp_path}/bin:{home}/providers/twinlock:/bin",
        f"export PULUMI_PYTHON_CMD='{tmp_path}/a python'",
    ]
    assert (home / "providers" / "twinlock" / "pulumi-resource-twinlock").is_file()
    cloud = list(plain.lines(workspace, tmp_path / "bin", tmp_path / "python", SHELL, cloud=True))
    assert [line for line in cloud if line.startswith("unset")] == [
        "unset GITHUB_OWNER",
        "unset GITHUB_TOKEN",
        "unset PULUMI_CONFIG_PASSPHRASE",
    ]
