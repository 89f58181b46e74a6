"""Trust policies, evaluated: what AWS would admit, and whether that goes beyond what is declared."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock.model.breadth import Counterexample, admits_beyond, implies, refuses
from twinlock.model.conditions import holds, like
from twinlock.model.policy import Condition, Effect, Statement
from twinlock.model.trust import Request, admits, declared_requests, not_evaluated

HOST = "token.actions.githubusercontent.com"
PROVIDER = f"Federated arn:aws:iam::222222222222:oidc-provider/{HOST}"
ASSUME = "sts:assumerolewithwebidentity"
REPOSITORY = "{acme/payments}"
SUB = f"{REPOSITORY}:environment:production"
WORKFLOW = f"acme/pipelines/.github/workflows/release.yml@{'a' * 40}"
CLAIMS = {
    f"{HOST}:aud": "sts.amazonaws.com",
    f"{HOST}:sub": SUB,
    f"{HOST}:repository_id": REPOSITORY,
    f"{HOST}:ref": "refs/heads/main",
    f"{HOST}:job_workflow_ref": WORKFLOW,
    f"{HOST}:environment": "production",
}
REQUEST = Request(PROVIDER, ASSUME, CLAIMS)


def condition(operator: str, claim: str, *values: str) -> Condition:
    """Return a condition on one claim of GitHub's."""
    return Condition(operator, f"{HOST}:{claim}", frozenset(values))


DECLARED = Statement(
    Effect.ALLOW,
    principals=frozenset({PROVIDER}),
    actions=frozenset({ASSUME}),
    conditions=frozenset(condition("StringEquals", key.rsplit(":", 1)[-1], value) for key, value in CLAIMS.items()),
)
DESIRED = frozenset({DECLARED})


def live(*conditions: Condition, but: str = "") -> frozenset[Statement]:
    """Return the declared policy without its condition on the claim `but`, and with other conditions."""
    kept = {c for c in DECLARED.conditions if not but or c.key != f"{HOST}:{but}"}
    return frozenset({replace(DECLARED, conditions=frozenset({*kept, *conditions}))})


def with_statement(statement: Statement) -> frozenset[Statement]:
    """Return the declared policy with a further statement."""
    return DESIRED | {statement}


PLAN = replace(
    DECLARED,
    conditions=frozenset(
        {
            condition("StringEquals", "aud", "sts.amazonaws.com"),
            condition("StringEquals", "sub", f"{REPOSITORY}:pull_request"),
        }
    ),
)
ANY_NUMBER = frozenset({"repo:acme@*/payments@*:environment:production"})

