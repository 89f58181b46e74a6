"""The control `role-inventory`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from twinlock.model.finding import Note
from twinlock.model.observed import Seen, Unread
from twinlock.model.policy import Condition, Effect, InlinePolicy, Statement
from twinlock.names import OIDC_AUDIENCE, QUARANTINE_POLICY, oidc_provider_arn, role_arn

if TYPE_CHECKING:
    from tests.unit.conftest import Case, Nouns

SLUG = "role-inventory"
ACCOUNT = "222222222222"
INTRUDER = role_arn(ACCOUNT, "intruder")
DENY = Statement(Effect.DENY, actions=frozenset({"*"}), resources=frozenset({"*"}))


def _intruder(clean: Case, nouns: Nouns, *inline: InlinePolicy) -> Case:
    intruder = replace(nouns.role, arn=INTRUDER, inline=frozenset(inline))
    return clean.account(roles=Seen((Seen(nouns.role), Seen(intruder))))


def test_as_declared_says_nothing(clean: Case) -> None:
    """Exactly the declared roles give no finding, unknown or note."""
    assert clean.verdicts(SLUG) == []


def test_a_new_role_that_trusts_github_is_a_finding(clean: Case, nouns: Nouns) -> None:
    """A role nobody declared is a finding on its ARN."""
    assert _intruder(clean, nouns).findings(SLUG) == [(SLUG, INTRUDER)]


def test_an_intact_quarantine_makes_it_a_note(clean: Case, nouns: Nouns) -> None:
    """A role under the quarantine's denial can do nothing, whatever else it carries."""
    policies = (InlinePolicy(QUARANTINE_POLICY, frozenset({DENY})), InlinePolicy("admin", frozenset()))
    assert _intruder(clean, nouns, *policies).notes(SLUG) == [
        Note(SLUG, INTRUDER, "Nobody declared it; its quarantine is intact.")
    ]


@pytest.mark.parametrize(
    "document",
    [
        frozenset(),
        frozenset({replace(DENY, effect=Effect.ALLOW)}),
        frozenset({replace(DENY, actions=frozenset({"s3:*"}))}),
        frozenset({replace(DENY, resources=frozenset({"arn:aws:s3:::a"}))}),
        frozenset({replace(DENY, not_actions=frozenset({"iam:*"}), actions=frozenset())}),
        frozenset({replace(DENY, conditions=frozenset({Condition("Bool", "aws:x", frozenset({"true"}))}))}),
    ],
    ids=["empty", "allow", "some actions", "some resources", "all but some", "conditional"],
)
def test_a_broken_quarantine_is_a_finding(clean: Case, nouns: Nouns, document: frozenset[Statement]) -> None:
    """Anything short of an unconditional denial of everything does not count."""
    assert _intruder(clean, nouns, InlinePolicy(QUARANTINE_POLICY, document)).findings(SLUG) == [(SLUG, INTRUDER)]


def test_a_denial_under_another_name_is_no_quarantine(clean: Case, nouns: Nouns) -> None:
    """Only the policy that reconcile put there counts."""
    assert _intruder(clean, nouns, InlinePolicy("mine", frozenset({DENY}))).findings(SLUG) == [(SLUG, INTRUDER)]


def test_a_missing_role_is_one_finding(clean: Case, nouns: Nouns) -> None:
    """A deleted role is a finding here."""
    finding = clean.account(roles=Seen(())).finding(SLUG)
    assert (finding.subject, finding.message) == (nouns.role.arn, "it is missing")


def test_the_same_name_under_another_path_is_not_the_declared_role(clean: Case, nouns: Nouns) -> None:
    """A role recreated under a path has another ARN: one is missing, one undeclared."""
    moved = replace(nouns.role, arn=f"arn:aws:iam::{ACCOUNT}:role/path/payments-release")
    assert clean.account(roles=Seen((Seen(moved),))).findings(SLUG) == [
        (SLUG, nouns.role.arn),
        (SLUG, moved.arn),
    ]


def test_a_second_identity_provider_for_github_is_a_finding(clean: Case) -> None:
    """A provider beside the declared one is another bridge."""
    other = oidc_provider_arn(ACCOUNT) + "/enterprise"
    clients = {oidc_provider_arn(ACCOUNT): frozenset({OIDC_AUDIENCE}), other: frozenset({OIDC_AUDIENCE})}
    assert clean.account(oidc_clients=Seen(clients)).findings(SLUG) == [(SLUG, other)]


def test_what_was_not_read_is_unknown(clean: Case, nouns: Nouns) -> None:
    """An unread list leaves the account and each declared role unknown; an unread stranger is a finding."""
    account = f"arn:aws:iam::{ACCOUNT}:root"
    assert clean.account(roles=Unread("403")).unknowns(SLUG) == [(nouns.role.arn, "403"), (account, "403")]
    stranger = Seen((Seen(nouns.role), Unread("403", INTRUDER)))
    assert clean.account(roles=stranger).findings(SLUG) == [(SLUG, INTRUDER)]
    nameless = Seen((Seen(nouns.role), Unread("garbled")))
    assert clean.account(roles=nameless).unknowns(SLUG) == [(account, "garbled")]
