"""IAM's JSON and the model: policies, trust policies with repositories by name, roles."""

from __future__ import annotations

import contextlib
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock.aws import policy, role, trust
from twinlock.errors import Incomplete
from twinlock.model.live import RepositoryIdentity
from twinlock.model.observed import Seen, Unread
from twinlock.model.policy import Condition, Effect, InlinePolicy, Role, Statement

HOST = "token.actions.githubusercontent.com"
KNOWN = {
    "acme/pay": RepositoryIdentity(100, 7, "pay", "repo:acme@7/pay@100"),
    "acme/payments": RepositoryIdentity(1001, 7, "payments", "repo:acme@7/payments@1001"),
}


def _policy(**statement: object) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}


def test_string_or_list_and_order_do_not_matter() -> None:
    """IAM takes a string for a list of one, a statement for a list of one, and any order."""
    one = {"Statement": {"Effect": "Allow", "Action": "S3:GetObject", "Resource": "*"}}
    many = _policy(Action=["s3:GetObject"], Resource=["*"])
    expected = frozenset({Statement(Effect.ALLOW, actions=frozenset({"s3:getobject"}), resources=frozenset({"*"}))})
    assert policy.decode(one) == policy.decode(many) == expected


def test_a_document_may_be_text_or_url_encoded_text() -> None:
    """IAM's API answers URL-encoded JSON; clients may have decoded it."""
    document = _policy(Action="s3:Get%2A", Resource="*")
    text = json.dumps(document)
    assert policy.decode(text) == policy.decode(document)
    assert policy.decode(quote(text)) == policy.decode(document)


def test_principals_are_told_apart_by_kind() -> None:
    """A star, an account's digits, providers and services are each written in one way."""

    def principals(raw: object) -> frozenset[str]:
        (statement,) = policy.decode(_policy(Principal=raw, Action="sts:AssumeRole"))
        return statement.principals

    assert principals("*") == {"*"}
    assert principals({"AWS": "*"}) == {"AWS *"}
    assert principals({"AWS": ["222222222222", "arn:aws:iam::1:user/x"]}) == {
        "AWS arn:aws:iam::222222222222:root",
        "AWS arn:aws:iam::1:user/x",
    }
    assert principals({"Federated": "arn:p", "Service": "ecs-tasks.amazonaws.com"}) == {
        "Federated arn:p",
        "Service ecs-tasks.amazonaws.com",
    }


def test_condition_values_become_text_and_keys_lower_case() -> None:
    """Booleans and numbers are compared as text; keys ignore case; operators stay as written."""
    raw = {"Bool": {"aws:SecureTransport": True}, "NumericEquals": {"X": [1, 2]}}
    (statement,) = policy.decode(_policy(Action="*", Condition=raw))
    assert statement.conditions == {
        Condition("Bool", "aws:securetransport", frozenset({"true"})),
        Condition("NumericEquals", "x", frozenset({"1", "2"})),
    }


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (None, "a policy is not an object"),
        ("{", "a policy is not JSON"),
        ([], "a policy is not an object"),
        ({}, "a statement is not an object"),
        ({"Statement": [], "New": 1}, "a policy has the unknown element New"),
        ({"Statement": [{"Effect": "Maybe"}]}, "the effect of a statement is neither Allow nor Deny"),
        ({"Statement": [{"Effect": "Allow", "New": 1}]}, "a statement has the unknown element New"),
        (_policy(Action={"a": 1}), "a value in a statement is neither a string nor a list of strings"),
        (_policy(Principal=[1]), "a principal is neither a string nor an object"),
        (_policy(Condition=[]), "a condition is not an object"),
        (_policy(Condition={"Bool": "x"}), "the condition Bool is not an object"),
    ],
)
def test_what_is_no_policy_is_refused(raw: object, reason: str) -> None:
    """A document of another shape, or with an element that IAM does not have, is malformed with the reason."""
    with pytest.raises(policy.Malformed) as refused:
        policy.decode(raw)
    assert refused.value.reason == reason


WORDS = st.text(alphabet="ab:*/", min_size=1, max_size=4)
SETS = st.frozensets(WORDS, max_size=2)
STATEMENTS = st.builds(
    Statement,
    effect=st.sampled_from(Effect),
    principals=st.just(frozenset({"*"})) | st.frozensets(WORDS.map(lambda word: f"AWS {word}"), max_size=2),
    not_principals=st.frozensets(WORDS.map(lambda word: f"Service {word}"), max_size=2),
    actions=SETS,
    not_actions=SETS,
    resources=SETS,
    not_resources=SETS,
    conditions=st.frozensets(
        st.builds(Condition, st.sampled_from(["StringLike", "Bool"]), st.sampled_from("xy"), SETS), max_size=1
    ),
)


@given(st.frozensets(STATEMENTS, max_size=3))
def test_any_document_survives_the_round_trip(document: frozenset[Statement]) -> None:
    """Encoding loses nothing that the model holds, and equal documents give equal text."""
    text = policy.encode(document)
    assert policy.decode(text) == document
    assert policy.encode(frozenset(sorted(document, key=str))) == text


