"""Several AWS accounts in one world, with the AWS SDK as the client."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from botocore.awsrequest import AWSRequest
    from tests.world.conftest import RunningWorld

TRUST: Final = json.dumps({"Version": "2012-10-17", "Statement": []})
UNKNOWN_KEY: Final = "AKIA" + "Z" * 16
CALLS: Final = [
    pytest.param("sts", "get_caller_identity", id="query"),
    pytest.param("iam", "list_roles", id="query-global"),
    pytest.param("ec2", "describe_vpcs", id="ec2"),
    pytest.param("s3", "list_buckets", id="rest-xml"),
    pytest.param("ecs", "list_clusters", id="json"),
    pytest.param("lambda", "list_functions", id="rest-json"),
]


def refusal(client: Any, call: str, **arguments: object) -> tuple[int, str, str]:  # noqa: ANN401 - boto3 makes clients at run time
    """Return status, code and message of a call that must fail."""
    with pytest.raises(ClientError) as caught:
        getattr(client, call)(**arguments)
    error = caught.value.response
    return error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Code"], error["Error"]["Message"]


@pytest.mark.parametrize(("account", "number"), [("first", "111111111111"), ("second", "222222222222")])
def test_a_key_belongs_to_one_account(world: RunningWorld, account: str, number: str) -> None:
    """The keys of an account are those of its administrator, and of nobody elsewhere."""
    identity = world.aws("sts", account).get_caller_identity()
    assert (identity["Account"], identity["Arn"]) == (number, f"arn:aws:iam::{number}:user/administrator")


def test_accounts_share_nothing(world: RunningWorld) -> None:
    """A role of one account does not exist in the other."""
    world.aws("iam", "first").create_role(RoleName="only-first", AssumeRolePolicyDocument=TRUST)
    assert refusal(world.aws("iam", "second"), "get_role", RoleName="only-first")[:2] == (404, "NoSuchEntity")


def test_no_header_leads_into_another_account(world: RunningWorld) -> None:
    """The account follows from the key alone."""
    client = world.aws("sts", "first")

    def lie(request: AWSRequest, **_: object) -> None:
        request.headers["x-moto-account-id"] = "222222222222"

    client.meta.events.register("before-sign.sts", lie)
    assert client.get_caller_identity()["Account"] == "111111111111"


@pytest.mark.parametrize(("service", "call"), CALLS)
def test_an_unknown_key_is_refused_by_every_protocol(world: RunningWorld, service: str, call: str) -> None:
    """A key that this process didn't make, for one of an earlier run, reaches no account."""
    client = world.aws(service, aws_access_key_id=UNKNOWN_KEY)
    expected = (403, "InvalidClientTokenId", "The security token included in the request is invalid.")
    assert refusal(client, call) == expected


@pytest.mark.parametrize(("service", "call"), CALLS)
def test_a_wrong_secret_is_refused_by_every_protocol(world: RunningWorld, service: str, call: str) -> None:
    """Knowing a key's name is not having it."""
    status, code, message = refusal(world.aws(service, aws_secret_access_key="x" * 40), call)
    assert (status, code) == (403, "SignatureDoesNotMatch")
    assert message.startswith("The request signature we calculated does not match the signature you provided. ")


def test_an_unsigned_request_is_refused(world: RunningWorld) -> None:
    """Nobody is served without a signature."""
    client = world.aws("iam", config=Config(signature_version=UNSIGNED))
    assert refusal(client, "list_roles") == (
        403,
        "MissingAuthenticationToken",
        "Request is missing Authentication Token",
    )


def test_a_broken_authorization_is_refused(world: RunningWorld) -> None:
    """A header that is no signature is the caller's mistake, not the server's."""
    for header in ("AWS4-HMAC-SHA256 Credential=a/b", "Bearer x", "AWS4-HMAC-SHA256"):
        answer = world.client.post(
            world.ready["aws"]["url"], headers={"authorization": header}, content=b"Action=ListRoles"
        )
        assert (answer.status_code, "IncompleteSignature" in answer.text) == (400, True)


