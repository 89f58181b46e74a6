"""What each service's requests need: actions and ARNs as AWS's service authorization reference has them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock_world.aws.call import RefusedError, Request
from twinlock_world.aws.enforcement import _context, _needs
from twinlock_world.aws.operation import Operation, Place
from twinlock_world.aws.subresource import _ALL
from twinlock_world.aws.subresource import check as check_subresource

PLACE = Place("111111111111", "eu-west-1")


def operation(service: str, name: str, /, **parameters: Any) -> Operation:  # noqa: ANN401 - JSON
    """Return an operation that is named, with its parameters."""
    return Operation(service, name, parameters, "POST", "/", {}, {})


def rest(method: str, path: str, query: dict[str, str] | None = None, **headers: str) -> Operation:
    """Return a request to S3; an underscore in a header's name stands for a hyphen."""
    spelt = {name.replace("_", "-"): value for name, value in headers.items()}
    return Operation("s3", "", {}, method, path, query or {}, spelt)


def needed(asked: Operation, body: bytes = b"") -> list[str]:
    """Return actions and resources on one line each."""
    return [f"{need.action} {need.resource}" for need in _needs(asked, PLACE, body)]


def here(service: str, tail: str) -> str:
    """Return an ARN in this account and region."""
    return f"arn:aws:{service}:eu-west-1:111111111111:{tail}"


