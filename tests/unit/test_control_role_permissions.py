"""The control `role-permissions`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from twinlock.model.observed import Absent, Seen, Unread
from twinlock.model.policy import Effect, InlinePolicy, Statement

if TYPE_CHECKING:
    from tests.unit.conftest import Case, Change, Nouns

SLUG = "role-permissions"


def test_as_declared_says_nothing(clean: Case) -> None:
    """Policies and boundary as declared give no finding, unknown or note."""
    assert clean.verdicts(SLUG) == []


@pytest.mark.weaker("role")
def test_each_weakening_is_one_finding(clean: Case, nouns: Nouns, change: Change) -> None:
    """Any other policy, boundary or session yields exactly one finding, on the role."""
    assert clean.account(roles=Seen((Seen(change(nouns.role)),))).findings(SLUG) == [(SLUG, nouns.role.arn)]


@pytest.mark.stricter("role")
def test_each_strengthening_is_a_note(clean: Case, nouns: Nouns, change: Change) -> None:
    """A shorter session is a note that a correction would soften."""
    (note,) = clean.account(roles=Seen((Seen(change(nouns.role)),))).notes(SLUG)
    assert (note.subject, note.softens) == (nouns.role.arn, True)


@pytest.mark.weaker("boundary")
def test_other_statements_of_the_boundary_are_a_finding(clean: Case, nouns: Nouns, change: Change) -> None:
    """The boundary's own statements are compared."""
    finding = clean.account(boundary=Seen(change(nouns.boundary))).finding(SLUG)
    assert (finding.subject, finding.message) == (nouns.boundary.arn, "its statements are not the declared ones")


def test_administrator_and_removed_boundary_are_one_finding(clean: Case, nouns: Nouns) -> None:
    """All that is wrong with a role is in one message."""
    admin = "arn:aws:iam::aws:policy/AdministratorAccess"
    live = replace(nouns.role, attached=frozenset({admin}), boundary=None)
    finding = clean.account(roles=Seen((Seen(live),))).finding(SLUG)
    assert finding.message == (f"attached is {admin}, must be none; boundary is none, must be {nouns.role.boundary}")


def test_inline_policies_are_told_apart_by_name(clean: Case, nouns: Nouns) -> None:
    """A changed, a missing and an undeclared inline policy are each said so."""
    wide = frozenset({Statement(Effect.ALLOW, actions=frozenset({"*"}), resources=frozenset({"*"}))})

    def message(*policies: InlinePolicy) -> str:
        live = replace(nouns.role, inline=frozenset(policies))
        finding = clean.account(roles=Seen((Seen(live),))).finding(SLUG)
        return str(finding.message)

    assert message(InlinePolicy("deploy", wide)) == "inline policy deploy has other statements than declared"
    assert message(InlinePolicy("more", wide)) == (
        "inline policy deploy is missing; inline policy more is not declared"
    )


def test_a_missing_role_is_left_to_the_inventory(clean: Case) -> None:
    """A deleted role is one finding of `role-inventory`, not of every control on roles."""
    assert clean.account(roles=Seen(())).verdicts(SLUG) == []


def test_what_was_not_read_is_unknown(clean: Case, nouns: Nouns) -> None:
    """An unread role, list or boundary is unknown; a deleted boundary is a finding."""
    assert clean.account(roles=Unread("403")).unknowns(SLUG) == [(nouns.role.arn, "403")]
    assert clean.account(roles=Seen((Unread("403", nouns.role.arn),))).unknowns(SLUG) == [(nouns.role.arn, "403")]
    assert clean.account(boundary=Unread("403")).unknowns(SLUG) == [(nouns.boundary.arn, "403")]
    assert clean.account(boundary=Absent()).findings(SLUG) == [(SLUG, nouns.boundary.arn)]
