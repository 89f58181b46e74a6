"""`aws.s3.Bucket`: a bucket, without the settings that have types of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.provider.port import Created
from twinlock_rehearsal.aws import as_list, as_map, rows
from twinlock_rehearsal.handlers._aws import TAGS, AwsHandler
from twinlock_rehearsal.handlers._bucket import BUCKET

if TYPE_CHECKING:
    from twinlock.provider.port import Properties

_FORCE = "forceDestroy"
_ELSEWHERE = "us-east-1"
"""The region that S3 refuses to be told. Source: `LocationConstraint` of CreateBucket in S3's API reference."""
_VERSIONS = ("Versions", "DeleteMarkers")


class Bucket(AwsHandler):
    """Handles buckets; the id is the name."""

    type: ClassVar[str] = "aws:s3/bucket:Bucket"
    replaces: ClassVar[frozenset[str]] = frozenset({BUCKET})
    service: ClassVar[str] = "s3"
    inputs: ClassVar[frozenset[str]] = frozenset({BUCKET, _FORCE, TAGS})
    required: ClassVar[tuple[str, ...]] = (BUCKET,)
    unseen: ClassVar[frozenset[str]] = frozenset({_FORCE})

    def find(self, inputs: Properties) -> str | None:
        """Return the name where there is such a bucket."""
        name = str(inputs[BUCKET])
        return None if self._aws.get("head_bucket", "", Bucket=name) is None else name

    def create(self, inputs: Properties) -> Created:
        """Create it."""
        name, region = str(inputs[BUCKET]), self._aws.region
        place = None if region == _ELSEWHERE else {"LocationConstraint": region}
        self._aws.send("create_bucket", Bucket=name, CreateBucketConfiguration=place)
        self._tag(name, inputs)
        return Created(name, {**inputs, **(self.read(name, inputs) or {})})

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return it as it is live."""
        if self.find({BUCKET: id}) is None:
            return None
        tags = as_map(self._aws.rows("get_bucket_tagging", "TagSet", Bucket=id))
        return {
            **self._common(f"arn:aws:s3:::{id}", tags),
            BUCKET: id,
            "bucketDomainName": f"{id}.s3.amazonaws.com",
            _FORCE: inputs.get(_FORCE, False),
        }

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Change its tags, of which S3 takes all at once."""
        if TAGS in self._differing(live, inputs):
            self._tag(id, inputs)
        return {**live, **inputs}

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Delete it; with what is in it only where that is declared."""
        while live.get(_FORCE):
            page = self._aws.get("list_object_versions", "", Bucket=id) or {}
            found = [row for kind in _VERSIONS for row in rows(page.get(kind))]
            for row in found:
                self._aws.remove("delete_object", Bucket=id, Key=row["Key"], VersionId=row["VersionId"])
            if not found:
                break
        self._aws.remove("delete_bucket", Bucket=id)

    def _tag(self, name: str, inputs: Properties) -> None:
        wanted = as_list(inputs.get(TAGS))
        if wanted:
            self._aws.send("put_bucket_tagging", Bucket=name, Tagging={"TagSet": wanted})
        else:
            self._aws.remove("delete_bucket_tagging", Bucket=name)


HANDLER = Bucket
