"""`GET /rate_limit`: how much the caller may still ask. Asking costs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.call import Call, Reply
from twinlock_world.github.routing import Route
from twinlock_world.rate_limit import CORE, GRAPHQL

if TYPE_CHECKING:
    from twinlock_world.rate_limit import Limits

PATH: Final = "/rate_limit"

_OTHERS: Final = (
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


def rate_limit(limits: Limits) -> Route:
    """Return the route; kinds of APIs that this world has not are shown as the main one is."""

    def run(call: Call) -> Reply:
        core, graphql = (dict(limits.shown(call.identity, resource)) for resource in (CORE, GRAPHQL))
        resources = {CORE: core, GRAPHQL: graphql, **dict.fromkeys(_OTHERS, core)}
        return Reply(200, {"resources": resources, "rate": core})

    return Route("GET", PATH, run)
