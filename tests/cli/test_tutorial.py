"""The tutorial is what happens: its commands are typed, its files written, its output compared."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = ROOT / "docs" / "tutorial.md"
PROMPT = "$ "
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SAVED_AS = "weaken.py"
LEFT_OUT = "..."
EOL = r"\n"


@dataclass(frozen=True, slots=True)
class Step:
    """One line that is typed, and what is shown below it."""

    command: str
    shown: str


def steps(block: str) -> Iterator[Step]:
    """Yield the steps of one console block."""
    for part in re.split(rf"^{re.escape(PROMPT)}", block, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield Step(command, shown)


def pattern(shown: str) -> re.Pattern[str]:
    """Return what matches the shown output.

    A line `...` stands for any number of lines, `...` within a line for any text, and spaces for one or more of them.
    """
    lines = [line for line in shown.splitlines() if line.strip()]
    return re.compile("".join(rf"(?:.*{EOL})*" if line == LEFT_OUT else _line(line) for line in lines))


def _line(shown: str) -> str:
    words = [[re.escape(word) for word in re.split(r" +", part)] for part in shown.split(LEFT_OUT)]
    return ".*".join(" +".join(part) for part in words) + EOL


def plain(output: str) -> str:
    """Return output without empty lines, and without the spaces that end its lines."""
    return "".join(f"{line.rstrip()}\n" for line in output.splitlines() if line.strip())


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a reader in an empty directory; the world they started is stopped at the end."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {"PATH": path, "HOME": str(tmp_path), "LANG": "C.UTF-8"}
    yield environment
    if (tmp_path / "acme").exists():
        subprocess.run(["twinlock", "-C", "acme", "world", "down"], cwd=tmp_path, env=environment, check=False)


def test_the_tutorial_is_what_happens(tmp_path: Path, shell: dict[str, str]) -> None:
    """Every line of the tutorial succeeds, in order, in one directory, and shows what the page shows."""
    typed = 0
    for language, block in FENCE.findall(TUTORIAL.read_text("utf-8")):
        if language == "python":
            (tmp_path / SAVED_AS).write_text(block, "utf-8")
            continue
        for step in steps(block):
            done = subprocess.run(
                ["sh", "-c", step.command],
                cwd=tmp_path,
                env=shell,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=120,
                check=False,
            )
            output = plain(done.stdout)
            assert done.returncode == 0, f"$ {step.command}\n{output}"
            assert pattern(step.shown).fullmatch(output), (
                f"$ {step.command}\n{output}\n--- the page shows\n{step.shown}"
            )
            typed += 1
    assert typed > 10, "the page's console blocks were not found"


@pytest.mark.parametrize(
    ("shown", "output"),
    [
        ("a\n", "a"),
        ("a   b\n", "a b"),
        ("a\n...\nd\n", "a\nb\nc\nd"),
        ("a\n...\nd\n", "a\nd"),
        ("...\nd\n", "d"),
        ("...\nd\n", "c\nd"),
        ("a\n...\n", "a"),
        ("a\n...\n", "a\n\nb"),
        ("exit ...!\n", "exit 1!"),
        ("", ""),
    ],
)
def test_what_is_left_out_matches_anything(shown: str, output: str) -> None:
    """`...` stands for any lines, or for anything within a line."""
    assert pattern(shown).fullmatch(plain(output))


@pytest.mark.parametrize(
    ("shown", "output"),
    [("a\n", "a\nb"), ("a\n", "b"), ("a\n...\n", "ab"), ("exit ...!\n", "exit 1\nexit 2!"), ("", "a"), ("a.\n", "ab")],
)
def test_nothing_else_is_forgiven(shown: str, output: str) -> None:
    """What the page shows must be there, and nothing beside it."""
    assert not pattern(shown).fullmatch(plain(output))
