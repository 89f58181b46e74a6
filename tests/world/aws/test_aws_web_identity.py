"""Roles for jobs: every way in which a token or a trust policy may not fit, each beside one that does."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from hypothesis import given
from hypothesis import strategies as st
from tests.world.aws.conftest import ACCOUNT, ISSUER, PROVIDER, allow, document, federated, refusal, trusted

from twinlock_world.aws.call import RefusedError
from twinlock_world.aws.web_identity import parse
from twinlock_world.oidc.key import KeptKey

if TYPE_CHECKING:
    from pathlib import Path

    from tests.world.aws.conftest import Cloud

DENIED = (403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
NO_KEY = (
    400,
    "InvalidIdentityToken",
    (
        "Couldn't retrieve verification key from your identity provider,  "
        "please reference AssumeRoleWithWebIdentity documentation for requirements"
    ),
)
NOT_A_TOKEN = (
    400,
    "InvalidIdentityToken",
    "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
)
SUBJECT = "repo:acme@1/app@2:ref:refs/heads/main"
STRICT = {
    "StringEquals": {
        f"{ISSUER}:aud": "sts.amazonaws.com",
        f"{ISSUER}:sub": SUBJECT,
        f"{ISSUER}:repository_id": "2",
        f"{ISSUER}:ref": "refs/heads/main",
        f"{ISSUER}:job_workflow_ref": "acme/pipelines/.github/workflows/build.yml@refs/heads/main",
    }
}


@pytest.fixture(scope="module")
def role(cloud: Cloud) -> str:
    """Return a role that one job may assume."""
    return cloud.role(federated(STRICT), policies={"all": document(allow("*"))})


def test_the_job_that_is_named_gets_keys(cloud: Cloud, role: str) -> None:
    """Signed or not; STS names the session, the provider, the audience and the subject."""
    made = cloud.federate(role, RoleSessionName="build-7", DurationSeconds=900)
    name = role.rpartition("/")[2]
    assert made["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/build-7"
    assert made["AssumedRoleUser"]["AssumedRoleId"].endswith(":build-7")
    assert (made["Provider"], made["Audience"], made["SubjectFromWebIdentityToken"]) == (
        PROVIDER,
        "sts.amazonaws.com",
        SUBJECT,
    )
    assert 890 < made["Credentials"]["Expiration"].timestamp() - time.time() <= 900
    identity = cloud.client("sts", made["Credentials"]).get_caller_identity()
    assert (identity["Arn"], identity["UserId"]) == (
        made["AssumedRoleUser"]["Arn"],
        made["AssumedRoleUser"]["AssumedRoleId"],
    )
    signed = cloud.world.aws("sts", config=Config()).assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="job", WebIdentityToken=cloud.token()
    )
    assert signed["Provider"] == PROVIDER


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "repo:acme@1/app@3:ref:refs/heads/main"},
        {"sub": "repo:acme/app:ref:refs/heads/main"},
        {"sub": "repo:acme@1/app@2:environment:production"},
        {"sub": "repo:acme@1/app@2:pull_request"},
        {"repository_id": "3"},
        {"repository_id": None},
        {"ref": "refs/heads/feature"},
        {"job_workflow_ref": "acme/app/.github/workflows/build.yml@refs/heads/main"},
        {"job_workflow_ref": "acme/pipelines/.github/workflows/build.yml@refs/heads/other"},
    ],
)
def test_another_job_is_refused(cloud: Cloud, role: str, claims: dict[str, str | None]) -> None:
    """Another repository, workflow, branch or environment, a pull request, a fork: AWS tells nobody which it was."""
    assert refusal(cloud.federate, role=role, token=cloud.token(**claims)) == DENIED
    logged = cloud.last_refusal()
    (name,) = claims
    assert (logged["principal"], logged["action"], logged["resource"], logged["why"], logged["decided_by"]) == (
        PROVIDER,
        "sts:AssumeRoleWithWebIdentity",
        role,
        "because no resource-based policy allows the sts:AssumeRoleWithWebIdentity action",
        {"kind": "resource-based policy", "explicit_deny": False, "policy": None, "statement": None},
    )
    found = claims[name] or "nothing"
    assert logged["missed"] == [f"{role} #1: StringEquals {ISSUER}:{name} does not hold for {found}"]


def test_a_role_for_one_environment_is_for_its_jobs(cloud: Cloud) -> None:
    """Not for those of another environment, of none, or of one that only the subject names."""
    subject = "repo:acme@1/app@2:environment:{}"
    condition = {"StringEquals": {f"{ISSUER}:sub": subject.format("production"), f"{ISSUER}:environment": "production"}}
    role = cloud.role(federated(condition))
    for claims in (
        {"sub": subject.format("staging"), "environment": "staging"},
        {"sub": SUBJECT},
        {"sub": subject.format("production")},
    ):
        assert refusal(cloud.federate, role=role, token=cloud.token(**claims)) == DENIED
    token = cloud.token(sub=subject.format("production"), environment="production")
    assert cloud.federate(role, token)["Provider"] == PROVIDER


def test_a_forks_job_is_another_repositorys(cloud: Cloud, role: str) -> None:
    """Its subject and its number are its own, whatever it is called; the role is for the repository itself."""
    fork = {"sub": "repo:mallory@9/app@3:ref:refs/heads/main", "repository": "acme/app", "repository_id": "3"}
    assert refusal(cloud.federate, role=role, token=cloud.token(**fork)) == DENIED
    assert cloud.federate(role)["Provider"] == PROVIDER


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"aud": "https://github.com/acme"}, (400, "InvalidIdentityToken", "Incorrect token audience")),
        ({"aud": ["sts.amazonaws.com", "other"]}, None),
        ({"aud": []}, NOT_A_TOKEN),
        ({"aud": None}, NOT_A_TOKEN),
        ({"sub": None}, NOT_A_TOKEN),
        ({"sub": 7}, NOT_A_TOKEN),
        ({"exp": None}, NOT_A_TOKEN),
        ({"exp": "soon"}, NOT_A_TOKEN),
        (
            {"iss": "https://issuer.example"},
            (
                400,
                "InvalidIdentityToken",
                "No OpenIDConnect provider found in your account for https://issuer.example",
            ),
        ),
    ],
)
def test_what_a_token_says_of_itself(
    cloud: Cloud, claims: dict[str, object], expected: tuple[int, str, str] | None
) -> None:
    """Audience, issuer and form are judged before the trust policy; of several audiences one must be the provider's."""
    anybody = cloud.role(federated())
    if expected is None:
        assert cloud.federate(anybody, cloud.token(**claims))["Audience"] == "sts.amazonaws.com"
    else:
        assert refusal(cloud.federate, role=anybody, token=cloud.token(**claims)) == expected
        assert cloud.last_refusal()["why"] == expected[2]


