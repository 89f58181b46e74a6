"""What a job's token may do.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#permissions: what is not named where
`permissions` stands is none; a called workflow's jobs get at most what their caller has. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.actions.document import DocumentError, Node, Scalar
from twinlock_world.actions.reading import table, text

if TYPE_CHECKING:
    from collections.abc import Mapping

LEVELS: Final = ("none", "read", "write")
NAMES: Final = (
    "actions",
    "artifact-metadata",
    "attestations",
    "checks",
    "contents",
    "deployments",
    "discussions",
    "id-token",
    "issues",
    "models",
    "packages",
    "pages",
    "pull-requests",
    "repository-projects",
    "security-events",
    "statuses",
)
_WITHOUT_READ: Final = frozenset({"id-token"})
_ONLY_READ: Final = frozenset({"models"})
_ASKED: Final = frozenset({"id-token", "models"})  # never given by default
READ_BY_DEFAULT: Final[Mapping[str, str]] = {"contents": "read", "packages": "read"}


def read_permissions(node: Node) -> Mapping[str, str]:
    """Return what a `permissions` key gives: what isn't in it is none.

    Raises:
        DocumentError: It names what isn't there to give.
    """
    if isinstance(node, Scalar) and node.value is not None:
        if node.text not in {"read-all", "write-all"}:
            raise DocumentError(node.place, f"Unexpected value '{node.text}'")
        return _all(node.text.removesuffix("-all"))
    found: dict[str, str] = {}
    for entry in table(node):
        if entry.key not in NAMES:
            raise DocumentError(entry.place, f"Unexpected value '{entry.key}'")
        level = text(entry.value)
        if level not in LEVELS or (level == "read" and entry.key in _WITHOUT_READ):
            raise DocumentError(entry.value.place, f"Unexpected value '{level}'")
        found[entry.key] = level
    return {name: level for name, level in found.items() if level != "none"}


def default_permissions(setting: str) -> Mapping[str, str]:
    """Return what a token may do where no file says so, by the repository's setting (read or write)."""
    if setting != "write":
        return READ_BY_DEFAULT
    return {name: "write" for name in NAMES if name not in _ASKED}


def narrow(asked: Mapping[str, str], most: Mapping[str, str]) -> Mapping[str, str]:
    """Return what is asked as far as it is allowed."""
    found = {name: min(level, most.get(name, "none"), key=LEVELS.index) for name, level in asked.items()}
    return {name: level for name, level in found.items() if level != "none"}


def read_only(permissions: Mapping[str, str]) -> Mapping[str, str]:
    """Return what is left for a fork's pull request: reading, and no identity."""
    return narrow(
        {name: level for name, level in permissions.items() if name != "id-token"}, dict.fromkeys(NAMES, "read")
    )


def excess(asked: Mapping[str, str], most: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return what is asked beyond what is allowed: name, asked level, allowed level."""
    allowed = {name: most.get(name, "none") for name in asked}
    return [
        (name, level, allowed[name])
        for name, level in sorted(asked.items())
        if LEVELS.index(level) > LEVELS.index(allowed[name])
    ]


def api_permissions(permissions: Mapping[str, str]) -> Mapping[str, str]:
    """Return a job's permissions under the names that apps' permissions have."""
    return {
        "metadata": "read",
        **{name.replace("-", "_"): level for name, level in permissions.items() if name != "id-token"},
    }


def _all(level: str) -> Mapping[str, str]:
    found = {}
    for name in NAMES:
        if level == "read":
            if name not in _WITHOUT_READ:
                found[name] = "read"
        else:
            found[name] = "read" if name in _ONLY_READ else "write"
    return found
