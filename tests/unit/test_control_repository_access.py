"""The control `repository-access`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from twinlock.model.access import Grant, Permission
from twinlock.model.observed import Absent, Seen, Unread

if TYPE_CHECKING:
    from tests.unit.conftest import Case, Change, Nouns

SLUG = "repository-access"
SUBJECT = "acme/payments"


def test_as_declared_says_nothing(clean: Case) -> None:
    """Access as declared gives no finding, unknown or note."""
    assert clean.verdicts(SLUG) == []


@pytest.mark.weaker("access")
def test_each_weakening_is_one_finding(clean: Case, nouns: Nouns, change: Change) -> None:
    """One more way in, of any kind, yields exactly one finding."""
    assert clean.repository(access=Seen(change(nouns.access))).findings(SLUG) == [(SLUG, SUBJECT)]


@pytest.mark.stricter("access")
def test_each_strengthening_is_a_note(clean: Case, nouns: Nouns, change: Change) -> None:
    """One way in less is a note that a correction would open it again."""
    (note,) = clean.repository(access=Seen(change(nouns.access))).notes(SLUG)
    assert (note.subject, note.softens) == (SUBJECT, True)


def test_an_outside_administrator_stands_in_the_message(clean: Case, nouns: Nouns) -> None:
    """The message shows who has what."""
    live = replace(nouns.access, collaborators=frozenset({Grant("mallory", Permission.ADMIN)}))
    finding = clean.repository(access=Seen(live)).finding(SLUG)
    assert finding.message == "collaborators is mallory: admin, must be helper: pull"


def test_an_undeclared_team_with_a_grant_is_a_finding(clean: Case, nouns: Nouns) -> None:
    """A grant to a team that nobody declared is a finding, as is a higher permission of a declared one."""
    teams = nouns.access.teams
    for grant in (Grant("guests", Permission.PULL), Grant("payments-testers", Permission.PUSH)):
        assert clean.repository(access=Seen(replace(nouns.access, teams=teams | {grant}))).findings(SLUG) == [
            (SLUG, SUBJECT)
        ]


def test_the_case_of_a_login_does_not_matter(clean: Case, nouns: Nouns) -> None:
    """A collaborator is the same person however GitHub writes the login."""
    live = replace(nouns.access, collaborators=frozenset({Grant("HELPER", Permission.PULL)}))
    assert clean.repository(access=Seen(live)).verdicts(SLUG) == []


def test_what_was_not_read_is_unknown(clean: Case) -> None:
    """Refused lists are unknown; a repository that is gone is a finding."""
    assert clean.repository(access=Unread("collaborators: 403")).unknowns(SLUG) == [(SUBJECT, "collaborators: 403")]
    assert clean.repository(access=Absent()).findings(SLUG) == [(SLUG, SUBJECT)]
