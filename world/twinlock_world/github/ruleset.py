"""Rulesets: what a request may make of one, and which repositories an organization's reach.

Called by the ruleset routes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from twinlock_world.github.accounts import Organization, is_installed
from twinlock_world.github.errors import GitHubError
from twinlock_world.github.properties import values
from twinlock_world.github.rules import NOT_MODELLED, RULES, read_rule
from twinlock_world.github.team import get_team
from twinlock_world.jsonvalue import Fields, JsonObject, JsonValue
from twinlock_world.policy.bypass import ROLES
from twinlock_world.policy.ref_pattern import is_glob
from twinlock_world.policy.text_pattern import is_regex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinlock_world.github.repository import Repository
    from twinlock_world.store import Record, Store

RULESET: Final = "ruleset"

_ACTOR_TYPES: Final = ("Integration", "OrganizationAdmin", "RepositoryRole", "Team", "DeployKey", "User")
_MODES: Final = ("always", "pull_request", "exempt")
_ENFORCEMENTS: Final = ("disabled", "active", "evaluate")
_REF_PATTERN: Final = {
    "branch": re.compile(r"~ALL|~DEFAULT_BRANCH|refs/heads/.+"),
    "tag": re.compile(r"~ALL|refs/tags/.+"),
}
_CHOOSERS: Final = ("repository_name", "repository_id", "repository_property")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a ruleset lives: an organization, or one of its repositories."""

    organization: Organization
    repository: Repository | None = None

    @property
    def id(self) -> int:
        """The number of what holds the ruleset."""
        return self.organization.id if self.repository is None else self.repository.id


def read_ruleset(store: Store, source: Source, asked: Fields, held: JsonObject | None = None) -> JsonObject:
    """Return a ruleset's document from a request; what a change leaves out stays as it was held.

    Raises:
        FieldError: The request has another shape than a ruleset.
        GitHubError: 422, a value is impossible here.
    """
    given = Fields({**(held or {}), **asked.raw})
    targets = ("branch", "tag", "push") if source.repository is not None else ("branch", "tag", "push", "repository")
    target = given.choice("target", targets, "branch")
    actors = [_actor(store, source, actor, at) for at, actor in enumerate(given.objects("bypass_actors", []))]
    rules = [read_rule(rule, f"rules/{at}") for at, rule in enumerate(given.objects("rules", []))]
    _require_modelled(rules)
    wrong = [
        name
        for name in (Fields(rule).text("type") for rule in rules)
        if target not in RULES[name].targets or (RULES[name].organization_only and source.repository is not None)
    ]
    if wrong:
        raise refused(*(f"Invalid rules: '{name.replace('_', ' ').capitalize()}'" for name in wrong))
    name = given.text("name")
    if not name.strip():
        raise refused("Name can't be blank")
    return {
        "name": name,
        "target": target,
        "enforcement": given.choice("enforcement", _ENFORCEMENTS),
        "bypass_actors": actors,
        "conditions": _conditions(source, target, given),
        "rules": rules,
    }


def _require_modelled(rules: Sequence[JsonObject]) -> None:
    """Refuse rules that would be kept and never hold anybody, and patterns that are none.

    Raises:
        GitHubError: 501 for a type that this world does not model, 422 for a pattern.
    """
    for rule in map(Fields, rules):
        name = rule.text("type")
        if name in NOT_MODELLED:
            raise GitHubError(501, f"This world does not model the rule type {name}")
        parameters = rule.object("parameters") if rule.given("parameters") else Fields({})
        if (
            "operator" in parameters
            and parameters.text("operator") == "regex"
            and not is_regex(parameters.text("pattern"))
        ):
            raise refused(f"Invalid rules: '{name.replace('_', ' ').capitalize()}'")


def refused(*problems: str) -> GitHubError:
    """Return the answer for a ruleset with impossible values."""
    return GitHubError(422, "Validation Failed", list(problems))


