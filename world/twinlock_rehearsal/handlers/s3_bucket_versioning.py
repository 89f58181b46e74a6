"""`aws.s3.BucketVersioning`: whether a bucket keeps what is overwritten and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from twinlock_rehearsal.handlers._bucket import BUCKET, BucketSetting

if TYPE_CHECKING:
    from twinlock.provider.port import Properties

_CONFIGURATION = "versioningConfiguration"


class BucketVersioning(BucketSetting):
    """Handles versioning."""

    type: ClassVar[str] = "aws:s3/bucketVersioning:BucketVersioning"
    inputs: ClassVar[frozenset[str]] = frozenset({BUCKET, _CONFIGURATION})
    required: ClassVar[tuple[str, ...]] = (BUCKET, _CONFIGURATION)

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Suspend it, as the official provider does: S3 cannot go back to a bucket that never had it."""
        del live
        self._aws.remove("put_bucket_versioning", Bucket=id, VersioningConfiguration={"Status": "Suspended"})

    def _put(self, bucket: str, inputs: Properties) -> None:
        wanted = inputs[_CONFIGURATION]
        status = wanted.get("status") if isinstance(wanted, Mapping) else None
        self._aws.send("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": status})

    def _told(self, bucket: str, inputs: Properties) -> Properties:
        del inputs
        found = self._aws.send("get_bucket_versioning", Bucket=bucket)
        return {_CONFIGURATION: {"status": found.get("Status", "Disabled")}}


HANDLER = BucketVersioning
