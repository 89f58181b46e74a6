"""What handlers of a bucket's settings have in common: each is there with its bucket, and goes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.provider.port import Created
from twinlock_rehearsal.handlers._aws import AwsHandler

if TYPE_CHECKING:
    from twinlock.provider.port import Properties

BUCKET = "bucket"


class BucketSetting(AwsHandler):
    """The part of a handler that the bucket decides; the id is the bucket's name."""

    replaces: ClassVar[frozenset[str]] = frozenset({BUCKET})
    adopts: ClassVar[bool] = True
    service: ClassVar[str] = "s3"

    def find(self, inputs: Properties) -> str | None:
        """Return the bucket's name where there is such a bucket."""
        name = str(inputs[BUCKET])
        return None if self._aws.get("head_bucket", "", Bucket=name) is None else name

    def create(self, inputs: Properties) -> Created:
        """Set it."""
        name = str(inputs[BUCKET])
        self._put(name, inputs)
        return Created(name, {**inputs, **(self.read(name, inputs) or {})})

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return it as it is live, or None where the bucket is gone."""
        if self.find({BUCKET: id}) is None:
            return None
        return {BUCKET: id, "region": self._aws.region, **self._told(id, inputs)}

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Set it anew."""
        self._put(id, inputs)
        return {**live, **inputs}

    def _put(self, bucket: str, inputs: Properties) -> None:
        raise NotImplementedError

    def _told(self, bucket: str, inputs: Properties) -> Properties:
        raise NotImplementedError
