"""What the rules on a pull request's base say of reviews and merges, apart from whether it may be merged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import Role, role_on
from twinlock_world.github.accounts import App, User
from twinlock_world.github.active_rules import active_rules
from twinlock_world.github.pulls.pull import HEADS
from twinlock_world.github.team import lineage, teams_of

if TYPE_CHECKING:
    from twinlock_world.github.accounts import Identity
    from twinlock_world.github.pulls.pull import PullRequest
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import Fields
    from twinlock_world.policy.rule import ActiveRule

METHODS: Final = ("merge", "squash", "rebase")
_SETTING: Final = {
    "merge": "allow_merge_commit",
    "squash": "allow_squash_merge",
    "rebase": "allow_rebase_merge",
}


def base_rules(site: Site, pull: PullRequest) -> tuple[ActiveRule, ...]:
    """Return the binding rules on the base."""
    found = active_rules(site.store, site.repository, HEADS + pull.base_ref)
    return tuple(rule for rule in found if rule.binding)


def reviews_go_stale(site: Site, pull: PullRequest) -> bool:
    """Tell whether a push takes the approvals away."""
    return any(rule.flag("dismiss_stale_reviews_on_push", default=False) for rule in _review_rules(site, pull))


def allowed_methods(site: Site, pull: PullRequest) -> tuple[str, ...]:
    """Return the ways of merging that repository and rules leave."""
    settings = site.repository.settings
    rules = _review_rules(site, pull)
    return tuple(
        method
        for method in METHODS
        if settings.flag(_SETTING[method])
        and all(method in rule.texts("allowed_merge_methods", list(METHODS)) for rule in rules)
    )


def may_dismiss(site: Site, pull: PullRequest, identity: Identity) -> bool:
    """Tell whether somebody who may write may also dismiss reviews: where rules restrict it, only who they name.

    Administrators may always (https://docs.github.com/en/rest/pulls/reviews#dismiss-a-review-for-a-pull-request).
    """
    restrictions = [
        rule.object("dismissal_restriction")
        for rule in _review_rules(site, pull)
        if rule.given("dismissal_restriction")
    ]
    binding = [found for found in restrictions if found.flag("enabled", default=True)]
    if role_on(site.store, site.repository, identity) >= Role.ADMIN:
        return True
    own = _names(site, identity)
    return all(any(_named(actor) in own for actor in found.objects("allowed_actors", [])) for found in binding)


def _review_rules(site: Site, pull: PullRequest) -> list[Fields]:
    return [rule.parameters for rule in base_rules(site, pull) if rule.type == "pull_request"]


def _named(actor: Fields) -> tuple[str, int]:
    return actor.text("type", "User"), actor.number("id")


def _names(site: Site, identity: Identity) -> set[tuple[str, int]]:
    if isinstance(identity, App):
        return {("Integration", identity.id)}
    found = {("User", identity.id)}
    if isinstance(identity, User):
        found |= {("Team", above.id) for team in teams_of(site.store, identity) for above in lineage(site.store, team)}
    return found
