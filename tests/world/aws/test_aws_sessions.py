"""Sessions are held to policies: what allows, what narrows, what is refused, in AWS's words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.world.aws.conftest import ACCOUNT, Sent, allow, deny, document, federated, refusal, trusted

if TYPE_CHECKING:
    from tests.world.aws.conftest import Cloud

REGION = "eu-west-1"
ALL = document(allow("*"))


def said(cloud: Cloud, keys: dict[str, str], action: str, resource: str, why: str) -> str:
    """Return AWS's message for a refusal."""
    who = cloud.client("sts", keys).get_caller_identity()["Arn"]
    return f"User: {who} is not authorized to perform: {action} on resource: {resource} {why}"


def test_a_session_may_do_what_its_role_may(cloud: Cloud) -> None:
    """One parameter, and not the one beside it; who it is, anybody may ask."""
    ours = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/ours/*"
    keys = cloud.session(document(allow("ssm:*Parameter*", ours)))
    ssm = cloud.client("ssm", keys)
    ssm.put_parameter(Name="/ours/one", Value="1", Type="String")
    assert ssm.get_parameter(Name="/ours/one")["Parameter"]["Value"] == "1"
    theirs = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/theirs/one"
    why = "because no identity-based policy allows the ssm:GetParameter action"
    expected = said(cloud, keys, "ssm:GetParameter", theirs, why)
    assert refusal(ssm.get_parameter, Name="/theirs/one") == (400, "AccessDeniedException", expected)
    logged = cloud.last_refusal()
    assert (logged["resource"], logged["missed"]) == (theirs, [f"inline-0 #1: it is not about {theirs}"])
    assert logged["context"]["aws:requestedregion"] == [REGION]


def test_an_explicit_deny_is_named(cloud: Cloud) -> None:
    """The message tells that it is one; the log tells where it stands."""
    keys = cloud.session(ALL, document(deny("iam:*", Sid="NoIam")))
    expected = said(cloud, keys, "iam:ListRoles", "*", "with an explicit deny in an identity-based policy")
    assert refusal(cloud.client("iam", keys).list_roles) == (403, "AccessDenied", expected)
    assert cloud.last_refusal()["decided_by"] == {
        "kind": "identity-based policy",
        "explicit_deny": True,
        "policy": "inline-1",
        "statement": "NoIam",
    }
    cloud.client("sqs", keys).list_queues()


def test_each_protocol_refuses_in_its_own_way(cloud: Cloud) -> None:
    """Code and status are what the SDK of each service expects; EC2 and S3 word it differently."""
    keys = cloud.session()
    answers = {
        service: refusal(getattr(cloud.client(service, keys), call), **arguments)
        for service, call, arguments in (
            ("ec2", "describe_vpcs", {}),
            ("s3", "get_object", {"Bucket": "some", "Key": "a b"}),
            ("sqs", "list_queues", {}),
            ("ecs", "list_clusters", {}),
            ("lambda", "list_functions", {}),
            ("elbv2", "describe_load_balancers", {}),
        )
    }
    no = "because no identity-based policy allows the"
    assert {service: (status, code) for service, (status, code, _) in answers.items()} == {
        "ec2": (403, "UnauthorizedOperation"),
        "s3": (403, "AccessDenied"),
        "sqs": (400, "AccessDeniedException"),
        "ecs": (400, "AccessDeniedException"),
        "lambda": (403, "AccessDeniedException"),
        "elbv2": (403, "AccessDenied"),
    }
    assert answers["ec2"][2] == "You are not authorized to perform this operation. " + said(
        cloud, keys, "ec2:DescribeVpcs", "*", f"{no} ec2:DescribeVpcs action"
    )
    assert answers["s3"][2] == said(cloud, keys, "s3:GetObject", '"arn:aws:s3:::some/a b"', f"{no} s3:GetObject action")
    assert answers["lambda"][2] == said(cloud, keys, "lambda:ListFunctions", "*", f"{no} lambda:ListFunctions action")


def test_a_boundary_narrows(cloud: Cloud) -> None:
    """What the boundary does not allow, no policy of the role does; taken away, it acts no more."""
    iam = cloud.world.aws("iam")
    boundary = iam.create_policy(PolicyName=cloud.name("edge"), PolicyDocument=document(allow("sqs:*")))["Policy"][
        "Arn"
    ]
    keys = cloud.session(ALL, PermissionsBoundary=boundary)
    cloud.client("sqs", keys).list_queues()
    why = "because no permissions boundary allows the iam:ListRoles action"
    expected = said(cloud, keys, "iam:ListRoles", "*", why)
    assert refusal(cloud.client("iam", keys).list_roles) == (403, "AccessDenied", expected)
    role = cloud.client("sts", keys).get_caller_identity()["Arn"].split("/")[1]
    iam.delete_role_permissions_boundary(RoleName=role)
    cloud.client("iam", keys).list_roles()


def test_session_policies_narrow(cloud: Cloud) -> None:
    """A document and managed policies together say the most that a session may do; they grant nothing."""
    role = cloud.role(federated(), policies={"some": document(allow(["sqs:*", "sns:*", "iam:ListRoles"]))})
    arns = [{"arn": "arn:aws:iam::aws:policy/IAMReadOnlyAccess"}]
    cloud.world.aws("iam").get_policy(PolicyArn=arns[0]["arn"])
    keys = cloud.federate(role, Policy=document(allow(["sqs:ListQueues", "ec2:*"])), PolicyArns=arns)["Credentials"]
    cloud.client("sqs", keys).list_queues()
    cloud.client("iam", keys).list_roles()
    message = said(cloud, keys, "sns:ListTopics", "*", "because no session policy allows the sns:ListTopics action")
    assert refusal(cloud.client("sns", keys).list_topics)[2] == message
    message = said(
        cloud, keys, "ec2:DescribeVpcs", "*", "because no identity-based policy allows the ec2:DescribeVpcs action"
    )
    assert refusal(cloud.client("ec2", keys).describe_vpcs)[2].endswith(message)


def test_a_changed_policy_acts_at_once(cloud: Cloud) -> None:
    """On sessions that began before, in both directions."""
    keys = cloud.session(ALL)
    sqs, iam = cloud.client("sqs", keys), cloud.world.aws("iam")
    role = cloud.client("sts", keys).get_caller_identity()["Arn"].split("/")[1]
    sqs.list_queues()
    iam.put_role_policy(RoleName=role, PolicyName="stop", PolicyDocument=document(deny("sqs:*")))
    assert refusal(sqs.list_queues)[1] == "AccessDeniedException"
    iam.delete_role_policy(RoleName=role, PolicyName="stop")
    sqs.list_queues()
    iam.delete_role_policy(RoleName=role, PolicyName="inline-0")
    assert refusal(sqs.list_queues)[1] == "AccessDeniedException"
    iam.attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    sqs.list_queues()


@pytest.mark.parametrize(
    ("condition", "passes"),
    [
        ({"StringEquals": {"aws:RequestedRegion": REGION}}, True),
        ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True),
        ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, False),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/role-*"}}, True),
        ({"StringEquals": {"aws:PrincipalTag/team": "red"}}, True),
        ({"StringEquals": {"aws:PrincipalTag/team": "blue"}}, False),
        ({"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalAccount}"}}, True),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, False),
        ({"StringLike": {"aws:userid": "*:tester"}}, True),
    ],
)
def test_global_conditions(cloud: Cloud, condition: dict[str, Any], *, passes: bool) -> None:
    """Who, where, when: what AWS knows of every request."""
    keys = cloud.session(document(allow("sqs:*", Condition=condition)), Tags=[{"Key": "team", "Value": "red"}])
    sqs = cloud.client("sqs", keys)
    if passes:
        sqs.list_queues()
    else:
        assert refusal(sqs.list_queues)[1] == "AccessDeniedException"


def test_tags_of_requests_and_resources(cloud: Cloud) -> None:
    """Only what carries its run's tag may be made, used and deleted: queues, groups of logs, clusters, networks."""
    mine, own = {"aws:RequestTag/run": "7"}, {"aws:ResourceTag/run": "7"}
    make = ["ec2:CreateVpc", "ecs:CreateCluster", "logs:CreateLogGroup", "sqs:CreateQueue"]
    tag = ["ec2:CreateTags", "ecs:TagResource", "logs:TagResource", "sqs:TagQueue"]
    drop = ["ec2:DeleteVpc", "ecs:DeleteCluster", "logs:DeleteLogGroup", "sqs:DeleteQueue"]
    keys = cloud.session(
        document(
            allow([*make, *tag], Condition={"StringEquals": mine}),
            allow(drop, Condition={"StringEquals": own}),
        )
    )
    name = cloud.name("run")
    sqs, logs, ecs, ec2 = (cloud.client(service, keys) for service in ("sqs", "logs", "ecs", "ec2"))
    others = {service: cloud.world.aws(service) for service in ("sqs", "logs", "ecs", "ec2")}

    def specification(run: str) -> list[dict[str, Any]]:
        return [{"ResourceType": "vpc", "Tags": [{"Key": "run", "Value": run}]}]

    url = sqs.create_queue(QueueName=name, tags={"run": "7"})["QueueUrl"]
    assert refusal(sqs.create_queue, QueueName=f"{name}-x", tags={"run": "8"})[1] == "AccessDeniedException"
    assert refusal(sqs.create_queue, QueueName=f"{name}-x")[1] == "AccessDeniedException"
    other = others["sqs"].create_queue(QueueName=f"{name}-other", tags={"run": "8"})["QueueUrl"]
    assert refusal(sqs.delete_queue, QueueUrl=other)[1] == "AccessDeniedException"
    sqs.delete_queue(QueueUrl=url)

    logs.create_log_group(logGroupName=f"/{name}", tags={"run": "7"})
    others["logs"].create_log_group(logGroupName=f"/{name}-other")
    assert refusal(logs.delete_log_group, logGroupName=f"/{name}-other")[1] == "AccessDeniedException"
    logs.delete_log_group(logGroupName=f"/{name}")

    ecs.create_cluster(clusterName=name, tags=[{"key": "run", "value": "7"}])
    others["ecs"].create_cluster(clusterName=f"{name}-other")
    assert refusal(ecs.delete_cluster, cluster=f"{name}-other")[1] == "AccessDeniedException"
    ecs.delete_cluster(cluster=name)

    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/24", TagSpecifications=specification("7"))["Vpc"]["VpcId"]
    refused = refusal(ec2.create_vpc, CidrBlock="10.0.0.0/24", TagSpecifications=specification("8"))
    assert refused[1] == "UnauthorizedOperation"
    theirs = others["ec2"].create_vpc(CidrBlock="10.0.0.0/24")["Vpc"]["VpcId"]
    assert refusal(ec2.delete_vpc, VpcId=theirs)[1] == "UnauthorizedOperation"
    ec2.delete_vpc(VpcId=vpc)


def test_a_request_tag_covers_what_is_made_alone(cloud: Cloud) -> None:
    """A subnet needs its network too, on which the request's tags say nothing."""
    vpc = cloud.world.aws("ec2").create_vpc(CidrBlock="10.0.0.0/24")["Vpc"]["VpcId"]
    tagged = {"StringEquals": {"aws:RequestTag/run": "7"}}
    asked = {
        "VpcId": vpc,
        "CidrBlock": "10.0.0.0/25",
        "TagSpecifications": [{"ResourceType": "subnet", "Tags": [{"Key": "run", "Value": "7"}]}],
    }
    narrow = cloud.session(document(allow(["ec2:CreateSubnet", "ec2:CreateTags"], Condition=tagged)))
    assert refusal(cloud.client("ec2", narrow).create_subnet, **asked)[1] == "UnauthorizedOperation"
    arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/{vpc}"
    assert cloud.last_refusal()["resource"] == arn
    wide = cloud.session(
        document(
            allow(["ec2:CreateSubnet", "ec2:CreateTags"], Condition=tagged),
            allow("ec2:CreateSubnet", "arn:aws:ec2:*:*:vpc/*"),
        )
    )
    assert cloud.client("ec2", wide).create_subnet(**asked)["Subnet"]["VpcId"] == vpc


def test_an_association_is_its_route_tables(cloud: Cloud) -> None:
    """It has no tags of its own: those of the route table count."""
    root, run = cloud.world.aws("ec2"), [{"Key": "run", "Value": "7"}]
    vpc = root.create_vpc(CidrBlock="10.0.0.0/24")["Vpc"]["VpcId"]
    subnet = root.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/25")["Subnet"]["SubnetId"]
    table = root.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    made = root.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"]
    own = allow("ec2:DisassociateRouteTable", Condition={"StringEquals": {"aws:ResourceTag/run": "7"}})
    ec2 = cloud.client("ec2", cloud.session(document(own)))
    assert refusal(ec2.disassociate_route_table, AssociationId=made)[1] == "UnauthorizedOperation"
    root.create_tags(Resources=[table], Tags=run)
    ec2.disassociate_route_table(AssociationId=made)


def test_roles_are_passed_only_by_who_may(cloud: Cloud) -> None:
    """A task definition with a role needs the role's passing, to the service that it is passed to."""
    task, other = cloud.role(), cloud.role()
    passing = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    keys = cloud.session(document(allow("ecs:*"), allow("iam:PassRole", task, Condition=passing)))
    ecs = cloud.client("ecs", keys)
    definition = {"family": cloud.name("family"), "containerDefinitions": [{"name": "a", "image": "b", "memory": 64}]}
    ecs.register_task_definition(**definition, taskRoleArn=task)
    refused = refusal(ecs.register_task_definition, **definition, taskRoleArn=other)
    message = said(
        cloud, keys, "iam:PassRole", other, "because no identity-based policy allows the iam:PassRole action"
    )
    assert refused == (400, "AccessDeniedException", message)
    assert refusal(ecs.register_task_definition, **definition, executionRoleArn=other)[1] == "AccessDeniedException"
    cloud.world.aws("ecs").register_task_definition(**definition, taskRoleArn=other)
    refused = refusal(ecs.run_task, cluster="none", taskDefinition=definition["family"])
    assert f" is not authorized to perform: iam:PassRole on resource: {other} because " in refused[2]
    first = f"{definition['family']}:1"
    assert refusal(ecs.run_task, cluster="none", taskDefinition=first)[1] != "AccessDeniedException"


def test_one_service_of_one_cluster(cloud: Cloud) -> None:
    """Names and ARNs in a request mean the same resource."""
    arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/pay/pay"
    ecs = cloud.client("ecs", cloud.session(document(allow(["ecs:DescribeServices", "ecs:UpdateService"], arn))))
    for cluster, service in (("pay", "other"), ("other", "pay"), ("other", f"{arn}/x")):
        assert refusal(ecs.update_service, cluster=cluster, service=service)[1] == "AccessDeniedException"
    cluster = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/pay"
    assert refusal(ecs.update_service, cluster=cluster, service=arn)[1] == "ClusterNotFoundException"


def test_buckets_and_objects(cloud: Cloud) -> None:
    """Objects, lists, versions and deletions of many are each their own action on their own resource."""
    bucket = cloud.name("bucket")
    root = cloud.world.aws("s3")
    root.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    keys = cloud.session(
        document(
            allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], f"arn:aws:s3:::{bucket}/ours/*"),
            allow("s3:ListBucket", f"arn:aws:s3:::{bucket}", Condition={"StringLike": {"s3:prefix": "ours/*"}}),
        )
    )
    s3 = cloud.client("s3", keys)
    s3.put_object(Bucket=bucket, Key="ours/a b", Body=b"x")
    assert s3.get_object(Bucket=bucket, Key="ours/a b")["Body"].read() == b"x"
    assert s3.list_objects_v2(Bucket=bucket, Prefix="ours/")["KeyCount"] == 1
    root.put_object(Bucket=bucket, Key="theirs/a", Body=b"x")
    denied: list[tuple[str, dict[str, Any]]] = [
        ("get_object", {"Key": "theirs/a"}),
        ("put_object", {"Key": "theirs/b", "Body": b""}),
        ("copy_object", {"Key": "ours/c", "CopySource": f"{bucket}/theirs/a"}),
        ("get_object", {"Key": "ours/a b", "VersionId": "null"}),
        ("put_object", {"Key": "ours/b", "Body": b"", "Tagging": "a=b"}),
        ("put_object_tagging", {"Key": "ours/a b", "Tagging": {"TagSet": []}}),
        ("list_objects_v2", {}),
        ("list_objects_v2", {"Prefix": "theirs/"}),
        ("get_bucket_policy", {}),
        ("delete_bucket", {}),
        ("delete_objects", {"Delete": {"Objects": [{"Key": "ours/a b"}, {"Key": "theirs/a"}]}}),
        ("delete_objects", {"Delete": {"Objects": [{"Key": "ours/a b", "VersionId": "null"}]}}),
    ]
    for call, arguments in denied:
        assert refusal(getattr(s3, call), Bucket=bucket, **arguments)[1] == "AccessDenied", call
    assert refusal(s3.list_buckets)[1] == "AccessDenied"
    assert s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "ours/a b"}]})["Deleted"] == [
        {"Key": "ours/a b"}
    ]


def test_a_buckets_policy_unites_with_the_roles(cloud: Cloud) -> None:
    """It grants to a role that has nothing, and denies one that has everything."""
    bucket = cloud.name("bucket")
    root = cloud.world.aws("s3")
    root.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    root.put_object(Bucket=bucket, Key="a", Body=b"x")
    nothing, everything = cloud.session(), cloud.session(ALL)
    role = cloud.client("sts", nothing).get_caller_identity()["Arn"].split("/")[1]
    grant = {
        **allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"),
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/{role}"},
    }
    stop = {**deny("s3:DeleteObject", f"arn:aws:s3:::{bucket}/*", Sid="Keep"), "Principal": "*"}
    root.put_bucket_policy(Bucket=bucket, Policy=document(grant, stop))
    assert cloud.client("s3", nothing).get_object(Bucket=bucket, Key="a")["Body"].read() == b"x"
    assert refusal(cloud.client("s3", nothing).put_object, Bucket=bucket, Key="a")[1] == "AccessDenied"
    refused = refusal(cloud.client("s3", everything).delete_object, Bucket=bucket, Key="a")
    why = "with an explicit deny in a resource-based policy"
    assert refused[2] == said(cloud, everything, "s3:DeleteObject", f'"arn:aws:s3:::{bucket}/a"', why)


def test_a_key_is_used_as_its_policy_says(cloud: Cloud) -> None:
    """A key's policy decides; where it leaves it to the account, the role's policies do."""
    kms = cloud.world.aws("kms")
    everything = cloud.session(ALL)
    signer = cloud.client("sts", everything).get_caller_identity()["Arn"].split("/")[1]
    root = {**allow("kms:*"), "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    open_key = kms.create_key(Policy=document(root))["KeyMetadata"]["KeyId"]
    closed = kms.create_key(
        Policy=document({**allow("kms:Encrypt"), "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/{signer}"}})
    )["KeyMetadata"]["KeyId"]
    client = cloud.client("kms", everything)
    for key in (open_key, closed):
        client.encrypt(KeyId=key, Plaintext=b"x")
    arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{closed}"
    why = "because no resource-based policy allows the kms:DescribeKey action"
    refused = refusal(client.describe_key, KeyId=closed)
    assert refused == (400, "AccessDeniedException", said(cloud, everything, "kms:DescribeKey", arn, why))
    kms.create_alias(AliasName="alias/sessions-open", TargetKeyId=open_key)
    only = document(allow("kms:Encrypt", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{open_key}"))
    cloud.client("kms", cloud.session(only)).encrypt(KeyId="alias/sessions-open", Plaintext=b"x")


def test_roles_are_chained_as_far_as_they_trust(cloud: Cloud) -> None:
    """A role's own trust and its caller's policies decide; another account's role needs both."""
    first = cloud.session(document(allow("sts:AssumeRole")))
    arn = cloud.client("sts", first).get_caller_identity()["Arn"]
    role = f"arn:aws:iam::{ACCOUNT}:role/{arn.split('/')[1]}"
    sts, plain = cloud.client("sts", first), cloud.client("sts", cloud.session())
    named = cloud.role(trusted(role), MaxSessionDuration=7200)
    by_account, other = cloud.role(trusted(ACCOUNT)), cloud.role(trusted("arn:aws:iam::222222222222:root"))
    external = cloud.role(trusted(role, Condition={"StringEquals": {"sts:ExternalId": "secret"}}))
    for target in (named, by_account):
        sts.assume_role(RoleArn=target, RoleSessionName="next")
    sts.assume_role(RoleArn=external, RoleSessionName="next", ExternalId="secret")
    chained = (
        400,
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
    )
    assert refusal(sts.assume_role, RoleArn=named, RoleSessionName="next", DurationSeconds=7200) == chained
    for caller, target in ((sts, other), (sts, external), (plain, named), (plain, by_account)):
        who = caller.get_caller_identity()["Arn"]
        message = f"User: {who} is not authorized to perform: sts:AssumeRole on resource: {target}"
        assert refusal(caller.assume_role, RoleArn=target, RoleSessionName="xx") == (403, "AccessDenied", message)


def test_the_accounts_own_keys_need_trust_too(cloud: Cloud) -> None:
    """An administrator may do all, but takes on only roles that trust their account, also one of another account."""
    second = cloud.world.aws("sts", "second")
    mine, theirs = cloud.role(trusted(ACCOUNT)), cloud.role(trusted("222222222222"))
    nobody = f"arn:aws:iam::{ACCOUNT}:role/no-such-role"
    made = second.assume_role(RoleArn=theirs, RoleSessionName="visit")
    assert made["AssumedRoleUser"]["Arn"].startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/")
    for role in (mine, nobody):
        who = "User: arn:aws:iam::222222222222:user/administrator"
        message = f"{who} is not authorized to perform: sts:AssumeRole on resource: {role}"
        assert refusal(second.assume_role, RoleArn=role, RoleSessionName="visit") == (403, "AccessDenied", message)
    unseeded = "arn:aws:iam::999999999999:role/none"
    assert refusal(second.assume_role, RoleArn=unseeded, RoleSessionName="visit")[1] == "AccessDenied"


def test_session_tags_need_leave_and_go_on(cloud: Cloud) -> None:
    """Tags are set only where the trust lets them; transitive ones cannot be changed further down the chain."""
    root = f"arn:aws:iam::{ACCOUNT}:root"
    plain = cloud.role(trusted(root))
    tags = [{"Key": "run", "Value": "7"}]
    sts = cloud.world.aws("sts")
    refused = refusal(sts.assume_role, RoleArn=plain, RoleSessionName="xx", Tags=tags)
    assert refused[2].endswith(f"is not authorized to perform: sts:TagSession on resource: {plain}")
    both = ["sts:AssumeRole", "sts:TagSession"]
    tagging = cloud.role(trusted(root, Action=both), policies={"chain": document(allow(both))})
    run = document(allow("sqs:*", Condition={"StringEquals": {"aws:PrincipalTag/run": "7"}}))
    last = cloud.role(trusted(root, Action=both), policies={"run": run})
    first = sts.assume_role(RoleArn=tagging, RoleSessionName="xx", Tags=tags, TransitiveTagKeys=["run"])["Credentials"]
    again = cloud.client("sts", first).assume_role(
        RoleArn=last, RoleSessionName="yy", Tags=[{"Key": "run", "Value": "8"}]
    )
    cloud.client("sqs", again["Credentials"]).list_queues()
    untagged = sts.assume_role(RoleArn=last, RoleSessionName="zz")["Credentials"]
    assert refusal(cloud.client("sqs", untagged).list_queues)[1] == "AccessDeniedException"


def test_users_are_held_to_policies_too(cloud: Cloud) -> None:
    """Keys of a user of the account are not the administrator's; what their groups hold counts."""
    iam, name = cloud.world.aws("iam"), cloud.name("user")
    iam.create_user(UserName=name)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    keys = {"aws_access_key_id": made["AccessKeyId"], "aws_secret_access_key": made["SecretAccessKey"]}
    sqs = cloud.world.aws("sqs", **keys)
    assert f"User: arn:aws:iam::{ACCOUNT}:user/{name} is not authorized" in refusal(sqs.list_queues)[2]
    iam.create_group(GroupName=name)
    iam.put_group_policy(GroupName=name, PolicyName="queues", PolicyDocument=document(allow("sqs:*")))
    iam.add_user_to_group(GroupName=name, UserName=name)
    sqs.list_queues()
    iam.update_access_key(UserName=name, AccessKeyId=made["AccessKeyId"], Status="Inactive")
    assert refusal(sqs.list_queues)[1] == "InvalidClientTokenId"


def test_keys_without_their_token_are_worth_nothing(cloud: Cloud) -> None:
    """A session's token belongs to its keys; a deleted role's sessions end."""
    keys = cloud.session(ALL)
    invalid = (403, "InvalidClientTokenId", "The security token included in the request is invalid.")
    for token in ("", "other"):
        assert refusal(cloud.client("sts", {**keys, "SessionToken": token}).get_caller_identity) == invalid
    role = cloud.client("sts", keys).get_caller_identity()["Arn"].split("/")[1]
    cloud.world.aws("iam").delete_role_policy(RoleName=role, PolicyName="inline-0")
    cloud.world.aws("iam").delete_role(RoleName=role)
    assert refusal(cloud.client("sts", keys).get_caller_identity) == invalid


FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    "sent",
    [
        Sent("iam", "POST", "/?Action=ListRoles", FORM, b"Action=DeleteRole"),
        Sent("iam", "POST", "/?Action=DeleteRole", {"x-amz-target": "IAM.ListRoles"}, b"{}"),
        Sent("iam", "POST", "/", {"x-amz-target": "IAM.ListRoles", **FORM}, b"Action=DeleteRole"),
        Sent("iam", "POST", "/?Marker=x", FORM, b"Action=ListRoles"),
        Sent("s3", "GET", "/bucket?Action=ListRoles", {}, b""),
        Sent("s3", "GET", "/key", {"host": "bucket.s3.amazonaws.com"}, b""),
        Sent("s3", "PATCH", "/bucket/key", {}, b""),
        Sent("iam", "POST", "/no/such/path", {}, b""),
        Sent("nonesuch", "GET", "/things", {}, b""),
    ],
)
def test_what_could_be_read_in_two_ways_is_not_read(cloud: Cloud, sent: Sent) -> None:
    """Nobody is judged for one operation and served another, and what cannot be told cannot be allowed."""
    answer = cloud.send(cloud.session(ALL), sent)
    assert (answer.status_code, "does not name one operation" in answer.text) == (400, True)


def test_the_log_is_for_owners_and_bounded(cloud: Cloud) -> None:
    """It is JSON, newest first, and holds no key or token."""
    keys = cloud.session()
    refusal(cloud.client("sqs", keys).list_queues)
    assert cloud.world.request("GET", "/_world/aws/decisions", login="alice").status_code == 401
    found = cloud.world.request("GET", "/_world/aws/decisions")
    assert found.json()[0]["action"] == "sqs:ListQueues"
    assert keys["AccessKeyId"] not in found.text
    assert keys["SessionToken"] not in json.dumps(found.json())