WIDER = {
    "no condition at all": frozenset({replace(DECLARED, conditions=frozenset())}),
    "lint 1: sub absent": live(but="sub"),
    "lint 2: every repository of the organization": live(condition("StringLike", "sub", "repo:acme/*"), but="sub"),
    "lint 3: every job of the repository": live(condition("StringLike", "sub", f"{REPOSITORY}:*"), but="sub"),
    "lint 5: pull requests": live(condition("StringEquals", "sub", f"{REPOSITORY}:pull_request"), but="sub"),
    "lint 6: ForAllValues is true without the claim": live(
        condition("ForAllValues:StringEquals", "sub", SUB), but="sub"
    ),
    "lint 6: the same by StringLike": live(condition("ForAllValues:StringLike", "sub", SUB), but="sub"),
    "lint 7: the branch instead of the environment": live(
        condition("StringEquals", "sub", f"{REPOSITORY}:ref:refs/heads/main"), but="sub"
    ),
    "lint 8: name-only subject beside the declared one": live(
        condition("StringEquals", "sub", SUB, "repo:acme/payments:environment:production"), but="sub"
    ),
    "lint 8: any ids": live(Condition("StringLike", f"{HOST}:sub", ANY_NUMBER), but="sub"),
    "lint 9: any workflow": live(but="job_workflow_ref"),
    "lint 9: any workflow of the pipelines": live(
        condition("StringLike", "job_workflow_ref", "acme/pipelines/*"), but="job_workflow_ref"
    ),
    "lint 10: plan and apply subjects in two statements": with_statement(PLAN),
    "lint 11: workflow by a mutable tag": live(
        condition("StringEquals", "job_workflow_ref", WORKFLOW.split("@", maxsplit=1)[0] + "@refs/tags/v1"),
        but="job_workflow_ref",
    ),
    "any ref": live(but="ref"),
    "any branch": live(condition("StringLike", "ref", "refs/heads/*"), but="ref"),
    "any audience": live(but="aud"),
    "any environment": live(but="environment"),
    "any repository id": live(but="repository_id"),
    "a raw id that belongs to nothing known": live(
        condition("StringEquals", "repository_id", "77"), but="repository_id"
    ),
    "IfExists": live(condition("StringEqualsIfExists", "sub", SUB), but="sub"),
    "another spelling": live(condition("StringEqualsIgnoreCase", "sub", SUB), but="sub"),
    "a negation": live(condition("StringNotEquals", "sub", "repo:acme/other"), but="sub"),
    "a negated pattern": live(condition("StringNotLike", "sub", "repo:evil/*"), but="sub"),
    "a key that must merely be there": live(condition("Null", "sub", "false"), but="sub"),
    "an unknown operator": live(condition("StringMatches", "sub", SUB), but="sub"),
    "a policy variable": live(condition("StringLike", "sub", "${aws:PrincipalTag/x}"), but="sub"),
    "one more value": live(condition("StringEquals", "sub", SUB, f"{REPOSITORY}:ref:refs/heads/x"), but="sub"),
    "question marks": live(condition("StringLike", "sub", SUB[:-1] + "?"), but="sub"),
    "principal star": frozenset({replace(DECLARED, principals=frozenset({"*"}))}),
    "every AWS principal": frozenset({replace(DECLARED, principals=DECLARED.principals | {"AWS *"})}),
    "an account beside the provider": frozenset(
        {replace(DECLARED, principals=DECLARED.principals | {"AWS arn:aws:iam::999999999999:root"})}
    ),
    "another provider": frozenset({replace(DECLARED, principals=frozenset({PROVIDER + "/enterprise"}))}),
    "NotPrincipal": frozenset(
        {replace(DECLARED, principals=frozenset(), not_principals=frozenset({"AWS arn:aws:iam::1:root"}))}
    ),
    "every STS action": frozenset({replace(DECLARED, actions=frozenset({"sts:*"}))}),
    "session tags": frozenset({replace(DECLARED, actions=DECLARED.actions | {"sts:tagsession"})}),
    "NotAction": frozenset({replace(DECLARED, actions=frozenset(), not_actions=frozenset({"sts:assumerole"}))}),
    "a second statement for the same principal": with_statement(
        replace(DECLARED, conditions=frozenset({condition("StringEquals", "aud", "sts.amazonaws.com")}))
    ),
    "a denial does not make a wide Allow narrow": live(but="sub")
    | {Statement(Effect.DENY, principals=frozenset({"*"}), actions=frozenset({ASSUME}))},
}

NOT_WIDER = {
    "as declared": DESIRED,
    "twice": DESIRED | {replace(DECLARED)},
    "StringLike without a wildcard": live(condition("StringLike", "sub", SUB), but="sub"),
    "ForAnyValue is false without the claim": live(condition("ForAnyValue:StringEquals", "sub", SUB), but="sub"),
    "a further condition": live(condition("StringEquals", "actor", "rita")),
    "a further condition on the same claim": live(condition("StringLike", "sub", "*")),
    "an unknown operator beside the declared conditions": live(condition("DateLessThan", "iat", "2030")),
    "a denial": with_statement(replace(DECLARED, effect=Effect.DENY)),
    "nothing": frozenset(),
    "lint 4: StringEquals with a star matches no token": live(
        condition("StringEquals", "sub", SUB), condition("StringEquals", "sub", "repo:acme/*"), but="sub"
    ),
}


