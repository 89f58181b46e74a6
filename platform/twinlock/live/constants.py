"""Reads variables and secrets: of a repository, of an environment, and what the organization lends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.github import constants
from twinlock.github.client import segment
from twinlock.live.lists import listed, named, understood
from twinlock.model.observed import Observed, Seen, Unread

if TYPE_CHECKING:
    from collections.abc import Collection

    from twinlock.github.client import GitHubReader
    from twinlock.github.fields import Fields
    from twinlock.model.constants import Constants


def of_repository(client: GitHubReader, path: str) -> Observed[Constants]:
    """Read what a repository itself gives to workflows; `path` is the repository's."""
    return _read(
        listed(client, f"{path}/actions/variables", "variables", key="variables"),
        listed(client, f"{path}/actions/secrets", "secrets", key="secrets"),
        listed(client, f"{path}/dependabot/secrets", "Dependabot secrets", key="secrets"),
        listed(client, f"{path}/codespaces/secrets", "Codespaces secrets", key="secrets"),
    )


def of_environment(client: GitHubReader, path: str, name: str) -> Observed[Constants]:
    """Read what an environment gives to the jobs that run in it; `path` is the repository's."""
    root = f"{path}/environments/{segment(name)}"
    return _read(
        listed(client, f"{root}/variables", f"variables of {name}", key="variables"),
        listed(client, f"{root}/secrets", f"secrets of {name}", key="secrets"),
    )


def of_organization(client: GitHubReader, path: str, repositories: Collection[str]) -> Observed[Constants]:
    """Read what an organization lends to some repositories; `path` is the organization's."""
    variables = _lent(client, f"{path}/actions/variables", "variables", repositories)
    secrets = _lent(client, f"{path}/actions/secrets", "secrets", repositories)
    return _read(variables, secrets)


def _lent(client: GitHubReader, path: str, key: str, repositories: Collection[str]) -> Observed[list[object]]:
    """Read those of an organization's list that reach one of the repositories; what is for all may reach any."""
    found = listed(client, path, f"{key} of the organization", key=key)
    if not isinstance(found, Seen):
        return found
    names = understood(lambda: Seen([constants.selected(entry) for entry in found.value]))
    if not isinstance(names, Seen):
        return names
    lent: list[object] = []
    for entry, name in zip(found.value, names.value, strict=True):
        reached: Observed[frozenset[str]] = Seen(frozenset(repositories))
        if name is not None:
            what = f"the repositories that see {name}"
            reached = named(client, f"{path}/{segment(name)}/repositories", what, _name, key="repositories")
        if not isinstance(reached, Seen):
            return reached
        if reached.value & set(repositories):
            lent.append(entry)
    return Seen(lent)


def _name(fields: Fields) -> str:
    return fields.text("name")


def _read(*lists: Observed[list[object]]) -> Observed[Constants]:
    for part in lists:
        if isinstance(part, Unread):
            return part
    return understood(lambda: Seen(constants.decode(*(part.value for part in lists if isinstance(part, Seen)))))
