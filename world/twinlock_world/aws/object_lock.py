"""S3's object lock, where moto is weaker than S3: a lock only grows, and its bucket stays versioned.

Of a deleted locked version moto says too little, and of how long one is locked nothing; both are answered here.
Called by the edge for every caller, the administrators included.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html; the sentence is quoted by
https://github.com/versity/versitygw/issues/1330.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, unquote
from xml.parsers.expat import ExpatError

import xmltodict  # type: ignore[import-untyped]  # the reader that moto uses; it has no types
from moto.backends import get_backend

from twinlock_world.aws.call import Refusal, RefusedError
from twinlock_world.aws.holdings import PARTITION

if TYPE_CHECKING:
    from twinlock_world.aws.call import Request

LOCKED: Final = Refusal(403, "AccessDenied", "Access Denied because object protected by object lock.")
VERSIONED: Final = Refusal(
    409,
    "InvalidBucketState",
    "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
)
ABSENT: Final = Refusal(404, "NoSuchKey", "The specified key does not exist.")
UNLOCKED: Final = Refusal(
    404, "NoSuchObjectLockConfiguration", "The specified object does not have a ObjectLock configuration"
)
_NAMESPACE: Final = "http://s3.amazonaws.com/doc/2006-03-01/"


def check(request: Request) -> None:
    """Let a request go on that weakens no lock.

    Raises:
        RefusedError: It would.
    """
    query = parse_qs(request.query, keep_blank_values=True)
    if request.method == "PUT" and "retention" in query:
        _check_retention(request, query.get("versionId", [None])[0])
    elif request.method == "DELETE" and "versionId" in query:
        _check_deletion(request, query["versionId"][0])
    elif request.method == "PUT" and "versioning" in query:
        _check_versioning(request)


def retention(request: Request) -> bytes | None:
    """Return the answer to a question for an object's lock, or nothing if the request is none.

    Raises:
        RefusedError: There is no such object, or no lock on it.
    """
    query = parse_qs(request.query, keep_blank_values=True)
    if request.method != "GET" or "retention" not in query:
        return None
    found = _object(request, query.get("versionId", [None])[0])
    if found is None:
        raise RefusedError(ABSENT)
    if not found.lock_mode or not found.lock_until:
        raise RefusedError(UNLOCKED)
    held = f"<Mode>{found.lock_mode}</Mode><RetainUntilDate>{found.lock_until}</RetainUntilDate>"
    return f'<Retention xmlns="{_NAMESPACE}">{held}</Retention>'.encode()


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
        raise RefusedError(LOCKED)
    if mode == "GOVERNANCE" and weaker and not _bypasses(request):
        raise RefusedError(LOCKED)


def _check_deletion(request: Request, version: str) -> None:
    found = _object(request, version)
    if found is not None and found.is_locked(governance_bypass=_bypasses(request)):
        raise RefusedError(LOCKED)


def _bypasses(request: Request) -> bool:
    return request.headers.get("x-amz-bypass-governance-retention", "").lower() == "true"


def _check_versioning(request: Request) -> None:
    bucket = _bucket(request)
    status = (_document(request.body).get("VersioningConfiguration") or {}).get("Status")
    if bucket is not None and bucket.object_lock_enabled and status != "Enabled":
        raise RefusedError(VERSIONED)


def _object(request: Request, version: str | None) -> Any:  # noqa: ANN401 - moto's own class
    """Return what a request names; nothing for a marker of a deletion, which no lock holds."""
    bucket = _bucket(request)
    if bucket is None:
        return None
    versions = bucket.keys.getlist(unquote(request.raw_path).lstrip("/").partition("/")[2], default=[])
    named = versions[-1:] if version is None else [found for found in versions if str(found.version_id) == version]
    return next((found for found in named if hasattr(found, "lock_mode")), None)


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
