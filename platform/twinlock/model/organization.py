"""The GitHub organization: its owners, teams and Actions policy."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from twinlock.model.marks import Exact, Identity, Ignored, Subset

if TYPE_CHECKING:
    from twinlock.model.actions import ActionsPolicy


class Duty(enum.Enum):
    """What a team is for."""

    AUTHOR = "author"
    REVIEWER = "reviewer"
    TESTER = "tester"
    RELEASER = "releaser"
    PLATFORM = "platform"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Team:
    """A team.

    Attributes:
        slug: Its slug, which is also its name.
        description: One line for people.
        privacy: `closed` (visible) or `secret`.
        members: Logins of its members; GitHub counts those of child teams too.
        invited: Logins that were invited and have not accepted.
        parent: Slug of the parent team, if any: a parent's grants are inherited.
        maintainers: Logins of the members who may add further members.
    """

    slug: Annotated[str, Identity]
    description: Annotated[str, Ignored]
    privacy: Annotated[str, Exact]
    members: Annotated[frozenset[str], Exact]
    invited: Annotated[frozenset[str], Subset]
    parent: Annotated[str | None, Exact]
    maintainers: Annotated[frozenset[str], Subset] = frozenset()


@dataclass(frozen=True, slots=True)
class Organization:
    """The organization.

    Attributes:
        login: Its login.
        owners: Logins of its owners, the roots of GitHub.
        teams: Exactly the teams it has.
        actions: What Actions may do anywhere in it.
        apps: Slugs of twinlock's apps.
    """

    login: str
    owners: frozenset[str]
    teams: tuple[Team, ...]
    actions: ActionsPolicy
    apps: tuple[str, ...]
