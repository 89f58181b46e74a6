"""A rule that stands on a ref: of a ruleset, or of classic branch protection translated into the same form."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from twinlock_world.jsonvalue import Fields
    from twinlock_world.policy.attempt import Attempt
    from twinlock_world.policy.facts import Facts


class SourceKind(Enum):
    """Where a rule comes from, in the words of GitHub's rule suites."""

    REPOSITORY = "Repository"
    ORGANIZATION = "Organization"
    PROTECTED_BRANCH = "ProtectedBranch"


@dataclass(frozen=True, slots=True)
class Source:
    """The ruleset or branch protection that holds a rule."""

    kind: SourceKind
    id: int
    name: str


class BypassKind(Enum):
    """Who a bypass is given to, in the words of rulesets."""

    INTEGRATION = "Integration"
    ORGANIZATION_ADMIN = "OrganizationAdmin"
    REPOSITORY_ROLE = "RepositoryRole"
    TEAM = "Team"
    DEPLOY_KEY = "DeployKey"
    USER = "User"


class BypassMode(Enum):
    """When a bypass counts: always, when merging a pull request, or so that the rule is not even looked at."""

    ALWAYS = "always"
    PULL_REQUEST = "pull_request"
    EXEMPT = "exempt"


@dataclass(frozen=True, slots=True)
class BypassActor:
    """Somebody who may pass a rule by. `id` is a team's, an app's or a person's, or the number of a role."""

    kind: BypassKind
    id: int
    mode: BypassMode


@dataclass(frozen=True, slots=True)
class ActiveRule:
    """One rule with its parameters; `binding` is false where it is only evaluated, not enforced."""

    source: Source
    type: str
    parameters: Fields
    bypass: tuple[BypassActor, ...]
    binding: bool = True


Check: TypeAlias = "Callable[[Attempt, ActiveRule, Facts], Iterable[str]]"
"""How a type of rule is checked: it returns GitHub's sentences about what is wrong, none where nothing is."""
