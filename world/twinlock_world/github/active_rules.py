"""Which rules stand on a ref: of the repository's rulesets, of its organization's, of classic branch protection.

Called by whoever decides about a ref or shows its rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.protection import protection_of, rules_of
from twinlock_world.github.ruleset import RULESET, reaches
from twinlock_world.jsonvalue import Fields
from twinlock_world.policy.ref_pattern import names_ref
from twinlock_world.policy.rule import ActiveRule, BypassActor, BypassKind, BypassMode, Source, SourceKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock_world.github.repository import Repository
    from twinlock_world.store import Record, Store

_TARGETS: Final = {"refs/heads/": "branch", "refs/tags/": "tag"}
_EVERY_REF: Final = "push"


def active_rules(store: Store, repository: Repository, ref: str) -> tuple[ActiveRule, ...]:
    """Return the rules that hold a ref, given by its full name, whether or not it exists; those of rulesets first."""
    found = [*ruleset_rules(store, repository, ref)]
    branch = ref.removeprefix("refs/heads/")
    protection = protection_of(store, repository, branch) if branch != ref else None
    return (*found, *(() if protection is None else rules_of(protection)))


def ruleset_rules(store: Store, repository: Repository, ref: str) -> Iterator[ActiveRule]:
    """Return the rules of the rulesets that stand on a ref."""
    for source, record in rulesets_on(store, repository, ref):
        bypass = bypass_actors(record)
        binding = record.fields.text("enforcement") == "active"
        for rule in record.fields.objects("rules"):
            parameters = rule.object("parameters") if rule.given("parameters") else Fields({})
            yield ActiveRule(source, rule.text("type"), parameters, bypass, binding)


def rulesets_on(store: Store, repository: Repository, ref: str) -> Iterator[tuple[Source, Record]]:
    """Return the rulesets, enforced or only evaluated, that stand on a ref."""
    target = next((kind for prefix, kind in _TARGETS.items() if ref.startswith(prefix)), None)
    for kind, holder in (
        (SourceKind.REPOSITORY, repository.id),
        (SourceKind.ORGANIZATION, repository.owner.id),
    ):
        for record in store.children(RULESET, holder):
            if kind is SourceKind.ORGANIZATION and not reaches(store, record, repository):
                continue
            if _stands_on(record, repository, ref, target):
                yield Source(kind, record.id, record.fields.text("name")), record


def bypass_actors(record: Record) -> tuple[BypassActor, ...]:
    """Return who may pass a ruleset by."""
    return tuple(_bypass(actor) for actor in record.fields.objects("bypass_actors"))


def _stands_on(record: Record, repository: Repository, ref: str, target: str | None) -> bool:
    fields = record.fields
    if fields.text("enforcement") == "disabled" or fields.text("target") not in {target, _EVERY_REF}:
        return False
    if fields.text("target") == _EVERY_REF:
        return True
    return names_ref(fields.object("conditions"), ref, repository.default_branch)


def _bypass(actor: Fields) -> BypassActor:
    identifier = actor.number("actor_id") if actor.given("actor_id") else 0
    return BypassActor(BypassKind(actor.text("actor_type")), identifier, BypassMode(actor.text("bypass_mode")))
