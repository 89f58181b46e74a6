"""`aws.s3.BucketServerSideEncryptionConfiguration`: with which key a bucket encrypts what it is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from twinlock_rehearsal.aws import rows
from twinlock_rehearsal.handlers._bucket import BUCKET, BucketSetting

if TYPE_CHECKING:
    from twinlock.provider.port import Properties

_RULES, _DEFAULT, _KEYED = "rules", "applyServerSideEncryptionByDefault", "bucketKeyEnabled"


class BucketEncryption(BucketSetting):
    """Handles the rules; S3 takes one."""

    type: ClassVar[str] = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    inputs: ClassVar[frozenset[str]] = frozenset({BUCKET, _RULES})
    required: ClassVar[tuple[str, ...]] = (BUCKET, _RULES)

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Remove it; S3 then encrypts with its own key."""
        del live
        self._aws.remove("delete_bucket_encryption", Bucket=id)

    def _put(self, bucket: str, inputs: Properties) -> None:
        sent = [_sent(rule) for rule in rows(inputs[_RULES])]
        configuration = {"Rules": sent}
        self._aws.send("put_bucket_encryption", Bucket=bucket, ServerSideEncryptionConfiguration=configuration)

    def _told(self, bucket: str, inputs: Properties) -> Properties:
        del inputs
        found = self._aws.get("get_bucket_encryption", "ServerSideEncryptionConfiguration", Bucket=bucket) or {}
        return {_RULES: [_read(rule) for rule in rows(found.get("Rules"))]}


def _sent(rule: Mapping[str, object]) -> dict[str, object]:
    declared = rule.get(_DEFAULT)
    default = declared if isinstance(declared, Mapping) else {}
    by = {"SSEAlgorithm": default.get("sseAlgorithm"), "KMSMasterKeyID": default.get("kmsMasterKeyId")}
    return {
        "ApplyServerSideEncryptionByDefault": {name: value for name, value in by.items() if value},
        "BucketKeyEnabled": bool(rule.get(_KEYED)),
    }


def _read(rule: Mapping[str, object]) -> dict[str, object]:
    told = rule.get("ApplyServerSideEncryptionByDefault")
    default = told if isinstance(told, Mapping) else {}
    by = {"sseAlgorithm": default.get("SSEAlgorithm"), "kmsMasterKeyId": default.get("KMSMasterKeyID")}
    return {_DEFAULT: {name: value for name, value in by.items() if value}, _KEYED: bool(rule.get("BucketKeyEnabled"))}


HANDLER = BucketEncryption
