"""Rule suites: what the rules of a ref said of each attempt to change it, kept to be read afterwards.

Source: https://docs.github.com/en/rest/repos/rule-suites. An attempt that no rule was asked about leaves none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import uuid4

from twinlock_world.policy.rule import SourceKind
from twinlock_world.policy.verdict import Outcome

if TYPE_CHECKING:
    from twinlock_world.github.repository import Repository
    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.policy.attempt import Attempt
    from twinlock_world.policy.verdict import Evaluation, Verdict
    from twinlock_world.store import Record, Store

RULE_SUITE: Final = "rule_suite"
RESULTS: Final = ("pass", "fail", "bypass")


def record_suite(store: Store, repository: Repository, attempt: Attempt, verdict: Verdict) -> None:
    """Keep what the rules said of an attempt."""
    if not verdict.evaluations:
        return
    document: JsonObject = {
        "actor_id": attempt.actor.id,
        "actor_name": attempt.actor.login,
        "before_sha": attempt.old,
        "after_sha": attempt.new,
        "ref": attempt.ref,
        "result": _result(verdict, binding=True) or "pass",
        "evaluation_result": _result(verdict, binding=False),
        "rule_evaluations": [_evaluation(found) for found in verdict.evaluations],
    }
    store.insert(RULE_SUITE, uuid4().hex, document, parent=repository.id)


def suites(store: Store, repository: Repository) -> list[Record]:
    """Return a repository's rule suites, newest first."""
    return list(reversed(store.children(RULE_SUITE, repository.id)))


def suite_body(repository: Repository, record: Record) -> dict[str, JsonValue]:
    """Return a rule suite as lists show it."""
    fields = record.fields
    return {
        "id": record.id,
        **fields.only(("actor_id", "actor_name", "before_sha", "after_sha", "ref")),
        "repository_id": repository.id,
        "repository_name": repository.name,
        "pushed_at": record.created_at,
        **fields.only(("result", "evaluation_result")),
    }


def _result(verdict: Verdict, *, binding: bool) -> str | None:
    outcomes = {found.outcome for found in verdict.evaluations if found.rule.binding is binding}
    order = (Outcome.FAIL, Outcome.BYPASS, Outcome.PASS)
    return next((outcome.value for outcome in order if outcome in outcomes), None)


def _evaluation(found: Evaluation) -> JsonObject:
    source = found.rule.source
    held: dict[str, JsonValue] = {"type": "ruleset", "id": source.id, "name": source.name}
    if source.kind is SourceKind.PROTECTED_BRANCH:
        held = {"type": "protected_branch"}
    return {
        "rule_source": held,
        "enforcement": "active" if found.rule.binding else "evaluate",
        "result": "pass" if found.outcome is Outcome.PASS else "fail",
        "rule_type": found.rule.type,
        "details": "\n".join(found.problems) or None,
    }