@pytest.mark.parametrize("policy", WIDER.values(), ids=WIDER.keys())
def test_a_wider_policy_is_reported(policy: frozenset[Statement]) -> None:
    """Whatever AWS would admit beyond the declared job, or is not proven not to, is reported."""
    assert admits_beyond(DESIRED, policy) != ()


@pytest.mark.parametrize("policy", NOT_WIDER.values(), ids=NOT_WIDER.keys())
def test_a_policy_that_is_no_wider_is_not_reported(policy: frozenset[Statement]) -> None:
    """Other words for the same, and anything narrower, is no finding."""
    assert admits_beyond(DESIRED, policy) == ()


@pytest.mark.parametrize("policy", WIDER.values(), ids=WIDER.keys())
def test_every_counterexample_is_one(policy: frozenset[Statement]) -> None:
    """A request shown as a counterexample is admitted by live and not by desired."""
    for example in admits_beyond(DESIRED, policy):
        if example.request is not None:
            assert admits(policy, example.request)
            assert not admits(DESIRED, example.request)


def test_a_star_in_string_equals_breaks_the_role_and_admits_nobody() -> None:
    """The classic mistake (lint 4) is no literal of desired, so it is reported, and the declared job is refused."""
    policy = live(condition("StringEquals", "sub", "repo:acme/*"), but="sub")
    (example,) = admits_beyond(DESIRED, policy)
    assert example.reason == f"sub is StringEquals repo:acme/*, must be {SUB}"
    assert refuses(DESIRED, policy) == (REQUEST,)


def test_the_name_only_subject_refuses_the_declared_job() -> None:
    """Lint 8: a policy written for a subject without ids never matches a repository whose subjects carry them."""
    policy = live(condition("StringEquals", "sub", "repo:acme/payments:environment:production"), but="sub")
    assert refuses(DESIRED, policy) == (REQUEST,)


def test_the_for_all_values_trap_shows_a_token_without_the_claim() -> None:
    """The counterexample of `ForAllValues` is a token that lacks the claim."""
    (example,) = admits_beyond(DESIRED, WIDER["lint 6: ForAllValues is true without the claim"])
    assert example.request is not None
    assert f"{HOST}:sub" not in example.request.claims


def test_reasons_are_said_once_and_plainly() -> None:
    """What is wider is named by claim, with operator and values as they stand in AWS."""
    reasons = {name: [str(e.reason) for e in admits_beyond(DESIRED, policy)] for name, policy in WIDER.items()}
    assert reasons["lint 1: sub absent"] == ["sub is not restricted"]
    assert reasons["lint 2: every repository of the organization"] == [f"sub is StringLike repo:acme/*, must be {SUB}"]
    assert reasons["an unknown operator"] == ["sub is held by StringMatches, which cannot be evaluated"]
    assert reasons["principal star"] == ["it admits the principal *"]
    assert reasons["NotPrincipal"] == ["it admits every principal but some (NotPrincipal)"]
    assert reasons["NotAction"] == ["it allows every action but some (NotAction)"]
    assert reasons["session tags"] == [f"it allows sts:tagsession to {PROVIDER}"]


def test_a_declared_denial_that_is_gone_is_reported() -> None:
    """A denial is part of what is declared; one that denies as much or more may stand for it."""
    deny = Statement(
        Effect.DENY,
        principals=frozenset({"*"}),
        actions=frozenset({ASSUME}),
        conditions=frozenset({condition("StringEquals", "actor", "mallory")}),
    )
    assert [e.reason for e in admits_beyond(DESIRED | {deny}, DESIRED)] == [f"the denial '{deny}' is gone"]
    assert admits_beyond(DESIRED | {deny}, DESIRED | {replace(deny, conditions=frozenset())}) == ()


def test_one_of_several_declared_statements_suffices() -> None:
    """Each live statement must stay within one declared statement; within several only together is not proven."""
    desired = DESIRED | {PLAN}
    assert admits_beyond(desired, desired) == ()
    assert admits_beyond(desired, DESIRED) == ()
    mixed = live(condition("StringEquals", "sub", SUB, f"{REPOSITORY}:pull_request"), but="sub")
    assert [example.request for example in admits_beyond(desired, mixed)] == [None]


