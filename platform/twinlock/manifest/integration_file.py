"""`.github/integration.json` of a tests repository: what of its service decides an integration environment.

The job that makes one has no manifest. It has this, which twinlock renders and the platform owns, at the commit that
runs. It is read as hostile all the same: what it says becomes names in AWS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field, ValidationError

from twinlock.errors import BadInput
from twinlock.manifest import duration, fields
from twinlock.manifest.fields import Mapping
from twinlock.manifest.service_file import IntegrationPointFile
from twinlock.model.declaration import IntegrationPoint
from twinlock.model.integration import UnderTest
from twinlock.names import INTEGRATION_FILE

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

LARGEST = 64 * 1024
"""Bytes; far more than any service needs."""


class _IntegrationFile(Mapping):
    service: fields.ServiceName
    testers: fields.Team
    ttl_seconds: int = Field(ge=duration.SHORTEST, le=duration.LONGEST)
    integration_points: list[IntegrationPointFile] = Field(max_length=64)


def encode(tested: UnderTest) -> str:
    """Return what a tests repository holds of its service."""
    points = [
        IntegrationPointFile.model_validate(
            {"name": point.name, "kind": point.kind, "endpoint": point.endpoint, "critical": point.critical}
        )
        for point in tested.points
    ]
    file = _IntegrationFile(
        service=tested.service, testers=tested.testers, ttl_seconds=tested.ttl_seconds, integration_points=points
    )
    return file.model_dump_json(indent=2, exclude_none=True) + "\n"


def decode(content: bytes) -> UnderTest:
    """Return what a tests repository says of its service.

    Raises:
        BadInput: It is not what twinlock renders.
    """
    if len(content) > LARGEST:
        raise _refused(f"It has more than {LARGEST} bytes.")
    try:
        file = _IntegrationFile.model_validate_json(content)
    except ValidationError as error:
        raise _refused("; ".join(map(_worded, error.errors(include_url=False)[:3]))) from None
    names = [point.name for point in file.integration_points]
    if len(set(names)) < len(names):
        raise _refused("It names an integration point twice.")
    points = tuple(
        IntegrationPoint(point.name, point.kind, point.endpoint, critical=point.critical)
        for point in file.integration_points
    )
    return UnderTest(file.service, file.testers, points, file.ttl_seconds)


def _worded(flaw: ErrorDetails) -> str:
    where = ".".join(map(str, flaw["loc"]))
    return f"{where}: {flaw['msg']}" if where else str(flaw["msg"])


def _refused(why: str) -> BadInput:
    return BadInput(
        f"{INTEGRATION_FILE} is refused.",
        why,
        "Restore the file as `twinlock scaffold` renders it.",
    )
