"""Changes of secrets and variables: `{org,repo,environment}.*_actions_{secret,variable}`, always without the value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.changes.change import ORGANIZATION, REPOSITORY, Audited, Change, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock_world.github.changes.change import Describe, Told
    from twinlock_world.jsonvalue import JsonValue

_HOLDERS: Final = (
    ("org", f"{ORGANIZATION}/actions"),
    ("repo", f"{REPOSITORY}/actions"),
    ("environment", f"{REPOSITORY}/environments/{{environment}}"),
)


def _told(holder: str, verb: str, noun: str) -> Describe:
    def told(change: Change) -> Iterator[Told]:
        name = change.call.params.get("name") or change.call.body().text("name")
        data: dict[str, JsonValue] = {"key": name.upper()}
        if holder == "environment":
            data["environment_name"] = change.parameter("environment")
        known = "update" if change.before.there else "create"
        yield Audited(f"{holder}.{known if verb == 'set' else verb}_actions_{noun}", data)

    return told


def _of_integration(integration: str, verb: str) -> Describe:
    def told(change: Change) -> Iterator[Told]:
        known = "update" if change.before.there else "create"
        data = {"key": change.parameter("name").upper(), "integration": integration}
        yield Audited(f"repo.{known if verb == 'set' else verb}_integration_secret", data)

    return told


_INTEGRATIONS: Final[Table] = {
    (method, f"{REPOSITORY}/{integration}/secrets/{{name}}"): _of_integration(integration, verb)
    for integration in ("codespaces", "dependabot")
    for method, verb in (("PUT", "set"), ("DELETE", "remove"))
}
_ACTIONS: Final[Table] = {
    (method, place + tail): _told(holder, verb, noun)
    for holder, place in _HOLDERS
    for method, tail, verb, noun in (
        ("POST", "/variables", "create", "variable"),
        ("PATCH", "/variables/{name}", "update", "variable"),
        ("DELETE", "/variables/{name}", "remove", "variable"),
        ("PUT", "/secrets/{name}", "set", "secret"),
        ("DELETE", "/secrets/{name}", "remove", "secret"),
    )
}
CHANGES: Final[Table] = {**_ACTIONS, **_INTEGRATIONS}
