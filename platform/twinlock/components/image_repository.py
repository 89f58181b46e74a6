"""A repository of images: no tag of it moves, and only its readers pull from other accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from twinlock.aws import policy
from twinlock.names import SERVICE_TAG

if TYPE_CHECKING:
    from twinlock.model.account import ImageRepository as Desired


class ImageRepository(pulumi.ComponentResource):
    """A repository of images with its policy."""

    def __init__(self, name: str, repository: Desired, *, force_delete: bool, opts: pulumi.ResourceOptions) -> None:
        """Declare it; `force_delete` says whether it may be deleted with images in it."""
        super().__init__("twinlock:aws:ImageRepository", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        resource = aws.ecr.Repository(
            name,
            name=repository.name,
            image_tag_mutability="IMMUTABLE",
            force_delete=force_delete,
            tags={SERVICE_TAG: repository.name},
            opts=child,
        )
        aws.ecr.RepositoryPolicy(name, repository=resource.name, policy=policy.encode(repository.readers), opts=child)
        self.register_outputs({})