KEY = "11111111-2222-3333-4444-555555555555"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (operation("sqs", "ListQueues"), ["sqs:ListQueues *"]),
        (operation("sqs", "GetQueueUrl", QueueName="q"), [f"sqs:GetQueueUrl {here('sqs', 'q')}"]),
        (
            operation("sqs", "SendMessage", QueueUrl="http://127.0.0.1:1/111111111111/q"),
            [f"sqs:SendMessage {here('sqs', 'q')}"],
        ),
        (
            operation("sqs", "CreateQueue", QueueName="q", tags={"a": "b"}),
            [f"sqs:CreateQueue {here('sqs', 'q')}", f"sqs:TagQueue {here('sqs', 'q')}"],
        ),
        (operation("ecr", "GetAuthorizationToken"), ["ecr:GetAuthorizationToken *"]),
        (operation("ecr", "PutImage", repositoryName="a/b"), [f"ecr:PutImage {here('ecr', 'repository/a/b')}"]),
        (
            operation("ecr", "DescribeRepositories", repositoryNames=["a", "b"]),
            [f"ecr:DescribeRepositories {here('ecr', f'repository/{name}')}" for name in "ab"],
        ),
        (operation("ssm", "GetParameter", Name="/a/b"), [f"ssm:GetParameter {here('ssm', 'parameter/a/b')}"]),
        (operation("ssm", "GetParametersByPath", Path="/a"), [f"ssm:GetParametersByPath {here('ssm', 'parameter/a')}"]),
        (operation("ssm", "GetDocument", Name="d"), [f"ssm:GetDocument {here('ssm', 'document/d')}"]),
        (operation("kms", "Sign", KeyId=KEY), [f"kms:Sign {here('kms', f'key/{KEY}')}"]),
        (operation("kms", "Sign", KeyId=here("kms", f"key/{KEY}")), [f"kms:Sign {here('kms', f'key/{KEY}')}"]),
        (operation("kms", "Sign", KeyId="alias/none"), [f"kms:Sign {here('kms', 'alias/none')}"]),
        (
            operation("kms", "CreateAlias", AliasName="alias/a", TargetKeyId=KEY),
            [f"kms:CreateAlias {here('kms', f'key/{KEY}')}", f"kms:CreateAlias {here('kms', 'alias/a')}"],
        ),
        (
            operation("kms", "ReEncrypt", SourceKeyId=KEY),
            [f"kms:ReEncryptFrom {here('kms', f'key/{KEY}')}", f"kms:ReEncryptTo {here('kms', f'key/{KEY}')}"],
        ),
        (
            operation("logs", "CreateLogStream", logGroupName="g", logStreamName="s"),
            [f"logs:CreateLogStream {here('logs', 'log-group:g:log-stream:s')}"],
        ),
        (
            operation("logs", "ListTagsForResource", resourceArn=here("logs", "log-group:g:*")),
            [f"logs:ListTagsForResource {here('logs', 'log-group:g')}"],
        ),
        (
            operation("secretsmanager", "GetSecretValue", SecretId="s"),
            [f"secretsmanager:GetSecretValue {here('secretsmanager', 'secret:s')}"],
        ),
        (
            operation("elasticloadbalancing", "CreateTargetGroup", Name="t"),
            [f"elasticloadbalancing:CreateTargetGroup {here('elasticloadbalancing', 'targetgroup/t/*')}"],
        ),
        (operation("lambda", "Invoke", FunctionName="f"), [f"lambda:Invoke {here('lambda', 'function:f')}"]),
        (operation("states", "StartExecution", stateMachineArn="x"), ["states:StartExecution *"]),
        (operation("ec2", "DescribeVpcs", **{"VpcId.1": "vpc-0123abcd"}), ["ec2:DescribeVpcs *"]),
        (operation("ec2", "DeleteVpc", VpcId="vpc-0123abcd"), [f"ec2:DeleteVpc {here('ec2', 'vpc/vpc-0123abcd')}"]),
        (
            operation("ec2", "CreateTags", **{"ResourceId.1": "vpc-0123abcd", "Tag.1.Key": "sg-0123abcd"}),
            [f"ec2:CreateTags {here('ec2', 'vpc/vpc-0123abcd')}"],
        ),
        (
            operation("ec2", "CreateRoute", RouteTableId="rtb-0123abcd", GatewayId="igw-0123abcd"),
            [
                f"ec2:CreateRoute {here('ec2', 'internet-gateway/igw-0123abcd')}",
                f"ec2:CreateRoute {here('ec2', 'route-table/rtb-0123abcd')}",
            ],
        ),
        (
            operation("ec2", "CreateFlowLogs", **{"ResourceId.1": "vpc-0123abcd", "TagSpecification.1.Tag.1.Key": "k"}),
            [
                f"ec2:CreateFlowLogs {here('ec2', 'vpc/vpc-0123abcd')}",
                f"ec2:CreateFlowLogs {here('ec2', 'vpc-flow-log/*')}",
                f"ec2:CreateTags {here('ec2', 'vpc-flow-log/*')}",
            ],
        ),
        (operation("ecs", "DeregisterTaskDefinition", taskDefinition="a:1"), ["ecs:DeregisterTaskDefinition *"]),
        (
            operation("ecs", "CreateCluster", clusterName="c", tags=[{"key": "a", "value": "b"}]),
            [f"ecs:CreateCluster {here('ecs', 'cluster/c')}", f"ecs:TagResource {here('ecs', 'cluster/c')}"],
        ),
        (
            operation("ecs", "DescribeServices", cluster="c", services=["a", here("ecs", "service/c/b")]),
            [f"ecs:DescribeServices {here('ecs', f'service/c/{name}')}" for name in "ab"],
        ),
        (operation("ecs", "UpdateService", service="s"), [f"ecs:UpdateService {here('ecs', 'service/default/s')}"]),
        (
            operation("ecs", "StopTask", cluster=here("ecs", "cluster/c"), task=here("ecs", "task/c/t")),
            [f"ecs:StopTask {here('ecs', 'task/c/t')}"],
        ),
        (
            operation("ecs", "RunTask", taskDefinition="none", overrides={"taskRoleArn": "arn:aws:iam::1:role/r"}),
            [f"ecs:RunTask {here('ecs', 'task-definition/none:*')}", "iam:PassRole arn:aws:iam::1:role/r"],
        ),
        (operation("ecs", "DeleteCluster", cluster="c"), [f"ecs:DeleteCluster {here('ecs', 'cluster/c')}"]),
        (operation("iam", "ListRoles"), ["iam:ListRoles *"]),
        (
            operation("iam", "CreateRole", RoleName="r", Path="/p/"),
            ["iam:CreateRole arn:aws:iam::111111111111:role/p/r"],
        ),
        (
            operation("iam", "AttachRolePolicy", RoleName="r", PolicyArn="arn:aws:iam::aws:policy/X"),
            ["iam:AttachRolePolicy arn:aws:iam::111111111111:role/r"],
        ),
        (
            operation("iam", "DeletePolicy", PolicyArn="arn:aws:iam::111111111111:policy/x"),
            ["iam:DeletePolicy arn:aws:iam::111111111111:policy/x"],
        ),
        (
            operation("iam", "CreateOpenIDConnectProvider", Url="https://issuer.example"),
            ["iam:CreateOpenIDConnectProvider arn:aws:iam::111111111111:oidc-provider/issuer.example"],
        ),
        (
            operation("iam", "AddRoleToInstanceProfile", RoleName="r", InstanceProfileName="i"),
            [
                "iam:AddRoleToInstanceProfile arn:aws:iam::111111111111:instance-profile/i",
                "iam:PassRole arn:aws:iam::111111111111:role/r",
            ],
        ),
        (rest("GET", "/"), ["s3:ListAllMyBuckets *"]),
        (rest("HEAD", "/b"), ["s3:ListBucket arn:aws:s3:::b"]),
        (rest("PUT", "/b"), ["s3:CreateBucket arn:aws:s3:::b"]),
        (rest("DELETE", "/b", {"policy": ""}), ["s3:DeleteBucketPolicy arn:aws:s3:::b"]),
        (rest("DELETE", "/b", {"lifecycle": ""}), ["s3:PutLifecycleConfiguration arn:aws:s3:::b"]),
        (rest("GET", "/b", {"versions": ""}), ["s3:ListBucketVersions arn:aws:s3:::b"]),
        (rest("HEAD", "/b/k"), ["s3:GetObject arn:aws:s3:::b/k"]),
        (rest("GET", "/b/k", {"versionId": "1"}), ["s3:GetObjectVersion arn:aws:s3:::b/k"]),
        (rest("GET", "/b/k", {"tagging": "", "versionId": "1"}), ["s3:GetObjectVersionTagging arn:aws:s3:::b/k"]),
        (rest("PUT", "/b/k", {"retention": "", "versionId": "1"}), ["s3:PutObjectRetention arn:aws:s3:::b/k"]),
        (rest("DELETE", "/b/k", {"uploadId": "1"}), ["s3:AbortMultipartUpload arn:aws:s3:::b/k"]),
        (rest("POST", "/b/k", {"uploads": ""}), ["s3:PutObject arn:aws:s3:::b/k"]),
        (
            rest("DELETE", "/b/k", {"versionId": "1"}, x_amz_bypass_governance_retention="true"),
            ["s3:DeleteObjectVersion arn:aws:s3:::b/k", "s3:BypassGovernanceRetention arn:aws:s3:::b/k"],
        ),
        (
            rest("PUT", "/b/k", x_amz_copy_source="/o/a%20b?versionId=1", x_amz_object_lock_mode="COMPLIANCE"),
            [
                "s3:PutObject arn:aws:s3:::b/k",
                "s3:GetObjectVersion arn:aws:s3:::o/a b",
                "s3:PutObjectRetention arn:aws:s3:::b/k",
            ],
        ),
    ],
)
def test_what_a_request_needs(asked: Operation, expected: list[str]) -> None:
    """Every resource that it names, and everything that it does besides."""
    assert needed(asked) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"<Delete><Object><Key>a</Key></Object></Delete>", ["s3:DeleteObject arn:aws:s3:::b/a"]),
        (
            b'<Delete xmlns="x"><Object a="b"><Key>a&amp;b</Key><VersionId>1</VersionId></Object>%s</Delete>'
            % b"<Object><Key>c</Key></Object>",
            ["s3:DeleteObjectVersion arn:aws:s3:::b/a&b", "s3:DeleteObject arn:aws:s3:::b/c"],
        ),
        (b"<Delete></Delete>", ["s3:DeleteObject *"]),
        (b"<Delete><Object>a</Object></Delete>", ["s3:DeleteObject *"]),
        (b"no XML", ["s3:DeleteObject *"]),
    ],
)
def test_a_deletion_of_many_needs_each(body: bytes, expected: list[str]) -> None:
    """However its document is written; one that cannot be read is a deletion of everything."""
    assert needed(rest("POST", "/b", {"delete": ""}), body) == expected


