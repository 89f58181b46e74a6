"""Rulesets: GitHub's JSON and the model's noun, both ways.

Source: https://docs.github.com/en/rest/repos/rules#get-a-repository-ruleset.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from twinlock.github.fields import Fields, Malformed
from twinlock.model.observed import Observed, Seen, Unread
from twinlock.model.ruleset import (
    Actor,
    ActorKind,
    BypassMode,
    Check,
    Enforcement,
    PullRequestRule,
    RequiredReviewer,
    Ruleset,
    Target,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.github.directory import Directory

IGNORED: Mapping[str, str] = {
    "id": "an identifier; rulesets are matched by name",
    "node_id": "an identifier",
    "_links": "addresses",
    "source": "the repository, which the request named",
    "created_at": "a time",
    "updated_at": "a time",
    "current_user_can_bypass": "about whoever reads, not about the ruleset",
}
IGNORED_PULL_REQUEST: Mapping[str, str] = {
    "automatic_copilot_code_review_enabled": "asks for one more opinion, which never counts as an approval",
    "require_extra_approval_for_unattributed_changes": "can only ask for more approvals",
}
MERGE_METHODS = frozenset({"merge", "squash", "rebase"})
"""What GitHub allows where a pull request rule names no methods."""


def decode(raw: object, directory: Directory) -> Observed[Ruleset]:
    """Return the ruleset that GitHub describes, or why it could not be understood.

    Without Administration:write GitHub leaves `bypass_actors` out. That is hidden, not empty, so the ruleset is unread.
    """
    name = None
    try:
        fields = Fields(raw)
        name = fields.text("name")
        if not fields.has("bypass_actors"):
            return Unread("GitHub hid the bypass actors from this identity (it lacks Administration: write)", name)
        return Seen(_ruleset(fields, directory), fields.reported())
    except Malformed as error:
        return Unread(f"GitHub's answer was not understood: {error.reason}", name)


def _ruleset(fields: Fields, directory: Directory) -> Ruleset:
    rules = {rule.text("type"): rule for rule in fields.each("rules")}
    repeated = Counter(rule.text("type") for rule in fields.each("rules"))
    fields.unmodelled.extend(f"rules[{kind}] twice" for kind, count in repeated.items() if count > 1)
    include, exclude = _conditions(fields)
    fields.expect("source_type", "Repository")
    strict, on_creation, checks = _checks(rules.pop("required_status_checks", None), directory)
    ruleset = Ruleset(
        name=fields.text("name"),
        target=_target(fields.text("target", "branch")),
        enforcement=_enforcement(fields.text("enforcement")),
        include=include,
        exclude=exclude,
        bypass=frozenset(_actor(actor, directory) for actor in fields.each("bypass_actors")),
        fetch_and_merge=_fetch_and_merge(rules.get("update")),
        **{field: _bare(rules.pop(kind, None)) for kind, field in _BARE.items()},
        pull_request=_pull_request(rules.pop("pull_request", None), directory),
        strict_checks=strict,
        checks=checks,
        checks_on_creation=on_creation,
    )
    fields.unmodelled.extend(f"rules[{kind}]" for kind in rules)
    fields.close(IGNORED)
    return ruleset


_BARE = {
    "creation": "creation",
    "update": "update",
    "deletion": "deletion",
    "non_fast_forward": "non_fast_forward",
    "required_linear_history": "linear_history",
    "required_signatures": "signatures",
}
"""Rules that hold by being there: GitHub's type to the model's field."""


def _target(word: str) -> Target:
    try:
        return Target(word)
    except ValueError:
        raise Malformed(f"target is {word!r}, which is unknown") from None


def _enforcement(word: str) -> Enforcement:
    try:
        return Enforcement[word.upper()]
    except KeyError:
        raise Malformed(f"enforcement is {word!r}, which is unknown") from None


def _conditions(fields: Fields) -> tuple[frozenset[str], frozenset[str]]:
    if not fields.has("conditions"):
        return frozenset(), frozenset()
    conditions = fields.nested("conditions")
    if not conditions.has("ref_name"):
        conditions.close()
        return frozenset(), frozenset()
    refs = conditions.nested("ref_name")
    found = refs.texts("include", frozenset()), refs.texts("exclude", frozenset())
    refs.close()
    conditions.close()
    return found


def _actor(actor: Fields, directory: Directory) -> Actor:
    try:
        kind = ActorKind(actor.text("actor_type"))
        mode = BypassMode(actor.text("bypass_mode", "always"))
    except ValueError as error:
        raise Malformed(f"bypass_actors[]: {error}") from None
    number = actor.number("actor_id") if actor.has("actor_id") else None
    actor.close()
    return Actor(kind, directory.actor_slug(kind, number), mode)


def _bare(rule: Fields | None) -> bool:
    if rule is None:
        return False
    rule.text("type")
    rule.close({"parameters": "read where the rule has any"})
    return True


def _fetch_and_merge(rule: Fields | None) -> bool:
    if rule is None or not rule.has("parameters"):
        return False
    parameters = rule.nested("parameters")
    allowed = parameters.flag("update_allows_fetch_and_merge", default=False)
    parameters.close()
    return allowed


def _pull_request(rule: Fields | None, directory: Directory) -> PullRequestRule | None:
    if rule is None:
        return None
    parameters = rule.nested("parameters")
    found = PullRequestRule(
        approvals=parameters.number("required_approving_review_count"),
        code_owner_review=parameters.flag("require_code_owner_review"),
        last_push_approval=parameters.flag("require_last_push_approval"),
        dismiss_stale_reviews=parameters.flag("dismiss_stale_reviews_on_push"),
        resolve_threads=parameters.flag("required_review_thread_resolution"),
        merge_methods=parameters.texts("allowed_merge_methods", MERGE_METHODS),
        required_reviewers=frozenset(
            _required_reviewer(reviewer, directory) for reviewer in parameters.each("required_reviewers")
        ),
    )
    parameters.expect("dismissal_restriction", {"enabled": False}, {"enabled": False, "allowed_actors": []})
    parameters.close(IGNORED_PULL_REQUEST)
    rule.close()
    return found


def _required_reviewer(fields: Fields, directory: Directory) -> RequiredReviewer:
    reviewer = fields.nested("reviewer")
    kind, number = reviewer.text("type", "Team"), reviewer.number("id")
    team = directory.actor_slug(ActorKind.TEAM, number) if kind == "Team" else f"{kind} {number}"
    found = RequiredReviewer(fields.texts("file_patterns"), team, fields.number("minimum_approvals"))
    reviewer.close()
    fields.close()
    return found


def _checks(rule: Fields | None, directory: Directory) -> tuple[bool, bool, frozenset[Check]]:
    if rule is None:
        return False, True, frozenset()
    parameters = rule.nested("parameters")
    strict = parameters.flag("strict_required_status_checks_policy")
    on_creation = not parameters.flag("do_not_enforce_on_create", default=False)
    checks = frozenset(_check(check, directory) for check in parameters.each("required_status_checks"))
    parameters.close()
    rule.close()
    return strict, on_creation, checks


def _check(fields: Fields, directory: Directory) -> Check:
    app = None
    if fields.has("integration_id"):
        app = directory.actor_slug(ActorKind.APP, fields.number("integration_id"))
    check = Check(fields.text("context"), app)
    fields.close()
    return check


def encode(ruleset: Ruleset, directory: Directory) -> dict[str, Any]:
    """Return the body that creates or replaces a ruleset; every setting is explicit, lists are sorted.

    Raises:
        Incomplete: A team, app or user has no id.
    """
    return {
        "name": ruleset.name,
        "target": ruleset.target.value,
        "enforcement": ruleset.enforcement.name.lower(),
        "bypass_actors": [
            {
                "actor_id": directory.actor_id(actor.kind, actor.slug),
                "actor_type": actor.kind.value,
                "bypass_mode": actor.mode.value,
            }
            for actor in sorted(ruleset.bypass, key=str)
        ],
        "conditions": {"ref_name": {"include": sorted(ruleset.include), "exclude": sorted(ruleset.exclude)}},
        "rules": list(_rules(ruleset, directory)),
    }


def _rules(ruleset: Ruleset, directory: Directory) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = [{"type": kind} for kind, field in _BARE.items() if getattr(ruleset, field)]
    for rule in rules:
        if rule["type"] == "update":
            rule["parameters"] = {"update_allows_fetch_and_merge": ruleset.fetch_and_merge}
    if ruleset.pull_request is not None:
        rules.append({"type": "pull_request", "parameters": _pull_request_body(ruleset.pull_request, directory)})
    if ruleset.checks:
        rules.append(
            {
                "type": "required_status_checks",
                "parameters": {
                    "strict_required_status_checks_policy": ruleset.strict_checks,
                    "do_not_enforce_on_create": not ruleset.checks_on_creation,
                    "required_status_checks": [
                        {"context": check.context}
                        | ({"integration_id": directory.actor_id(ActorKind.APP, check.app)} if check.app else {})
                        for check in sorted(ruleset.checks, key=str)
                    ],
                },
            }
        )
    return rules


def _pull_request_body(rule: PullRequestRule, directory: Directory) -> dict[str, Any]:
    return {
        "required_approving_review_count": rule.approvals,
        "require_code_owner_review": rule.code_owner_review,
        "require_last_push_approval": rule.last_push_approval,
        "dismiss_stale_reviews_on_push": rule.dismiss_stale_reviews,
        "required_review_thread_resolution": rule.resolve_threads,
        "allowed_merge_methods": sorted(rule.merge_methods),
        "required_reviewers": [
            {
                "file_patterns": sorted(reviewer.patterns),
                "minimum_approvals": reviewer.approvals,
                "reviewer": {"id": directory.actor_id(ActorKind.TEAM, reviewer.team), "type": "Team"},
            }
            for reviewer in sorted(rule.required_reviewers, key=str)
        ],
    }