@pytest.mark.parametrize("name", ["AdministratorAccess", "ReadOnlyAccess", "job-function/ViewOnlyAccess"])
def test_policies_of_aws_can_be_attached(world: RunningWorld, name: str) -> None:
    """Every account knows AWS's own policies, though they are loaded only when asked for."""
    iam, arn, role = world.aws("iam"), f"arn:aws:iam::aws:policy/{name}", f"with-{name.rpartition('/')[2]}"
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert attached == [{"PolicyName": name.rpartition("/")[2], "PolicyArn": arn}]
    assert iam.get_policy(PolicyArn=arn)["Policy"]["Arn"] == arn


def test_policies_of_aws_are_listed(world: RunningWorld) -> None:
    """A listing that is not restricted shows them; a boundary may name one; what doesn't exist cannot be attached."""
    iam = world.aws("iam", "second")
    assert len(iam.list_policies(Scope="AWS", MaxItems=7)["Policies"]) == 7
    boundary = "arn:aws:iam::aws:policy/PowerUserAccess"
    iam.create_role(RoleName="bounded", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=boundary)
    assert iam.get_role(RoleName="bounded")["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    absent = {"RoleName": "bounded", "PolicyArn": "arn:aws:iam::aws:policy/NoSuchAccess"}
    assert refusal(iam, "attach_role_policy", **absent)[1] == "NoSuchEntity"


def test_keys_with_odd_characters_are_signed_alike(world: RunningWorld) -> None:
    """Object names with spaces, slashes, percent signs and letters beyond ASCII verify, and so do streamed bodies."""
    s3 = world.aws("s3")
    s3.create_bucket(Bucket="odd-names", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    name = "a b/ü+c//d~?x&y=%25.txt"
    s3.put_object(Bucket="odd-names", Key=name, Body=b"hello", Metadata={"under_score": "kept"})
    assert s3.get_object(Bucket="odd-names", Key=name)["Metadata"] == {"under_score": "kept"}
    assert [found["Key"] for found in s3.list_objects_v2(Bucket="odd-names", Prefix="a b/ü+")["Contents"]] == [name]


def test_what_moto_lacks_is_said_and_counted(world: RunningWorld) -> None:
    """An operation that isn't there answers 501 with its name, and the status shows it."""
    refused = refusal(world.aws("ssm"), "start_session", Target="i-0123456789")
    assert refused == (501, "NotImplemented", "This world has no ssm:StartSession")
    assert world.request("GET", "/_world/status").json()["aws"]["unserved"]["ssm:StartSession"] >= 1


def test_motos_own_controls_are_closed(world: RunningWorld) -> None:
    """Nobody can empty the accounts by moto's back door, signed or not."""
    address = f"{world.ready['aws']['url']}/moto-api/reset"
    assert world.client.post(address).status_code == 404


def test_what_moto_fails_on_is_an_error_of_aws(world: RunningWorld) -> None:
    """Not a page for people: the SDK reads it, and the status names it."""
    ecs = world.aws("ecs", config=Config(retries={"max_attempts": 1}))
    ecs.create_cluster(clusterName="fails")
    refused = refusal(ecs, "stop_task", cluster="fails", task="fails")
    assert refused == (500, "InternalFailure", "moto failed on ecs:StopTask with Exception")
    assert "ecs:StopTask" in world.request("GET", "/_world/status").json()["aws"]["unserved"]


@pytest.mark.parametrize(
    ("call", "arguments", "name"),
    [
        ("delete_bucket_metrics_configuration", {"Id": "x"}, "s3:DELETE ?metrics of a bucket"),
        ("get_bucket_request_payment", {}, "s3:GET ?requestPayment of a bucket"),
        ("get_object_torrent", {"Key": "a"}, "s3:GET ?torrent of an object"),
    ],
)
def test_an_unserved_subresource_does_nothing_else(
    world: RunningWorld, call: str, arguments: dict[str, str], name: str
) -> None:
    """Moto would overlook it, and delete the bucket or return the object."""
    s3, bucket = world.aws("s3"), f"sub-{call.replace('_', '-')}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    refused = refusal(s3, call, Bucket=bucket, **arguments)
    assert refused == (501, "NotImplemented", f"This world has no {name}")
    s3.head_bucket(Bucket=bucket)
