"""One organization of all seeded accounts, and what its policies take away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.world.aws.conftest import ACCOUNT, allow, deny, document, refusal, trusted

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world.conftest import RunningWorld


def test_the_organization_takes_away(start_world: Callable[..., RunningWorld]) -> None:
    """Its service control policy binds a member's sessions, not the management account's."""
    world = start_world()
    management = world.aws("organizations", "second")
    management.create_organization(FeatureSet="ALL")
    members = [account["Id"] for account in management.list_accounts()["Accounts"]]
    assert sorted(members) == [ACCOUNT, "222222222222"]

    def session(account: str, number: str) -> dict[str, str]:
        iam = world.aws("iam", account)
        made = iam.create_role(RoleName="all", AssumeRolePolicyDocument=document(trusted(number)))
        iam.put_role_policy(RoleName="all", PolicyName="all", PolicyDocument=document(allow("*")))
        keys = world.aws("sts", account).assume_role(RoleArn=made["Role"]["Arn"], RoleSessionName="member")[
            "Credentials"
        ]
        return {
            "aws_access_key_id": keys["AccessKeyId"],
            "aws_secret_access_key": keys["SecretAccessKey"],
            "aws_session_token": keys["SessionToken"],
        }

    bound, free = session("first", ACCOUNT), session("second", "222222222222")
    world.aws("sqs", **bound).list_queues()
    policy = management.create_policy(
        Name="no-queues", Type="SERVICE_CONTROL_POLICY", Content=document(deny("sqs:*")), Description="none"
    )
    management.attach_policy(PolicyId=policy["Policy"]["PolicySummary"]["Id"], TargetId=ACCOUNT)
    member, why = f"arn:aws:sts::{ACCOUNT}:assumed-role/all/member", "with an explicit deny in a service control policy"
    assert refusal(world.aws("sqs", **bound).list_queues) == (
        400,
        "AccessDeniedException",
        f"User: {member} is not authorized to perform: sqs:ListQueues on resource: * {why}",
    )
    world.aws("sqs", "second", **free).list_queues()
    seed = {
        "organization": {"login": "acme"},
        "aws": {"region": "eu-west-1", "accounts": [{"name": "third", "id": "333333333333"}]},
    }
    assert world.request("POST", "/_world/seed", document=seed).status_code == 200
    assert "333333333333" in [account["Id"] for account in management.list_accounts()["Accounts"]]