def test_trust_actions_are_spelled_as_iam_spells_them() -> None:
    """The model keeps actions in lower case; a trust policy is sent as people and tools write it."""
    document = policy.decode(_policy(Action=["sts:AssumeRoleWithWebIdentity", "sts:TagSession"], Principal="*"))
    assert json.loads(policy.encode(document)) == _policy(
        Action=["sts:AssumeRoleWithWebIdentity", "sts:TagSession"], Principal="*"
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Statement", "Effect", "Principal", "Action", "Condition"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(JSON)
def test_arbitrary_json_is_a_policy_or_malformed(raw: object) -> None:
    """Nothing but `Malformed` leaves the decoder."""
    with contextlib.suppress(policy.Malformed):
        assert isinstance(policy.decode(raw), frozenset)


def _trust(**claims: str) -> frozenset[Statement]:
    conditions = frozenset(
        Condition("StringEquals", f"{HOST}:{claim}", frozenset({value})) for claim, value in claims.items()
    )
    return frozenset({Statement(Effect.ALLOW, actions=frozenset({"sts:x"}), conditions=conditions)})


def test_repositories_in_trust_go_both_ways() -> None:
    """A name stands for the subject's prefix in `sub` and for the id elsewhere."""
    desired = _trust(
        sub="{acme/payments}:environment:production", repository_id="{acme/payments}", ref="refs/heads/main"
    )
    raw = trust.encode(desired, KNOWN)
    assert '"repo:acme@7/payments@1001:environment:production"' in raw
    assert '"1001"' in raw
    assert trust.decode(raw, KNOWN) == desired
    assert trust.decode(raw, {}) == _trust(
        sub="repo:acme@7/payments@1001:environment:production", repository_id="1001", ref="refs/heads/main"
    )


@pytest.mark.parametrize(
    ("claim", "value", "named"),
    [
        ("sub", "repo:acme@7/payments@1001", "{acme/payments}"),
        ("sub", "repo:acme@7/payments@1001:*", "{acme/payments}:*"),
        ("sub", "repo:acme@7/payments@10012:ref:x", "repo:acme@7/payments@10012:ref:x"),
        ("sub", "repo:acme@7/*", "repo:acme@7/*"),
        ("sub", "repo:acme/payments:environment:production", "repo:acme/payments:environment:production"),
        ("repository_id", "1001", "{acme/payments}"),
        ("repository_id", "100*", "100*"),
        ("actor_id", "1001", "1001"),
        ("sub", "{acme/payments}:environment:production", "{{acme/payments}}:environment:production"),
        ("repository_id", "{acme/payments}", "{{acme/payments}}"),
        ("actor", "${aws:PrincipalTag/team}", "${aws:PrincipalTag/team}"),
    ],
)
def test_only_what_github_reports_becomes_a_name(claim: str, value: str, named: str) -> None:
    """Longer ids, patterns and names that stand in AWS literally stay different from the declared name."""
    document = _trust(**{claim: value})
    assert trust.decode(policy.encode(document), KNOWN) == _trust(**{claim: named})


def test_a_repository_without_an_identity_cannot_be_sent() -> None:
    """A trust policy is not written before GitHub has said what the repository is."""
    with pytest.raises(Incomplete) as refused:
        trust.encode(_trust(sub="{acme/new}:x"), KNOWN)
    assert str(refused.value) == (
        "A trust policy names acme/new, whose id is not known.\n"
        "GitHub has not reported that repository yet.\n"
        "Provision the repositories first: `twinlock up`."
    )


ARN = "arn:aws:iam::222222222222:role/payments-release"
ROLE = {
    "Arn": ARN,
    "Path": "/",
    "RoleName": "payments-release",
    "RoleId": "AROA",
    "AssumeRolePolicyDocument": _policy(Action="sts:AssumeRole", Principal="*"),
    "MaxSessionDuration": 7200,
    "PermissionsBoundary": {
        "PermissionsBoundaryType": "Policy",
        "PermissionsBoundaryArn": "arn:aws:iam::222222222222:policy/b",
    },
}


def test_a_role_is_decoded_with_its_policies() -> None:
    """Trust, policies, boundary and session make one role."""
    assert role.decode(ROLE, {"deploy": _policy(Action="*", Resource="*")}, ["arn:p"], KNOWN) == Seen(
        Role(
            arn=ARN,
            trust=policy.decode(_policy(Action="sts:AssumeRole", Principal="*")),
            inline=frozenset({InlinePolicy("deploy", policy.decode(_policy(Action="*", Resource="*")))}),
            attached=frozenset({"arn:p"}),
            boundary="arn:aws:iam::222222222222:policy/b",
            max_session_seconds=7200,
        )
    )


def test_a_role_without_a_boundary_has_none() -> None:
    """Without the element there is no boundary, and the session is IAM's default hour."""
    bare = {name: ROLE[name] for name in ("Arn", "AssumeRolePolicyDocument")}
    found = role.decode(bare, {}, [], KNOWN)
    assert isinstance(found, Seen)
    assert (found.value.boundary, found.value.max_session_seconds) == (None, 3600)


@pytest.mark.parametrize(
    ("raw", "inline", "expected"),
    [
        ({}, {}, Unread("IAM's answer was not understood: a role has no ARN")),
        (
            ROLE | {"AssumeRolePolicyDocument": "{"},
            {},
            Unread("IAM's answer was not understood: a policy is not JSON", ARN),
        ),
        (ROLE, {"x": None}, Unread("IAM's answer was not understood: a policy is not an object", ARN)),
        (
            ROLE | {"PermissionsBoundary": {}},
            {},
            Unread("IAM's answer was not understood: a permissions boundary has no ARN", ARN),
        ),
    ],
)
def test_a_malformed_role_is_unread(raw: dict[str, Any], inline: dict[str, object], expected: Unread) -> None:
    """A part of another shape leaves the role unread under its ARN."""
    assert role.decode(raw, inline, [], KNOWN) == expected


def test_an_unmodelled_element_of_a_role_is_reported() -> None:
    """A new element of IAM's answer keeps the role from being called clean."""
    found = role.decode(ROLE | {"TrustTier": "wide"}, {}, [], KNOWN)
    assert isinstance(found, Seen)
    assert found.unmodelled == ("TrustTier",)
