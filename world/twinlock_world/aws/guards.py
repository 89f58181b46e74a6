"""What AWS refuses everybody, and moto does not: a lock made shorter, versioning stopped under it, a dying key used.

Deleting a locked version moto refuses itself. Called by the edge for every caller, the administrators included.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html and
https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html; what moto lacks was measured.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, unquote
from xml.parsers.expat import ExpatError

import xmltodict  # type: ignore[import-untyped]  # the reader that moto uses; it has no types
from moto.backends import get_backend

from twinlock_world.aws.call import Refusal, RefusedError
from twinlock_world.aws.holdings import PARTITION

if TYPE_CHECKING:
    from twinlock_world.aws.call import Call, Request

_USING: Final = frozenset(
    {
        "CreateGrant",
        "Decrypt",
        "DeriveSharedSecret",
        "DisableKey",
        "DisableKeyRotation",
        "EnableKey",
        "EnableKeyRotation",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateMac",
        "GetPublicKey",
        "ReEncrypt",
        "ScheduleKeyDeletion",
        "Sign",
        "UpdateAlias",
        "Verify",
        "VerifyMac",
    }
)
"""What a key that is pending deletion no longer does."""

_LOCKED: Final = Refusal(403, "AccessDenied", "Access Denied because object protected by object lock.")
_VERSIONED: Final = Refusal(
    409,
    "InvalidBucketState",
    "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
)


def check(account: str, call: Call, request: Request) -> None:
    """Let a request go on that AWS would not refuse whoever makes it.

    Raises:
        RefusedError: It would.
    """
    if call.service == "kms" and call.action in _USING:
        _check_key(account, call.region, request.body)
    elif call.service == "s3" and request.method == "PUT":
        query = parse_qs(request.query, keep_blank_values=True)
        if "retention" in query:
            _check_retention(request, query.get("versionId", [None])[0])
        elif "versioning" in query:
            _check_versioning(request)


def _check_key(account: str, region: str, body: bytes) -> None:
    backend = get_backend("kms")[account][region]
    try:
        asked = json.loads(body)
        for parameter in ("KeyId", "DestinationKeyId", "SourceKeyId", "TargetKeyId"):
            key = backend.keys.get(backend.any_id_to_key_id(asked[parameter])) if parameter in asked else None
            if key is not None and key.key_state == "PendingDeletion":
                raise RefusedError(Refusal(400, "KMSInvalidStateException", f"{key.arn} is pending deletion."))
    except (ValueError, TypeError, AttributeError):
        return  # moto says what is wrong with it


def _check_retention(request: Request, version: str | None) -> None:
    """Refuse a weaker lock: COMPLIANCE only grows, GOVERNANCE shrinks for whoever says that they bypass it."""
    found = _object(request, version)
    mode, until = (None, None) if found is None else (found.lock_mode, found.lock_until)
    if mode is None or until is None or _moment(until) <= datetime.now(UTC):
        return
    asked = _document(request.body).get("Retention") or {}
    wanted, end = asked.get("Mode"), asked.get("RetainUntilDate")
    weaker = wanted is None or end is None or _moment(end) < _moment(until)
    if mode == "COMPLIANCE" and (weaker or wanted != "COMPLIANCE"):
        raise RefusedError(_LOCKED)
    bypasses = request.headers.get("x-amz-bypass-governance-retention", "").lower() == "true"
    if mode == "GOVERNANCE" and weaker and not bypasses:
        raise RefusedError(_LOCKED)


def _check_versioning(request: Request) -> None:
    bucket = _bucket(request)
    status = (_document(request.body).get("VersioningConfiguration") or {}).get("Status")
    if bucket is not None and bucket.object_lock_enabled and status != "Enabled":
        raise RefusedError(_VERSIONED)


def _object(request: Request, version: str | None) -> Any:  # noqa: ANN401 - moto's own class
    bucket = _bucket(request)
    if bucket is None:
        return None
    versions = bucket.keys.getlist(unquote(request.raw_path).lstrip("/").partition("/")[2], default=[])
    if version is None:
        return versions[-1] if versions else None
    return next((found for found in versions if str(found.version_id) == version), None)


def _bucket(request: Request) -> Any:  # noqa: ANN401 - as above
    name = unquote(request.raw_path).lstrip("/").partition("/")[0]
    backends: Any = get_backend("s3")
    owner = backends.bucket_accounts.get(name)
    return None if owner is None else backends[owner[1]][PARTITION].buckets.get(name)


def _document(body: bytes) -> dict[str, Any]:
    try:
        found = xmltodict.parse(body)
    except (ExpatError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _moment(text: str) -> datetime:
    """Return a time; one that cannot be read has long passed."""
    try:
        found = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        return datetime.min.replace(tzinfo=UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
