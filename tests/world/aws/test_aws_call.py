"""Reading and verifying a signed request, against the SDK's own signer."""

from __future__ import annotations

import json
from typing import Final
from urllib.parse import quote

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from twinlock_world.aws.call import Refusal, RefusedError, Request, is_genuine, parse, reads, render

KEY: Final = "AKIA" + "A" * 16
SECRET: Final = "s" * 40
FORM: Final = "application/x-www-form-urlencoded; charset=utf-8"


def signed(service: str, path: str, query: str, body: bytes, **headers: str) -> Request:
    """Return a request as the SDK signs and sends it."""
    address = f"http://127.0.0.1:4566{path}" + (f"?{query}" if query else "")
    request = AWSRequest("POST", address, data=body, headers=headers)
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    signer(Credentials(KEY, SECRET), service, "eu-west-1").add_auth(request)
    sent = {name.lower(): value for name, value in request.headers.items()}
    return Request("POST", path, query, {"host": "127.0.0.1:4566", **sent}, body)


segments = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(
    lambda text: text not in {".", ".."}
)
pairs = st.lists(st.tuples(st.text("ab ~/+&=ü%", min_size=1, max_size=5), st.text("xy +&=%é", max_size=5)), max_size=4)


@given(
    service=st.sampled_from(["s3", "iam", "lambda"]),
    path=st.lists(segments, max_size=4),
    query=pairs,
    body=st.binary(max_size=60),
)
def test_what_the_sdk_signs_is_genuine(
    service: str, path: list[str], query: list[tuple[str, str]], body: bytes
) -> None:
    """Whatever path, query and body: the SDK's signature is accepted, with another secret or body it isn't."""
    raw_path = "/" + "/".join(quote(segment, safe="~") for segment in path)
    raw_query = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in query)
    request = signed(service, raw_path, raw_query, body)
    call = parse(request)
    assert is_genuine(call, request, SECRET)
    assert not is_genuine(call, request, SECRET[:-1] + "x")
    tampered = Request(request.method, request.raw_path, request.query, request.headers, body + b"x")
    assert not is_genuine(call, tampered, SECRET)


@given(st.text(max_size=200), st.binary(max_size=60))
def test_any_authorization_is_parsed_or_refused(header: str, body: bytes) -> None:
    """No header and no body make the parser fail otherwise than by a refusal."""
    request = Request("POST", "/", "", {"authorization": header, "content-type": FORM, "x-amz-date": "x"}, body)
    with pytest.raises(RefusedError):
        parse(request)


@pytest.mark.parametrize(
    ("headers", "body", "action"),
    [
        ({"content-type": FORM}, b"Action=CreateRole&Version=2010-05-08", "CreateRole"),
        ({"x-amz-target": "AmazonSSM.PutParameter"}, b"{}", "PutParameter"),
        ({"content-type": "application/json"}, b"Action=CreateRole", ""),
    ],
)
def test_the_action_stands_where_the_protocol_has_it(headers: dict[str, str], body: bytes, action: str) -> None:
    """Query protocols name it in the form, JSON protocols in a header, REST protocols nowhere."""
    assert parse(signed("iam", "/", "", body, **headers)).action == action


@pytest.mark.parametrize(
    ("action", "changes"),
    [
        ("GetRole", False),
        ("ListRoles", False),
        ("DescribeVpcs", False),
        ("CreateRole", True),
        ("AttachRolePolicy", True),
    ],
)
def test_a_call_that_only_reads_is_told_by_its_action(action: str, *, changes: bool) -> None:
    """Whether an account is still empty depends on it."""
    request = signed("iam", "/", "", f"Action={action}".encode(), **{"content-type": FORM})
    assert reads(parse(request), request) is not changes


def test_a_rest_call_reads_by_its_method() -> None:
    """Without an action's name, GET and HEAD read and everything else changes."""
    request = signed("s3", "/bucket", "", b"")
    assert not reads(parse(request), request)
    assert reads(parse(request), Request("GET", "/bucket", "", request.headers, b""))


@pytest.mark.parametrize(
    ("service", "content_type", "expected"),
    [
        (
            "iam",
            FORM,
            "<ErrorResponse><Error><Type>Sender</Type><Code>C</Code><Message>a&lt;b</Message></Error></ErrorResponse>",
        ),
        ("ec2", FORM, "<Response><Errors><Error><Code>C</Code><Message>a&lt;b</Message></Error></Errors></Response>"),
        ("s3", "application/xml", "<Error><Code>C</Code><Message>a&lt;b</Message></Error>"),
        ("lambda", "", json.dumps({"__type": "C", "message": "a<b"})),
        ("ecs", "application/x-amz-json-1.1", json.dumps({"__type": "C", "message": "a<b"})),
    ],
)
def test_a_refusal_speaks_the_callers_protocol(service: str, content_type: str, expected: str) -> None:
    """Each protocol of AWS has its own form of an error."""
    request = signed(service, "/", "", b"Action=X", **{"content-type": content_type})
    assert render(Refusal(403, "C", "a<b"), request)[1].decode() == expected
