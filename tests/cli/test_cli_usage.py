"""What every command has in common: usage errors, what is imported, and what happens when nobody reads the result."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from twinlock_cli.app import app

if TYPE_CHECKING:
    from collections.abc import Callable

    Answer = subprocess.CompletedProcess[str]

USAGE = {
    "an unknown option": (("--nope",), "twinlock", "No such option: --nope"),
    "an unknown command": (("frob",), "twinlock", "No such command 'frob'."),
    "an option of another command": (("check", "--yes"), "twinlock check", "No such option: --yes"),
    "a missing argument": (("init",), "twinlock init", "Missing argument 'DIR'."),
    "a missing option": (("init", "acme"), "twinlock init", "Missing option '--org'."),
    "an argument too many": (("check", "twice"), "twinlock check", "Got unexpected extra argument(s) (twice)"),
    "a missing service": (("new",), "twinlock new", "Missing argument 'SERVICE'."),
    "a format that is none": (
        ("audit", "--format", "yaml"),
        "twinlock audit",
        "Invalid value for '--format': Value error, 'yaml' is not one of 'table', 'json'.",
    ),
    "a kind of file that is none": (
        ("schema", "nope"),
        "twinlock schema",
        "Invalid value for 'kind': Value error, 'nope' is not one of 'platform', 'roster', 'service'.",
    ),
    "a port that is none": (
        ("world", "up", "--port", "70000"),
        "twinlock world up",
        "Invalid value for '--port': Input should be less than or equal to 65535",
    ),
    "an unknown command of the world": (("world", "frob"), "twinlock world", "No such command 'frob'."),
}
AGAIN = "Mend that, then run the same command again."
HEAVY = {"pulumi", "boto3", "botocore", "jinja2", "pydantic", "httpx", "rich", "ruamel.yaml", "yaml", "moto"}
SPARED = {"pulumi", "botocore", "httpx", "rich", "importlib.metadata", "ruamel.yaml", "twinlock.scaffold.seed"}


@pytest.mark.parametrize(("words", "command", "problem"), USAGE.values(), ids=USAGE.keys())
def test_a_usage_error_is_told_with_the_command_that_helps(
    twinlock: Callable[..., Answer], words: tuple[str, ...], command: str, problem: str
) -> None:
    """Whatever is typed wrong ends with 2, a sentence, the command's usage and where to find help."""
    answer = twinlock(*words)
    usage, hint, blank, told = answer.stderr.splitlines()
    assert (answer.returncode, answer.stdout) == (2, "")
    assert usage.startswith(f"Usage: {command} ")
    assert (hint, blank, told) == (f"Try '{command} -h' for help.", "", f"Error: {problem}")


def test_a_missing_value_is_told(twinlock: Callable[..., Answer]) -> None:
    """An option without the value it needs ends with 2 and a sentence."""
    answer = twinlock("new", "billing", "--authors")
    assert (answer.returncode, answer.stdout, answer.stderr) == (
        2,
        "",
        "Error: Option '--authors' requires an argument.\n",
    )


@pytest.mark.parametrize("words", [(), ("world",)])
def test_no_command_shows_the_help(twinlock: Callable[..., Answer], words: tuple[str, ...]) -> None:
    """Without a command the help is shown, and the exit code says that nothing was asked for."""
    answer, asked = twinlock(*words), twinlock(*words, "--help")
    assert (answer.returncode, asked.returncode, asked.stderr) == (2, 0, "")
    assert answer.stdout + answer.stderr == asked.stdout


def test_every_command_has_a_summary(twinlock: Callable[..., Answer]) -> None:
    """Each command says in its help what it does."""
    for command in app.registered_commands:
        assert command.name is not None
        assert len(twinlock(command.name, "--help").stdout.splitlines()[2].strip()) > 20


def test_the_version_is_the_packages(twinlock: Callable[..., Answer]) -> None:
    """`--version` says which version is installed."""
    answer = twinlock("--version")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, f"twinlock {version('twinlock')}\n", "")


def test_starting_imports_nothing_heavy() -> None:
    """Commands import what they need when they run, so that `--help` starts at once."""
    program = "import json, sys, twinlock_cli.app; print(json.dumps(sorted(sys.modules)))"
    environment = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert HEAVY.isdisjoint(json.loads(done.stdout))


def test_checking_imports_nothing_that_it_could_do_without(founded: Path) -> None:
    """Small commands take as long as their imports do: what finds plugins is left out, though pydantic asks for it."""
    program = (
        "import atexit, sys; from twinlock_cli.__main__ import main; "
        f"atexit.register(lambda: print(sorted({SPARED!r} & set(sys.modules)))); main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "-C", str(founded), "check"],
        env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.splitlines()[1:] == ["[]"]


def test_a_reader_that_has_enough_is_no_error(start: Callable[..., subprocess.Popen[str]]) -> None:
    """`twinlock schema platform | head -1`: silence, and no code that claims a clean or a judged result."""
    read, write = os.pipe()
    os.close(read)
    process = start("schema", "platform", stdout=write)
    os.close(write)
    _, told = process.communicate(timeout=60)
    assert (process.returncode, told) == (3, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_a_full_disk_behind_the_result_is_told(
    start: Callable[..., subprocess.Popen[str]], refusal: Callable[[str, str, str], str]
) -> None:
    """A result that could not be written is no success."""
    with Path("/dev/full").open("w") as full:
        process = start("schema", "platform", stdout=full)
        _, told = process.communicate(timeout=60)
    why = "The system says: No space left on device."
    assert (process.returncode, told) == (3, refusal("The command was not completed.", why, AGAIN))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_an_error_that_cannot_be_told_keeps_its_code(start: Callable[..., subprocess.Popen[str]], acme: Path) -> None:
    """Where not even an error can be written, the exit code still says it."""
    with Path("/dev/full").open("w") as full:
        process = start("-C", acme / "services", "check", stderr=full)
        told, _ = process.communicate(timeout=60)
    assert (process.returncode, told) == (2, "")


def test_a_closed_stdout_is_no_error(start: Callable[..., subprocess.Popen[str]], acme: Path) -> None:
    """`twinlock check >&-` checks: what it found is in the exit code."""
    process = start("-C", acme, "check", stdout=None, before=lambda: os.close(1))
    _, told = process.communicate(timeout=60)
    assert (process.returncode, told) == (0, "target: world (acme)\n")


def test_a_directory_that_is_gone_is_told(
    start: Callable[..., subprocess.Popen[str]], refusal: Callable[[str, str, str], str], tmp_path: Path
) -> None:
    """A shell may stand in a directory that somebody deleted."""
    gone = tmp_path / "gone"
    gone.mkdir()
    process = start("check", cwd=gone, before=gone.rmdir)
    out, told = process.communicate(timeout=60)
    why = "The system says: No such file or directory."
    assert (process.returncode, out, told) == (3, "", refusal("The command was not completed.", why, AGAIN))
