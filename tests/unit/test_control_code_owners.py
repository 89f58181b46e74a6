"""The control `code-owners`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from twinlock.model.access import Grant, Permission
from twinlock.model.code_owners import CodeOwners, OwnerRule
from twinlock.model.observed import Absent, Seen, Unread

if TYPE_CHECKING:
    from tests.unit.conftest import Case, Change, Nouns

SLUG = "code-owners"
SUBJECT = "acme/payments"


def test_as_declared_says_nothing(clean: Case) -> None:
    """The declared lines with owners who exist and can push give no finding, unknown or note."""
    assert clean.verdicts(SLUG) == []


@pytest.mark.weaker("code_owners")
def test_each_weakening_is_one_finding(clean: Case, nouns: Nouns, change: Change) -> None:
    """Any other lines, or the same in another order, yield exactly one finding."""
    assert clean.repository(code_owners=Seen(change(nouns.code_owners))).findings(SLUG) == [(SLUG, SUBJECT)]


def test_the_message_names_the_lines(clean: Case) -> None:
    """Missing and undeclared lines stand in the message; the same lines in another order say so."""
    rules = clean.estate.repositories["payments"].code_owners.rules
    live = CodeOwners((rules[0], OwnerRule("/.github/", ())))
    finding = clean.repository(code_owners=Seen(live)).finding(SLUG)
    assert finding.message == (
        "CODEOWNERS lacks: /.github/ payments-reviewers; CODEOWNERS holds undeclared lines: /.github/"
    )
    finding = clean.repository(code_owners=Seen(CodeOwners(rules[::-1]))).finding(SLUG)
    assert finding.message == "the lines of CODEOWNERS stand in another order"


def test_a_missing_file_is_a_finding(clean: Case) -> None:
    """No CODEOWNERS in any of GitHub's locations is one finding."""
    finding = clean.repository(code_owners=Absent()).finding(SLUG)
    assert (finding.subject, finding.message) == (SUBJECT, "it is missing")


@pytest.mark.parametrize("held", [frozenset(), frozenset({Grant("payments-reviewers", Permission.TRIAGE)})])
def test_an_owner_without_push_is_a_finding(clean: Case, nouns: Nouns, held: frozenset[Grant]) -> None:
    """GitHub passes over an owner who cannot push, so its lines protect nothing."""
    finding = clean.repository(access=Seen(replace(nouns.access, teams=held))).finding(SLUG)
    assert finding.message == "payments-reviewers cannot push, so GitHub passes it over"


def test_an_owner_that_does_not_exist_is_a_finding(clean: Case, nouns: Nouns) -> None:
    """A deleted team owns nothing."""
    finding = clean.organization(teams=Seen((Seen(nouns.team),))).finding(SLUG)
    assert finding.message == "there is no team payments-reviewers"


def test_a_required_reviewer_counts_as_an_owner(clean: Case) -> None:
    """A team that a ruleset requires must push too, also where it owns no file."""
    payments = replace(clean.estate.repositories["payments"], code_owners=CodeOwners(()))
    case = replace(clean, estate=replace(clean.estate, repositories={"payments": payments}))
    without = replace(clean.estate.repositories["payments"].access, teams=frozenset())
    finding = case.repository(code_owners=Seen(CodeOwners(())), access=Seen(without)).finding(SLUG)
    assert finding.message == "payments-reviewers cannot push, so GitHub passes it over"


def test_what_was_not_read_is_unknown(clean: Case) -> None:
    """An unread file, unread access and unread teams are each unknown."""
    assert clean.repository(code_owners=Unread("403")).unknowns(SLUG) == [(SUBJECT, "403")]
    assert clean.repository(access=Unread("403")).unknowns(SLUG) == [(SUBJECT, "whether its owners can push: 403")]
    assert clean.organization(teams=Unread("403")).unknowns(SLUG) == [(SUBJECT, "whether its owners exist: 403")]
