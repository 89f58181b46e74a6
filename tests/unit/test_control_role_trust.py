"""The control `role-trust`; what a policy admits is tested with the evaluator itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from twinlock.model.finding import Note
from twinlock.model.live import RepositoryIdentity
from twinlock.model.observed import Absent, Seen, Unread
from twinlock.model.policy import Condition, Effect, Statement
from twinlock.names import OIDC_AUDIENCE, OIDC_HOST, oidc_provider_arn

if TYPE_CHECKING:
    from tests.unit.conftest import Case, Nouns

SLUG = "role-trust"
ACCOUNT = "222222222222"
PROVIDER = oidc_provider_arn(ACCOUNT)
SUB = f"{OIDC_HOST}:sub"


def _trust(clean: Case, nouns: Nouns, trust: frozenset[Statement]) -> Case:
    return clean.account(roles=Seen((Seen(replace(nouns.role, trust=trust)),)))


def _conditions(nouns: Nouns, *changed: Condition, but: str = SUB) -> frozenset[Statement]:
    (statement,) = nouns.role.trust
    kept = {condition for condition in statement.conditions if condition.key != but}
    return frozenset({replace(statement, conditions=frozenset({*kept, *changed}))})


def test_as_declared_says_nothing(clean: Case) -> None:
    """Trust and identity provider as declared give no finding, unknown or note."""
    assert clean.verdicts(SLUG) == []


def test_trust_widened_to_the_organization_is_a_finding(clean: Case, nouns: Nouns) -> None:
    """A wildcard over all repositories is a finding that shows a token it admits."""
    wide = _conditions(nouns, Condition("StringLike", SUB, frozenset({"repo:acme/*"})))
    finding = _trust(clean, nouns, wide).finding(SLUG)
    assert finding.subject == nouns.role.arn
    assert finding.message == (
        "sub is StringLike repo:acme/*, must be {acme/payments}:environment:production (admits aud=sts.amazonaws.com, "
        "environment=production, job_workflow_ref=acme/pipelines/.github/workflows/release.yml@" + "a" * 40 + ", "
        "ref=refs/heads/main, repository_id={acme/payments}, sub=repo:acme/other); "
        "it no longer admits the declared aud=sts.amazonaws.com, environment=production, "
        "job_workflow_ref=acme/pipelines/.github/workflows/release.yml@" + "a" * 40 + ", ref=refs/heads/main, "
        "repository_id={acme/payments}, sub={acme/payments}:environment:production"
    )


def test_a_further_statement_is_a_finding(clean: Case, nouns: Nouns) -> None:
    """The declared statement does not cover for one beside it."""
    more = Statement(
        Effect.ALLOW,
        principals=frozenset({"AWS arn:aws:iam::999999999999:root"}),
        actions=frozenset({"sts:assumerole"}),
    )
    finding = _trust(clean, nouns, nouns.role.trust | {more}).finding(SLUG)
    assert finding.message == "it admits the principal AWS arn:aws:iam::999999999999:root"


def test_trust_that_no_longer_admits_the_declared_job_is_a_finding(clean: Case, nouns: Nouns) -> None:
    """An empty or denying policy breaks the release, and says so."""
    deny = replace(next(iter(nouns.role.trust)), effect=Effect.DENY, conditions=frozenset())
    for trust in (frozenset(), nouns.role.trust | {deny}):
        finding = _trust(clean, nouns, trust).finding(SLUG)
        assert finding.message.startswith("it no longer admits the declared aud=sts.amazonaws.com, ")


def test_other_words_for_the_same_trust_say_nothing(clean: Case, nouns: Nouns) -> None:
    """`StringLike` without a wildcard admits what `StringEquals` does."""
    same = _conditions(nouns, Condition("StringLike", SUB, frozenset({"{acme/payments}:environment:production"})))
    assert _trust(clean, nouns, same).verdicts(SLUG) == []


def test_narrower_trust_is_a_note(clean: Case, nouns: Nouns) -> None:
    """A denial beside the declared statement that spares the declared job would be softened by a correction."""
    actor = Condition("StringEquals", f"{OIDC_HOST}:actor", frozenset({"mallory"}))
    deny = replace(next(iter(nouns.role.trust)), effect=Effect.DENY, conditions=frozenset({actor}))
    assert _trust(clean, nouns, nouns.role.trust | {deny}).notes(SLUG) == [
        Note(SLUG, nouns.role.arn, "Its trust policy admits less than declared.", softens=True)
    ]


def test_a_condition_that_cannot_be_evaluated_is_unknown(clean: Case, nouns: Nouns) -> None:
    """An unknown operator beside the declared conditions is neither clean nor weaker."""
    added = Condition("DateLessThan", "aws:currenttime", frozenset({"2030-01-01"}))
    (statement,) = nouns.role.trust
    trust = frozenset({replace(statement, conditions=statement.conditions | {added})})
    assert _trust(clean, nouns, trust).unknowns(SLUG) == [
        (nouns.role.arn, "the condition cannot be evaluated: DateLessThan aws:currenttime 2030-01-01")
    ]


def test_an_unknown_subject_prefix_is_unknown(clean: Case, nouns: Nouns) -> None:
    """Where GitHub did not say how the repository's subjects begin, nothing is known of the trust in it."""
    identity = RepositoryIdentity(1001, 7, "payments", "repo:acme@7/payments@1001")
    for seen, reason in (
        (Unread("403"), "the OIDC subject of payments is not known: 403"),
        (Absent(), "the OIDC subject of payments is not known: there is no such repository"),
        (
            Seen(identity, ("oidc.keys",)),
            "the OIDC subject of payments has settings that twinlock does not know (oidc.keys)",
        ),
    ):
        assert clean.repository(identity=seen).unknowns(SLUG) == [(nouns.role.arn, reason)]


def test_a_customised_subject_is_a_finding(clean: Case, nouns: Nouns) -> None:
    """Workflows that show AWS another subject than GitHub's own form are weakly named, whatever the policy says."""
    identity = RepositoryIdentity(1001, 7, "payments", "repo:acme@7/payments@1001", customised=True)
    finding = clean.repository(identity=Seen(identity)).finding(SLUG)
    assert (finding.subject, finding.message) == (nouns.role.arn, "the OIDC subject of payments is customised")
    assert (finding.desired, finding.live) == ("GitHub's own form", "a customised form")


def test_the_identity_provider_accepts_one_audience(clean: Case) -> None:
    """A missing provider, or one with another audience, is a finding on it; an unread one is unknown."""
    finding = clean.account(oidc_clients=Seen({PROVIDER: frozenset({OIDC_AUDIENCE, "other"})})).finding(SLUG)
    assert (finding.subject, finding.message) == (
        PROVIDER,
        "audiences is other, sts.amazonaws.com, must be sts.amazonaws.com",
    )
    assert clean.account(oidc_clients=Seen({})).findings(SLUG) == [(SLUG, PROVIDER)]
    assert clean.account(oidc_clients=Unread("403")).unknowns(SLUG) == [(PROVIDER, "403")]


def test_what_was_not_read_is_unknown_and_a_missing_role_is_the_inventorys(clean: Case, nouns: Nouns) -> None:
    """An unread role is unknown; a deleted one is a finding of `role-inventory` alone."""
    assert clean.account(roles=Unread("403")).unknowns(SLUG) == [(nouns.role.arn, "403")]
    assert clean.account(roles=Seen((Seen(nouns.role, ("New",)),))).unknowns(SLUG) == [
        (nouns.role.arn, "the setting New is not known to twinlock")
    ]
    assert clean.account(roles=Seen(())).verdicts(SLUG) == []
