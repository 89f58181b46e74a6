"""The control `actions-policy`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from twinlock.model.observed import Absent, Seen, Unread

if TYPE_CHECKING:
    from tests.unit.conftest import Case, Change, Nouns

SLUG = "actions-policy"


def test_as_declared_says_nothing(clean: Case) -> None:
    """Settings as declared give no finding, unknown or note."""
    assert clean.verdicts(SLUG) == []


@pytest.mark.weaker("actions")
def test_each_weakening_is_one_finding(clean: Case, nouns: Nouns, change: Change) -> None:
    """Softening any one setting yields exactly one finding, on the repository or on the organization."""
    weaker = Seen(change(nouns.actions))
    assert clean.repository(actions=weaker).findings(SLUG) == [(SLUG, "acme/payments")]
    assert clean.organization(actions=weaker).findings(SLUG) == [(SLUG, "acme")]


@pytest.mark.stricter("actions")
def test_each_strengthening_is_a_note(clean: Case, nouns: Nouns, change: Change) -> None:
    """A stricter setting is a note that a correction would soften."""
    (note,) = clean.repository(actions=Seen(change(nouns.actions))).notes(SLUG)
    assert (note.subject, note.softens) == ("acme/payments", True)


def test_all_actions_allowed_stands_in_the_message(clean: Case, nouns: Nouns) -> None:
    """The message shows the setting as GitHub words it."""
    live = replace(nouns.actions, allowed_actions="all", github_owned=True)
    finding = clean.repository(actions=Seen(live)).finding(SLUG)
    assert finding.message == "allowed_actions is all, must be selected; github_owned is on, must be off"


def test_what_was_not_read_is_unknown(clean: Case, nouns: Nouns) -> None:
    """Refused or unmodelled settings are unknown; a repository that is gone is a finding."""
    assert clean.repository(actions=Unread("403")).unknowns(SLUG) == [("acme/payments", "403")]
    assert clean.organization(actions=Unread("403")).unknowns(SLUG) == [("acme", "403")]
    assert clean.repository(actions=Seen(nouns.actions, ("new",))).unknowns(SLUG) == [
        ("acme/payments", "the setting new is not known to twinlock")
    ]
    assert clean.repository(actions=Absent()).findings(SLUG) == [(SLUG, "acme/payments")]
