"""What anybody may ask of the service itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.call import Call, Reply
from twinlock_world.github.mounts import ANYONE

if TYPE_CHECKING:
    from twinlock_world.jsonvalue import JsonObject

_RESOURCES: Final = (
    "core",
    "graphql",
    "search",
    "code_search",
    "source_import",
    "integration_manifest",
    "actions_runner_registration",
    "scim",
    "dependency_snapshots",
    "dependency_sbom",
    "code_scanning_autofix",
    "copilot_usage_records",
)


def meta(_call: Call) -> Reply:
    """Say that the service is there; addresses of GitHub's machines are none of this world."""
    return Reply(200, {"verifiable_password_authentication": False})


def rate_limit(_call: Call) -> Reply:
    """Return limits that are never reached."""
    window: JsonObject = {"limit": 15000, "used": 1, "remaining": 14999, "reset": 4102444800}
    return Reply(200, {"resources": dict.fromkeys(_RESOURCES, window), "rate": window})


ROUTES: Final = (
    *ANYONE.get("/meta", None, meta),
    *ANYONE.get("/rate_limit", None, rate_limit),
)
