"""What AWS decides: which layer has the last word, and that restrictions only restrict."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock_world.aws.policy.decision import Control, Decision, Layer, Policies, Request, decide
from twinlock_world.aws.policy.document import Condition, Effect, Policy, PolicyError, Principal, Statement, parse, read
from twinlock_world.aws.policy.principal import Who

ROLE = "arn:aws:iam::111111111111:role/ci"
SESSION = "arn:aws:sts::111111111111:assumed-role/ci/job"
WHO = Who("AWS", ROLE, "111111111111", SESSION)
REQUEST = Request(WHO, "s3:GetObject", "arn:aws:s3:::bucket/key", {"aws:requestedregion": ("eu-west-1",)})
ALL = Policy("all", (Statement("All", Effect.ALLOW, ("*",)),))
NOTHING = Policy("nothing", ())
ELSE = Policy("else", (Statement("Else", Effect.ALLOW, ("sqs:*",)),))
DENY = Policy("deny", (Statement("No", Effect.DENY, ("s3:Get*",)),))
IDENTITY = Decision(allowed=True, layer=Layer.IDENTITY, policy="all", statement="All")


def resource(principal: str, effect: Effect = Effect.ALLOW, kind: str = "AWS", *, inverse: bool = False) -> Policy:
    """Return a resource's policy that names one principal."""
    named = (Principal(kind, principal),)
    return Policy("bucket", (Statement("It", effect, ("*",), principals=named, not_principals=inverse),))


def implicit(layer: Layer) -> Decision:
    """Return the decision that nothing of a kind allows."""
    return Decision(allowed=False, layer=layer)


def explicit(layer: Layer, policy: str = "deny", statement: str = "No") -> Decision:
    """Return the decision that a statement denies."""
    return Decision(allowed=False, layer=layer, explicit=True, policy=policy, statement=statement)


FROM_BUCKET = Decision(allowed=True, layer=Layer.RESOURCE, policy="bucket", statement="It")


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        pytest.param(Policies(), implicit(Layer.IDENTITY), id="nothing-allows"),
        pytest.param(Policies((ELSE, ALL)), IDENTITY, id="one-allows"),
        pytest.param(Policies((ALL, DENY)), explicit(Layer.IDENTITY), id="deny-wins"),
        pytest.param(Policies((ALL,), boundary=ELSE), implicit(Layer.BOUNDARY), id="outside-boundary"),
        pytest.param(Policies((), boundary=ALL), implicit(Layer.IDENTITY), id="boundary-grants-nothing"),
        pytest.param(Policies((ALL,), boundary=DENY), explicit(Layer.BOUNDARY), id="denied-by-boundary"),
        pytest.param(Policies((ALL,), session=(ELSE,)), implicit(Layer.SESSION), id="outside-session"),
        pytest.param(Policies((ALL,), session=(ELSE, ALL)), IDENTITY, id="one-session-policy-allows"),
        pytest.param(Policies((), session=(ALL,)), implicit(Layer.IDENTITY), id="session-grants-nothing"),
        pytest.param(
            Policies(
                (ALL,), controls=(Control(Layer.SERVICE_CONTROL, (ALL,)), Control(Layer.SERVICE_CONTROL, (ELSE,)))
            ),
            implicit(Layer.SERVICE_CONTROL),
            id="a-level-does-not-allow",
        ),
        pytest.param(
            Policies((ALL,), controls=(Control(Layer.SERVICE_CONTROL, (ALL, DENY)),)),
            explicit(Layer.SERVICE_CONTROL),
            id="denied-by-the-organization",
        ),
        pytest.param(Policies(resource=resource(ROLE)), FROM_BUCKET, id="bucket-names-role"),
        pytest.param(Policies(boundary=ELSE, resource=resource(ROLE)), implicit(Layer.BOUNDARY), id="but-not-past-it"),
        pytest.param(
            Policies(boundary=ELSE, session=(ELSE,), resource=resource(SESSION)), FROM_BUCKET, id="bucket-names-session"
        ),
        pytest.param(Policies(resource=resource("111111111111")), implicit(Layer.IDENTITY), id="bucket-names-account"),
        pytest.param(
            Policies((ALL,), resource=resource("arn:aws:iam::111111111111:root", Effect.DENY)),
            explicit(Layer.RESOURCE, "bucket", "It"),
            id="bucket-denies-account",
        ),
        pytest.param(Policies((ALL,), resource=resource("222222222222")), IDENTITY, id="bucket-names-another"),
        pytest.param(Policies((ALL,), foreign=True), implicit(Layer.RESOURCE), id="foreign-without-policy"),
        pytest.param(
            Policies((), resource=resource(ROLE), foreign=True), implicit(Layer.IDENTITY), id="foreign-needs-both"
        ),
        pytest.param(Policies((ALL,), resource=resource(ROLE), foreign=True), IDENTITY, id="foreign-with-both"),
        pytest.param(Policies((ALL,), resource_decides=True), implicit(Layer.RESOURCE), id="key-without-policy"),
        pytest.param(
            Policies((), resource=resource("111111111111"), resource_decides=True),
            implicit(Layer.IDENTITY),
            id="key-leaves-it-to-the-account",
        ),
        pytest.param(
            Policies((ALL,), resource=resource(ROLE, Effect.DENY, inverse=True)),
            explicit(Layer.RESOURCE, "bucket", "It"),
            id="not-principal-spares-only-every-form",
        ),
    ],
)
def test_who_has_the_last_word(policies: Policies, expected: Decision) -> None:
    """The documented order: an explicit Deny, the organization, the grant, the boundary, the session."""
    assert decide(REQUEST, policies) == expected


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({"Action": "S3:getobject", "Resource": "*"}, True),
        ({"NotAction": "iam:*", "Resource": "arn:aws:s3:::bucket/*"}, True),
        ({"NotAction": ["iam:*", "s3:Get*"], "Resource": "*"}, False),
        ({"Action": "s3:*", "NotResource": "arn:aws:s3:::bucket/*"}, False),
        ({"Action": "s3:*", "NotResource": "arn:aws:s3:::other/*"}, True),
        ({"Action": "s3:*", "NotResource": "arn:aws:s3:::${aws:username}/*"}, False),
        ({"Action": "s3:*", "Resource": "arn:aws:s3:::buck${*}/*"}, False),
        ({"Action": "s3:*", "Resource": "arn:aws:s3:::${none, 'bucket'}/*"}, True),
        ({"Action": "s3:*", "Resource": "*", "Condition": {"StringMatches": {"aws:requestedregion": "x"}}}, False),
        (
            {"Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}},
            True,
        ),
    ],
)
def test_what_a_statement_allows(statement: dict[str, object], *, expected: bool) -> None:
    """Actions have no case, exceptions are exceptions, and what cannot be told allows nothing."""
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", **statement}}
    assert decide(REQUEST, Policies((parse("inline", json.dumps(document)),))).allowed is expected


