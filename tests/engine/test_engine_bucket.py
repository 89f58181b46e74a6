"""State in the world's AWS: how its place is made, corrected and used, and what is refused there."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.session import Session

from twinlock.engine.port import ignore
from twinlock.errors import Incomplete
from twinlock_cli import compose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOCAL = 'state: {backend: "file://./state", secrets: passphrase}'
IN_AWS = 'state: {backend: "s3://acme-twinlock-state", secrets: "awskms://alias/twinlock-state"}'
BUCKET = "acme-twinlock-state"
COPIES = "acme-evidence"
KEY = ".pulumi/stacks/twinlock-repositories/platform.json"


@dataclasses.dataclass(frozen=True)
class Settled:
    """A platform whose state is in the world's AWS."""

    platform: Any
    answer: Any

    def aws(self, service: str, account: str = "build") -> Any:  # noqa: ANN401 - botocore's client
        """Return a client of one of the world's accounts."""
        world = self.platform.world["aws"]
        keys = world["accounts"][account]
        return Session(session_vars={"profile": (None, None, None, None)}).create_client(
            service,
            region_name="eu-west-1",
            endpoint_url=world["url"],
            aws_access_key_id=keys["access_key"],
            aws_secret_access_key=keys["secret_key"],
        )

    def held(self) -> list[str]:
        """Return what is in the bucket."""
        listed = self.aws("s3").list_objects_v2(Bucket=BUCKET)
        return [entry["Key"] for entry in listed.get("Contents", ())]


@pytest.fixture(scope="module")
def settled(installed: Any, new_platform: Callable[[], Any]) -> Iterator[Settled]:  # noqa: ANN401 - the conftest's
    """Make the place of a platform's state; nothing else is provisioned."""
    del installed
    platform = new_platform()
    path = platform.root / "platform.yaml"
    declared = path.read_text().replace(LOCAL, IN_AWS)
    path.write_text(declared.replace("days: 30}", f"days: 30, bucket: {COPIES}}}"))
    made = Settled(platform, None)
    place = {"LocationConstraint": "eu-west-1"}
    made.aws("s3", "evidence").create_bucket(Bucket=COPIES, CreateBucketConfiguration=place)
    return dataclasses.replace(made, answer=platform.twinlock("state", "init", "--yes"))


def test_the_place_of_state_holds_its_own_state(settled: Settled) -> None:
    """It is made with state on this machine, of which nothing is left, and with a key instead of a passphrase."""
    assert settled.answer.code == 0, settled.answer.err
    assert settled.answer.out == (
        f"state/platform: 10 of 10 resources changed\nstate is in {BUCKET}, its secrets under alias/twinlock-state\n"
    )
    assert ".pulumi/stacks/twinlock-state/platform.json" in settled.held()
    home = settled.platform.root / ".twinlock" / "pulumi"
    assert ((home / "founding").exists(), (settled.platform.root / "state").exists()) == (False, False)
    assert "awskms://alias/twinlock-state" in (home / "projects" / "state" / "Pulumi.platform.yaml").read_text()
    verified = settled.platform.twinlock("state", "verify")
    assert (verified.code, verified.out) == (0, "1 checkpoint: each is what the last run has left.\n")


def test_what_drifts_there_is_corrected(settled: Settled) -> None:
    """Versions, encryption, the block of public access, the key's rotation, its alias, tags."""
    s3, kms = settled.aws("s3"), settled.aws("kms")
    key = kms.describe_key(KeyId="alias/twinlock-state")["KeyMetadata"]["KeyId"]
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    s3.delete_public_access_block(Bucket=BUCKET)
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": [{"Key": "stray", "Value": "x"}]})
    weaker = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration=weaker)
    kms.disable_key_rotation(KeyId=key)
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "stray", "TagValue": "x"}])
    again = settled.platform.twinlock("state", "init", "--yes")
    assert again.code == 0, again.err
    assert again.out.startswith("state/platform: 5 of 10 resources changed\n")
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values())
    assert s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"] == [{"Key": "twinlock:service", "Value": "platform"}]
    encryption = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert [each["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] for each in encryption] == ["aws:kms"]
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is True
    assert kms.list_resource_tags(KeyId=key)["Tags"] == [{"TagKey": "twinlock:service", "TagValue": "platform"}]


def test_a_stack_is_kept_there_and_one_that_was_forged_is_refused(settled: Settled) -> None:
    """A preview writes nothing; what a run leaves has no secret in the clear, and a copy in the evidence account."""
    platform = compose.load(settled.platform.root)
    engine, stack = (
        compose.pulumi(platform),
        compose.stacks(platform, compose.world(platform))("repositories", "platform"),
    )
    assert engine.preview(stack, ignore).changed
    assert KEY not in settled.held()
    assert engine.up(stack, ignore).changed
    assert engine.up(stack, ignore).changed == ()
    content = settled.aws("s3").get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
    world = settled.platform.world
    secrets = [world["github"]["tokens"]["twinlock-controller"]]
    secrets += [account["secret_key"] for account in world["aws"]["accounts"].values()]
    assert [secret for secret in secrets if secret.encode() in content] == []
    listed = settled.aws("s3", "evidence").list_objects_v2(Bucket=COPIES, Prefix="pulumi-state/repositories/platform/")
    copies = [entry["Key"] for entry in listed["Contents"]]
    status = settled.platform.twinlock("state", "status", "--format", "json").document
    digest = next(each["checkpoint"] for each in status if each["stack"] == stack.id)
    assert f"pulumi-state/repositories/platform/{digest}.json" in copies
    forged = json.loads(content)
    forged["checkpoint"]["latest"]["resources"].pop()
    settled.aws("s3").put_object(Bucket=BUCKET, Key=KEY, Body=json.dumps(forged).encode())
    with pytest.raises(Incomplete, match=r"^repositories/platform was not run\."):
        engine.up(stack, ignore)
    settled.aws("s3").put_object(Bucket=BUCKET, Key=KEY, Body=content)
    assert settled.platform.twinlock("state", "verify").code == 0


def test_none_of_its_own_keys_reach_the_engine(settled: Settled, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile and keys of whoever runs it are neither used nor missed."""
    monkeypatch.setenv("AWS_PROFILE", "nobody-has-it")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-olga")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-olga")
    exported = settled.platform.twinlock("state", "export", "state/platform")
    assert (exported.code, "checkpoint" in exported.document) == (0, True)
