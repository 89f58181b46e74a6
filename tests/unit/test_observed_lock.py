"""`observed.lock.json`: what was first seen stays, whatever is seen later; outside input when it is read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock.errors import BadInput, Incomplete
from twinlock.ledger.observed import FILE, ObservedLock
from twinlock.model.declaration import Where
from twinlock.model.identities import KINDS, Identities, declared

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.conftest import Case

SEEN = Identities(organizations={"acme": 7}, repositories={"payments": 1001}, teams={"testers": 5}, begun="2026-01-01")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the lock is."""
    return tmp_path / FILE


def _lock(file: Path, target: Where = Where.WORLD) -> ObservedLock:
    return ObservedLock(file, target)


def test_what_is_new_is_added_and_what_is_known_is_kept(file: Path) -> None:
    """The first sighting is written, sorted; another id under a known name changes nothing, a new name is added."""
    _lock(file).add(SEEN)
    assert json.loads(file.read_bytes()) == {
        "world": {
            "organizations": {"acme": 7},
            "repositories": {"payments": 1001},
            "teams": {"testers": 5},
            "begun": "2026-01-01",
        }
    }
    later = replace(SEEN, repositories={"payments": 9, "billing": 1002})
    _lock(file).add(later)
    assert _lock(file).known(SEEN) == replace(SEEN, repositories={"payments": 1001, "billing": 1002})
    written = file.read_bytes()
    _lock(file).add(later)
    assert file.read_bytes() == written
    assert written == (json.dumps(json.loads(written), indent=2, sort_keys=True) + "\n").encode()


def test_nothing_is_written_where_nothing_is_new(file: Path) -> None:
    """A directory that cannot be written is no obstacle to an audit that learns nothing."""
    _lock(file).add(SEEN)
    before = file.stat().st_mtime_ns
    _lock(file).add(SEEN)
    assert file.stat().st_mtime_ns == before


def test_another_world_is_another_github(file: Path) -> None:
    """Ids of a world that was made at another time mean nothing to this one, whose section begins anew."""
    _lock(file).add(SEEN)
    another = replace(SEEN, repositories={"payments": 2}, teams={}, begun="2026-02-02")
    assert _lock(file).known(another) == Identities(begun="2026-02-02")
    _lock(file).add(another)
    assert _lock(file).known(another) == another


def test_the_cloud_is_one_and_its_ids_stay(file: Path) -> None:
    """There, an organization of the same name that was made at another time is a thing to find, not to begin anew."""
    _lock(file).add(SEEN)
    _lock(file, Where.CLOUD).add(SEEN)
    another = replace(SEEN, organizations={"acme": 8}, begun="2026-02-02")
    assert _lock(file, Where.CLOUD).known(another) == SEEN
    assert set(json.loads(file.read_bytes())) == {"cloud", "world"}


def test_what_a_run_replaced_is_forgotten(file: Path) -> None:
    """Only the names it made anew or deleted, so that their new ids can be written down."""
    _lock(file).forget({"teams": {"testers"}})
    assert not file.exists()
    _lock(file).add(SEEN)
    _lock(file).forget({"teams": {"testers", "unknown"}})
    assert _lock(file).known(SEEN) == replace(SEEN, teams={})


def test_a_target_that_is_no_more_is_forgotten_whole(file: Path) -> None:
    """The other target's section stays; the last one takes the file with it."""
    _lock(file).add(SEEN)
    _lock(file, Where.CLOUD).add(SEEN)
    _lock(file).begin_anew()
    assert list(json.loads(file.read_bytes())) == ["cloud"]
    _lock(file, Where.CLOUD).begin_anew()
    assert not file.exists()
    _lock(file).begin_anew()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "[" * 9999,
        '{"world": []}',
        '{"world": {"teams": []}}',
        '{"world": {"teams": {"a": "1"}}}',
        '{"world": {"teams": {"a": true}}}',
        '{"world": {"teams": {"a": 0}}}',
        '{"world": {"others": {}}}',
        '{"world": {"begun": 1}}',
        "\ud800",
    ],
    ids=lambda text: repr(text)[:40],
)
def test_a_damaged_file_is_refused_and_never_replaced(file: Path, text: str) -> None:
    """It is a record that people review: what is not understood is not overwritten."""
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    for act in (_lock(file).known, _lock(file).add):
        with pytest.raises(BadInput) as refused:
            act(SEEN)
        assert str(refused.value) == (
            f"{file} is damaged.\nIt is not what twinlock writes: targets, kinds, names and their ids.\n"
            "Restore it: `git checkout observed.lock.json`."
        )
    assert file.read_bytes() == text.encode("utf-8", "surrogatepass")


def test_a_file_that_cannot_be_read_is_said_so(file: Path) -> None:
    """A directory stands in its place."""
    file.mkdir()
    with pytest.raises(Incomplete, match=r"observed\.lock\.json was not read"):
        _lock(file).known(SEEN)


IDS = st.dictionaries(st.text(max_size=4), st.integers(1, 9), max_size=3)
IDENTITIES = st.builds(Identities, **dict.fromkeys(KINDS, IDS), begun=st.just("t"))


@given(IDENTITIES, IDENTITIES)
def test_no_sighting_ever_changes_an_id(first: Identities, later: Identities) -> None:
    """Whatever is seen later, every name of before keeps its id, and every new name is there."""
    both = first.with_new(later)
    for kind in KINDS:
        assert both.of(kind) == {**later.of(kind), **first.of(kind)}


def test_only_declared_names_are_kept(clean: Case) -> None:
    """Logins regardless of their case; what nobody declared is nobody's to remember."""
    live = Identities(
        organizations={"Acme": 7},
        repositories={"payments": 1, "other": 2},
        teams={"payments-testers": 3, "guild": 4},
        accounts={"mallory": 5},
        apps={"GATE-APP": 6, "helper": 7},
        begun="t",
    )
    assert live.only(declared(clean.estate)) == Identities(
        organizations={"Acme": 7},
        repositories={"payments": 1},
        teams={"payments-testers": 3},
        apps={"GATE-APP": 6},
        begun="t",
    )
