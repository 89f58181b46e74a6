"""The registry of controls, its committed index and the generated pages."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import twinlock.controls
from twinlock.controls import CONTROLS, Control, discover, generate, pages

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]

MODULE = '''\
"""A rule."""
from twinlock.controls import Control
from twinlock.model.finding import Severity
CONTROL = Control("{slug}", "A rule", Severity.LOW, "P1", "Mend it.", lambda estate, live: ())
'''


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of controls in a temporary directory, forgotten afterwards."""
    directory = tmp_path / "some_controls"
    directory.mkdir()
    (directory / "__init__.py").write_text("")
    (directory / "a_rule.py").write_text(MODULE.format(slug="a-rule"))
    monkeypatch.syspath_prepend(str(tmp_path))
    yield directory
    for name in [name for name in sys.modules if name.startswith("some_controls")]:
        del sys.modules[name]


def test_the_committed_index_and_pages_are_as_generated() -> None:
    """A control that appears or disappears shows in the diff of the index and the pages."""
    assert generate.stale(ROOT) == ()


def test_the_controls_come_in_the_order_of_their_slugs() -> None:
    """The registry is sorted, and no slug is there twice."""
    slugs = [control.slug for control in CONTROLS]
    assert slugs == sorted(set(slugs))


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.slug)
def test_each_control_says_what_a_reader_needs(control: Control) -> None:
    """A control has a title, a promise, a remedy that names a command, and a docstring that says why."""
    assert re.fullmatch(r"P[1-6]", control.promise)
    assert "`" in control.remediation
    assert control.remediation.endswith(".")
    assert "\nWhy: " in (sys.modules[control.check.__module__].__doc__ or "")
    assert (ROOT / f"tests/unit/test_control_{control.slug.replace('-', '_')}.py").is_file()


def test_a_control_is_one_module(package: Path) -> None:
    """A module with `CONTROL` is found by being there; private modules are passed over."""
    (package / "_private.py").write_text("")
    assert [control.slug for control in discover("some_controls", [str(package)])] == ["a-rule"]


def test_a_module_without_control_is_refused(package: Path) -> None:
    """A module that forgot its control fails the import by name."""
    (package / "forgot.py").write_text('"""Nothing."""\n')
    with pytest.raises(ImportError, match=r"^some_controls\.forgot is no control: it defines no CONTROL$"):
        discover("some_controls", [str(package)])


def test_a_slug_is_the_modules_name(package: Path) -> None:
    """A copied module whose slug was not changed is refused."""
    (package / "copy.py").write_text(MODULE.format(slug="a-rule"))
    with pytest.raises(
        ImportError, match=r"^some_controls\.copy defines the control 'a-rule', not one of its own name$"
    ):
        discover("some_controls", [str(package)])


def test_a_page_shows_the_rule_and_its_remedy() -> None:
    """A page holds title, slug, promise, severity, the docstring and the remediation."""
    page = pages()["branch-ruleset.md"]
    assert page.startswith(
        "<!-- Written by `make docs` from the control's module; edit that. -->\n"
        "# The default branch is reviewed and tested\n\n"
        "| | |\n|---|---|\n| Control | `branch-ruleset` |\n| Promise | P3 |\n| Severity | critical |\n\n"
        "The default branch changes only through reviewed, tested pull requests.\n\nWhy: "
    )
    assert page.endswith("\n\n## Remediation\n\nRestore the ruleset: `twinlock reconcile --once`.\n")


def test_generating_writes_what_differs_and_removes_what_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The generator writes index and pages, leaves nothing of a removed control, and is idempotent."""
    monkeypatch.chdir(tmp_path)
    old = tmp_path / generate.PAGES / "gone.md"
    old.parent.mkdir(parents=True)
    old.write_text("old")
    assert generate.main(["--check"]) == 1
    assert "docs/controls/gone.md is not as generated: run `make docs`.\n" in capsys.readouterr().err
    assert old.exists()
    assert generate.main([]) == 0
    assert not old.exists()
    assert (tmp_path / generate.INDEX).read_text() == "".join(f"{control.slug}\n" for control in CONTROLS)
    assert {path.name for path in old.parent.iterdir()} == set(pages())
    assert generate.main(["--check"]) == 0


def test_every_module_of_the_package_is_a_control_or_private() -> None:
    """Nothing but controls, private modules and the generator is in the package."""
    names = {path.stem for path in Path(twinlock.controls.__path__[0]).glob("*.py")}
    public = {name for name in names if not name.startswith("_")} - {"generate"}
    assert public == {control.slug.replace("-", "_") for control in CONTROLS}
