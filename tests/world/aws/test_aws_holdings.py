"""What an organization lets its accounts do, as moto keeps it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from moto.iam.models import iam_backends
from moto.organizations.models import organizations_backends

from twinlock_world.aws.holdings import controls, find_role
from twinlock_world.aws.policy.decision import Layer, Policies, Request, decide
from twinlock_world.aws.policy.principal import Who

if TYPE_CHECKING:
    from collections.abc import Iterator

MANAGEMENT = "900000000001"
DENY_SQS = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Sid": "NoSqs", "Effect": "Deny", "Action": "sqs:*", "Resource": "*"}]}
)


@pytest.fixture
def member() -> Iterator[tuple[str, str]]:
    """Return an account of an organization, and the unit that it is in."""
    backend = organizations_backends[MANAGEMENT]["aws"]
    backend.create_organization(region="us-east-1")
    root = backend.list_roots()["Roots"][0]["Id"]
    unit = backend.create_organizational_unit(ParentId=root, Name="workloads")["OrganizationalUnit"]["Id"]
    account = backend.create_account(AccountName="one", Email="one@example.invalid")["CreateAccountStatus"]["AccountId"]
    backend.move_account(AccountId=account, SourceParentId=root, DestinationParentId=unit)
    yield account, unit
    organizations_backends.reset()
    organizations_backends.master_accounts.clear()


def test_every_level_has_a_say(member: tuple[str, str]) -> None:
    """Root, unit and account: a Deny on any of them ends it; the management account is free."""
    account, unit = member
    backend = organizations_backends[MANAGEMENT]["aws"]
    request = Request(Who("AWS", f"arn:aws:iam::{account}:role/x", account), "sqs:ListQueues", "*", {})
    policy = backend.create_policy(Name="stop", Type="SERVICE_CONTROL_POLICY", Content=DENY_SQS, Description="")
    identifier = policy["Policy"]["PolicySummary"]["Id"]
    assert {control.layer for control in controls(account)} == {Layer.SERVICE_CONTROL, Layer.RESOURCE_CONTROL}
    before = decide(request, Policies(controls=controls(account)))
    assert before.layer is Layer.IDENTITY
    backend.attach_policy(PolicyId=identifier, TargetId=unit)
    stopped = decide(request, Policies(controls=controls(account)))
    assert (stopped.layer, stopped.explicit, stopped.policy, stopped.statement) == (
        Layer.SERVICE_CONTROL,
        True,
        "stop",
        "NoSqs",
    )
    assert controls(MANAGEMENT) == ()
    assert controls("123456789012") == ()


def test_a_level_without_an_allow_ends_it(member: tuple[str, str]) -> None:
    """Once AWS's own policy of everything is detached, nothing is left."""
    account, unit = member
    backend = organizations_backends[MANAGEMENT]["aws"]
    narrow = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    )
    policy = backend.create_policy(Name="only", Type="SERVICE_CONTROL_POLICY", Content=narrow, Description="")
    backend.attach_policy(PolicyId=policy["Policy"]["PolicySummary"]["Id"], TargetId=unit)
    backend.detach_policy(PolicyId="p-FullAWSAccess", TargetId=unit)
    request = Request(Who("AWS", f"arn:aws:iam::{account}:role/x", account), "sqs:ListQueues", "*", {})
    assert decide(request, Policies(controls=controls(account))).layer is Layer.SERVICE_CONTROL


def test_a_boundary_that_is_gone_lets_nothing_pass() -> None:
    """A role whose boundary was deleted is not a role without one."""
    backend = iam_backends["900000000002"]["aws"]
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    backend.create_role("bounded", trust, "/", "arn:aws:iam::900000000002:policy/gone", "", [], "3600")
    holder = find_role("900000000002", "arn:aws:iam::900000000002:role/bounded")
    assert holder is not None
    assert holder.boundary is not None
    assert holder.boundary.statements == ()
