"""Which events start a workflow.

https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows. `read_triggers` reads
`on`; `starts` tells whether an occurrence is one of those that it means. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock_world.actions.cron import Cron, CronError
from twinlock_world.actions.document import DocumentError, Items, Node, Scalar
from twinlock_world.actions.model import Filter, Input, Trigger
from twinlock_world.actions.patterns import PatternError, allows, allows_any, compiled
from twinlock_world.actions.reading import Section, table, text, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

EVENTS: Final = frozenset(  # the documentation's list
    """
    branch_protection_rule check_run check_suite create delete deployment deployment_status discussion
    discussion_comment fork gollum image_version issue_comment issues label member merge_group milestone page_build
    project project_card project_column public pull_request pull_request_review pull_request_review_comment
    pull_request_target push registry_package release repository_dispatch schedule status watch workflow_call
    workflow_dispatch workflow_run
    """.split()  # noqa: SIM905 - a list of forty quoted words reads worse
)
_DEFAULT_TYPES: Final[Mapping[str, frozenset[str]]] = {
    "pull_request": frozenset({"opened", "synchronize", "reopened"}),
    "pull_request_target": frozenset({"opened", "synchronize", "reopened"}),
}
_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "push": ("branches", "branches-ignore", "tags", "tags-ignore", "paths", "paths-ignore"),
    "pull_request": ("types", "branches", "branches-ignore", "paths", "paths-ignore"),
    "pull_request_target": ("types", "branches", "branches-ignore", "paths", "paths-ignore"),
    "workflow_run": ("types", "workflows", "branches", "branches-ignore"),
    "merge_group": ("types", "branches", "branches-ignore"),
    "workflow_dispatch": ("inputs",),
    "workflow_call": ("inputs", "outputs", "secrets"),
}
_INPUT: Final = ("description", "required", "default", "type", "options", "deprecationMessage")
_INPUT_TYPES: Final = ("string", "boolean", "number", "choice", "environment")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One event, as far as filters ask about it."""

    event: str
    activity: str | None = None
    branch: str | None = None
    """The branch that filters compare: pushed to, or the base of a pull request."""
    tag: str | None = None
    workflow: str | None = None
    """The workflow whose run it is about."""
    changed: Callable[[], Sequence[str] | None] = lambda: None
    """The changed files; nothing where GitHub compares none."""


def read_triggers(node: Node) -> Mapping[str, Trigger]:
    """Return the triggers that `on` declares.

    Raises:
        DocumentError: It names no event, or filters one that takes no such filter.
    """
    if isinstance(node, Scalar | Items):
        found = {name: Trigger(_event(name, node)) for name in texts(node)}
    else:
        found = {entry.key: _trigger(_event(entry.key, node), entry.value) for entry in table(node)}
    if not found:
        raise DocumentError(node.place, "No event triggers defined in `on`")
    return found


def starts(trigger: Trigger, occurrence: Occurrence) -> bool:
    """Tell whether an occurrence is one that a trigger means."""
    if trigger.event != occurrence.event:
        return False
    if not _has_type(trigger, occurrence.activity):
        return False
    if occurrence.event == "workflow_run" and occurrence.workflow not in trigger.workflows:
        return False
    if not _has_ref(trigger, occurrence):
        return False
    if not trigger.paths.given or occurrence.tag is not None:
        return True
    changed = occurrence.changed()
    return changed is None or allows_any(trigger.paths, changed)


def _has_type(trigger: Trigger, activity: str | None) -> bool:
    wanted = _DEFAULT_TYPES.get(trigger.event) if trigger.types is None else trigger.types
    return wanted is None or activity in wanted


def _has_ref(trigger: Trigger, occurrence: Occurrence) -> bool:
    """Filters of branches alone leave tags out, and the reverse."""
    if occurrence.tag is not None:
        return allows(trigger.tags, occurrence.tag) if trigger.tags.given else not trigger.branches.given
    if occurrence.branch is not None:
        return allows(trigger.branches, occurrence.branch) if trigger.branches.given else not trigger.tags.given
    return True


def _event(name: str, node: Node) -> str:
    if name not in EVENTS:
        raise DocumentError(node.place, f"Unexpected value '{name}'")
    return name


def _trigger(event: str, node: Node) -> Trigger:
    if event == "schedule":
        return Trigger(event, crons=_crons(node))
    found = Section.of(node, _KEYS.get(event, ("types",)))
    if event == "workflow_run" and not found.texts("workflows"):
        raise DocumentError(node.place, "Required property is missing: workflows")
    secrets, outputs, inputs = found.node("secrets"), found.node("outputs"), found.node("inputs")
    return Trigger(
        event,
        found.texts("types"),
        branches=_filter(found, "branches"),
        tags=_filter(found, "tags"),
        paths=_filter(found, "paths"),
        workflows=found.texts("workflows") or (),
        inputs=() if inputs is None else tuple(_input(entry.key, entry.value) for entry in table(inputs)),
        secrets=None
        if secrets is None
        else {
            entry.key: Section.of(entry.value, ("description", "required")).flag("required") for entry in table(secrets)
        },
        outputs=None
        if outputs is None
        else {
            entry.key: text(Section.of(entry.value, ("description", "value")).required("value"))
            for entry in table(outputs)
        },
    )


def _crons(node: Node) -> tuple[Cron, ...]:
    if not isinstance(node, Items):
        raise DocumentError(node.place, "Unexpected value ''")
    found = []
    for item in node:
        section = Section.of(item, ("cron", "timezone"))
        place = section.required("cron")
        cron = Cron(text(place), section.text("timezone") or "")
        try:
            cron.schedule()
        except CronError as error:
            raise DocumentError(place.place, f"Invalid cron string: {error}") from error
        found.append(cron)
    return tuple(found)


def _filter(section: Section, name: str) -> Filter:
    include, ignore = section.texts(name), section.texts(f"{name}-ignore")
    if include is not None and ignore is not None:
        raise DocumentError(section.table.place, f"you may only define one of `{name}` and `{name}-ignore`")
    for pattern in (*(include or ()), *(ignore or ())):
        try:
            compiled(pattern.removeprefix("!"))
        except PatternError as error:
            raise DocumentError(section.table.place, f"Invalid pattern: {error}") from error
    return Filter(include, ignore)


def _input(name: str, node: Node) -> Input:
    found = Section.of(node, _INPUT)
    kind = found.text("type") or "string"
    if kind not in _INPUT_TYPES:
        raise DocumentError(node.place, f"Unexpected value '{kind}'")
    return Input(name, kind, found.flag("required"), found.json("default"), found.texts("options") or ())
