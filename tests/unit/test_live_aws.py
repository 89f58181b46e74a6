"""The reader of an AWS account: every role that GitHub may assume, and what could not be read."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from twinlock.aws import policy, session, trust
from twinlock.aws.session import BotoIam, Credentials, Missing, Refused
from twinlock.errors import Incomplete
from twinlock.live.aws import AwsAccount
from twinlock.live.estate import read
from twinlock.model.account import Purpose
from twinlock.model.declaration import Where
from twinlock.model.live import LiveAccount, LiveEstate, LiveOrganization, LiveRepository, RepositoryIdentity
from twinlock.model.observed import Absent, Seen, Unread
from twinlock.model.policy import ManagedPolicy
from twinlock.names import OIDC_AUDIENCE, oidc_provider_arn, role_arn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from tests.unit.conftest import Case, Nouns

    from twinlock.model.account import Account
    from twinlock.model.repository import Repository

ACCOUNT = "222222222222"
PROVIDER = oidc_provider_arn(ACCOUNT)
KNOWN = {"acme/payments": RepositoryIdentity(1001, 7, "payments", "repo:acme@7/payments@1001")}


def _trusting(principal: object) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}]}


@dataclass
class FakeIam:
    """An IAM of prepared answers.

    Attributes:
        answers: Operation and name, or operation alone, to its answer; an exception is raised.
        asked: The operations that were asked for.
    """

    answers: dict[str, object]
    asked: list[str] = field(default_factory=list)

    @property
    def calls(self) -> int:
        """How many requests were made."""
        return len(self.asked)

    def _answer(self, operation: str, arguments: Mapping[str, str]) -> object:
        self.asked.append(operation)
        name = " ".join((operation, *arguments.values()))
        found = self.answers.get(name, self.answers.get(operation, Missing(name)))
        if isinstance(found, Exception):
            raise found
        return found

    def call(self, operation: str, **arguments: str) -> Mapping[str, object]:
        """Return a prepared answer."""
        found = self._answer(operation, arguments)
        assert isinstance(found, dict)
        return found

    def pages(self, operation: str, key: str, **arguments: str) -> Sequence[object]:
        """Return a prepared list."""
        assert key
        found = self._answer(operation, arguments)
        assert isinstance(found, list)
        return found


@pytest.fixture
def answers(nouns: Nouns) -> dict[str, object]:
    """What IAM says of an account with the declared role and one of somebody else's."""
    role = nouns.role
    listed = {
        "RoleName": role.name,
        "Arn": role.arn,
        "AssumeRolePolicyDocument": json.loads(trust.encode(role.trust, KNOWN)),
    }
    return {
        "list_open_id_connect_providers": [{"Arn": PROVIDER}, {"Arn": "arn:aws:iam::1:oidc-provider/other.example"}],
        f"get_open_id_connect_provider {PROVIDER}": {"ClientIDList": [OIDC_AUDIENCE]},
        "get_policy": {"Policy": {"DefaultVersionId": "v3"}},
        f"get_policy_version {nouns.boundary.arn} v3": {
            "PolicyVersion": {"Document": json.loads(policy.encode(nouns.boundary.document))}
        },
        "list_roles": [
            listed,
            {
                "RoleName": "service-linked",
                "Arn": role_arn(ACCOUNT, "service-linked"),
                "AssumeRolePolicyDocument": _trusting({"Service": "ec2.amazonaws.com"}),
            },
        ],
        f"get_role {role.name}": {
            "Role": listed
            | {
                "MaxSessionDuration": 3600,
                "PermissionsBoundary": {"PermissionsBoundaryArn": role.boundary},
            }
        },
        f"list_role_policies {role.name}": ["deploy"],
        f"get_role_policy {role.name} deploy": {
            "PolicyDocument": json.loads(policy.encode(next(iter(role.inline)).document))
        },
        f"list_attached_role_policies {role.name}": [],
    }


@pytest.fixture
def account(clean: Case) -> Account:
    """The declared production account."""
    return clean.estate.accounts[Purpose.PRODUCTION]


def _read(answers: dict[str, object], account: Account) -> LiveAccount:
    return AwsAccount(FakeIam(answers)).account(account, KNOWN)