def test_a_deny_that_is_not_understood_denies() -> None:
    """An operator that nobody knows must not open what the statement closes."""
    unknown = (Condition("StringMatches", "aws:requestedregion", ("x",)),)
    closed = Policy("deny", (Statement("No", Effect.DENY, ("*",), conditions=unknown),))
    assert decide(REQUEST, Policies((ALL, closed))) == explicit(Layer.IDENTITY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        '{"Statement": 1}',
        '{"Statement": [1]}',
        '{"Statement": {"Effect": "Perhaps", "Action": "*"}}',
        '{"Statement": {"Effect": "Allow"}}',
        '{"Statement": {"Effect": "Allow", "Action": "*", "NotAction": "*"}}',
        '{"Statement": {"Effect": "Allow", "Action": [{}]}}',
        '{"Statement": {"Effect": "Allow", "Action": "*", "Condition": {"Bool": {"x": [null]}}}}',
        '{"Statement": {"Effect": "Allow", "Action": "*", "Principal": 1}}',
        '{"Version": 2012, "Statement": []}',
    ],
)
def test_a_malformed_document_denies_everything(text: str) -> None:
    """A policy that AWS would have refused is not read as one that says nothing."""
    with pytest.raises(PolicyError):
        parse("broken", text)
    assert decide(REQUEST, Policies((ALL, read("broken", text)))) == explicit(Layer.IDENTITY, "broken", "unreadable")


