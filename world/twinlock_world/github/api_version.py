"""The versions of the REST API: which are served, and what a later one no longer tells. Pure.

Answers are made as 2022-11-28 has them, the version of requests that name none; 2026-03-10 removed fields and added
nothing (measured: the models that githubkit generates of both). The refusal of any other is what users report
(https://github.com/expipiplus1/update-nix-fetchgit/issues/79). Called by `application` for every request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from twinlock_world.github.errors import GitHubError

if TYPE_CHECKING:
    from twinlock_world.jsonvalue import JsonValue

HEADER: Final = "x-github-api-version"
SELECTED: Final = "x-github-api-version-selected"
_FIRST: Final = "2022-11-28"
_SECOND: Final = "2026-03-10"
_LONGEST: Final = 100
_REMOVED: Final = {
    "has_downloads": "full_name",
    "use_squash_pr_title_as_default": "full_name",
    "merge_commit_sha": "diff_url",
    "assignee": "assignees",
    "rate": "resources",
}
"""Fields that 2026-03-10 lacks, each with one that stands beside it, so that nobody's own data is taken for it."""


def selected(headers: Mapping[str, str]) -> str:
    """Return the version that a request is served in.

    Raises:
        GitHubError: 400, it names one that there is not.
    """
    asked = headers.get(HEADER, _FIRST)
    if asked not in {_FIRST, _SECOND}:
        raise GitHubError(
            400,
            f'The version you specified in the "X-GitHub-API-Version" request header, "{asked[:_LONGEST]}", is not a '
            f'supported version. The following versions are currently supported: "{_SECOND}" (most recent), '
            f'"{_FIRST}".',
        )
    return asked


def told(body: JsonValue, version: str) -> JsonValue:
    """Return a document as a version tells it."""
    return body if version == _FIRST else _without(body)


def _without(value: JsonValue) -> JsonValue:
    if isinstance(value, Mapping):
        return {
            name: _without(item) for name, item in value.items() if not (name in _REMOVED and _REMOVED[name] in value)
        }
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_without(item) for item in value]
    return value
