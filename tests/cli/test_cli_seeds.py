"""First commits at the command line: what is remembered of them, and that GitHub is asked all the same."""

from __future__ import annotations

import dataclasses
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from twinlock import desired, manifest
from twinlock.errors import Incomplete
from twinlock.github.client import Answer
from twinlock.manifest import examples
from twinlock.scaffold.commit import commit_id
from twinlock.scaffold.rendering import render
from twinlock.scaffold.seed import AlreadySeeded, HasOtherCommits
from twinlock_cli.renderings import REMEMBERED
from twinlock_cli.seeds import Seeds
from twinlock_templates import templates

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from twinlock.model.estate import Estate

PIPELINES = "delivery-pipelines"


@dataclass
class Heads:
    """A GitHub that knows what default branches point at, and nothing else."""

    heads: dict[str, str] = field(default_factory=dict)
    calls: int = 0

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Return a default branch."""
        assert params is None
        self.calls += 1
        name = path.removeprefix("/repos/acme/").removesuffix("/git/ref/heads/main")
        if name not in self.heads:
            return Answer(409, body={"message": "Git Repository is empty."})
        return Answer(200, body={"ref": "refs/heads/main", "object": {"sha": self.heads[name], "type": "commit"}})

    def get_all(self, path: str, params: Mapping[str, str] | None = None, *, key: str | None = None) -> Answer:
        """Read no list."""
        raise AssertionError((path, params, key))


@pytest.fixture(scope="module")
def estate() -> Estate:
    """Return a platform without services."""
    return desired.derive(
        manifest.parse(
            {
                "platform.yaml": examples.platform_yaml("acme", "0" * 40).encode(),
                "roster.yaml": examples.roster_yaml("acme", examples.founders()).encode(),
            }
        )
    )


def seeds(root: Path, estate: Estate, github: Heads, source: object = templates) -> Seeds:
    """Return what seeds; git finds nobody at its address."""
    return Seeds(root, estate, source, github, url="http://127.0.0.1:9", token="none")  # type: ignore[arg-type]  # noqa: S106


def test_a_seeded_repository_is_told_without_rendering(estate: Estate, tmp_path: Path) -> None:
    """The first process renders to know the commit; the next one remembers it, and asks GitHub for the head."""
    commit = commit_id(render(estate, templates)[PIPELINES])
    github = Heads({PIPELINES: commit})
    first, second = seeds(tmp_path, estate, github), seeds(tmp_path, estate, github)
    assert [each(estate.repositories[PIPELINES]) for each in (first, second)] == [AlreadySeeded(commit)] * 2
    assert ["trees" in vars(each._renderings) for each in (first, second)] == [True, False]
    assert github.calls == 2
    assert stat.S_IMODE(tmp_path.joinpath(*REMEMBERED).stat().st_mode) == 0o600
    github.heads[PIPELINES] = "f" * 40
    assert second(estate.repositories[PIPELINES]) == HasOtherCommits("f" * 40)


@pytest.mark.parametrize("remembered", [False, True])
def test_an_empty_repository_is_always_seeded(estate: Estate, tmp_path: Path, remembered: bool) -> None:  # noqa: FBT001 - a case
    """Whatever is remembered, git is sent to push; here it finds nobody."""
    if remembered:
        seeds(tmp_path, estate, Heads({PIPELINES: "f" * 40}))(estate.repositories[PIPELINES])
    with pytest.raises(Incomplete, match=r"http://127\.0\.0\.1:9/acme/delivery-pipelines\.git was not seeded\."):
        seeds(tmp_path, estate, Heads())(estate.repositories[PIPELINES])


def _more(kind: str, /) -> Iterable[tuple[str, str, str]]:
    return [*templates(kind), ("managed", "MORE", "more")]


@pytest.mark.parametrize("changed", ["templates", "estate", "damaged", "cut"])
def test_what_is_remembered_of_something_else_is_rendered_anew(estate: Estate, tmp_path: Path, changed: str) -> None:
    """Other templates, another estate or a damaged file."""
    github = Heads({PIPELINES: "f" * 40})
    seeds(tmp_path, estate, github)(estate.repositories[PIPELINES])
    file = tmp_path.joinpath(*REMEMBERED)
    whole = file.read_text()
    now, source = estate, templates
    match changed:
        case "templates":
            source = _more
        case "estate":
            now = dataclasses.replace(estate, accounts={})
        case "damaged":
            file.write_text("[" * 9999)
        case "cut":
            file.write_text(whole.replace(PIPELINES, "another"))
    github.heads[PIPELINES] = commit = commit_id(render(now, source)[PIPELINES])
    again = seeds(tmp_path, now, github, source)
    assert again(estate.repositories[PIPELINES]) == AlreadySeeded(commit)
    assert "trees" in vars(again._renderings)
    assert (file.read_text() == whole) == (changed in {"damaged", "cut"})
