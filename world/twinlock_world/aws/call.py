"""One signed AWS request: whose key, which service and action, and whether the signature is right.

Pure: the edge in `edge` reads the request, asks here, and answers. Signature Version 4 is AWS's published scheme
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, parse_qsl, quote
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Mapping

_AUTHORIZATION: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>\w{16,128})/(?P<date>\d{8})/(?P<region>[a-z0-9-]{1,40})"
    r"/(?P<service>[a-z0-9.-]{1,60})/aws4_request,\s*SignedHeaders=(?P<headers>[a-z0-9;_.-]+),\s*"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)
_READING: Final = re.compile(r"(Get|List|Describe|Head|Simulate|Lookup|Batch(Get|Check)|Assume|Decode|Query|Scan)")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_BY_TOKEN: Final = frozenset({"AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"})
_BY_TARGET: Final = {
    "AccessDenied": (400, "AccessDeniedException"),
    "ExpiredToken": (400, "ExpiredTokenException"),
}
_BY_PATH: Final = {"AccessDenied": "AccessDeniedException", "ExpiredToken": "ExpiredTokenException"}
"""What JSON protocols call a refusal: those that name the operation in a header, and those that name it by its path."""


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request as it arrived; header names in lower case."""

    method: str
    raw_path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """Who says they call what, and the proof."""

    access_key: str
    date: str
    region: str
    service: str
    action: str
    signed_headers: tuple[str, ...]
    signature: str

    @property
    def scope(self) -> str:
        """The credential scope of the signature."""
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer of AWS's edge to a request that no service gets to see."""

    status: int
    code: str
    message: str


class RefusedError(Exception):
    """AWS refuses a request."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


_FAILURES: Final = {
    400: ("Throttling", "Rate exceeded"),
    403: ("ExpiredToken", "The security token included in the request is expired"),
    503: ("ServiceUnavailable", "The request has failed due to a temporary failure of the server."),
}
UNSIGNED: Final = Refusal(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
MALFORMED: Final = Refusal(400, "IncompleteSignature", "The request signature does not conform to AWS standards.")
UNKNOWN_OPERATION: Final = Refusal(404, "UnknownOperationException", "There is no such operation.")
UNKNOWN_KEY: Final = Refusal(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
EXPIRED: Final = Refusal(403, "ExpiredToken", "The security token included in the request is expired")
WRONG_SIGNATURE: Final = Refusal(
    403,
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method.",
)


def parse(request: Request) -> Call:
    """Return whose key a request names.

    Raises:
        RefusedError: It names none, or not as AWS's signatures do.
    """
    if request.raw_path.startswith("/moto-api"):
        raise RefusedError(UNKNOWN_OPERATION)  # moto's own controls, which can empty every account
    authorization = request.headers.get("authorization")
    if authorization is None:
        raise RefusedError(UNSIGNED)
    found = _AUTHORIZATION.fullmatch(authorization)
    if found is None or "x-amz-date" not in request.headers:
        raise RefusedError(MALFORMED)
    return Call(
        access_key=found["key"],
        date=found["date"],
        region=found["region"],
        service=found["service"],
        action=action(request),
        signed_headers=tuple(found["headers"].split(";")),
        signature=found["signature"],
    )


def federated(request: Request) -> str:
    """Return the name of the action if a token stands for a signature in it, signed or not; else nothing."""
    found = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    asked = action(request)
    return asked if asked in _BY_TOKEN and (found is None or found["service"] == "sts") else ""


def is_genuine(call: Call, request: Request, secret: str) -> bool:
    """Tell whether `secret` signed this request, its body included."""
    declared = request.headers.get("x-amz-content-sha256")
    digest = hashlib.sha256(request.body).hexdigest()
    if declared is not None and _DIGEST.fullmatch(declared) and declared != digest:
        return False
    canonical = "\n".join(
        (
            request.method,
            request.raw_path if call.service == "s3" else quote(request.raw_path, safe="/~"),
            _canonical_query(request.query),
            *(f"{name}:{' '.join(request.headers.get(name, '').split())}" for name in call.signed_headers),
            "",
            ";".join(call.signed_headers),
            declared or digest,
        )
    )
    stamp = request.headers["x-amz-date"]
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{secret}".encode()
    for part in call.scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    made = hmac.new(key, f"AWS4-HMAC-SHA256\n{stamp}\n{call.scope}\n{hashed}".encode(), "sha256").hexdigest()
    return hmac.compare_digest(made, call.signature)


def reads(call: Call, request: Request) -> bool:
    """Tell whether the call changes nothing, by its action's name or, where it has none, by its method."""
    if call.action:
        return _READING.match(call.action) is not None
    return request.method in {"GET", "HEAD"}


def spelt(refusal: Refusal, request: Request) -> Refusal:
    """Return a refusal with the code and the status that the protocol of the request has for it.

    Source: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html and those of the services; the SDKs
    know the codes of their protocol only.
    """
    found = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    service = found["service"] if found else ""
    if "x-amz-target" in request.headers:
        status, code = _BY_TARGET.get(refusal.code, (refusal.status, refusal.code))
        return Refusal(status, code, refusal.message)
    if service == "s3" and refusal == EXPIRED:
        return Refusal(400, EXPIRED.code, "The provided token has expired.")
    if service == "ec2" and refusal == EXPIRED:
        return Refusal(400, "RequestExpired", "Request has expired.")
    if found and service != "s3" and not action(request):
        return Refusal(refusal.status, _BY_PATH.get(refusal.code, refusal.code), refusal.message)
    return refusal


def render(refusal: Refusal, request: Request) -> tuple[str, bytes]:
    """Return content type and body of a refusal as the protocol of the request has it."""
    found = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    service = found["service"] if found else ""
    if service != "s3" and ("json" in request.headers.get("content-type", "") or not action(request)):
        return "application/x-amz-json-1.1", json.dumps({"__type": refusal.code, "message": refusal.message}).encode()
    error = f"<Code>{escape(refusal.code)}</Code><Message>{escape(refusal.message)}</Message>"
    match service:
        case "s3":
            document = f"<Error>{error}</Error>"
        case "ec2":
            document = f"<Response><Errors><Error>{error}</Error></Errors></Response>"
        case _:
            document = f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error></ErrorResponse>"
    return "text/xml", document.encode()


def form(request: Request) -> dict[str, str]:
    """Return the fields of a request in one of the query protocols, be they in its body or in its address."""
    return {name: values[0] for name, values in parse_qs(_fields(request), keep_blank_values=True).items()}


def action(request: Request) -> str:
    """Return the name of the action where the protocol names it."""
    target = request.headers.get("x-amz-target")
    if target is not None:
        return target.rpartition(".")[2]
    return parse_qs(_fields(request)).get("Action", [""])[0]


def failure(status: int) -> Refusal:
    """Return a refusal that a service gives of itself.

    Source: "Common Errors" of the services' API references, e.g. IAM's.
    """
    code, message = _FAILURES.get(status, ("InternalFailure", "The request processing has failed."))
    return Refusal(status, code, message)


def named(request: Request) -> str:
    """Return what a request is about, for whoever counts requests."""
    found = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    return f"{found['service'] if found else 'unsigned'}:{action(request) or f'{request.method} {request.raw_path}'}"


def _fields(request: Request) -> str:
    is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    return request.body.decode("latin-1") if is_form else request.query


def _canonical_query(query: str) -> str:
    pairs = parse_qsl(query.replace("+", "%2B"), keep_blank_values=True)
    return "&".join(
        f"{name}={value}" for name, value in sorted((quote(n, safe="~"), quote(v, safe="~")) for n, v in pairs)
    )