@given(st.text(max_size=300) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_read(text: str) -> None:
    """No text makes the reader fail otherwise than by saying that it is no policy."""
    assert isinstance(read("any", text), Policy)


conditions = st.builds(
    Condition,
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["", "ForAllValues:", "ForAnyValue:"]),
        st.sampled_from(["StringEquals", "StringNotLike", "ArnLike", "NumericLessThan", "Bool", "Unknown"]),
        st.sampled_from(["", "IfExists"]),
    ),
    st.sampled_from(["team", "none"]),
    st.lists(st.sampled_from(["a", "b*", "1", "true", "${team}", "${none}"]), max_size=2).map(tuple),
)
principals = st.lists(
    st.builds(
        Principal,
        st.sampled_from(["AWS", "Federated", "*"]),
        st.sampled_from(["*", ROLE, SESSION, "111111111111", "222222222222"]),
    ),
    max_size=2,
).map(tuple)
statements = st.builds(
    Statement,
    st.just("S"),
    st.sampled_from(Effect),
    st.lists(st.sampled_from(["*", "s3:*", "s3:GetObject", "sqs:*"]), min_size=1, max_size=2).map(tuple),
    st.lists(st.sampled_from(["*", "arn:aws:s3:::bucket/*", "arn:aws:s3:::${team}/*"]), max_size=2).map(tuple),
    principals,
    st.lists(conditions, max_size=2).map(tuple),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
documents = st.builds(Policy, st.just("P"), st.lists(statements, max_size=3).map(tuple))
several = st.lists(documents, max_size=2).map(tuple)
worlds = st.builds(
    Policies,
    several,
    st.none() | documents,
    st.none() | several,
    st.lists(
        st.builds(Control, st.sampled_from([Layer.SERVICE_CONTROL, Layer.RESOURCE_CONTROL]), several), max_size=2
    ).map(tuple),
    st.none() | documents,
    st.booleans(),
    st.booleans(),
)
requests = st.builds(
    Request,
    st.sampled_from(
        [WHO, replace(WHO, session=""), Who("Federated", ROLE), Who("AWS", "arn:aws:iam::111111111111:user/u")]
    ),
    st.sampled_from(["s3:GetObject", "sqs:SendMessage"]),
    st.sampled_from(["arn:aws:s3:::bucket/key", "*"]),
    st.dictionaries(st.just("team"), st.sampled_from([("a",), ("bucket",), ("a", "bc")])),
)


@given(requests, worlds, statements, st.sampled_from(["identity", "boundary", "session", "controls", "resource"]))
def test_a_deny_more_never_allows_more(request: Request, policies: Policies, statement: Statement, where: str) -> None:
    """Wherever it is added."""
    deny = Policy("D", (replace(statement, effect=Effect.DENY),))
    narrowed = {
        "identity": lambda: replace(policies, identity=(*policies.identity, deny)),
        "boundary": lambda: replace(policies, boundary=joined(policies.boundary, deny)),
        "session": lambda: replace(policies, session=(*(policies.session or ()), deny)),
        "controls": lambda: replace(
            policies, controls=(*policies.controls, Control(Layer.SERVICE_CONTROL, (ALL, deny)))
        ),
        "resource": lambda: replace(policies, resource=joined(policies.resource, deny)),
    }[where]()
    assert decide(request, policies).allowed >= decide(request, narrowed).allowed


@given(requests, worlds, documents, st.sampled_from(["boundary", "session", "service", "resource"]))
def test_a_limit_more_never_allows_more(request: Request, policies: Policies, limit: Policy, where: str) -> None:
    """A boundary, a session policy and a control of the organization narrow, whatever they say."""
    open_ended = replace(policies, boundary=None, session=None)
    narrowed = {
        "boundary": replace(open_ended, boundary=limit),
        "session": replace(open_ended, session=(limit,)),
        "service": replace(open_ended, controls=(*policies.controls, Control(Layer.SERVICE_CONTROL, (limit,)))),
        "resource": replace(open_ended, controls=(*policies.controls, Control(Layer.RESOURCE_CONTROL, (limit,)))),
    }[where]
    assert decide(request, open_ended).allowed >= decide(request, narrowed).allowed


@given(requests, worlds, statements, st.sampled_from(["identity", "boundary", "resource"]))
def test_an_allow_less_never_allows_more(
    request: Request, policies: Policies, statement: Statement, where: str
) -> None:
    """Wherever it is taken away."""
    allow = Policy("A", (replace(statement, effect=Effect.ALLOW),))
    widened = {
        "identity": lambda: replace(policies, identity=(*policies.identity, allow)),
        "boundary": lambda: replace(policies, boundary=joined(policies.boundary, allow)),
        "resource": lambda: replace(policies, resource=joined(policies.resource, allow)),
    }[where]()
    if where == "boundary" and policies.boundary is None:
        return
    assert decide(request, widened).allowed >= decide(request, policies).allowed


def joined(policy: Policy | None, more: Policy) -> Policy:
    """Return a policy with the statements of both."""
    return Policy("J", (*(policy.statements if policy else ()), *more.statements))
