"""The one way to change a ref: ask the rules that stand on it, keep what they said, go on or be refused.

`enforce` is for whoever is about to move a ref, `judged` for whoever only wants to know. Both gather rules and facts
from the world and leave the decision to the policy kernel.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import Level, has_permission
from twinlock_world.github.accounts import App
from twinlock_world.github.active_rules import active_rules
from twinlock_world.github.errors import GitHubError
from twinlock_world.github.policy_facts import StoreFacts
from twinlock_world.github.rule_suites import record_suite
from twinlock_world.jsonvalue import Fields
from twinlock_world.policy.attempt import Actor, ActorKind, Attempt
from twinlock_world.policy.file_rules import WORKFLOW_PERMISSION
from twinlock_world.policy.kernel import decide
from twinlock_world.policy.rule import ActiveRule, Source, SourceKind
from twinlock_world.policy.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinlock_world.git_objects import GitRepository
    from twinlock_world.github.accounts import Identity
    from twinlock_world.github.site import Site
    from twinlock_world.policy.attempt import How
    from twinlock_world.policy.facts import PullFacts

NOBODY: Final = Actor(ActorKind.APP, 0, "nobody")


@dataclass(frozen=True, slots=True)
class Change:
    """A ref that is to move; `signed` says that GitHub itself makes and signs the commit it will name."""

    ref: str
    old: str
    new: str
    how: How
    signed: bool = False


class RefusedError(GitHubError):
    """The rules forbid a change. `keep` records that; it runs after the refused request was undone."""

    def __init__(self, status: int, verdict: Verdict, keep: Callable[[], None]) -> None:
        super().__init__(status, refusal_text(verdict))
        self.verdict = verdict
        self.keep = keep

    def worded(self, message: str) -> RefusedError:
        """Return the same refusal in the words of a route that doesn't say why."""
        self.message = message
        return self


def judged(
    site: Site,
    identity: Identity | None,
    change: Change,
    pull: PullFacts | None = None,
    objects: GitRepository | None = None,
) -> Verdict:
    """Return what the rules say of a change, without a trace.

    `objects` reads the objects of the change where they are not in the repository yet.
    """
    facts = StoreFacts(site, objects or site.objects, identity, change, pull)
    rules = active_rules(site.store, site.repository, change.ref)
    own = decide(_attempt(site, identity, change), (*rules, *_built_in(identity)), facts)
    return Verdict(tuple(found for found in own.evaluations if found.problems or found.rule.source != _GITHUB))


def enforce(  # noqa: PLR0913 - a change, who makes it and where, and how it is refused
    site: Site,
    identity: Identity | None,
    change: Change,
    pull: PullFacts | None = None,
    objects: GitRepository | None = None,
    *,
    status: int = 422,
) -> Verdict:
    """Return what the rules say of a change that they allow, and keep it as a rule suite.

    Raises:
        RefusedError: They forbid it; with `status`, which on GitHub differs by the way of changing.
    """
    verdict = judged(site, identity, change, pull, objects)
    keep = partial(record_suite, site.store, site.repository, _attempt(site, identity, change), verdict)
    if not verdict.allowed:
        raise RefusedError(status, verdict, keep)
    keep()
    return verdict


def refusal_text(verdict: Verdict) -> str:
    """Return a refusal as REST and GraphQL write it: rulesets have a heading, classic protection has none."""
    if is_classic(verdict):
        return " ".join(verdict.problems)
    return "Repository rule violations found\n\n" + "".join(f"{problem}\n\n" for problem in verdict.problems)


def is_classic(verdict: Verdict) -> bool:
    """Tell whether classic branch protection alone forbids."""
    return all(found.rule.source.kind is SourceKind.PROTECTED_BRANCH for found in verdict.refusals)


def actor_of(identity: Identity | None) -> Actor:
    """Return who acts, as the kernel knows people and apps."""
    if identity is None:
        return NOBODY
    return Actor(ActorKind.APP if isinstance(identity, App) else ActorKind.USER, identity.id, identity.login)


def _attempt(site: Site, identity: Identity | None, change: Change) -> Attempt:
    actor = actor_of(identity)
    return Attempt(actor, site.repository.id, change.ref, change.old, change.new, change.how)


_GITHUB: Final = Source(SourceKind.REPOSITORY, 0, "")


def _built_in(identity: Identity | None) -> tuple[ActiveRule, ...]:
    """Return what GitHub itself demands: an app needs a permission of its own to change workflows."""
    if not isinstance(identity, App) or has_permission(identity, "workflows", Level.WRITE):
        return ()
    return (ActiveRule(_GITHUB, WORKFLOW_PERMISSION, Fields({}), ()),)
