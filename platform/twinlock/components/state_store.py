"""Where Pulumi's state is kept: a bucket that forgets nothing and is never public, its key, and who uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from twinlock.aws import trust
from twinlock.components.role import Role
from twinlock.names import PLATFORM_GROUP, SERVICE_TAG

if TYPE_CHECKING:
    from twinlock.model.policy import Role as DesiredRole

_WAIT_DAYS = 30


class StateStore(pulumi.ComponentResource):
    """A bucket for state and the key of its secrets."""

    def __init__(
        self,
        name: str,
        *,
        bucket: pulumi.Input[str],
        alias: pulumi.Input[str],
        role: DesiredRole,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Declare them.

        Args:
            name: The component's name.
            bucket: The bucket's name.
            alias: The key's name, with its `alias/`.
            role: Who uses both.
            opts: Pulumi's options, with the AWS provider of the account that holds them.
        """
        super().__init__("twinlock:aws:StateStore", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        tags = {SERVICE_TAG: PLATFORM_GROUP}
        key = aws.kms.Key(
            name,
            description="Pulumi's state and the secrets in it",
            enable_key_rotation=True,
            deletion_window_in_days=_WAIT_DAYS,
            tags=tags,
            opts=child,
        )
        aws.kms.Alias(name, name=alias, target_key_id=key.key_id, opts=child)
        # Without Object Lock: Pulumi makes a file for each run and removes it, and a lock would keep them all.
        store = aws.s3.Bucket(name, bucket=bucket, force_destroy=False, tags=tags, opts=child)
        aws.s3.BucketPublicAccessBlock(
            name,
            bucket=store.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        aws.s3.BucketVersioning(name, bucket=store.bucket, versioning_configuration={"status": "Enabled"}, opts=child)
        aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=store.bucket,
            rules=[
                {
                    "apply_server_side_encryption_by_default": {
                        "sse_algorithm": "aws:kms",
                        "kms_master_key_id": key.arn,
                    },
                    "bucket_key_enabled": True,
                }
            ],
            opts=child,
        )
        Role(role.name, role, trust=trust.encode(role.trust, {}), service=PLATFORM_GROUP, opts=child)
        self.register_outputs({})
