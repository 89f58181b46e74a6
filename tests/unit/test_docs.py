"""What the documentation says is there: links, commands, controls, the demo's rows, examples."""

from __future__ import annotations

import functools
import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from twinlock.audit import Coverage, Report
from twinlock.controls import CONTROLS, discover
from twinlock.ledger.windows import Examination, Window
from twinlock.model.finding import Finding, Note, Severity, Unknown
from twinlock.model.observed import Seen, Unread
from twinlock_cli import app
from twinlock_cli.weakenings import weakenings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.conftest import Case, Nouns

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), ROOT / "world/twinlock_world/README.md"])
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:twinlock|make) [^`]+)`")
TYPED = re.compile(r"^(?:\$ )?((?:twinlock|make) [^#;|&\n]+)", re.MULTILINE)
ACCOUNTS = {"build": "444444444444", "integration": "111111111111", "production": "222222222222"}


class Typed(NamedTuple):
    """A command that a page shows.

    Attributes:
        page: Where, from the root.
        line: What is typed.
    """

    page: str
    line: str


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _prose(page: Path) -> str:
    return FENCE.sub("", page.read_text("utf-8"))


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _typed() -> Iterator[Typed]:
    for page in PAGES:
        text = page.read_text("utf-8")
        blocks = "\n".join(block for language, block in FENCE.findall(text) if language in {"sh", "console"})
        for line in [*TYPED.findall(blocks), *INLINE.findall(_prose(page))]:
            yield Typed(_name(page), line.strip())


@functools.cache
def _targets() -> frozenset[str]:
    return frozenset(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_leads_somewhere(page: Path) -> None:
    """Each relative link names a file of the tree, and its anchor a heading there."""
    dead = []
    for link in LINK.findall(_prose(page)):
        path, _, anchor = link.partition("#")
        if path.startswith("https://"):
            continue
        target = (page.parent / path).resolve() if path else page
        anchors = {_anchor(h) for h in HEADING.findall(target.read_text("utf-8"))} if target.suffix == ".md" else set()
        if not target.is_relative_to(ROOT) or not target.exists() or (anchor and anchor not in anchors):
            dead.append(link)
    assert dead == []


def test_every_page_is_reached_from_the_readme() -> None:
    """Whoever begins at the README finds each page by following links."""
    reached, next_ones = set(), [ROOT / "README.md"]
    while next_ones:
        page = next_ones.pop()
        if page not in reached and page.suffix == ".md":
            reached.add(page)
            paths = (link.partition("#")[0] for link in LINK.findall(_prose(page)))
            next_ones += [(page.parent / path).resolve() for path in paths if path and "://" not in path]
    assert [_name(page) for page in PAGES if page not in reached] == []


def test_every_control_has_a_linked_page() -> None:
    """The list of controls links each control's page, and nothing else is in the folder."""
    index = (DOCS / "controls/index.md").read_text("utf-8")
    linked = {link for link in LINK.findall(index) if "/" not in link}
    assert linked == {f"{control.slug}.md" for control in CONTROLS}
    assert {page.name for page in (DOCS / "controls").iterdir()} == linked | {"index.md"}


@pytest.mark.parametrize("shown", sorted(set(_typed())), ids=lambda shown: f"{shown.page}: {shown.line}")
def test_every_shown_command_exists(shown: Typed, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command that a page shows is there, with the options it is shown with."""
    program, *words = shown.line.split()
    if program == "make":
        assert words[0] in _targets()
        return
    if words[0] == "-C":
        words = words[2:]
    if words[0].startswith("-"):
        names, options = [], words
    else:
        names = words[:2] if words[0] in {"windows", "world"} and len(words) > 1 else words[:1]
        options = [word for word in words if word.startswith("-")]
    assert app.run([*names, "--help"]) == 0
    helped = capsys.readouterr().out
    assert [option for option in options if not re.search(rf"^ .*{re.escape(option)}\b", helped, re.MULTILINE)] == []


def test_the_readme_shows_the_demos_weakenings() -> None:
    """The table on the first screen has exactly the demo's rows."""
    shown = (ROOT / "README.md").read_text("utf-8")
    rows = re.findall(r"^(\S.*?) {2,}found {2,}(\S+) {2,}(\S+)$", shown, re.MULTILINE)
    assert rows == [(w.title, w.control, w.subject) for w in weakenings("acme", ACCOUNTS, "payments")]


def test_the_changelog_keeps_its_form() -> None:
    """Title, an Unreleased section first, then versions newest first with their dates; known groups alone."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    first, *rest = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert text.startswith("# Changelog\n")
    assert first == "[Unreleased]"
    released = [re.fullmatch(r"\[(\d+)\.(\d+)\.(\d+)\] - \d{4}-\d{2}-\d{2}", version) for version in rest]
    assert all(released)
    numbers = [tuple(map(int, version.groups())) for version in released if version]
    assert numbers == sorted(set(numbers), reverse=True)
    groups = set(re.findall(r"^### (.*)$", text, re.MULTILINE))
    assert groups <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_audits_json_is_as_documented() -> None:
    """The document on the audit's page has the keys of the real one, at every level."""
    report = Report(
        findings=(Finding("c", "s", Severity.LOW, "m", "d", "l", "r"),),
        unknowns=(Unknown("c", "s", "r"),),
        notes=(Note("c", "s", "m"),),
        coverage=Coverage((), ()),
        calls={"github": 0, "aws": 0},
        windows=(Window(1, "c", "s", None, "t", "t", Examination("t", "p", "n")),),
    )
    (documented,) = [block for language, block in FENCE.findall((DOCS / "audit.md").read_text()) if language == "json"]
    assert _keys(json.loads(documented)) == _keys(report.as_json())


def _keys(document: object) -> object:
    if isinstance(document, dict):
        return {key: _keys(value) for key, value in document.items()}
    return [_keys(element) for element in document] if isinstance(document, list) else None


def test_the_example_of_a_control_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clean: Case, nouns: Nouns
) -> None:
    """The module that the page on adding a control shows is found, says nothing of what is as declared, and judges."""
    text = (DOCS / "adding-a-control.md").read_text("utf-8")
    module, _test = [block for language, block in FENCE.findall(text) if language == "python"]
    package = tmp_path / "documented_controls"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "repository_settings.py").write_text(module)
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        (control,) = discover("documented_controls", [str(package)])
    finally:
        for name in [name for name in sys.modules if name.startswith("documented_controls")]:
            del sys.modules[name]

    def said(case: Case) -> list[tuple[int, int]]:
        judgements = (each for each in control.check(case.estate, case.live) if not each.skipped)
        return [(len(judgement.faults), len(judgement.doubts)) for judgement in judgements]

    assert said(clean) == [(0, 0)]
    assert said(clean.repository(settings=Seen(replace(nouns.settings, archived=True)))) == [(1, 0)]
    assert said(clean.repository(settings=Unread("403"))) == [(0, 1)]
