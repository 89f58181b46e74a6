"""Who may pass a rule by, and when.

Source: https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets
("Granting bypass permissions"): a role counts for whoever has it or more; an app, a person, a team and those below it
count by themselves; `pull_request` counts only where a pull request is merged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.policy.attempt import ActorKind, How
from twinlock_world.policy.facts import Access
from twinlock_world.policy.rule import BypassKind, BypassMode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twinlock_world.policy.attempt import Actor, Attempt
    from twinlock_world.policy.facts import Facts, Standing
    from twinlock_world.policy.rule import ActiveRule, BypassActor

ROLES: Final = {1: Access.PULL, 2: Access.MAINTAIN, 3: Access.TRIAGE, 4: Access.PUSH, 5: Access.ADMIN}
"""The numbers by which rulesets name GitHub's own roles; a world has no custom ones."""

_STRENGTH: Final = (BypassMode.EXEMPT, BypassMode.ALWAYS, BypassMode.PULL_REQUEST)


def bypass_mode(attempt: Attempt, rule: ActiveRule, facts: Facts) -> BypassMode | None:
    """Return how the actor may pass a rule by in this attempt, if they may."""
    mode = strongest(attempt.actor, rule.bypass, facts)
    return None if mode is BypassMode.PULL_REQUEST and attempt.how is not How.MERGE else mode


def strongest(actor: Actor, listed: Iterable[BypassActor], standing: Standing) -> BypassMode | None:
    """Return the furthest that a list of bypass actors lets somebody go."""
    modes = {entry.mode for entry in listed if _is(actor, entry, standing)}
    return next((mode for mode in _STRENGTH if mode in modes), None)


def _is(actor: Actor, entry: BypassActor, standing: Standing) -> bool:
    if actor.kind is ActorKind.APP:
        return entry.kind is BypassKind.INTEGRATION and entry.id == actor.id
    if actor.kind is ActorKind.DEPLOY_KEY:
        return entry.kind is BypassKind.DEPLOY_KEY
    return _is_person(actor, entry, standing)


def _is_person(actor: Actor, entry: BypassActor, standing: Standing) -> bool:
    match entry.kind:
        case BypassKind.USER:
            return entry.id == actor.id
        case BypassKind.TEAM:
            return standing.in_team(entry.id)
        case BypassKind.ORGANIZATION_ADMIN:
            return standing.owns_organization()
        case BypassKind.REPOSITORY_ROLE:
            return entry.id in ROLES and standing.access() >= ROLES[entry.id]
        case _:
            return False
