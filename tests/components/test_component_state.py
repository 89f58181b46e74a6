"""The program `state`: a bucket that forgets nothing and is never public, its key, and the one role that uses both."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest

from twinlock import programs
from twinlock.desired import derive
from twinlock.desired.state import state_place
from twinlock.errors import BadInput
from twinlock.model.declaration import State, Where

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinlock.model.declaration import Declaration
    from twinlock.provider.connection import Connection

IN_AWS = State("s3://acme-state/deep?region=eu-west-1", "awskms://alias/acme-state")


def kept(declaration: Declaration, state: State = IN_AWS, target: Where = Where.WORLD) -> Declaration:
    """Return a declaration with state elsewhere."""
    return dataclasses.replace(
        declaration, platform=dataclasses.replace(declaration.platform, state=state, target=target)
    )


def test_the_bucket_is_versioned_encrypted_and_never_public(
    declare: Callable[..., Any], declaration: Declaration, connection: Connection
) -> None:
    """Each setting is said, none is left to AWS; no lock, which would keep every lock file."""
    estate = derive(kept(declaration))
    recorded = declare(programs.stack("state", "platform", estate, connection).declare)
    bucket = recorded.inputs("aws:s3/bucket:Bucket")["state"]
    assert bucket == {"bucket": "acme-state", "forceDestroy": False, "tags": {"twinlock:service": "platform"}}
    assert recorded.inputs("aws:s3/bucketVersioning:BucketVersioning")["state"]["versioningConfiguration"] == {
        "status": "Enabled"
    }
    block = recorded.inputs("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")["state"]
    assert {name: value for name, value in block.items() if name != "bucket"} == dict.fromkeys(
        ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True
    )
    encryption = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    (rule,) = recorded.inputs(encryption)["state"]["rules"]
    assert (rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"], rule["bucketKeyEnabled"]) == ("aws:kms", True)
    assert recorded.inputs("aws:kms/key:Key")["state"]["enableKeyRotation"] is True
    assert recorded.inputs("aws:kms/alias:Alias")["state"]["name"] == "alias/acme-state"
    assert [each.type for each in recorded.resources if "ObjectLock" in each.type] == []


def test_only_who_provisions_may_enter_the_role_and_it_may_only_use_state(
    declare: Callable[..., Any], declaration: Declaration, connection: Connection
) -> None:
    """Nobody from GitHub, and nothing but this bucket and the keys under this alias."""
    recorded = declare(programs.stack("state", "platform", derive(kept(declaration)), connection).declare)
    role = recorded.inputs("aws:iam/role:Role")["twinlock-state"]
    (trusted,) = json.loads(role["assumeRolePolicy"])["Statement"]
    assert (trusted["Principal"], trusted["Condition"]) == (
        {"AWS": ["arn:aws:iam::444444444444:root"]},
        {"ArnEquals": {"aws:principalarn": ["arn:aws:iam::444444444444:role/twinlock-apply"]}},
    )
    (document,) = recorded.inputs("aws:iam/rolePolicy:RolePolicy").values()
    allowed = json.loads(document["policy"])["Statement"]
    resources = {resource for each in allowed for resource in each["Resource"]}
    assert resources == {
        "arn:aws:s3:::acme-state",
        "arn:aws:s3:::acme-state/*",
        "arn:aws:kms:eu-west-1:444444444444:key/*",
    }


def test_on_the_cloud_it_is_protected(
    declare: Callable[..., Any], declaration: Declaration, connection: Connection
) -> None:
    """Whoever destroys the state destroys what is known of all else."""
    estate = derive(kept(declaration, target=Where.CLOUD))
    recorded = declare(programs.stack("state", "platform", estate, connection).declare)
    assert recorded.of("aws:s3/bucket:Bucket")["state"].options["protect"] is True
    assert recorded.of("aws:kms/key:Key")["state"].options["protect"] is True


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (
            State("file://./state", "awskms://alias/x"),
            (
                "There is nothing to make for Pulumi's state.\n"
                "`state.backend` is `file://./state`, which is not a bucket of S3.\n"
                "Write it as in `s3://acme-twinlock-state`."
            ),
        ),
        (
            State("s3://acme-state", "passphrase"),
            (
                "There is nothing to make for Pulumi's state.\n"
                "`state.secrets` is `passphrase`, which is not an alias of a key of KMS.\n"
                "Write it as in `awskms://alias/twinlock-state`."
            ),
        ),
        (
            State("s3://acme-state", "awskms:///a-key-by-its-id"),
            (
                "There is nothing to make for Pulumi's state.\n"
                "`state.secrets` is `awskms:///a-key-by-its-id`, which is not an alias of a key of KMS.\n"
                "Write it as in `awskms://alias/twinlock-state`."
            ),
        ),
    ],
)
def test_state_that_is_not_in_aws_has_no_place_to_make(declaration: Declaration, state: State, message: str) -> None:
    """The error says which key of the manifest, and what it could be."""
    with pytest.raises(BadInput) as refused:
        state_place(kept(declaration, state))
    assert str(refused.value) == message


@pytest.mark.parametrize("secrets", ["awskms://alias/acme-state", "awskms:///alias/acme-state?region=eu-west-1"])
def test_an_alias_is_read_as_gocloud_reads_it(declaration: Declaration, secrets: str) -> None:
    """With and without a host. Source: `OpenKeeperURL` in gocloud.dev/secrets/awskms."""
    place = state_place(kept(declaration, State("s3://acme-state", secrets)))
    assert (place.bucket, place.alias) == ("acme-state", "alias/acme-state")
