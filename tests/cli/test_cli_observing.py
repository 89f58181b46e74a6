"""The lock of first ids, as commands keep it: written once, added to, and changed only by who replaced something."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from twinlock import desired, manifest
from twinlock.engine.port import ignore
from twinlock.engine.result import Change, Operation
from twinlock.errors import Incomplete
from twinlock.github.client import Answer
from twinlock.ledger.observed import FILE, ObservedLock
from twinlock.manifest import examples
from twinlock.model.identities import Identities
from twinlock.model.observed import Seen, Unread
from twinlock_cli.observing import Replacements, first_seen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from twinlock.model.estate import Estate

REPOSITORY, TEAM = "github:index/repository:Repository", "github:index/team:Team"
KNOWN = Identities(
    organizations={"acme": 7},
    repositories={"delivery-pipelines": 1},
    teams={"platform": 2, "audit": 3},
    begun="then",
)


@dataclass
class Organization:
    """A GitHub with one organization; it remembers that it was asked."""

    asked: list[str] = field(default_factory=list)
    calls: int = 0

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Return the organization."""
        assert params is None
        self.asked.append(path)
        return Answer(200, body={"login": "acme", "id": 7, "created_at": "then"})

    def get_all(self, path: str, params: Mapping[str, str] | None = None, *, key: str | None = None) -> Answer:
        """Return what the organization has."""
        self.asked.append(path)
        held: dict[str, list[dict[str, Any]]] = {
            "/orgs/acme/repos": [{"name": "delivery-pipelines", "id": 10}],
            "/orgs/acme/teams": [{"slug": "platform", "id": 20}, {"slug": "audit", "id": 3}, {"slug": "x", "id": 4}],
            "/orgs/acme/members": [],
            "/orgs/acme/installations": [],
        }
        assert (params, key) is not None
        return Answer(200, body=held[path])


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


def _lock(root: Path, estate: Estate) -> ObservedLock:
    return ObservedLock(root / FILE, estate.declaration.platform.target)


def _run(root: Path, estate: Estate, *changes: tuple[str, str, Operation]) -> tuple[Identities, Organization]:
    """Let a run make some changes; return what the lock says then, and who was asked."""
    _lock(root, estate).add(KNOWN)
    heard, github = Replacements(root, estate, ignore), Organization()
    for kind, name, operation in changes:
        heard("organization/platform", Change("urn", kind, name, operation))
    heard.forget()
    heard.remember(github)
    return _lock(root, estate).known(KNOWN), github


def test_what_a_run_makes_anew_is_known_by_its_new_id(estate: Estate, tmp_path: Path) -> None:
    """Of what it made, and of nothing else, whatever GitHub says."""
    made = (TEAM, "platform", Operation.CREATE), (REPOSITORY, "delivery-pipelines", Operation.REPLACE)
    known, _ = _run(tmp_path, estate, *made)
    assert (known.teams, known.repositories) == ({"platform": 20, "audit": 3}, {"delivery-pipelines": 10})


@pytest.mark.parametrize(
    "changes",
    [(), [(TEAM, "platform", Operation.UPDATE)], [(TEAM, "platform", Operation.SAME)], [("x", "y", Operation.CREATE)]],
)
def test_a_run_that_makes_nothing_asks_nothing(
    estate: Estate, tmp_path: Path, changes: list[tuple[str, str, Operation]]
) -> None:
    """Neither GitHub is asked nor is the lock changed."""
    known, github = _run(tmp_path, estate, *changes)
    assert (known, github.asked) == (KNOWN, [])


def test_what_a_run_deletes_is_forgotten(estate: Estate, tmp_path: Path) -> None:
    """The next thing of that name is a new one."""
    known, github = _run(tmp_path, estate, (TEAM, "audit", Operation.DELETE))
    assert (known.teams, github.asked) == ({"platform": 2}, [])


def test_an_audit_goes_by_what_was_known_before_it(estate: Estate, tmp_path: Path) -> None:
    """What is seen for the first time is written down, for declared names alone; without ids nothing is."""
    assert first_seen(tmp_path, estate, Unread("403")) == Identities()
    assert not (tmp_path / FILE).exists()
    seen = Identities(organizations={"acme": 7}, teams={"platform": 2, "guild": 9}, begun="then")
    assert first_seen(tmp_path, estate, Seen(seen)) == Identities(begun="then")
    assert json.loads((tmp_path / FILE).read_bytes())["world"]["teams"] == {"platform": 2}
    assert first_seen(tmp_path, estate, Seen(seen)).teams == {"platform": 2}


def test_a_lock_that_cannot_be_written_is_said_and_is_no_obstacle(
    estate: Estate,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    full_disk: Callable[[int], AbstractContextManager[None]],
) -> None:
    """The report is of what was seen; that it could not be written down stands on stderr."""
    with full_disk(0):
        assert first_seen(tmp_path, estate, Seen(KNOWN)) == Identities(begun="then")
    told = capsys.readouterr().err
    assert told == f"{tmp_path / FILE} was not written. The system says: File too large.\n"
    with pytest.raises(Incomplete), full_disk(0):
        _lock(tmp_path, estate).add(KNOWN)