def test_times(cloud: Cloud, role: str) -> None:
    """An expired token, one for later and one from the future are refused."""
    now = int(time.time())
    status, code, message = refusal(cloud.federate, role=role, token=cloud.token(exp=now - 1))
    assert (status, code) == (400, "ExpiredTokenException")
    assert message.startswith("Token expired: current date/time ")
    assert message.endswith(f" must be before the expiration date/time {now - 1}")
    for claims in ({"nbf": now + 60}, {"iat": now + 60}):
        assert refusal(cloud.federate, role=role, token=cloud.token(**claims))[:2] == (400, "InvalidIdentityToken")


def test_forged_tokens(cloud: Cloud, role: str, tmp_path: Path) -> None:
    """A stranger's key, no signature, another algorithm, altered claims and garbage are worth nothing."""
    forger = replace(cloud, key=KeptKey(tmp_path / "forger.json"))
    genuine = cloud.token().split(".")
    altered = cloud.token(sub="repo:acme@1/app@3:ref:refs/heads/main").split(".")
    none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"
    for token in (
        forger.token(),
        ".".join([genuine[0], genuine[1], altered[2]]),
        ".".join([none, genuine[1], ""]),
        ".".join([none, genuine[1], genuine[2]]),
    ):
        assert refusal(cloud.federate, role=role, token=token) == NO_KEY
    for token in ("garbage", "a.b.c", "....", "a.e30.c", "a." + "W" * 4000 + ".c"):
        assert refusal(cloud.federate, role=role, token=token) == NOT_A_TOKEN


def test_an_issuer_that_nobody_can_ask(cloud: Cloud) -> None:
    """A provider for another issuer does not make this world's key that issuer's."""
    cloud.world.aws("iam").create_open_id_connect_provider(
        Url="https://elsewhere.example", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["f" * 40]
    )
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/elsewhere.example"
    anybody = cloud.role(federated(Principal={"Federated": arn}))
    assert refusal(cloud.federate, role=anybody, token=cloud.token(iss="https://elsewhere.example")) == NO_KEY


def test_roles_that_are_not_for_jobs(cloud: Cloud) -> None:
    """No such role, no statement, another action, another principal, an explicit Deny: all look alike."""
    denying = {**federated({"StringLike": {f"{ISSUER}:sub": "repo:acme@1/*"}}), "Effect": "Deny", "Sid": "NotAcme"}
    closed = cloud.role(federated(), denying)
    for role in (
        f"arn:aws:iam::{ACCOUNT}:role/no-such-role",
        cloud.role(),
        cloud.role(federated(Action="sts:AssumeRole")),
        cloud.role(trusted("*")),
        cloud.role(federated(Principal={"Federated": PROVIDER.replace(ISSUER, "other.example")})),
        closed,
    ):
        assert refusal(cloud.federate, role=role) == DENIED
    assert cloud.last_refusal()["decided_by"] == {
        "kind": "resource-based policy",
        "explicit_deny": True,
        "policy": closed,
        "statement": "NotAcme",
    }
    assert cloud.federate(closed, cloud.token(sub="repo:other@9/x@9:pull_request"))["Provider"] == PROVIDER


