"""What `uses` names: an action or a workflow, here or elsewhere, at which ref. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_REMOTE: Final = re.compile(r"(?P<owner>[A-Za-z0-9_.-]+)/(?P<name>[A-Za-z0-9_.-]+)(?P<path>/[^@]*)?@(?P<ref>.+)")
_FULL_SHA: Final = re.compile(r"[0-9a-f]{40}")
_WORKFLOW: Final = re.compile(r"\.github/workflows/[^/]+\.ya?ml")


@dataclass(frozen=True, slots=True)
class Remote:
    """Something in a repository at a ref."""

    owner: str
    name: str
    path: str
    ref: str

    @property
    def repository(self) -> str:
        """Owner and name."""
        return f"{self.owner}/{self.name}"

    @property
    def pinned(self) -> bool:
        """Whether the ref is a commit's full name, which nobody can move."""
        return _FULL_SHA.fullmatch(self.ref) is not None

    def __str__(self) -> str:
        """Return it as it is written."""
        return f"{self.repository}{'/' if self.path else ''}{self.path}@{self.ref}"


@dataclass(frozen=True, slots=True)
class Local:
    """Something in the repository of the workflow itself."""

    path: str


@dataclass(frozen=True, slots=True)
class Image:
    """A container image."""

    reference: str


def parse_uses(text: str) -> Remote | Local | Image | None:
    """Return what a `uses` names; nothing for what names nothing."""
    if text.startswith("./"):
        return Local(text[2:])
    if text.startswith("docker://"):
        return Image(text)
    found = _REMOTE.fullmatch(text)
    if found is None or ".." in (found["path"] or "").split("/"):
        return None
    return Remote(found["owner"], found["name"], (found["path"] or "").strip("/"), found["ref"])


def is_workflow(path: str) -> bool:
    """Tell whether a path is one where workflows live."""
    return _WORKFLOW.fullmatch(path) is not None
