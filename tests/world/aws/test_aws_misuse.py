"""Requests that AWS describes otherwise, and on which moto fails: refused as AWS's front ends refuse them."""

from __future__ import annotations

import json

import pytest

from twinlock_world.aws.call import Call, Refusal, Request
from twinlock_world.aws.misuse import misuse

UNKNOWN = Refusal(400, "UnknownOperationException", "")
MISPLACED = Refusal(400, "SerializationException", "Start of structure or map found where not expected.")
NOT_ALLOWED = Refusal(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")


def _judged(service: str, request: Request) -> Refusal | None:
    return misuse(Call("AKIA", "20261123", "eu-west-1", service, "", (), ""), request)


def _targeted(target: str, body: bytes) -> Request:
    return Request("POST", "/", "", {"x-amz-target": target}, body)


def _form(body: str) -> Request:
    return Request("POST", "/", "", {"content-type": "application/x-www-form-urlencoded"}, body.encode())


@pytest.mark.parametrize(
    ("target", "body", "refusal"),
    [
        ("AmazonSQS.CreateQueue", b"{}", UNKNOWN),
        ("AmazonEC2ContainerServiceV20141113.Nonsense", b"{}", UNKNOWN),
        ("", b"{}", UNKNOWN),
        ("AmazonEC2ContainerServiceV20141113.RunTask", b"[]", MISPLACED),
        ("AmazonEC2ContainerServiceV20141113.RunTask", b"{", MISPLACED),
        ("AmazonEC2ContainerServiceV20141113.RunTask", b"[" * 100_000, MISPLACED),
        (
            "AmazonEC2ContainerServiceV20141113.RunTask",
            b"{}",
            Refusal(400, "ValidationException", 'Missing required parameter in input: "taskDefinition"'),
        ),
        ("AmazonEC2ContainerServiceV20141113.RunTask", b'{"taskDefinition":"a"}', None),
        ("AmazonEC2ContainerServiceV20141113.ListClusters", b"", None),
    ],
)
def test_json_is_held_against_the_service(target: str, body: bytes, refusal: Refusal | None) -> None:
    """The operation, the document and its members; nothing is said of what is right."""
    assert _judged("ecs", _targeted(target, body)) == refusal


@pytest.mark.parametrize(
    ("service", "body", "refusal"),
    [
        ("iam", "Action=Nonsense", "The action Nonsense is not valid for this web service."),
        ("iam", "", "The action  is not valid for this web service."),
        ("iam", "Action=GetRole", "The request must contain the parameter RoleName"),
        ("ec2", "Action=CreateVpcEndpoint", "The request must contain the parameter VpcId"),
        ("iam", "Action=GetRole&RoleName=x", None),
        ("iam", "Action=TagRole&RoleName=x&Tags.member.1.Key=a", None),
        ("ec2", "Action=DescribeVpcs", None),
    ],
)
def test_queries_are_held_against_the_service(service: str, body: str, refusal: str | None) -> None:
    """The action and what it cannot do without."""
    found = _judged(service, _form(body))
    assert (None if found is None else found.message) == refusal


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "refusal"),
    [
        ("POST", "/bucket/key", "", b"", NOT_ALLOWED),
        ("POST", "/bucket/key", "uploads", b"", None),
        ("POST", "/bucket/key", "uploadId=1", b"", None),
        ("BREW", "/bucket", "", b"", NOT_ALLOWED),
        ("PUT", "/bucket", "", b"none", "MalformedXML"),
        ("PUT", "/bucket", "", b"<CreateBucketConfiguration/>", None),
        ("PUT", "/bucket/key", "", b"anything", None),
    ],
)
def test_requests_of_s3_are_held_against_the_service(
    method: str, path: str, query: str, body: bytes, refusal: Refusal | str | None
) -> None:
    """The method, by bucket or object and by what the query names; and XML where a bucket is configured."""
    found = _judged("s3", Request(method, path, query, {}, body))
    assert (found.code if found is not None and isinstance(refusal, str) else found) == refusal


def test_an_unknown_service_has_no_operation() -> None:
    """Whatever is asked of it."""
    found = _judged("nonsense", _targeted("A.B", json.dumps({}).encode()))
    assert found is not None
    assert found.code == "UnknownOperationException"
