"""What an integration environment is made from: what of a service decides it, and where it stands.

The job that makes one has no manifest, only this.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twinlock.model.declaration import IntegrationPoint, Service


@dataclass(frozen=True, slots=True)
class UnderTest:
    """What of a service decides its integration environments.

    Attributes:
        service: The service.
        testers: Slug of the team that answers for them.
        points: What the service talks to.
        ttl_seconds: How long one may live.
    """

    service: str
    testers: str
    points: tuple[IntegrationPoint, ...]
    ttl_seconds: int


@dataclass(frozen=True, slots=True)
class Ground:
    """Where integration environments stand.

    Attributes:
        account: Twelve digits of the integration account.
        images: Twelve digits of the build account, which holds the services' images.
        region: The region of both.
    """

    account: str
    images: str
    region: str


def under_test(service: Service) -> UnderTest:
    """Return what of a declared service decides its integration environments."""
    return UnderTest(service.name, service.testers, service.integration_points, service.integration_ttl_seconds)