def test_a_counterexample_reads_as_one_line() -> None:
    """The reason stands first, then the token by its claims."""
    assert str(Counterexample("sub is not restricted")) == "sub is not restricted"
    shown = Counterexample("it is wide", Request("AWS arn", "sts:assumerole"))
    assert str(shown) == "it is wide (admits AWS arn)"


def test_declared_requests_are_admitted_by_what_declares_them() -> None:
    """A policy of exact values admits each combination of them."""
    two = live(condition("StringEquals", "job_workflow_ref", WORKFLOW, "other@1"), but="job_workflow_ref")
    requests = list(declared_requests(two))
    assert len(requests) == 2
    assert all(admits(two, request) for request in requests)
    assert refuses(DESIRED, DESIRED) == ()


def test_a_denial_wins() -> None:
    """An explicit denial refuses what a statement allows; one about another action does not."""
    deny = Statement(Effect.DENY, principals=frozenset({"*"}), actions=frozenset({"sts:*"}))
    assert admits(DESIRED, REQUEST)
    assert not admits(DESIRED | {deny}, REQUEST)
    assert admits(DESIRED | {replace(deny, actions=frozenset({"s3:*"}))}, REQUEST)
    spared = replace(deny, principals=frozenset(), not_principals=frozenset({PROVIDER}))
    assert admits(DESIRED | {spared}, REQUEST)


def test_what_cannot_be_evaluated_favours_the_request() -> None:
    """An unknown condition restricts no Allow and holds for no Deny, and is listed."""
    unknown = condition("NumericLessThan", "iat", "5")
    allow = live(unknown)
    deny = Statement(Effect.DENY, frozenset({"*"}), actions=frozenset({"*"}), conditions=frozenset({unknown}))
    assert admits(allow, REQUEST)
    assert admits(DESIRED | {deny}, REQUEST)
    assert not_evaluated(allow) == (f"NumericLessThan {HOST}:iat 5",)
    assert not_evaluated(DESIRED) == ()


@pytest.mark.parametrize(
    ("operator", "values", "claim", "expected"),
    [
        ("StringEquals", {"a"}, "a", True),
        ("StringEquals", {"a", "b"}, "b", True),
        ("StringEquals", {"a"}, "A", False),
        ("StringEquals", {"a*"}, "ab", False),
        ("StringEquals", {"a"}, None, False),
        ("stringequals", {"a"}, "a", True),
        ("StringEqualsIfExists", {"a"}, None, True),
        ("StringEqualsIfExists", {"a"}, "b", False),
        ("StringNotEquals", {"a"}, "b", True),
        ("StringNotEquals", {"a", "b"}, "b", False),
        ("StringNotEquals", {"a"}, None, True),
        ("StringEqualsIgnoreCase", {"a"}, "A", True),
        ("StringNotEqualsIgnoreCase", {"a"}, "A", False),
        ("StringLike", {"a*"}, "abc", True),
        ("StringLike", {"a?"}, "abc", False),
        ("StringLike", {"a*"}, None, False),
        ("StringNotLike", {"a*"}, "abc", False),
        ("StringNotLike", {"a*"}, None, True),
        ("ArnLike", {"arn:aws:iam::1:role/*"}, "arn:aws:iam::1:role/x", True),
        ("ArnLike", {"arn:*"}, "arn:aws:iam::1:role/x", False),
        ("ArnEquals", {"arn:aws:iam::*:role/x"}, "arn:aws:iam::1:role/x", True),
        ("ArnNotLike", {"arn:aws:iam::1:role/*"}, "arn:aws:iam::1:role/x", False),
        ("ArnNotEquals", {"arn:aws:iam::1:role/*"}, None, True),
        ("Null", {"true"}, None, True),
        ("Null", {"true"}, "a", False),
        ("Null", {"false"}, "a", True),
        ("Null", {"false"}, None, False),
        ("Bool", {"true"}, "True", True),
        ("Bool", {"true"}, None, False),
        ("ForAllValues:StringEquals", {"a"}, None, True),
        ("ForAllValues:StringEquals", {"a"}, "b", False),
        ("ForAnyValue:StringEquals", {"a"}, None, False),
        ("ForAnyValue:StringLike", {"a*"}, "ab", True),
        ("ForAnyValue:StringNotEquals", {"a"}, None, False),
        ("StringEquals", set(), "a", False),
        ("IpAddress", {"10.0.0.0/8"}, "10.1.1.1", None),
        ("StringLike", {"${aws:username}"}, "a", None),
    ],
)
def test_condition_operators(operator: str, values: set[str], claim: str | None, expected: bool | None) -> None:  # noqa: FBT001 - the expectation
    """Each operator decides as IAM documents, also about a missing key; an unknown one does not decide."""
    claims = {} if claim is None else {"k": claim}
    assert holds(Condition(operator, "k", frozenset(values)), claims) is expected


