"""What can never be true of the policy kernel, whatever the rules and facts; and how quick it is."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from tests.world.policy.conftest import APP, AUTHOR, HEAD, KEY, MAIN, NEW, OLD, OTHER, REVIEWER, Court, FakeFacts

from twinlock_world.policy.attempt import ABSENT, Attempt, How
from twinlock_world.policy.facts import Access, CheckFact, CheckState
from twinlock_world.policy.kernel import decide
from twinlock_world.policy.rule import BypassActor, BypassKind, BypassMode

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinlock_world.policy.rule import ActiveRule

_RULES: tuple[Callable[[Court], ActiveRule], ...] = (
    *(lambda court, kind=kind: court.rule(kind) for kind in ("creation", "update", "deletion", "non_fast_forward")),
    *(lambda court, kind=kind: court.rule(kind) for kind in ("required_linear_history", "required_signatures")),
    lambda court: court.checks({"context": "ci"}, strict=True),
    lambda court: court.checks({"context": "gate", "integration_id": 50}),
    lambda court: court.reviews(require_last_push_approval=True, require_code_owner_review=True),
    lambda court: court.reviews(required_approving_review_count=0, allowed_merge_methods=["squash"]),
    lambda court: court.rule("required_deployments", required_deployment_environments=["staging"]),
    lambda court: court.rule("push_allowance", classic=True, block_creations=True),
    lambda court: court.rule("unheard_of"),
)
_BYPASSES = st.builds(
    BypassActor, st.sampled_from(BypassKind), st.sampled_from([0, 2, 3, 4, 5, 50]), st.sampled_from(BypassMode)
)


@st.composite
def _rules(draw: st.DrawFn) -> ActiveRule:
    rule = draw(st.sampled_from(_RULES))(Court(FakeFacts()))
    bypass = tuple(draw(st.lists(_BYPASSES, max_size=3)))
    return replace(rule, bypass=bypass, binding=draw(st.sampled_from([True, True, False])))


@st.composite
def _situations(draw: st.DrawFn) -> tuple[Attempt, FakeFacts]:
    court = Court(FakeFacts())
    review = court.review(
        reviewer=draw(st.sampled_from([AUTHOR, REVIEWER, OTHER])),
        access=draw(st.sampled_from(Access)),
        after_last_push=draw(st.booleans()),
    )
    pull = court.pull(
        reviews=draw(st.sampled_from([[], [review]])), merge_method=draw(st.sampled_from(["merge", "squash"]))
    )
    check = CheckFact("ci", draw(st.sampled_from([None, 50])), draw(st.sampled_from(CheckState)), HEAD)
    facts = FakeFacts(
        owner=draw(st.booleans()),
        role=draw(st.sampled_from(Access)),
        teams=frozenset(draw(st.lists(st.sampled_from([3, 4]), max_size=2))),
        forward=draw(st.booleans()),
        brought=draw(st.sampled_from([[], [court.commit(verified=False)], [court.commit(parents=(OLD, HEAD))]])),
        pull=draw(st.sampled_from([None, pull])),
        checked=[check, replace(check, sha=NEW)],
        deployed=draw(st.sampled_from([(), ("staging",)])),
    )
    actor = draw(st.sampled_from([court.attempt.actor, APP, KEY]))
    old, new = draw(st.sampled_from([(OLD, NEW), (ABSENT, NEW), (OLD, ABSENT)]))
    return Attempt(actor, 7, MAIN, old, new, draw(st.sampled_from(How))), facts


@given(_situations(), st.lists(_rules(), max_size=4), _rules())
def test_one_more_rule_never_allows_more(
    situation: tuple[Attempt, FakeFacts], rules: list[ActiveRule], more: ActiveRule
) -> None:
    """Whatever is forbidden stays so when a rule is added, wherever in the list."""
    attempt, facts = situation
    for added in ([*rules, more], [more, *rules]):
        assert decide(attempt, rules, facts).allowed or not decide(attempt, added, facts).allowed


@given(_situations(), st.lists(_rules(), min_size=1, max_size=4), st.data())
def test_one_bypass_actor_less_never_allows_more(
    situation: tuple[Attempt, FakeFacts], rules: list[ActiveRule], data: st.DataObject
) -> None:
    """Whatever is forbidden stays so when somebody is struck off a list of bypass actors."""
    attempt, facts = situation
    at = data.draw(st.integers(0, len(rules) - 1))
    held = rules[at].bypass
    struck = data.draw(st.integers(0, len(held) - 1)) if held else None
    fewer = tuple(entry for index, entry in enumerate(held) if index != struck)
    changed = [*rules[:at], replace(rules[at], bypass=fewer), *rules[at + 1 :]]
    assert decide(attempt, rules, facts).allowed or not decide(attempt, changed, facts).allowed


@given(_situations(), st.lists(_rules(), max_size=4))
def test_rules_without_force_forbid_nothing(situation: tuple[Attempt, FakeFacts], rules: list[ActiveRule]) -> None:
    """Rulesets that are only evaluated never stand in the way."""
    attempt, facts = situation
    assert decide(attempt, [replace(rule, binding=False) for rule in rules], facts).allowed


def test_a_decision_takes_less_than_a_millisecond(court: Court) -> None:
    """Twelve rules of every sort, of which most fail: the kernel itself is not what a push waits for."""
    rules = [build(court) for build in _RULES]
    court.facts.brought = [court.commit(sha=f"{number:040x}") for number in range(20)]
    attempt = court.attempt
    started = time.perf_counter()
    for _ in range(200):
        decide(attempt, rules, court.facts)
    assert (time.perf_counter() - started) / 200 < 0.001