@pytest.mark.parametrize("asked", [rest("GET", "//b/k"), rest("PATCH", "/b/k"), rest("POST", "/b"), rest("POST", "/")])
def test_what_s3_is_not_asked_is_refused(asked: Operation) -> None:
    """A path or a method that names nothing is judged as nothing, and so not served."""
    with pytest.raises(RefusedError):
        needed(asked)


def test_a_tag_belongs_to_what_is_made() -> None:
    """Of a subnet's needs only the subnet's carries the request's tags."""
    asked = operation("ec2", "CreateSubnet", VpcId="vpc-0123abcd", **{"TagSpecification.1.Tag.1.Key": "k"})
    found = import_module("twinlock_world.aws.needs.ec2").needs(asked, PLACE)
    assert [(need.action, need.resource.rpartition(":")[2], need.tagged) for need in found] == [
        ("ec2:CreateSubnet", "vpc/vpc-0123abcd", False),
        ("ec2:CreateSubnet", "subnet/*", True),
        ("ec2:CreateTags", "subnet/*", True),
    ]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "POST"])
@pytest.mark.parametrize("path", ["/b", "/b/k"])
def test_each_subresource_is_served_and_judged_or_refused(method: str, path: str) -> None:
    """None is overlooked: what passes the check is judged as itself, never as the bucket or the object."""
    plain = needed(rest(method, path)) if (method, path) != ("POST", "/b") else []
    for name in sorted(_ALL):
        try:
            check_subresource(Request(method, path, f"{name}=1", {}, b""))
        except RefusedError:
            continue
        found = needed(rest(method, path, {name: "1"}), b"<Delete><Object><Key>k</Key></Object></Delete>")
        assert found != plain or (method, name) in {("PUT", "uploadId"), ("POST", "uploadId"), ("POST", "uploads")}


