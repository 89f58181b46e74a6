"""Who sees which drift, measured: `drift.toml` is the whole table, and each line of it is done to two real estates.

One is provisioned by twinlock; the other by a program that a team would write with the official GitHub provider alone.
What is changed is on disjoint subjects or fields, so that a batch of them takes one run and each is still told apart.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from twinlock.errors import Incomplete

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TABLE = tomllib.loads(Path(__file__).with_name("drift.toml").read_text(encoding="utf-8"))["mutation"]
BATCHES = sorted({line["batch"] for line in TABLE})
PULUMI = ("--engine", "pulumi")


def of_batch(batch: int) -> list[Any]:
    """Return the lines of one batch."""
    return [line for line in TABLE if line["batch"] == batch]


def done(hand: Any, lines: Iterable[Any]) -> dict[str, object]:  # noqa: ANN401 - the conftest's Hand
    """Do what lines say, each seen to be done, and return what was there before."""
    lines = list(lines)
    before = {line["change"]: hand.looks(line["watch"]) for line in lines}
    for line in lines:
        was = hand.looks(line["watch"], exactly=True)
        hand.does(line["do"])
        assert hand.looks(line["watch"], exactly=True) != was, line["change"]
    return before


def missing(lines: Iterable[Any], column: str, seen: Mapping[str, str]) -> list[str]:
    """Return what lines expect in a column and was not seen, or was seen without what it should mention."""
    expected = (told for line in lines for told in line.get(column, ()))
    places = (told.partition(": ") for told in expected)
    return [f"{place}: {words}" for place, _, words in places if place not in seen or words not in seen[place]]


def unexpected(lines: Iterable[Any], column: str, seen: Mapping[str, str]) -> list[str]:
    """Return what was seen and stands in no line."""
    expected = {told.partition(": ")[0] for line in lines for told in line.get(column, ())}
    return sorted(f"{place}: {words}" for place, words in seen.items() if place not in expected)


def drift(platform: Any) -> tuple[dict[str, str], dict[str, str]]:  # noqa: ANN401 - the conftest's Platform
    """Return what the engine sees, by subject and field, and what the audit sees, by subject and control."""
    told = platform.twinlock("drift", *PULUMI, "--format", "json")
    assert told.document["unseen"] == []
    engine: dict[str, str] = {}
    audit: dict[str, str] = {}
    for each in told.document["differences"]:
        place, words = f"{each['subject']} {each['field'].partition('[')[0]}", f"{each['was']} -> {each['now']}"
        column = audit if each["seen_by"] == ["audit"] else engine
        column[place] = f"{column.get(place, '')} {words}"
    return engine, audit


@pytest.mark.parametrize("batch", BATCHES)
def test_each_change_is_seen_by_whom_the_table_names_and_put_back(
    provisioned: Any,  # noqa: ANN401
    hand: Any,  # noqa: ANN401
    batch: int,
) -> None:
    """What refresh, program and audit see is the table, no less and no more; `up` puts back what it says."""
    lines, owner = of_batch(batch), hand(provisioned)
    states = sorted((provisioned.root / "state").rglob("*.json"))
    before = done(owner, lines)
    left = [path.read_bytes() for path in states]
    engine, audit = drift(provisioned)
    assert [path.read_bytes() for path in states] == left
    up = provisioned.twinlock("up", "--yes", *PULUMI)
    assert up.code == 0, up.err
    kept = [line["change"] for line in lines if owner.looks(line["watch"]) != before[line["change"]]]
    for line in lines:
        owner.does(line.get("undo", ()))
    provisioned.remove_quarantined()
    assert (missing(lines, "ours", engine), unexpected(lines, "ours", engine)) == ([], [])
    assert (missing(lines, "audit", audit), unexpected(lines, "audit", audit)) == ([], [])
    assert kept == [line["change"] for line in lines if line.get("corrected", True) is not True]
    assert provisioned.twinlock("audit").code == 0


@pytest.mark.parametrize("batch", BATCHES)
def test_the_official_provider_alone_sees_what_the_table_says(official: Any, hand: Any, batch: int) -> None:  # noqa: ANN401
    """With the client that believes no ETag; of the eight it sees none."""
    assert official.sees() == {}
    lines = [
        {**line, "do": line.get("do_official", line["do"]), "watch": line.get("watch_official", line["watch"])}
        for line in of_batch(batch)
        if "official" in line
    ]
    owner = hand(official.platform)
    done(owner, lines)
    seen = official.sees()
    for line in lines:
        owner.does(line.get("undo", ()))
    official.up()
    assert (missing(lines, "official", seen), unexpected(lines, "official", seen)) == ([], [])


def test_hidden_bypass_actors_are_nobody_to_the_official_provider_and_an_error_to_twinlock(
    official: Any,  # noqa: ANN401
    hand: Any,  # noqa: ANN401
) -> None:
    """Of a ruleset that somebody may bypass, read by an app without Administration: write."""
    official.engine.up(official.inventory())
    ruleset = "/repos/acme/payments/rulesets/{ruleset:release-tags-protection}"
    actor = {"actor_id": 1, "actor_type": "OrganizationAdmin", "bypass_mode": "always"}
    hand(official.platform).does([{"request": ["PUT", ruleset, {"bypass_actors": [actor]}]}])
    weak = official.without_administration()
    assert [place for place in official.sees(weak) if place.startswith("RepositoryRuleset")] == []
    with pytest.raises(Incomplete, match="GitHub hides who may bypass it"):
        official.engine.preview(official.inventory(weak))
