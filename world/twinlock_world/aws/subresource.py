"""S3's subresources: those that moto does not serve are refused, since it would serve something else in their place.

moto overlooks a subresource that it does not know: a deletion of a bucket's metrics would delete the bucket, a question
for an object's torrent would return the object. Called by the edge for every caller.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, unquote

from twinlock_world.aws.call import Refusal, RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock_world.aws.call import Request

_SET: Final = frozenset(
    {"cors", "encryption", "lifecycle", "ownershipControls", "policy"}
    | {"publicAccessBlock", "replication", "tagging", "website"}
)
_PUT: Final = _SET | {"accelerate", "acl", "inventory", "logging", "notification", "object-lock", "versioning"}
_GET: Final = _PUT | {"location", "policyStatus", "uploads", "versions"}
_BUCKET: Final[Mapping[str, frozenset[str]]] = {
    "GET": _GET,
    "PUT": _PUT,
    "DELETE": _SET,
    "POST": frozenset({"delete"}),
}
_OBJECT: Final[Mapping[str, frozenset[str]]] = {
    "GET": frozenset({"acl", "attributes", "legal-hold", "retention", "tagging", "uploadId"}),
    "PUT": frozenset({"acl", "legal-hold", "retention", "tagging", "uploadId"}),
    "DELETE": frozenset({"tagging", "uploadId"}),
    "POST": frozenset({"restore", "select", "uploadId", "uploads"}),
}
"""What is served, by method, at the first and at the second level of a path."""

_UNSERVED: Final = frozenset(
    {"abac", "analytics", "annotation", "intelligent-tiering", "metadataAnnotationTable", "metadataConfiguration"}
    | {"metadataInventoryTable", "metadataJournalTable", "metadataTable", "metrics", "renameObject"}
    | {"requestPayment", "session", "torrent"}
)
_ALL: Final = _UNSERVED.union(*_BUCKET.values(), *_OBJECT.values())
"""Every subresource of botocore's model of S3."""


def check(request: Request) -> None:
    """Let a request go on whose subresources are all served.

    Raises:
        RefusedError: One is not.
    """
    _, _, key = unquote(request.raw_path).lstrip("/").partition("/")
    served = (_OBJECT if key else _BUCKET).get(request.method, frozenset())
    asked = _ALL & parse_qs(request.query, keep_blank_values=True).keys()
    missing = sorted(asked - served)
    if missing:
        level = "object" if key else "bucket"
        name = f"s3:{request.method} ?{missing[0]} of {'an' if key else 'a'} {level}"
        raise RefusedError(Refusal(501, "NotImplemented", f"This world has no {name}"))