def test_an_account_is_read_whole(answers: dict[str, object], account: Account, nouns: Nouns) -> None:
    """Providers for GitHub, the boundary's default version, and the declared role; other roles are not asked about."""
    assert _read(answers, account) == LiveAccount(
        oidc_clients=Seen({PROVIDER: frozenset({OIDC_AUDIENCE})}),
        boundary=Seen(ManagedPolicy(nouns.boundary.arn, nouns.boundary.document)),
        roles=Seen((Seen(nouns.role),)),
    )


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (_trusting({"Federated": PROVIDER}), True),
        (_trusting({"Federated": PROVIDER + "/enterprise"}), True),
        (_trusting("*"), True),
        (_trusting({"AWS": "*"}), True),
        ({"Statement": [{"Effect": "Allow", "Action": "*", "NotPrincipal": {"AWS": "arn:aws:iam::1:root"}}]}, True),
        ("not a policy", True),
        (_trusting({"AWS": "arn:aws:iam::1:root"}), False),
        (_trusting({"Federated": "arn:aws:iam::1:oidc-provider/other.example"}), False),
        ({"Statement": [{"Effect": "Deny", "Action": "*", "Principal": {"Federated": PROVIDER}}]}, False),
    ],
)
def test_every_role_that_github_may_assume_is_read(
    answers: dict[str, object],
    account: Account,
    nouns: Nouns,
    document: object,
    found: bool,  # noqa: FBT001 - the expectation
) -> None:
    """A role is of interest for whom it trusts, whatever its name; one that is not understood is."""
    enterprise = PROVIDER + "/enterprise"
    providers = answers["list_open_id_connect_providers"]
    roles = answers["list_roles"]
    assert isinstance(providers, list)
    assert isinstance(roles, list)
    intruder = {"RoleName": "x", "Arn": role_arn(ACCOUNT, "x"), "AssumeRolePolicyDocument": document}
    live = _read(
        answers
        | {
            "list_open_id_connect_providers": [*providers, {"Arn": enterprise}],
            f"get_open_id_connect_provider {enterprise}": {"ClientIDList": []},
            "list_roles": [*roles, intruder],
            "get_role x": {"Role": intruder},
            "list_role_policies x": [],
            "list_attached_role_policies x": [{"PolicyArn": "arn:p"}],
        },
        account,
    )
    assert isinstance(live.roles, Seen)
    arns = [role.value.arn if isinstance(role, Seen) else getattr(role, "name", None) for role in live.roles.value]
    assert arns == [nouns.role.arn, *([role_arn(ACCOUNT, "x")] if found else [])]


def test_a_role_of_a_declared_name_is_read_whomever_it_trusts(
    answers: dict[str, object], account: Account, nouns: Nouns
) -> None:
    """A declared role that no longer trusts GitHub is still the declared role."""
    bare = {"RoleName": nouns.role.name, "Arn": nouns.role.arn, "AssumeRolePolicyDocument": _trusting({"AWS": "1"})}
    live = _read(answers | {"list_roles": [bare]}, account)
    assert live.roles == Seen((Seen(nouns.role),))


def test_what_iam_refuses_is_unread(answers: dict[str, object], account: Account, nouns: Nouns) -> None:
    """Each refusal leaves its part unread with IAM's reason; without the providers the roles are unread too."""
    refused = Refused("AccessDenied: no")
    live = _read(answers | {"list_open_id_connect_providers": refused}, account)
    assert live.oidc_clients == Unread("identity providers: AccessDenied: no")
    assert live.roles == Unread("roles: without the identity providers it is not known which roles trust GitHub")
    assert _read(answers | {"get_policy": refused}, account).boundary == Unread(
        "permissions boundary: AccessDenied: no"
    )
    assert _read(answers | {"list_roles": refused}, account).roles == Unread("roles: AccessDenied: no")
    name = nouns.role.name
    for operation in (
        f"get_role {name}",
        f"list_role_policies {name}",
        f"get_role_policy {name} deploy",
        f"list_attached_role_policies {name}",
    ):
        assert _read(answers | {operation: refused}, account).roles == Seen(
            (Unread(f"role {name}: AccessDenied: no", nouns.role.arn),)
        )


def test_what_is_gone_is_absent(answers: dict[str, object], account: Account, nouns: Nouns) -> None:
    """A deleted boundary is absent; a role deleted between two requests is left out."""
    assert _read(answers | {"get_policy": Missing("x")}, account).boundary == Absent()
    assert _read(answers | {f"get_role {nouns.role.name}": Missing("x")}, account).roles == Seen(())


def test_a_malformed_answer_is_unread(answers: dict[str, object], account: Account, nouns: Nouns) -> None:
    """A boundary or role of another shape is unread, never an exception."""
    version = f"get_policy_version {nouns.boundary.arn} v3"
    assert _read(answers | {version: {}}, account).boundary == Unread("permissions boundary: a policy is not an object")
    live = _read(answers | {f"get_role {nouns.role.name}": {}}, account)
    assert live.roles == Seen((Unread("IAM's answer was not understood: a role has no ARN"),))


