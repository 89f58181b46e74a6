"""The types of rules that a ruleset may hold, and what each one's parameters must be.

A table, so that a rule GitHub does not know is refused as GitHub refuses it, and so that an omitted parameter shows
the default that GitHub would show. Pure; called by `ruleset`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock_world.jsonvalue import (
    FieldError,
    Fields,
    JsonObject,
    JsonValue,
    as_array,
    as_flag,
    as_number,
    as_object,
    as_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_REQUIRED: Final = object()
_MERGE_METHODS: Final = ("merge", "squash", "rebase")
_MOST_APPROVALS: Final = 10


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a rule: how it is read, and what it is when omitted (nothing: it must be given)."""

    read: Callable[[JsonValue, str], JsonValue]
    default: object = _REQUIRED


@dataclass(frozen=True, slots=True)
class RuleType:
    """A type of rule: its parameters, the targets it may stand on, and whether only organizations have it."""

    parameters: Mapping[str, Parameter]
    targets: frozenset[str]
    organization_only: bool = False


def read_rule(rule: Fields, at: str) -> JsonObject:
    """Return a rule with its parameters complete.

    Raises:
        FieldError: The type is unknown or a parameter is wrong.
    """
    name = rule.text("type")
    known = RULES.get(name)
    if known is None:
        raise FieldError(at, "data matches no possible input. See `documentation_url`.")
    given = rule.object("parameters").raw if rule.given("parameters") else {}
    if set(given) - set(known.parameters):
        raise FieldError(at, "data matches no possible input. See `documentation_url`.")
    if not known.parameters:
        return {"type": name}
    return {"type": name, "parameters": _complete(known.parameters, given, at)}


def _complete(parameters: Mapping[str, Parameter], given: JsonObject, at: str) -> JsonObject:
    found: dict[str, JsonValue] = {}
    for name, parameter in parameters.items():
        if given.get(name) is not None:
            found[name] = parameter.read(given[name], f"{at}/parameters/{name}")
        elif parameter.default is _REQUIRED:
            raise FieldError(f"{at}/parameters/{name}", "wasn't supplied")
        elif parameter.default is not None:
            found[name] = parameter.default  # type: ignore[assignment]  # defaults below are JSON
    return found


def _texts(value: JsonValue, field: str) -> JsonValue:
    return [as_text(item, field) for item in as_array(value, field)]


def _approvals(value: JsonValue, field: str) -> JsonValue:
    count = as_number(value, field)
    if not 0 <= count <= _MOST_APPROVALS:
        raise FieldError(field, f"{count} must be between 0 and {_MOST_APPROVALS}")
    return count


def _choice(*choices: str) -> Callable[[JsonValue, str], JsonValue]:
    def read(value: JsonValue, field: str) -> JsonValue:
        return Fields({field: value}).choice(field, choices)

    return read


def _objects(parameters: Mapping[str, Parameter]) -> Callable[[JsonValue, str], JsonValue]:
    def read(value: JsonValue, field: str) -> JsonValue:
        items = as_array(value, field)
        return [_complete(parameters, as_object(item, field), f"{field}/{at}") for at, item in enumerate(items)]

    return read


def _merge_methods(value: JsonValue, field: str) -> JsonValue:
    methods = [_choice(*_MERGE_METHODS)(item, field) for item in as_array(value, field)]
    if not methods:
        raise FieldError(field, "[] must have at least one item")
    return methods


def _object(value: JsonValue, field: str) -> JsonValue:
    return as_object(value, field)


_FLAG: Final = Parameter(as_flag)
_NUMBER: Final = Parameter(as_number)
_TEXTS: Final = Parameter(_texts)
_OFF: Final = Parameter(as_flag, default=False)
_PATTERN: Final = {
    "name": Parameter(as_text, ""),
    "negate": _OFF,
    "operator": Parameter(_choice("starts_with", "ends_with", "contains", "regex")),
    "pattern": Parameter(as_text),
}
_REVIEWER: Final = {
    "minimum_approvals": Parameter(_approvals),
    "file_patterns": _TEXTS,
    "reviewer": Parameter(
        lambda value, field: _complete(
            {"id": _NUMBER, "type": Parameter(_choice("Team"))}, as_object(value, field), field
        )
    ),
}
_BRANCH: Final = frozenset({"branch"})
_TAG: Final = frozenset({"tag"})
_REFS: Final = _BRANCH | _TAG
_PUSH: Final = frozenset({"push"})

