"""`twinlock integration` where no environment can be made: it says why, and has noted nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twinlock.manifest import integration_file
from twinlock.model.integration import UnderTest
from twinlock_cli import app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Asked = Callable[..., int]

KEYS = {"AWS_ACCESS_KEY_ID": "public", "AWS_SECRET_ACCESS_KEY": "hidden", "AWS_SESSION_TOKEN": "session"}


@pytest.fixture
def up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Ask for an environment, with these variables and options in the place of the usual ones."""

    def ask(environment: dict[str, str], **options: str) -> int:
        about = tmp_path / "about.json"
        about.write_text(integration_file.encode(UnderTest("payments", "payments-testers", (), 7200)))
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        for name in (*KEYS, "AWS_ENDPOINT_URL"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        given = {
            "about": str(about),
            "run": "payments-7a1",
            "digest": f"sha256:{'1' * 64}",
            "suite-digest": f"sha256:{'2' * 64}",
            "build-account": "444444444444",
            "integration-account": "111111111111",
            "region": "eu-west-1",
            "state": str(tmp_path / "state"),
            **options,
        }
        return app.run(["integration", "up", *(word for name in given for word in (f"--{name}", given[name]))])

    return ask


@pytest.mark.parametrize(
    ("endpoint", "why"),
    [
        ({}, "mend: Install"),
        ({"AWS_ENDPOINT_URL": "http://169.254.169.254"}, "reaches nothing but a world on this machine"),
        ({"AWS_ENDPOINT_URL": "http://localhost:1"}, "reaches nothing but a world on this machine"),
    ],
)
def test_what_is_no_world_is_not_reached(
    up: Asked, capsys: pytest.CaptureFixture[str], tmp_path: Path, endpoint: dict[str, str], why: str
) -> None:
    """AWS itself takes Pulumi, which is not installed there; nothing is noted as made."""
    assert up(KEYS | endpoint) == 3
    shown = capsys.readouterr()
    assert why in shown.err
    assert shown.out == ""
    assert not (tmp_path / "state").exists()


def test_a_mistake_is_told_before_anything_is_reached(up: Asked, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody listens at that address."""
    assert up(KEYS | {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, digest="latest") == 2
    assert "'latest' is no digest." in capsys.readouterr().err


def test_a_file_that_is_not_there_is_named(up: Asked, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """By its path, without a traceback."""
    missing = tmp_path / "missing.json"
    assert up(KEYS, about=str(missing)) == 2
    assert f"{missing} was not read." in capsys.readouterr().err


def test_where_nothing_was_made_nothing_is_destroyed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The last step of a job that ended early is no second failure."""
    assert app.run(["integration", "down", "--state", str(tmp_path)]) == 0
    assert capsys.readouterr().err == "Nothing was made.\n"