class FakeOrganization:
    """An organization whose repositories are all absent but one."""

    def organization(self, repositories: Iterable[str] = ()) -> LiveOrganization:
        """Return an organization of which nothing was read."""
        assert sorted(repositories) == ["payments", "pipelines"]
        return LiveOrganization(Unread("x"), Unread("x"), Unread("x"))

    def repositories(self, desired: Sequence[Repository]) -> Mapping[str, LiveRepository]:
        """Return repositories, one with an identity, the others absent."""
        missing = Absent()
        return {
            wanted.name: LiveRepository(
                Seen(KNOWN["acme/payments"]) if wanted.name == "payments" else missing, *(missing,) * 6
            )
            for wanted in desired
        }


class FakeAccount:
    """Remembers with which identities it was read."""

    def __init__(self) -> None:
        self.known: Mapping[str, RepositoryIdentity] = {}

    def account(self, desired: Account, repositories: Mapping[str, RepositoryIdentity]) -> LiveAccount:
        """Return an account of which nothing was read."""
        self.known = repositories
        return LiveAccount(Unread(desired.id), Unread("y"), Unread("y"))


def test_the_estate_is_read_github_first(clean: Case) -> None:
    """AWS is understood with the identities that GitHub gave; every declared repository has an entry."""
    account = FakeAccount()
    live = read(clean.estate, FakeOrganization(), {Purpose.PRODUCTION: account})
    assert isinstance(live, LiveEstate)
    assert account.known == KNOWN
    assert set(live.repositories) == {"payments", "pipelines"}
    assert live.accounts[Purpose.PRODUCTION].oidc_clients == Unread(ACCOUNT)


def test_an_account_without_credentials_is_unread(clean: Case) -> None:
    """A declared account that nobody can read is unread, not passed over."""
    unread = Unread("there are no credentials for the production account")
    live = read(clean.estate, FakeOrganization(), {})
    assert live.accounts == {Purpose.PRODUCTION: LiveAccount(unread, unread, unread)}


def _credentials() -> Credentials:
    return Credentials("AKIA" + secrets.token_hex(8).upper(), secrets.token_hex(20))


def test_the_worlds_aws_needs_an_address() -> None:
    """Without an endpoint the cloud would be asked with the world's keys."""
    with pytest.raises(Incomplete) as refused:
        BotoIam(_credentials(), region="eu-west-1", target=Where.WORLD)
    assert refused.value.why == "The world's AWS has no address."


def test_secrets_are_in_no_text() -> None:
    """The secret key and the session token stay out of the credentials' text."""
    credentials = Credentials("AKIA", secrets.token_hex(8), secrets.token_hex(8))
    assert repr(credentials) == "Credentials(access_key='AKIA')"


def test_an_unreachable_aws_is_incomplete() -> None:
    """Nobody listens there: the error says so and how to mend it."""
    iam = BotoIam(_credentials(), region="eu-west-1", target=Where.WORLD, endpoint="http://127.0.0.1:9")
    with pytest.raises(Incomplete) as refused:
        iam.call("list_roles")
    assert str(refused.value) == (
        "AWS did not answer list_roles.\n"
        "It cannot be reached: EndpointConnectionError.\n"
        "Start the world afresh: `twinlock world up --detach`, then `twinlock up`."
    )


def test_nothing_ambient_describes_iam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another description of the service, where botocore would look for one, is not read."""
    there = tmp_path / "iam" / "2099-01-01" / "service-2.json"
    there.parent.mkdir(parents=True)
    there.write_text("{}")
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    session._session.cache_clear()
    loader = session._session().get_component("data_loader")
    assert (loader.determine_latest_version("iam", "service-2"), loader.list_available_services("service-2")) == (
        "2010-05-08",
        ["ec2", "ecr", "ecs", "iam", "kms", "logs", "s3", "sqs"],
    )
    BotoIam(_credentials(), region="eu-west-1", target=Where.WORLD, endpoint="http://127.0.0.1:9")


def test_the_adapter_speaks_iam(nouns: Nouns) -> None:
    """Pages, missing things and refusals of a real IAM client are told apart, and calls are counted."""
    from moto import mock_aws  # noqa: PLC0415 - half a second that other tests need not pay

    # moto hooks into the sessions that are made after it was imported.
    session._session.cache_clear()
    with mock_aws():
        iam = BotoIam(_credentials(), region="eu-west-1", target=Where.CLOUD)
        for number in range(101):
            iam.call("create_role", RoleName=f"r{number}", AssumeRolePolicyDocument=policy.encode(nouns.role.trust))
        roles = iam.pages("list_roles", "Roles")
        names = {role["RoleName"] for role in roles if isinstance(role, dict)}
        assert names == {f"r{number}" for number in range(101)}
        with pytest.raises(Missing):
            iam.call("get_role", RoleName="nobody")
        with pytest.raises(Refused, match="EntityAlreadyExists"):
            iam.call("create_role", RoleName="r0", AssumeRolePolicyDocument=policy.encode(nouns.role.trust))
        assert iam.calls == 101 + 2 + 2
