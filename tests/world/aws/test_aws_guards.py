"""What AWS refuses everybody: weaker locks, deleted evidence, keys that are about to go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.world.aws.conftest import ACCOUNT, allow, document, refusal

if TYPE_CHECKING:
    from tests.world.aws.conftest import Cloud

LOCKED = (403, "AccessDenied", "Access Denied because object protected by object lock.")
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def bucket(cloud: Cloud) -> str:
    """Return a bucket with object lock."""
    name = cloud.name("locked")
    where = {"LocationConstraint": "eu-west-1"}
    cloud.world.aws("s3").create_bucket(Bucket=name, CreateBucketConfiguration=where, ObjectLockEnabledForBucket=True)
    return name


def put(cloud: Cloud, bucket: str, key: str, mode: str) -> str:
    """Put an object that is locked for a day, and return its version."""
    made = cloud.world.aws("s3").put_object(
        Bucket=bucket,
        Key=key,
        Body=b"x",
        ChecksumAlgorithm="SHA256",
        ObjectLockMode=mode,
        ObjectLockRetainUntilDate=NOW + timedelta(days=1),
    )
    return str(made["VersionId"])


LONGER, SHORTER = NOW + timedelta(days=2), NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("mode", "retention", "refused"),
    [
        ("COMPLIANCE", {"Mode": "COMPLIANCE", "RetainUntilDate": LONGER}, False),
        ("COMPLIANCE", {"Mode": "COMPLIANCE", "RetainUntilDate": SHORTER}, True),
        ("COMPLIANCE", {"Mode": "GOVERNANCE", "RetainUntilDate": LONGER}, True),
        ("COMPLIANCE", {}, True),
        ("GOVERNANCE", {"Mode": "GOVERNANCE", "RetainUntilDate": SHORTER}, True),
        ("GOVERNANCE", {}, True),
        ("GOVERNANCE", {"Mode": "COMPLIANCE", "RetainUntilDate": LONGER}, False),
    ],
)
def test_a_lock_only_grows(cloud: Cloud, bucket: str, mode: str, retention: dict[str, Any], *, refused: bool) -> None:
    """COMPLIANCE for everybody, GOVERNANCE unless the caller bypasses it; what is refused changes nothing."""
    key = cloud.name("object")
    s3 = cloud.world.aws("s3")
    asked = {"Bucket": bucket, "Key": key, "VersionId": put(cloud, bucket, key, mode)}
    for bypass in (False, True):
        if refused and not (bypass and mode == "GOVERNANCE"):
            tried = {"Retention": retention, "BypassGovernanceRetention": bypass, **asked}
            assert refusal(s3.put_object_retention, **tried) == LOCKED
            held = s3.get_object_retention(**asked)["Retention"]
            assert held == {"Mode": mode, "RetainUntilDate": NOW + timedelta(days=1)}
    if not refused or mode == "GOVERNANCE":
        s3.put_object_retention(Retention=retention, BypassGovernanceRetention=True, **asked)


def test_a_locked_version_stays(cloud: Cloud, bucket: str) -> None:
    """No deletion takes it, not even the administrator's with a bypass; versioning cannot be stopped under it."""
    version = put(cloud, bucket, "evidence", "COMPLIANCE")
    s3 = cloud.world.aws("s3")
    asked = {"Bucket": bucket, "Key": "evidence", "VersionId": version}
    assert refusal(s3.delete_object, BypassGovernanceRetention=True, **asked)[:2] == (403, "AccessDenied")
    assert s3.head_object(**asked)["VersionId"] == version
    stopped = {"VersioningConfiguration": {"Status": "Suspended"}}
    assert refusal(s3.put_bucket_versioning, Bucket=bucket, **stopped)[:2] == (409, "InvalidBucketState")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


@pytest.mark.parametrize("mode", ["COMPLIANCE", "GOVERNANCE"])
def test_only_what_is_not_locked_is_deleted(cloud: Cloud, bucket: str, mode: str) -> None:
    """A locked version stays, whoever deletes; one whose lock is bypassed, or that has none, goes."""
    s3, key = cloud.world.aws("s3"), cloud.name("evidence")
    locked = {"Bucket": bucket, "Key": key, "VersionId": put(cloud, bucket, key, mode)}
    assert refusal(s3.delete_object, **locked) == LOCKED
    assert s3.head_object(**locked)["VersionId"] == locked["VersionId"]
    if mode == "GOVERNANCE":
        s3.delete_object(BypassGovernanceRetention=True, **locked)
        assert refusal(s3.head_object, **locked)[0] == 404
    else:
        assert refusal(s3.delete_object, BypassGovernanceRetention=True, **locked) == LOCKED
    free = s3.put_object(Bucket=bucket, Key=key, Body=b"y")["VersionId"]
    s3.delete_object(Bucket=bucket, Key=key, VersionId=free)
    assert refusal(s3.head_object, Bucket=bucket, Key=key, VersionId=free)[0] == 404


def test_an_object_tells_its_lock(cloud: Cloud, bucket: str) -> None:
    """If it has one, and if there is such an object."""
    s3 = cloud.world.aws("s3")
    s3.put_object(Bucket=bucket, Key="free", Body=b"x")
    assert refusal(s3.get_object_retention, Bucket=bucket, Key="free")[:2] == (404, "NoSuchObjectLockConfiguration")
    assert refusal(s3.get_object_retention, Bucket=bucket, Key="none")[:2] == (404, "NoSuchKey")
    keys = cloud.session(document(allow("s3:GetObjectRetention")))
    version = put(cloud, bucket, "held", "GOVERNANCE")
    reader = cloud.client("s3", keys)
    held = reader.get_object_retention(Bucket=bucket, Key="held", VersionId=version)["Retention"]
    assert held == {"Mode": "GOVERNANCE", "RetainUntilDate": NOW + timedelta(days=1)}
    assert refusal(reader.get_object, Bucket=bucket, Key="held")[1] == "AccessDenied"


def test_a_key_that_is_to_be_deleted_signs_no_more(cloud: Cloud) -> None:
    """From the moment it is scheduled until that is taken back and the key enabled again."""
    kms = cloud.world.aws("kms")
    key = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=f"alias/{cloud.name('dying')}", TargetKeyId=key)
    alias = kms.list_aliases(KeyId=key)["Aliases"][0]["AliasName"]
    asked = {"Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"}
    kms.sign(KeyId=key, **asked)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    arn = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{key}"
    invalid = (400, "KMSInvalidStateException", f"{arn} is pending deletion.")
    for name in (key, arn, alias):
        assert refusal(kms.sign, KeyId=name, **asked) == invalid
    assert refusal(kms.enable_key, KeyId=key) == invalid
    kms.cancel_key_deletion(KeyId=key)
    kms.enable_key(KeyId=key)
    kms.sign(KeyId=key, **asked)
