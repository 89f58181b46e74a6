"""S3: actions and resources from method, path and subresource.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import unquote
from xml.parsers.expat import ExpatError

import xmltodict  # type: ignore[import-untyped]  # the reader that moto uses; it has no types

from twinlock_world.aws.needs.need import Need

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock_world.aws.operation import Operation

_OF_BUCKET: Final = {
    "accelerate": ("GetAccelerateConfiguration", "PutAccelerateConfiguration"),
    "acl": ("GetBucketAcl", "PutBucketAcl"),
    "analytics": ("GetAnalyticsConfiguration", "PutAnalyticsConfiguration"),
    "cors": ("GetBucketCORS", "PutBucketCORS"),
    "encryption": ("GetEncryptionConfiguration", "PutEncryptionConfiguration"),
    "intelligent-tiering": ("GetIntelligentTieringConfiguration", "PutIntelligentTieringConfiguration"),
    "inventory": ("GetInventoryConfiguration", "PutInventoryConfiguration"),
    "lifecycle": ("GetLifecycleConfiguration", "PutLifecycleConfiguration"),
    "location": ("GetBucketLocation", "GetBucketLocation"),
    "logging": ("GetBucketLogging", "PutBucketLogging"),
    "metrics": ("GetMetricsConfiguration", "PutMetricsConfiguration"),
    "notification": ("GetBucketNotification", "PutBucketNotification"),
    "object-lock": ("GetBucketObjectLockConfiguration", "PutBucketObjectLockConfiguration"),
    "ownershipControls": ("GetBucketOwnershipControls", "PutBucketOwnershipControls"),
    "policy": ("GetBucketPolicy", "PutBucketPolicy"),
    "policyStatus": ("GetBucketPolicyStatus", "GetBucketPolicyStatus"),
    "publicAccessBlock": ("GetBucketPublicAccessBlock", "PutBucketPublicAccessBlock"),
    "replication": ("GetReplicationConfiguration", "PutReplicationConfiguration"),
    "requestPayment": ("GetBucketRequestPayment", "PutBucketRequestPayment"),
    "tagging": ("GetBucketTagging", "PutBucketTagging"),
    "uploads": ("ListBucketMultipartUploads", "ListBucketMultipartUploads"),
    "versioning": ("GetBucketVersioning", "PutBucketVersioning"),
    "versions": ("ListBucketVersions", "ListBucketVersions"),
    "website": ("GetBucketWebsite", "PutBucketWebsite"),
}
"""Each subresource of a bucket: what reading it and changing it (deleting included) is called."""

_DELETED_OTHERWISE: Final = {"policy": "DeleteBucketPolicy", "website": "DeleteBucketWebsite"}
_OF_OBJECT: Final = {
    "acl": "Acl",
    "attributes": "Attributes",
    "legal-hold": "LegalHold",
    "retention": "Retention",
    "tagging": "Tagging",
    "torrent": "Torrent",
}
_WITHOUT_VERSION: Final = frozenset({"legal-hold", "retention"})
_VERB: Final = {"GET": "Get", "HEAD": "Get", "PUT": "Put", "DELETE": "Delete", "POST": "Put"}
_LISTED: Final = ("prefix", "delimiter", "max-keys")
_LOCK_HEADERS: Final = {
    "x-amz-object-lock-mode": "s3:object-lock-mode",
    "x-amz-object-lock-retain-until-date": "s3:object-lock-retain-until-date",
    "x-amz-object-lock-legal-hold": "s3:object-lock-legal-hold",
}


def needs(operation: Operation, body: bytes) -> Iterator[Need]:
    """Yield what a request to S3 needs; nothing where it cannot be told."""
    bucket, _, key = operation.path.removeprefix("/").partition("/")
    if operation.path == "/":
        if operation.method == "GET":
            yield Need("s3:ListAllMyBuckets")
    elif not bucket:
        return
    elif key:
        yield from _of_object(operation, f"arn:aws:s3:::{bucket}/{key}")
    else:
        yield from _of_bucket(operation, bucket, body)


def _of_bucket(operation: Operation, bucket: str, body: bytes) -> Iterator[Need]:
    arn = f"arn:aws:s3:::{bucket}"
    asked = [name for name in _OF_BUCKET if name in operation.query]
    context = {f"s3:{name}": (operation.query[name],) for name in _LISTED if name in operation.query}
    if "delete" in operation.query and operation.method == "POST":
        yield from _of_deletion(operation, arn, body)
    elif asked:
        for name in asked:
            read, write = _OF_BUCKET[name]
            deleted = _DELETED_OTHERWISE.get(name, write)
            by_method = {"GET": read, "HEAD": read, "DELETE": deleted}
            yield Need(f"s3:{by_method.get(operation.method, write)}", arn, context)
    else:
        action = {"GET": "ListBucket", "HEAD": "ListBucket", "PUT": "CreateBucket", "DELETE": "DeleteBucket"}
        if operation.method in action:
            yield Need(f"s3:{action[operation.method]}", arn, context)


def _of_deletion(operation: Operation, bucket: str, body: bytes) -> Iterator[Need]:
    """Yield the needs of a deletion of many objects: one for each, read as moto reads them."""
    try:
        listed = xmltodict.parse(body)["Delete"]["Object"]
        objects = [(item["Key"], "VersionId" in item) for item in (listed if isinstance(listed, list) else [listed])]
    except (ExpatError, KeyError, TypeError, ValueError):
        objects = []
    if not objects:
        yield Need("s3:DeleteObject")
    for key, version in objects:
        yield Need(f"s3:DeleteObject{'Version' if version else ''}", f"{bucket}/{key}")
    if _bypasses(operation):
        yield Need("s3:BypassGovernanceRetention", f"{bucket}/*")


def _of_object(operation: Operation, arn: str) -> Iterator[Need]:
    query, method = operation.query, operation.method
    version = "Version" if "versionId" in query else ""
    context = _object_context(operation)
    asked = [name for name in _OF_OBJECT if name in query]
    if asked:
        for name in asked:
            infix = "" if name in _WITHOUT_VERSION else version
            yield Need(f"s3:{_VERB.get(method, 'Put')}Object{infix}{_OF_OBJECT[name]}", arn, context)
    elif "uploadId" in query and method in {"GET", "DELETE"}:
        yield Need("s3:ListMultipartUploadParts" if method == "GET" else "s3:AbortMultipartUpload", arn)
    elif method == "POST" and "restore" in query:
        yield Need("s3:RestoreObject", arn)
    elif method == "POST" and "select" in query:
        yield Need("s3:GetObject", arn)
    elif method in {"PUT", "POST"}:
        yield Need("s3:PutObject", arn, context)
        yield from _of_put(operation, arn, context)
    elif method in _VERB:
        yield Need(f"s3:{_VERB[method]}Object{version}", arn, context)
    if _bypasses(operation):
        yield Need("s3:BypassGovernanceRetention", arn)


def _of_put(operation: Operation, arn: str, context: dict[str, tuple[str, ...]]) -> Iterator[Need]:
    """Yield what a new object needs besides, by what its headers ask for."""
    headers = operation.headers
    source = unquote(headers.get("x-amz-copy-source", "")).lstrip("/")
    if source:
        path, _, rest = source.partition("?")
        yield Need(f"s3:GetObject{'Version' if 'versionId=' in rest else ''}", f"arn:aws:s3:::{path}")
    if "x-amz-tagging" in headers:
        yield Need("s3:PutObjectTagging", arn)
    if "x-amz-acl" in headers or any(name.startswith("x-amz-grant-") for name in headers):
        yield Need("s3:PutObjectAcl", arn)
    if "x-amz-object-lock-mode" in headers:
        yield Need("s3:PutObjectRetention", arn, context)
    if "x-amz-object-lock-legal-hold" in headers:
        yield Need("s3:PutObjectLegalHold", arn, context)


def _object_context(operation: Operation) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {
        f"s3:{name}": (value,)
        for name, value in operation.headers.items()
        if name.startswith(("x-amz-acl", "x-amz-server-side-encryption", "x-amz-storage-class"))
    }
    found |= {key: (operation.headers[name],) for name, key in _LOCK_HEADERS.items() if name in operation.headers}
    return found | ({"s3:versionid": (operation.query["versionId"],)} if "versionId" in operation.query else {})


def _bypasses(operation: Operation) -> bool:
    return operation.headers.get("x-amz-bypass-governance-retention", "").lower() == "true"