WORDS = st.text(alphabet="ab", max_size=4)
PATTERNS = st.text(alphabet="ab*?", max_size=5)
OPERATORS = st.sampled_from(
    [
        f"{quantifier}{base}{suffix}"
        for quantifier in ("", "ForAllValues:", "ForAnyValue:")
        for base in ("StringEquals", "StringLike", "StringNotEquals", "StringNotLike", "StringEqualsIgnoreCase")
        for suffix in ("", "IfExists")
    ]
    + ["Null", "Unknown"]
)
CONDITIONS = st.builds(Condition, OPERATORS, st.just("k"), st.frozensets(PATTERNS, max_size=2))


@given(CONDITIONS, CONDITIONS, st.none() | WORDS)
def test_implication_is_sound(ours: Condition, needed: Condition, claim: str | None) -> None:
    """Where one condition is said to imply another, no claim satisfies the first and not the second."""
    claims = {} if claim is None else {"k": claim}
    if implies(ours, needed) and ours != needed:
        assert not (holds(ours, claims) and not holds(needed, claims))


STATEMENTS = st.builds(
    Statement,
    effect=st.sampled_from(Effect),
    principals=st.frozensets(st.sampled_from(["AWS a", "Federated b", "*", "AWS *"]), max_size=2),
    actions=st.frozensets(st.sampled_from(["sts:assumerole", "sts:*"]), max_size=2),
    conditions=st.frozensets(CONDITIONS, max_size=2),
)


@given(
    st.frozensets(STATEMENTS, max_size=2),
    st.frozensets(STATEMENTS, max_size=2),
    st.sampled_from(["AWS a", "Federated b"]),
    st.none() | WORDS,
)
def test_what_is_not_reported_is_not_admitted(
    desired: frozenset[Statement], policy: frozenset[Statement], principal: str, claim: str | None
) -> None:
    """If nothing is reported and desired denies nothing, live admits no request that desired does not."""
    desired = frozenset(s for s in desired if s.effect is Effect.ALLOW)
    request = Request(principal, "sts:assumerole", {} if claim is None else {"k": claim})
    if not admits_beyond(desired, policy) and admits(policy, request):
        assert admits(desired, request)


@given(st.frozensets(STATEMENTS, max_size=3))
def test_a_policy_is_not_wider_than_itself(policy: frozenset[Statement]) -> None:
    """Comparing a policy with itself reports nothing."""
    assert admits_beyond(policy, policy) == ()


@given(PATTERNS, WORDS)
def test_like_agrees_with_a_plain_definition(pattern: str, text: str) -> None:
    """The pattern matcher agrees with the obvious recursive one."""

    def obvious(pattern: str, text: str) -> bool:
        if not pattern:
            return not text
        if pattern[0] == "*":
            return obvious(pattern[1:], text) or (bool(text) and obvious(pattern, text[1:]))
        return bool(text) and pattern[0] in {"?", text[0]} and obvious(pattern[1:], text[1:])

    assert like(pattern, text) is obvious(pattern, text)


def test_a_hostile_pattern_is_quick() -> None:
    """A pattern that would take a backtracking matcher for ever is answered at once."""
    assert not like("*a" * 500 + "b", "a" * 2000)
