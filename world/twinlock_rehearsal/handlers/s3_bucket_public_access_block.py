"""`aws.s3.BucketPublicAccessBlock`: what keeps a bucket from ever being public."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock_rehearsal.handlers._bucket import BUCKET, BucketSetting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.provider.port import Properties

_FLAGS = {
    "blockPublicAcls": "BlockPublicAcls",
    "blockPublicPolicy": "BlockPublicPolicy",
    "ignorePublicAcls": "IgnorePublicAcls",
    "restrictPublicBuckets": "RestrictPublicBuckets",
}


class BucketPublicAccessBlock(BucketSetting):
    """Handles the block; a bucket without one has none of the four."""

    type: ClassVar[str] = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    inputs: ClassVar[frozenset[str]] = frozenset({BUCKET, *_FLAGS})
    required: ClassVar[tuple[str, ...]] = (BUCKET,)
    defaults: ClassVar[Mapping[str, object]] = dict.fromkeys(_FLAGS, False)

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Remove it."""
        del live
        self._aws.remove("delete_public_access_block", Bucket=id)

    def _put(self, bucket: str, inputs: Properties) -> None:
        wanted = self._wanted(inputs)
        block = {flag: wanted[name] for name, flag in _FLAGS.items()}
        self._aws.send("put_public_access_block", Bucket=bucket, PublicAccessBlockConfiguration=block)

    def _told(self, bucket: str, inputs: Properties) -> Properties:
        del inputs
        found = self._aws.get("get_public_access_block", "PublicAccessBlockConfiguration", Bucket=bucket) or {}
        return {name: bool(found.get(flag)) for name, flag in _FLAGS.items()}


HANDLER = BucketPublicAccessBlock