@pytest.mark.parametrize(
    ("condition", "passes"),
    [
        ({"StringLike": {f"{ISSUER}:sub": "repo:acme@1/*"}}, True),
        ({"StringEquals": {f"{ISSUER}:sub": "repo:acme@1/*"}}, False),
        ({"StringEquals": {f"{ISSUER}:environment": "production"}}, False),
        ({"StringEqualsIfExists": {f"{ISSUER}:environment": "production"}}, True),
        ({"ForAllValues:StringEquals": {f"{ISSUER}:environment": "production"}}, True),
        ({"ForAnyValue:StringEquals": {f"{ISSUER}:environment": "production"}}, False),
        ({"ForAllValues:StringEquals": {f"{ISSUER}:sub": "repo:other@1/x@1:pull_request"}}, False),
        ({"StringNotEquals": {f"{ISSUER}:environment": "production"}}, True),
        ({"StringEquals": {f"{ISSUER}:run_id": "1"}}, False),
        ({"StringEquals": {f"{ISSUER}:repository": ["acme/other", "acme/app"]}}, True),
        ({"StringEquals": {f"{ISSUER.upper()}:AUD": "sts.amazonaws.com"}}, True),
        ({"Null": {f"{ISSUER}:environment": "true"}}, True),
    ],
)
def test_conditions_mean_what_aws_means(cloud: Cloud, condition: dict[str, Any], *, passes: bool) -> None:
    """`ForAllValues` lets a token without the claim pass, the trap; a claim that AWS doesn't know is never there."""
    role = cloud.role(federated(condition))
    token = cloud.token(run_id="1")
    if passes:
        assert cloud.federate(role, token)["Provider"] == PROVIDER
    else:
        assert refusal(cloud.federate, role=role, token=token) == DENIED


def test_a_changed_trust_policy_acts_at_once(cloud: Cloud) -> None:
    """Also one that is taken back."""
    role = cloud.role(federated(STRICT))
    cloud.federate(role)
    iam, name = cloud.world.aws("iam"), role.rpartition("/")[2]
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=document(federated({"Bool": {"aws:x": "true"}})))
    assert refusal(cloud.federate, role=role) == DENIED
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=document(federated(STRICT)))
    cloud.federate(role)


def test_how_long_a_session_may_last(cloud: Cloud, role: str) -> None:
    """The role's own limit holds, and the API's."""
    limit = (400, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    assert refusal(cloud.federate, role=role, DurationSeconds=3601) == limit
    longer = cloud.role(federated(), MaxSessionDuration=7200)
    cloud.federate(longer, DurationSeconds=7200)
    constraint = "failed to satisfy constraint: Member must have value"
    for seconds, end in ((899, "greater than or equal to 900"), (43201, "less than or equal to 43200")):
        message = f"1 validation error detected: Value '{seconds}' at 'durationSeconds' {constraint} {end}"
        assert refusal(cloud.federate, role=longer, DurationSeconds=seconds) == (400, "ValidationError", message)


def test_how_a_session_may_be_called(cloud: Cloud, role: str) -> None:
    """Names and ARNs are checked before anything else."""
    status, code, message = refusal(cloud.federate, role=role, RoleSessionName="a b")
    assert (status, code) == (400, "ValidationError")
    assert message == (
        "1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [\w+=,.@-]*"
    )
    assert refusal(cloud.federate, role=role, RoleSessionName="x" * 65)[1] == "ValidationError"
    assert refusal(cloud.federate, role="arn:aws:iam::1:role/none") == (
        400,
        "ValidationError",
        "Request ARN is invalid",
    )
    address = cloud.world.ready["aws"]["url"]
    missing = cloud.world.client.post(address, data={"Action": "AssumeRoleWithWebIdentity"})
    assert (missing.status_code, missing.text.count("Member must not be null")) == (400, 3)
    saml = cloud.world.client.post(address, data={"Action": "AssumeRoleWithSAML"})
    assert (saml.status_code, "Not authorized to perform sts:AssumeRoleWithSAML" in saml.text) == (403, True)


def test_a_session_policy_must_be_one(cloud: Cloud, role: str) -> None:
    """What narrows a session is read when the session begins."""
    assert refusal(cloud.federate, role=role, Policy="{}")[:2] == (400, "MalformedPolicyDocument")
    absent = [{"arn": f"arn:aws:iam::{ACCOUNT}:policy/no-such"}]
    assert refusal(cloud.federate, role=role, PolicyArns=absent)[:2] == (400, "MalformedPolicyDocument")


@given(st.text(max_size=80) | st.tuples(st.text(max_size=9), st.text(max_size=40), st.text(max_size=9)).map(".".join))
def test_any_text_is_a_token_or_refused(text: str) -> None:
    """No text makes the reader fail otherwise."""
    with pytest.raises(RefusedError):
        parse(text)