RULES: Final[Mapping[str, RuleType]] = {
    "creation": RuleType({}, _REFS),
    "update": RuleType({"update_allows_fetch_and_merge": _OFF}, _REFS),
    "deletion": RuleType({}, _REFS),
    "required_linear_history": RuleType({}, _REFS),
    "required_signatures": RuleType({}, _REFS),
    "non_fast_forward": RuleType({}, _REFS),
    "required_deployments": RuleType({"required_deployment_environments": _TEXTS}, _REFS),
    "merge_queue": RuleType(
        {
            "check_response_timeout_minutes": _NUMBER,
            "grouping_strategy": Parameter(_choice("ALLGREEN", "HEADGREEN")),
            "max_entries_to_build": _NUMBER,
            "max_entries_to_merge": _NUMBER,
            "merge_method": Parameter(_choice("MERGE", "SQUASH", "REBASE")),
            "min_entries_to_merge": _NUMBER,
            "min_entries_to_merge_wait_minutes": _NUMBER,
        },
        _BRANCH,
    ),
    "pull_request": RuleType(
        {
            "required_approving_review_count": Parameter(_approvals),
            "dismiss_stale_reviews_on_push": _FLAG,
            "required_reviewers": Parameter(_objects(_REVIEWER), []),
            "require_code_owner_review": _FLAG,
            "require_last_push_approval": _FLAG,
            "required_review_thread_resolution": _FLAG,
            "allowed_merge_methods": Parameter(_merge_methods, list(_MERGE_METHODS)),
            "dismissal_restriction": Parameter(_object, None),
            "automatic_copilot_code_review_enabled": Parameter(as_flag, None),
        },
        _BRANCH,
    ),
    "required_status_checks": RuleType(
        {
            "strict_required_status_checks_policy": _FLAG,
            "do_not_enforce_on_create": _OFF,
            "required_status_checks": Parameter(
                _objects({"context": Parameter(as_text), "integration_id": Parameter(as_number, None)})
            ),
        },
        _REFS,
    ),
    "commit_message_pattern": RuleType(_PATTERN, _REFS),
    "commit_author_email_pattern": RuleType(_PATTERN, _REFS),
    "committer_email_pattern": RuleType(_PATTERN, _REFS),
    "branch_name_pattern": RuleType(_PATTERN, _BRANCH),
    "tag_name_pattern": RuleType(_PATTERN, _TAG),
    "workflows": RuleType(
        {
            "do_not_enforce_on_create": _OFF,
            "workflows": Parameter(
                _objects(
                    {
                        "path": Parameter(as_text),
                        "ref": Parameter(as_text, None),
                        "repository_id": _NUMBER,
                        "sha": Parameter(as_text, None),
                    }
                )
            ),
        },
        _BRANCH,
        organization_only=True,
    ),
    "code_scanning": RuleType(
        {
            "code_scanning_tools": Parameter(
                _objects(
                    {
                        "alerts_threshold": Parameter(_choice("none", "errors", "errors_and_warnings", "all")),
                        "security_alerts_threshold": Parameter(
                            _choice("none", "critical", "high_or_higher", "medium_or_higher", "all")
                        ),
                        "tool": Parameter(as_text),
                    }
                )
            )
        },
        _BRANCH,
    ),
    "copilot_code_review": RuleType({"review_draft_pull_requests": _OFF, "review_on_push": _OFF}, _BRANCH),
    "license_compliance_scanning": RuleType({}, _BRANCH),
    "file_path_restriction": RuleType({"restricted_file_paths": _TEXTS}, _PUSH),
    "max_file_path_length": RuleType({"max_file_path_length": _NUMBER}, _PUSH),
    "file_extension_restriction": RuleType({"restricted_file_extensions": _TEXTS}, _PUSH),
    "max_file_size": RuleType({"max_file_size": _NUMBER}, _PUSH),
}

NOT_MODELLED: Final = frozenset({"merge_queue", "code_scanning", "license_compliance_scanning"})
"""Types that GitHub knows and this world refuses to keep: nothing here could tell whether they hold."""
