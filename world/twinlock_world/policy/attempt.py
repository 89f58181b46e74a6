"""An attempt to change a ref: who, where, from what to what, and by which way."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

ABSENT: Final = "0" * 40
"""Stands for a ref that isn't there: the old value of a creation, the new value of a deletion."""


class How(Enum):
    """The way by which a ref is to change. What GitHub allows differs by it for few rules, its wording for most."""

    PUSH = "push"  # git push
    REF = "ref"  # REST: POST, PATCH, DELETE git/refs
    CONTENTS = "contents"  # REST: PUT and DELETE contents; GraphQL: createCommitOnBranch
    MERGE = "merge"  # a pull request: merge, squash or rebase
    BRANCH_MERGE = "branch_merge"  # REST: POST merges
    MERGE_UPSTREAM = "merge_upstream"  # REST: POST merge-upstream
    UPDATE_BRANCH = "update_branch"  # REST: PUT pulls/N/update-branch
    BRANCH_RENAME = "branch_rename"  # REST: POST branches/B/rename, as a creation and a deletion
    REVERT = "revert"  # GraphQL: revertPullRequest's branch


class ActorKind(Enum):
    """What an actor is: only some kinds can stand in a list of bypass actors."""

    USER = "user"
    APP = "app"
    DEPLOY_KEY = "deploy_key"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who attempts: a person, an app, or the bearer of a deploy key."""

    kind: ActorKind
    id: int
    login: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One ref that one actor wants to change. `old` and `new` are object names, `ABSENT` where there is none."""

    actor: Actor
    repository: int
    ref: str
    old: str
    new: str
    how: How

    @property
    def creates(self) -> bool:
        """Whether the ref is not there yet."""
        return self.old == ABSENT

    @property
    def deletes(self) -> bool:
        """Whether the ref is to go."""
        return self.new == ABSENT
