"""Drift: what an engine and the audit see otherwise than it should be, side by side, each labelled with who saw it.

Neither sees all. A refresh compares what is live with what the last run left, resource by resource; the program's
preview compares it with what is declared now; the audit asks GitHub and AWS exclusively, and knows no state. Pure but
for `look`, which runs previews and so changes nothing.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from twinlock.engine.port import ignore
from twinlock.engine.result import FieldChange, Operation
from twinlock.errors import Incomplete
from twinlock.programs.subjects import subject_of
from twinlock.provision import Run, steps

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from twinlock.audit import Report
    from twinlock.engine.port import Engine, Listener, Stack
    from twinlock.engine.result import Change, Result
    from twinlock.model.estate import Estate

NONE, DRIFT, INCOMPLETE = 0, 1, 3
"""Exit codes."""
UP, NOBODY = "`twinlock up`", "nobody: the program leaves it alone"
_PRESENT, _ABSENT = "present", "absent"


class Seer(enum.Enum):
    """Who sees drift."""

    REFRESH = "pulumi refresh"
    PREVIEW = "program preview"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is otherwise than it should be.

    Attributes:
        subject: What it is about, in the audit's spelling.
        field: The property, the resource's type where all of it differs, or the control that failed.
        was: As it is declared; for what the program does not say, as it was left.
        now: As it is.
        seen_by: Who sees it.
        corrected_by: What corrects it.
    """

    subject: str
    field: str
    was: str
    now: str
    seen_by: tuple[Seer, ...]
    corrected_by: str

    def as_json(self) -> dict[str, Any]:
        """Return it as it stands in `drift --format json`."""
        return {
            "subject": self.subject,
            "field": self.field,
            "was": self.was,
            "now": self.now,
            "seen_by": [seer.value for seer in self.seen_by],
            "corrected_by": self.corrected_by,
        }


@dataclass(frozen=True, slots=True)
class Unseen:
    """What could not be looked at.

    Attributes:
        subject: A stack, or a subject of the audit.
        reason: Why.
    """

    subject: str
    reason: str


@dataclass(frozen=True, slots=True)
class Looked:
    """What an engine saw.

    Attributes:
        results: One per stack that could be previewed.
        unseen: The others.
    """

    results: tuple[Result, ...]
    unseen: tuple[Unseen, ...] = ()


@dataclass(frozen=True, slots=True)
class Drift:
    """All drift that anybody saw.

    Attributes:
        differences: By subject.
        unseen: What could not be looked at.
        evaluated: How many things the audit judged.
        resources: How many resources the engine compared.
    """

    differences: tuple[Difference, ...]
    unseen: tuple[Unseen, ...] = field(default=())
    evaluated: int = 0
    resources: int = 0

    @property
    def exit_code(self) -> int:
        """1 with drift; else 3 where anything was not seen, or nothing was compared at all; else 0."""
        if self.differences:
            return DRIFT
        return INCOMPLETE if self.unseen or not (self.evaluated and self.resources) else NONE

    def as_json(self) -> dict[str, Any]:
        """Return the stable JSON document of `drift --format json`."""
        return {
            "differences": [difference.as_json() for difference in self.differences],
            "unseen": [{"subject": each.subject, "reason": each.reason} for each in self.unseen],
            "evaluated": self.evaluated,
            "resources": self.resources,
        }


def look(
    estate: Estate,
    engine: Engine,
    stack: Callable[[str, str], Stack],
    *,
    groups: Collection[str] = (),
    listener: Listener = ignore,
) -> Looked:
    """Preview every stack, and go on where one cannot be: the audit, and the other stacks, still see."""
    results, unseen = [], []
    for step in steps(estate, groups):
        if not isinstance(step, Run):
            continue
        try:
            results.append(engine.preview(stack(step.program, step.group), listener))
        except Incomplete as error:
            unseen.append(Unseen(f"{step.program}/{step.group}", f"{error.what} {error.why}"))
    return Looked(tuple(results), tuple(unseen))


def merge(estate: Estate, looked: Looked, report: Report) -> Drift:
    """Return everything that an engine and the audit saw, by subject.

    What refresh and preview say of the same property is one difference, seen by both. The audit's findings stand beside
    it: a control fails on a subject for reasons that need not be properties.
    """
    engine = [each for result in looked.results for each in _by_engine(estate, result)]
    audit = [
        Difference(each.subject, each.control, each.desired, each.live, (Seer.AUDIT,), each.remediation)
        for each in report.findings
    ]
    unknown = (Unseen(each.subject, f"{each.control}: {each.reason}") for each in report.unknowns)
    return Drift(
        tuple(sorted((*engine, *audit), key=lambda each: (each.subject, each.seen_by == (Seer.AUDIT,), each.field))),
        (*looked.unseen, *unknown),
        len(report.coverage.evaluated),
        sum(len(result.changes) for result in looked.results),
    )


def _by_engine(estate: Estate, result: Result) -> Iterator[Difference]:
    """Yield what one stack's run saw: what it would correct, then what only its refresh saw."""
    left = {(change.urn, each.path): each for change in result.drifted for each in _fields(change, _AS_LEFT)}
    for change in result.changed:
        subject = subject_of(estate, change.type, change.name)
        for each in _fields(change, _AS_DECLARED):
            seen = (Seer.PREVIEW,) if left.pop((change.urn, each.path), None) is None else (Seer.REFRESH, Seer.PREVIEW)
            yield Difference(subject, each.path, each.after, each.before, seen, UP)
    named = {change.urn: subject_of(estate, change.type, change.name) for change in result.drifted}
    for (urn, path), each in left.items():
        yield Difference(named[urn], path, each.before, each.after, (Seer.REFRESH,), NOBODY)


_AS_DECLARED: dict[Operation, tuple[str, str]] = {
    Operation.CREATE: (_ABSENT, _PRESENT),
    Operation.DELETE: (_PRESENT, _ABSENT),
}
"""Before and after of a resource that the program makes or removes: live, then declared."""
_AS_LEFT: dict[Operation, tuple[str, str]] = {Operation.DELETE: (_PRESENT, _ABSENT)}
"""The same of one that a refresh finds gone: as it was left, then live."""


def _fields(change: Change, whole: dict[Operation, tuple[str, str]]) -> Sequence[FieldChange]:
    """Return what differs of a resource; all of it is one field, named by its type."""
    if change.operation not in whole:
        return change.fields
    before, after = whole[change.operation]
    return (FieldChange(f"{change.type.rpartition(':')[2]} {change.name}", before, after),)