def reaches(store: Store, ruleset: Record, repository: Repository) -> bool:
    """Tell whether an organization's ruleset is about a repository."""
    conditions = ruleset.fields.object("conditions")
    if conditions.given("repository_name"):
        names = conditions.object("repository_name")
        return _matches(repository.name, names.texts("include")) and not _matches(
            repository.name, names.texts("exclude", [])
        )
    if conditions.given("repository_id"):
        return repository.id in conditions.object("repository_id").numbers("repository_ids")
    if conditions.given("repository_property"):
        wanted, held = conditions.object("repository_property"), values(store, repository)
        included = all(_has(held, item) for item in wanted.objects("include", []))
        return included and not any(_has(held, item) for item in wanted.objects("exclude", []))
    return False


def _actor(store: Store, source: Source, actor: Fields, at: int) -> JsonObject:
    kind = actor.choice("actor_type", _ACTOR_TYPES)
    identifier = actor.number("actor_id") if actor.given("actor_id") else None
    found: dict[str, JsonValue] = {
        "actor_id": identifier,
        "actor_type": kind,
        "bypass_mode": actor.choice("bypass_mode", _MODES, "always"),
    }
    if kind in {"OrganizationAdmin", "DeployKey"}:
        return found
    if identifier is None:
        raise GitHubError(422, f"Invalid request.\n\nFor 'bypass_actors/{at}/actor_id', nil is not an integer.")
    if not _exists(store, source, kind, identifier):
        named = {"Integration": "GitHub App integration", "RepositoryRole": "Repository role"}.get(kind, kind)
        raise refused(f"Actor {named} must be part of the ruleset source or owner organization")
    return found


def _exists(store: Store, source: Source, kind: str, identifier: int) -> bool:
    if kind == "RepositoryRole":
        return identifier in ROLES
    if kind == "Team":
        team = get_team(store, identifier)
        return team is not None and team.organization.id == source.organization.id
    if kind == "Integration":
        return is_installed(store, source.organization, identifier)
    return store.get("user", identifier) is not None


def _conditions(source: Source, target: str, given: Fields) -> JsonObject:
    asked = given.object("conditions") if given.given("conditions") else Fields({})
    found: dict[str, JsonValue] = {}
    if target in _REF_PATTERN:
        names = asked.object("ref_name") if asked.given("ref_name") else Fields({})
        found["ref_name"] = {side: names.texts(side, []) for side in ("include", "exclude")}
        patterns = [*names.texts("include", []), *names.texts("exclude", [])]
        wrong = [pattern for pattern in patterns if not (_REF_PATTERN[target].fullmatch(pattern) and is_glob(pattern))]
        if wrong:
            raise refused(f"Invalid target patterns: '{', '.join(wrong)}'")
    if source.repository is None:
        found |= _chooser(asked)
    return found


def _chooser(asked: Fields) -> JsonObject:
    chosen = [name for name in _CHOOSERS if asked.given(name)]
    if len(chosen) != 1:
        raise refused("Conditions must hold exactly one of repository_name, repository_id and repository_property")
    name, value = chosen[0], asked.object(chosen[0])
    if name == "repository_id":
        return {name: {"repository_ids": value.numbers("repository_ids")}}
    if name == "repository_name":
        sides: dict[str, JsonValue] = {side: value.texts(side, []) for side in ("include", "exclude")}
        return {name: {**sides, "protected": value.flag("protected", default=False)}}
    return {name: {side: [_property(item) for item in value.objects(side, [])] for side in ("include", "exclude")}}


def _property(item: Fields) -> JsonObject:
    return {
        "name": item.text("name"),
        "property_values": item.texts("property_values"),
        "source": item.choice("source", ("custom", "system"), "custom"),
    }


def _matches(name: str, patterns: list[str]) -> bool:
    return any(pattern == "~ALL" or fnmatchcase(name, pattern) for pattern in patterns)


def _has(held: JsonObject, item: Fields) -> bool:
    value = held.get(item.text("name"))
    own = [value] if isinstance(value, str) else value
    return isinstance(own, list) and any(one in item.texts("property_values") for one in own)
