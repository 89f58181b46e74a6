"""The repositories of images: one per service in the build account, pulled from by the accounts that run them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock import names
from twinlock.desired.statements import grant
from twinlock.model.account import ImageRepository, Purpose

if TYPE_CHECKING:
    from twinlock.model.declaration import Declaration, Service

PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
"""What pulling an image takes.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policy-examples.html.
"""


def image_repositories(declaration: Declaration, purpose: Purpose) -> tuple[ImageRepository, ...]:
    """Return the repositories of images in the account of one purpose."""
    if purpose is not Purpose.BUILD:
        return ()
    return tuple(_of(declaration, service) for _, service in sorted(declaration.services.items()))


def _of(declaration: Declaration, service: Service) -> ImageRepository:
    """Return the repository of a service.

    A policy that names a role itself is refused while the role does not exist, and names nobody once it was made anew.
    So it names the account and, in a condition, the role.
    """
    integration = declaration.platform.accounts[Purpose.INTEGRATION]
    production = declaration.platform.accounts[Purpose.PRODUCTION]
    readers = [
        names.role_arn(integration, names.execution_role(service.name)),
        # What the release role hands to the service's tasks.
        names.role_arn(production, service.name),
    ]
    statement = grant([integration, production], PULL, {("ArnEquals", "aws:PrincipalArn"): readers})
    return ImageRepository(service.name, frozenset({statement}))
