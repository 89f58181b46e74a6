"""A repository as it must be."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from twinlock.model.marks import Exact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.model.access import Access
    from twinlock.model.actions import ActionsPolicy
    from twinlock.model.code_owners import CodeOwners
    from twinlock.model.environment import Environment
    from twinlock.model.managed import Blob
    from twinlock.model.ruleset import Ruleset


class Kind(enum.Enum):
    """What a repository is for; its value is the folder of its templates."""

    APPLICATION = "application"
    INTEGRATION_TESTS = "integration_tests"
    PIPELINES = "delivery_pipelines"
    PLATFORM = "platform_repository"


class Visibility(enum.Enum):
    """Who can see a repository."""

    PRIVATE = "private"
    INTERNAL = "internal"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Settings:
    """The repository settings that bear on a guarantee.

    Attributes:
        visibility: Who can see it.
        default_branch: The branch that rulesets call `~DEFAULT_BRANCH`.
        archived: Read-only for everybody.
        merge_commit: Merge commits are offered.
        rebase_merge: Rebase merges are offered.
        squash_merge: Squash merges are offered.
        auto_merge: A pull request may merge by itself once it can.
        forking: It may be forked.
    """

    visibility: Annotated[Visibility, Exact]
    default_branch: Annotated[str, Exact]
    archived: Annotated[bool, Exact]
    merge_commit: Annotated[bool, Exact]
    rebase_merge: Annotated[bool, Exact]
    squash_merge: Annotated[bool, Exact]
    auto_merge: Annotated[bool, Exact]
    forking: Annotated[bool, Exact]


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository of the estate.

    Attributes:
        name: Its name within the organization.
        kind: What it is for.
        service: The service it belongs to; None for the platform's own.
        group: The stack group that provisions it: the service's name, or `platform`.
        description: One line for people.
        settings: What bears on a guarantee.
        rulesets: Exactly the rulesets it has.
        environments: Exactly the environments it has.
        variables: Per environment, the variables that twinlock sets there: `(environment, name, value)`.
        access: Every way into it.
        actions: What Actions may do.
        code_owners: Its CODEOWNERS.
        protected: Its protections are provisioned and audited; false only for what a later stage protects.
        managed_files: What must stand on the default branch as it was rendered, by path; only the audit needs it, so
            only for the audit is it rendered.
    """

    name: str
    kind: Kind
    service: str | None
    group: str
    description: str
    settings: Settings
    rulesets: tuple[Ruleset, ...]
    environments: tuple[Environment, ...]
    variables: tuple[tuple[str, str, str], ...]
    access: Access
    actions: ActionsPolicy
    code_owners: CodeOwners
    protected: bool
    managed_files: Mapping[str, Blob] = field(default_factory=dict)
