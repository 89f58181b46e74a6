"""The control `environment-protection`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from twinlock.model.environment import BranchPolicy, Environment, Reviewer
from twinlock.model.observed import Absent, Observed, Seen, Unread

if TYPE_CHECKING:
    from tests.unit.conftest import Case, Change, Nouns

SLUG = "environment-protection"
SUBJECT = "acme/payments:environment/production"


def _with(clean: Case, *environments: Observed[Environment]) -> Case:
    return clean.repository(environments=Seen(environments))


def test_as_declared_says_nothing(clean: Case) -> None:
    """A live environment equal to the declared one gives no finding, unknown or note."""
    assert clean.verdicts(SLUG) == []


@pytest.mark.weaker("environment")
def test_each_weakening_is_one_finding(clean: Case, nouns: Nouns, change: Change) -> None:
    """Softening any one guarantee yields exactly one finding, on that environment."""
    assert _with(clean, Seen(change(nouns.environment))).findings(SLUG) == [(SLUG, SUBJECT)]


@pytest.mark.stricter("environment")
def test_each_strengthening_is_a_note(clean: Case, nouns: Nouns, change: Change) -> None:
    """A stricter field is a note that a correction would soften, and no finding."""
    (note,) = _with(clean, Seen(change(nouns.environment))).notes(SLUG)
    assert (note.subject, note.softens) == (SUBJECT, True)


def test_all_reviewers_removed_takes_self_review_along(clean: Case, nouns: Nouns) -> None:
    """GitHub drops the whole rule with its last reviewer: one finding names both fields."""
    bare = replace(nouns.environment, reviewers=frozenset(), prevent_self_review=False)
    finding = _with(clean, Seen(bare)).finding(SLUG)
    assert finding.message == (
        "reviewers is none, must be Team payments-releasers; prevent_self_review is off, must be on"
    )


def test_a_branch_policy_for_everything_is_a_finding(clean: Case, nouns: Nouns) -> None:
    """A policy `*` beside the declared one is a finding that shows both."""
    branches = frozenset({BranchPolicy("branch", "main")}) | {BranchPolicy("branch", "*")}
    finding = _with(clean, Seen(replace(nouns.environment, branches=branches))).finding(SLUG)
    assert finding.message == "branches is branch *, branch main, must be branch main"


def test_the_case_of_a_login_does_not_matter(clean: Case, nouns: Nouns) -> None:
    """A reviewer is the same person however the login is written; a team's slug is compared as it is."""
    named = [
        replace(nouns.environment, reviewers=frozenset({Reviewer(*who)}))
        for who in (("User", "Rita"), ("User", "rita"))
    ]
    payments = replace(clean.estate.repositories["payments"], environments=(named[0],))
    case = replace(clean, estate=replace(clean.estate, repositories={"payments": payments}))
    assert _with(case, Seen(named[1])).verdicts(SLUG) == []
    assert _with(
        clean, Seen(replace(named[0], reviewers=frozenset({Reviewer("Team", "Payments-Releasers")})))
    ).findings(SLUG) == [(SLUG, SUBJECT)]


def test_missing_and_undeclared_are_findings(clean: Case, nouns: Nouns) -> None:
    """A deleted environment is one finding, and one that nobody declared another."""
    assert _with(clean, Seen(replace(nouns.environment, name="staging"))).findings(SLUG) == [
        (SLUG, SUBJECT),
        (SLUG, "acme/payments:environment/staging"),
    ]


def test_what_was_not_read_is_unknown(clean: Case, nouns: Nouns) -> None:
    """Hidden parts, unmodelled rules and a refused list are unknown; an unread, undeclared one is a finding."""
    assert _with(clean, Unread("hidden", "production")).unknowns(SLUG) == [(SUBJECT, "hidden")]
    assert _with(clean, Seen(nouns.environment, ("protection_rules[new]",))).unknowns(SLUG) == [
        (SUBJECT, "the setting protection_rules[new] is not known to twinlock")
    ]
    assert clean.repository(environments=Unread("403")).unknowns(SLUG) == [(SUBJECT, "403")]
    assert clean.repository(environments=Absent()).findings(SLUG) == [(SLUG, SUBJECT)]
    assert _with(clean, Seen(nouns.environment), Unread("hidden", "other")).findings(SLUG) == [
        (SLUG, "acme/payments:environment/other")
    ]
