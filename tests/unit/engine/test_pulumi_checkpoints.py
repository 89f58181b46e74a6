"""Checkpoints read without an engine: from a directory, and from a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.session import Session
from moto import mock_aws

from twinlock.engine.port import Stack
from twinlock.engine.pulumi.archive import BucketArchive
from twinlock.engine.pulumi.bucket import Bucket, Unavailable
from twinlock.engine.pulumi.checkpoints import InBucket, OnDisk, reader
from twinlock.errors import Incomplete

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STACK = Stack("repositories", "payments", lambda: None)
KEY = ".pulumi/stacks/twinlock-repositories/payments.json"
KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "eu-west-1"}


@pytest.fixture
def objects() -> Iterator[dict[str, bytes]]:
    """Return a bucket's objects, which are put there with the first look at it."""
    with mock_aws():
        client: Any = Session().create_client(
            "s3", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"]
        )
        place = {"LocationConstraint": "eu-west-1"}
        client.create_bucket(Bucket="acme-state", CreateBucketConfiguration=place)

        class Objects(dict[str, bytes]):
            """Puts what it is given."""

            def __setitem__(self, key: str, content: bytes) -> None:
                client.put_object(Bucket="acme-state", Key=key, Body=content)

        yield Objects()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("s3://acme-state", InBucket(Bucket("s3://acme-state", KEYS))),
        (
            "s3://acme-state/deep?region=eu-west-1&s3ForcePathStyle=true",
            InBucket(Bucket("s3://acme-state/deep?region=eu-west-1&s3ForcePathStyle=true", KEYS)),
        ),
        ("s3://acme-state?role=arn:aws:iam::444444444444:role/twinlock-state", None),
        ("gs://acme-state", None),
        ("https://api.pulumi.com", None),
    ],
)
def test_only_a_bucket_whose_whole_address_is_understood_is_read(url: str, expected: InBucket | None) -> None:
    """Any other is entered as Pulumi would enter it, so Pulumi is asked."""
    assert reader(url, None, KEYS) == expected


def test_a_directory_is_read_and_copied(tmp_path: Path) -> None:
    """What is not there is no error; what cannot be read is."""
    kept = reader("file://./state", tmp_path / "state", {})
    assert kept == OnDisk(tmp_path / "state")
    assert kept.read(STACK) is None
    kept.copy(tmp_path / "empty")
    path = tmp_path / "state" / KEY
    path.parent.mkdir(parents=True)
    path.write_bytes(b"{}")
    kept.copy(tmp_path / "copy")
    assert (kept.read(STACK), (tmp_path / "copy" / KEY).read_bytes()) == (b"{}", b"{}")
    path.unlink()
    path.mkdir()
    with pytest.raises(Incomplete, match=r"^The checkpoint of repositories/payments was not read\.") as unread:
        kept.read(STACK)
    assert unread.value.why == f"The system says of {path}: Is a directory."


@pytest.mark.parametrize("prefix", ["", "deep/er"])
def test_a_bucket_is_read_beneath_its_prefix(objects: dict[str, bytes], prefix: str, tmp_path: Path) -> None:
    """As Pulumi reads it: stacks by project, and no history of theirs."""
    before = f"{prefix}/" if prefix else ""
    kept = InBucket(Bucket(f"s3://acme-state/{prefix}", KEYS))
    kept.copy(tmp_path / "none")
    assert kept.read(STACK) is None
    objects[f"{before}.pulumi/meta.yaml"] = b"version: 1"
    objects[f"{before}{KEY}"] = b"{}"
    objects[f"{before}{KEY}.bak"] = b"old"
    objects[f"{before}.pulumi/history/twinlock-repositories/payments/1.json"] = b"{}"
    kept.copy(tmp_path / "copy")
    assert kept.read(STACK) == b"{}"
    found = sorted(
        str(path.relative_to(tmp_path / "copy")) for path in (tmp_path / "copy").rglob("*") if path.is_file()
    )
    assert found == [".pulumi/meta.yaml", KEY]


def test_an_object_named_by_somebody_else_is_written_nowhere_else(objects: dict[str, bytes], tmp_path: Path) -> None:
    """Whoever may write the bucket must not so write to the disk of whoever previews."""
    objects[".pulumi/meta.yaml"] = b"version: 1"
    objects[".pulumi/stacks/../../../../stolen.json"] = b"{}"
    InBucket(Bucket("s3://acme-state", KEYS)).copy(tmp_path / "a" / "copy")
    assert [path.name for path in tmp_path.rglob("*.json")] == []


def test_a_bucket_that_is_not_there_is_told_with_its_name(objects: dict[str, bytes], tmp_path: Path) -> None:
    """AWS's own words, and what to look at."""
    del objects
    kept = InBucket(Bucket("s3://other-state", KEYS))
    with pytest.raises(Incomplete, match=r"^The checkpoint of repositories/payments was not read\.") as unread:
        kept.read(STACK)
    assert unread.value.why.startswith("AWS says: ")
    assert unread.value.mend == "See to the bucket other-state, then run the same command again."
    with pytest.raises(Incomplete, match=r"^The state was not copied\."):
        kept.copy(tmp_path / "copy")


def test_an_object_is_put_once(objects: dict[str, bytes]) -> None:
    """What is there already stays as it is."""
    del objects
    bucket = Bucket("s3://acme-state/copies", KEYS)
    bucket.put_once("a.json", b"first")
    bucket.put_once("a.json", b"second")
    assert (bucket.get("a.json"), list(bucket.keys(""))) == (b"first", ["a.json"])
    with pytest.raises(Unavailable, match="NoSuchBucket"):
        Bucket("s3://other-state", KEYS).put_once("a.json", b"")


def test_an_archive_says_that_the_run_has_ended(objects: dict[str, bytes]) -> None:
    """Copies stand by stack and digest; a bucket that does not take one is named."""
    del objects
    bucket = Bucket("s3://acme-state", KEYS)
    BucketArchive(bucket).keep(STACK.id, "d1", b"{}")
    assert list(bucket.keys("")) == ["pulumi-state/repositories/payments/d1.json"]
    with pytest.raises(Incomplete, match=r"^No copy of the checkpoint of repositories/payments was kept\.") as refused:
        BucketArchive(Bucket("s3://other-state", KEYS)).keep(STACK.id, "d1", b"{}")
    assert refused.value.why.startswith("The run has ended, and the bucket other-state does not take what it left: ")
