"""The reference of commands says what `--help` says: every command, argument and option, and no other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from twinlock_cli import app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Helped = Callable[[tuple[str, ...]], str]

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference.md"
OPTION = re.compile(r"^  (-{1,2}[a-zA-Z][a-z-]*)(?:, (--[a-z-]+))?", re.MULTILINE)
COMMAND = re.compile(r"^  ([a-z]+) {2,}\S", re.MULTILINE)
ROW = re.compile(r"^\| ((?:`-[^`]+`(?:, )?)+) \| \S", re.MULTILINE)
USUAL = {"-h", "--help"}
"""Every command has these; the page says so once."""


@pytest.fixture
def helped(capsys: pytest.CaptureFixture[str]) -> Helped:
    """Ask a command for its help."""

    def ask(words: tuple[str, ...]) -> str:
        assert app.run([*words, "--help"]) == 0
        return capsys.readouterr().out

    return ask


def commands(helped: Helped, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every command that does something, with its help."""
    shown = helped(words)
    _, listed, names = shown.partition("\nCommands:\n")
    if not listed:
        yield words, shown
    for name in COMMAND.findall(names):
        yield from commands(helped, (*words, name))


def options(shown: str) -> set[str]:
    """Return the options that a help lists."""
    _, _, listed = shown.partition("\nOptions:\n")
    return {option for pair in OPTION.findall(listed) for option in pair if option}


def sections() -> dict[str, str]:
    """Return the page's sections by command, and what stands before the first of them under the empty name."""
    first, *rest = re.split(r"^## ", REFERENCE.read_text("utf-8"), flags=re.MULTILINE)
    named = (section.partition("\n") for section in rest)
    return {"": first} | {title.strip("`"): body for title, _, body in named if title.startswith("`twinlock ")}


def documented(section: str) -> set[str]:
    """Return the options in a section's table."""
    return {option for row in ROW.findall(section) for option in re.findall(r"`([^`]+)`", row)}


def test_every_command_has_a_section(helped: Helped) -> None:
    """The page has a section for each command, titled by its usage, and for no other."""
    usages = set()
    for words, shown in commands(helped):
        (usage,) = re.findall(r"^Usage: (.*)$", shown, re.MULTILINE)
        _, _, arguments = usage.partition("[OPTIONS]")
        plain = arguments.replace("[[SERVICE]...]...", "[SERVICE]...").replace("{kind}", "KIND").strip(" {}")
        usages.add(" ".join(["twinlock", *words, *plain.split()]))
    assert sections().keys() - {""} == usages


def test_every_option_is_documented(helped: Helped) -> None:
    """Each section's table lists exactly the command's options."""
    page = {" ".join(word for word in title.split() if word.islower()): body for title, body in sections().items()}
    for words, shown in commands(helped):
        assert documented(page[" ".join(["twinlock", *words])]) == options(shown) - USUAL, words


def test_the_global_options_are_documented(helped: Helped) -> None:
    """The options before the command are documented as well."""
    assert documented(sections()[""]) == options(helped(()).partition("\nCommands:\n")[0])


def test_the_exit_codes_are_documented() -> None:
    """The page's exit codes are the ones that the program's entry point promises."""
    promised = set(re.findall(r"\b(\d+) [a-z]", (app.run.__doc__ or "").partition("\n\n")[2]))
    codes = re.findall(r"^\| (\d+) \|", REFERENCE.read_text("utf-8"), re.MULTILINE)
    assert set(codes) == promised
    assert {app.USAGE, app.INTERRUPTED} <= set(map(int, codes))
