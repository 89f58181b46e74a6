"""Changes of rulesets: `repository_ruleset.*` in the audit log and for webhooks, whoever holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.changes.change import ORGANIZATION, REPOSITORY, Announced, Audited, Change, Table, parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock_world.github.changes.change import Told
    from twinlock_world.jsonvalue import Fields, JsonObject, JsonValue


def created(change: Change) -> Iterator[Told]:
    """Tell of a new ruleset."""
    yield Audited("repository_ruleset.create", _whole(change.new))
    yield Announced("repository_ruleset", "created", {"repository_ruleset": change.new.raw})


def changed(change: Change) -> Iterator[Told]:
    """Tell of another ruleset than before; a PUT that alters nothing is no change."""
    groups = {
        "bypass_actors": parts(_actors(change.old), _actors(change.new)),
        "conditions": parts(_conditions(change.old), _conditions(change.new)),
        "rules": parts(_rules(change.old), _rules(change.new)),
    }
    renamed = {name: change.old.raw.get(name) for name in ("name", "enforcement") if change.differs(name)}
    if not renamed and not any(groups.values()):
        return
    data: dict[str, JsonValue] = {**_head(change.new)}
    data |= {f"ruleset_old_{name}": was for name, was in renamed.items()}
    data |= {f"ruleset_{noun}_{group}": items for noun, found in groups.items() for group, items in found.items()}
    yield Audited("repository_ruleset.update", data)
    changes: dict[str, JsonValue] = {name: {"from": was} for name, was in renamed.items()}
    changes |= {noun: groups[noun] for noun in ("conditions", "rules") if groups[noun]}
    yield Announced("repository_ruleset", "edited", {"repository_ruleset": change.new.raw, "changes": changes})


def deleted(change: Change) -> Iterator[Told]:
    """Tell of a ruleset that is no more."""
    yield Audited("repository_ruleset.destroy", _whole(change.old))
    yield Announced("repository_ruleset", "deleted", {"repository_ruleset": change.old.raw})


def _head(ruleset: Fields) -> JsonObject:
    return {
        "ruleset_id": ruleset.raw.get("id"),
        "ruleset_name": ruleset.raw.get("name"),
        "ruleset_enforcement": ruleset.raw.get("enforcement"),
        "ruleset_source_type": ruleset.raw.get("source_type"),
    }


def _whole(ruleset: Fields) -> JsonObject:
    kept = ("bypass_actors", "conditions", "rules")
    return {**_head(ruleset), **{f"ruleset_{name}": ruleset.raw[name] for name in kept if name in ruleset}}


def _actors(ruleset: Fields) -> dict[str, JsonValue]:
    found = ruleset.objects("bypass_actors", [])
    return {f"{actor.raw.get('actor_type')} {actor.raw.get('actor_id')}": actor.raw for actor in found}


def _rules(ruleset: Fields) -> dict[str, JsonValue]:
    return {rule.text("type"): rule.raw for rule in ruleset.objects("rules", [])}


def _conditions(ruleset: Fields) -> dict[str, JsonValue]:
    conditions = ruleset.raw.get("conditions")
    return {name: {name: held} for name, held in conditions.items()} if isinstance(conditions, dict) else {}


CHANGES: Final[Table] = {
    (method, place + tail): told
    for place in (ORGANIZATION, REPOSITORY)
    for method, tail, told in (
        ("POST", "/rulesets", created),
        ("PUT", "/rulesets/{ruleset_id}", changed),
        ("DELETE", "/rulesets/{ruleset_id}", deleted),
    )
}
