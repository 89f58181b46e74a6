"""The control `team-members`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from twinlock.model.finding import Note
from twinlock.model.observed import Absent, Observed, Seen, Unread

if TYPE_CHECKING:
    from tests.unit.conftest import Case, Change, Nouns

    from twinlock.model.organization import Team

SLUG = "team-members"
SUBJECT = "acme/team:payments-testers"


def _with(clean: Case, *teams: Observed[Team]) -> Case:
    return clean.organization(teams=Seen((*teams, Seen(clean.estate.organization.teams[1]))))


def test_as_declared_says_nothing(clean: Case) -> None:
    """Teams and owners as declared give no finding, unknown or note."""
    assert clean.verdicts(SLUG) == []


@pytest.mark.weaker("team")
def test_each_weakening_is_one_finding(clean: Case, nouns: Nouns, change: Change) -> None:
    """Any change of a team's people or nature yields exactly one finding, on that team."""
    assert _with(clean, Seen(change(nouns.team))).findings(SLUG) == [(SLUG, SUBJECT)]


def test_a_developer_added_to_the_testers_stands_in_the_message(clean: Case, nouns: Nouns) -> None:
    """The message shows who is in the team and who must be."""
    finding = _with(clean, Seen(replace(nouns.team, members=frozenset({"tess", "tom", "alice"})))).finding(SLUG)
    assert finding.message == "members is alice, tess, tom, must be tess, tom"


def test_the_case_of_a_login_does_not_matter(clean: Case, nouns: Nouns) -> None:
    """A member is the same person however GitHub writes the login."""
    assert _with(clean, Seen(replace(nouns.team, members=frozenset({"TESS", "tom"})))).verdicts(SLUG) == []


def test_a_declared_member_who_was_invited_is_a_note(clean: Case, nouns: Nouns) -> None:
    """A pending invitation of a declared person is its own state; of anybody else it is a finding."""
    pending = replace(nouns.team, members=frozenset({"tom"}), invited=frozenset({"Tess"}))
    assert _with(clean, Seen(pending)).notes(SLUG) == [Note(SLUG, SUBJECT, "tess has not accepted the invitation yet.")]
    other = replace(nouns.team, invited=frozenset({"alice"}))
    assert _with(clean, Seen(other)).findings(SLUG) == [(SLUG, SUBJECT)]


def test_members_from_the_identity_provider_are_not_judged(clean: Case, nouns: Nouns) -> None:
    """A team that an identity provider fills gets a note, but its maintainers are judged."""
    platform = clean.estate.declaration.platform
    teams = {**platform.teams, "payments-testers": replace(platform.teams["payments-testers"], source="idp")}
    declaration = replace(clean.estate.declaration, platform=replace(platform, teams=teams))
    case = replace(clean, estate=replace(clean.estate, declaration=declaration))
    live = replace(nouns.team, members=frozenset({"somebody"}))
    assert _with(case, Seen(live)).notes(SLUG) == [
        Note(SLUG, SUBJECT, "Its members come from the identity provider and are not judged.")
    ]
    led = replace(live, maintainers=frozenset({"somebody"}))
    assert [type(v).__name__ for v in _with(case, Seen(led)).verdicts(SLUG)] == ["Finding", "Note"]


def test_missing_and_undeclared_teams_are_findings(clean: Case, nouns: Nouns) -> None:
    """A deleted team is one finding, and a team that nobody declared another."""
    assert _with(clean, Seen(replace(nouns.team, slug="guests"))).findings(SLUG) == [
        (SLUG, SUBJECT),
        (SLUG, "acme/team:guests"),
    ]


def test_an_undeclared_team_under_a_declared_one_is_a_finding(clean: Case, nouns: Nouns) -> None:
    """A child team inherits what its parent may do, however deep it stands."""
    child = replace(nouns.team, slug="child", parent="payments-testers")
    grandchild = replace(nouns.team, slug="grandchild", parent="child")
    case = _with(clean, Seen(nouns.team), Seen(child), Seen(grandchild))
    assert case.findings(SLUG) == [(SLUG, "acme/team:child"), (SLUG, "acme/team:grandchild")]


@pytest.mark.parametrize("owners", [frozenset({"olga", "mallory"}), frozenset(), frozenset({"mallory"})])
def test_other_owners_are_a_finding_on_the_organization(clean: Case, owners: frozenset[str]) -> None:
    """One owner more or less than declared is a finding."""
    assert clean.organization(owners=Seen(owners)).findings(SLUG) == [(SLUG, "acme")]


def test_what_was_not_read_is_unknown(clean: Case) -> None:
    """Unread owners, an unread team and an unread list of teams are unknown."""
    assert clean.organization(owners=Unread("403")).unknowns(SLUG) == [("acme", "403")]
    assert clean.organization(owners=Absent()).unknowns(SLUG) == [("acme", "the organization is gone")]
    assert _with(clean, Unread("hidden", "payments-testers")).unknowns(SLUG) == [(SUBJECT, "hidden")]
    assert clean.organization(teams=Unread("403")).unknowns(SLUG) == [
        (SUBJECT, "403"),
        ("acme/team:payments-reviewers", "403"),
    ]