texts = st.sampled_from(["", "x", "a/b", "arn:aws:", "arn:aws:kms:eu-west-1:1:key/x", "vpc-0123abcd", "alias/x", "ü\n"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(
    ["tags", "Tags", "overrides", "taskDefinition", "cluster", "services", "KeyId", "AliasName", "QueueUrl", "RoleName"]
) | st.sampled_from(
    ["SecretId", "Name", "Names", "repositoryNames", "logGroupName", "PolicyArn", "ResourceId.1", "Tag.1.Key", "Path"]
)


@given(
    st.sampled_from(["ec2", "ecs", "iam", "kms", "sqs", "ssm", "ecr", "logs", "secretsmanager", "sns", "other"]),
    st.sampled_from(["RunTask", "CreateTags", "CreateQueue", "RegisterTaskDefinition", "ReEncrypt", "GetX", ""]),
    st.dictionaries(names, values, max_size=5),
)
def test_whatever_is_asked_something_is_needed(service: str, name: str, parameters: dict[str, Any]) -> None:
    """No parameter, of whatever type, makes the reading fail or a request need nothing."""
    asked = operation(service, name, **parameters)
    found = _needs(asked, PLACE, b"")
    assert found
    for need in found:
        assert _context(need, asked) is not None


@given(
    st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD"]),
    st.text("/abü%\0", max_size=8),
    st.dictionaries(st.sampled_from([*sorted(_ALL), "versionId", "prefix"]), st.text(max_size=3), max_size=3),
    st.binary(max_size=40),
)
def test_whatever_s3_is_asked(method: str, path: str, query: dict[str, str], body: bytes) -> None:
    """It needs something, or is refused."""
    try:
        found = _needs(rest(method, f"/{path}", query, x_amz_copy_source=path), PLACE, body)
    except RefusedError:
        return
    assert found
