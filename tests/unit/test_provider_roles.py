"""`RoleInventory` against a hand-written IAM: which roles are at large, and what puts them under quarantine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from twinlock.aws.session import Missing, Refused
from twinlock.engine.result import FieldChange
from twinlock.errors import Incomplete
from twinlock.provider.handlers.role_inventory import RoleInventory
from twinlock.provider.port import Clients, Failure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ACCOUNT = "222222222222"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
INPUTS = {"accountId": ACCOUNT, "roles": ["payments-release"], "undeclared": "quarantine"}
DENY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": ["*"], "Resource": ["*"]}]}
CONDITIONAL = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:username": "x"}}}
    ],
}


def trusting(principal: object, action: str = "sts:AssumeRoleWithWebIdentity") -> dict[str, object]:
    """Return a trust policy for a principal."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    return {"Version": "2012-10-17", "Statement": [statement]}


class FakeIam:
    """Roles with their trust policies and inline policies; remembers what is put."""

    def __init__(self, roles: Mapping[str, object], inline: Mapping[str, object] | None = None) -> None:
        self.roles = dict(roles)
        self.inline = dict(inline or {})
        self.put: list[tuple[str, str, object]] = []
        self.refuses: str | None = None
        self.calls = 0

    def call(self, operation: str, **arguments: str) -> Mapping[str, object]:
        """Answer about an inline policy, or take one."""
        if operation == self.refuses:
            raise Refused("AccessDenied: not yours")
        role = arguments["RoleName"]
        if operation == "put_role_policy":
            self.put.append((role, arguments["PolicyName"], json.loads(arguments["PolicyDocument"])))
            self.inline[role] = json.loads(arguments["PolicyDocument"])
            return {}
        if role not in self.inline:
            raise Missing("no such policy")
        return {"PolicyDocument": self.inline[role]}

    def pages(self, operation: str, key: str, **arguments: str) -> Sequence[object]:
        """List providers or roles."""
        del key, arguments
        if operation == self.refuses:
            raise Refused("AccessDenied: not yours")
        if operation == "list_open_id_connect_providers":
            return [
                {"Arn": PROVIDER},
                {"Arn": f"{PROVIDER}/other"},
                {"Arn": PROVIDER.replace("githubusercontent", "x")},
            ]
        return [{"RoleName": name, "AssumeRolePolicyDocument": trust} for name, trust in self.roles.items()]


def inventory(iam: FakeIam) -> RoleInventory:
    """Return the handler on a fake."""
    return RoleInventory(Clients(iam=iam, account=ACCOUNT))


ROLES = {
    "payments-release": trusting({"Federated": PROVIDER}),
    "backdoor": trusting({"Federated": [PROVIDER]}),
    "other-tenant": trusting({"Federated": f"{PROVIDER}/other"}),
    "anybody": trusting("*", "sts:AssumeRole"),
    "all-but": {"Statement": [{"Effect": "Allow", "NotPrincipal": {"AWS": "1" * 12}, "Action": "sts:AssumeRole"}]},
    "not-json": "{",
    "service": trusting({"Service": "ec2.amazonaws.com"}, "sts:AssumeRole"),
    "elsewhere": trusting({"Federated": PROVIDER.replace("githubusercontent", "x")}),
    "denied": {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}]},
}


def test_undeclared_roles_that_may_trust_github_are_found_however_they_say_it() -> None:
    """By name, by another tenant's provider, by everybody, by exception, and where the policy is not understood."""
    live = inventory(FakeIam(ROLES)).read(ACCOUNT, INPUTS)
    at_large = ["backdoor", "other-tenant", "anybody", "all-but", "not-json"]
    assert live == {"accountId": ACCOUNT, "atLarge": at_large, "quarantined": []}


def test_roles_at_large_are_put_under_quarantine_and_then_differ_no_more() -> None:
    """The inline policy denies everything; the role is kept."""
    iam = FakeIam({"payments-release": ROLES["payments-release"], "backdoor": ROLES["backdoor"]})
    handled = inventory(iam)
    live = handled.read(ACCOUNT, INPUTS)
    assert live is not None
    assert handled.diff(live, INPUTS) == (FieldChange("atLarge", "backdoor", "none"),)
    assert handled.update(ACCOUNT, live, INPUTS) == INPUTS
    assert iam.put == [("backdoor", "twinlock-quarantine", DENY)]
    after = handled.read(ACCOUNT, INPUTS)
    assert after == {"accountId": ACCOUNT, "atLarge": [], "quarantined": ["backdoor"]}
    assert handled.diff(after, INPUTS) == ()


def test_quarantine_with_a_condition_is_no_quarantine() -> None:
    """A deny that holds sometimes lets the role go at other times, so it is put again."""
    iam = FakeIam({"backdoor": ROLES["backdoor"]}, {"backdoor": CONDITIONAL})
    live = inventory(iam).read(ACCOUNT, INPUTS)
    assert live == {"accountId": ACCOUNT, "atLarge": ["backdoor"], "quarantined": []}


def test_undeclared_roles_are_left_alone_where_they_are_only_to_be_reported() -> None:
    """`undeclared_roles: report` changes nothing in the account."""
    inputs = {**INPUTS, "undeclared": "report"}
    iam = FakeIam(ROLES)
    handled = inventory(iam)
    live = handled.read(ACCOUNT, inputs)
    assert live is not None
    assert handled.diff(live, inputs) == ()
    handled.update(ACCOUNT, live, inputs)
    assert iam.put == []


def test_inputs_that_cannot_be_right_are_named() -> None:
    """Another word, and another account than the provider's."""
    handled = inventory(FakeIam({}))
    assert handled.check({**INPUTS, "undeclared": "delete"}) == (
        Failure("undeclared", "is neither quarantine nor report"),
    )
    assert handled.check({**INPUTS, "accountId": "1" * 12}) == (
        Failure("accountId", f"is not the provider's, which is {ACCOUNT}"),
    )


@pytest.mark.parametrize(
    ("operation", "what"),
    [
        ("list_roles", "The roles were not read."),
        ("get_role_policy", "The roles were not read."),
        ("put_role_policy", "Role backdoor was not put under quarantine."),
    ],
)
def test_refusal_of_iam_ends_the_run(operation: str, what: str) -> None:
    """Half a list of roles would be called clean."""
    iam = FakeIam({"backdoor": ROLES["backdoor"]})
    iam.refuses = operation
    with pytest.raises(Incomplete) as raised:
        inventory(iam).create(INPUTS)
    assert str(raised.value) == (
        f"{what}\n"
        "IAM refused: AccessDenied: not yours.\n"
        "See what the provisioning role may do there, then run the same command again."
    )
