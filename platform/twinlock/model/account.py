"""AWS accounts: one purpose each, with the roles that GitHub Actions may assume there."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twinlock.model.policy import Document, ManagedPolicy, Role


class Purpose(enum.Enum):
    """What an account is for; no two share one account."""

    BUILD = "build"
    INTEGRATION = "integration"
    PRODUCTION = "production"
    EVIDENCE = "evidence"
    MANAGEMENT = "management"


STATE = Purpose.BUILD
"""The account that holds Pulumi's state, where that is in AWS: nothing under test, and nothing in production."""


@dataclass(frozen=True, slots=True)
class ImageRepository:
    """A service's repository of images.

    Attributes:
        name: Its name, which is the service's.
        readers: Who of other accounts pulls from it.
    """

    name: str
    readers: Document


@dataclass(frozen=True, slots=True)
class Account:
    """One AWS account.

    Attributes:
        purpose: What it is for.
        id: Its twelve digits.
        region: Where its regional resources live.
        oidc_provider: ARN of the identity provider for GitHub Actions.
        boundary: The permissions boundary that every role here carries.
        roles: Exactly the roles here that trust GitHub, or are twinlock's own.
        images: The repositories of images here.
    """

    purpose: Purpose
    id: str
    region: str
    oidc_provider: str
    boundary: ManagedPolicy
    roles: tuple[Role, ...]
    images: tuple[ImageRepository, ...] = ()
