"""The audit: every control over desired and live, and what it all amounts to.

Pure: `live` has read before, and nothing here knows GitHub or AWS. The report says what was evaluated as well as what
was found, for nothing read is not clean.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from twinlock.controls import CONTROLS
from twinlock.model.finding import Finding, Note, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from twinlock.controls import Control
    from twinlock.ledger.windows import Window
    from twinlock.model.estate import Estate
    from twinlock.model.live import LiveEstate

CLEAN, FINDINGS, INCOMPLETE = 0, 1, 3
"""Exit codes of an audit."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was looked at, each as `SLUG SUBJECT`.

    Attributes:
        evaluated: Judged wholly.
        not_evaluated: Not looked at, because its protections are not provisioned yet.
    """

    evaluated: tuple[str, ...]
    not_evaluated: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What an audit found.

    Attributes:
        findings: By control and subject.
        unknowns: By control and subject.
        notes: By control and subject.
        coverage: What was looked at.
        calls: Requests made, by provider; of GitHub those that it counts.
        windows: When a control was off before, and nobody has examined what happened meanwhile. They are no finding:
            settings match again.
    """

    findings: tuple[Finding, ...]
    unknowns: tuple[Unknown, ...]
    notes: tuple[Note, ...]
    coverage: Coverage
    calls: Mapping[str, int] = field(default_factory=dict)
    windows: tuple[Window, ...] = ()

    @property
    def exit_code(self) -> int:
        """1 with findings; else 3 where anything is unknown or nothing was evaluated; else 0."""
        if self.findings:
            return FINDINGS
        return INCOMPLETE if self.unknowns or not self.coverage.evaluated else CLEAN

    def as_json(self) -> dict[str, Any]:
        """Return the report as the stable JSON document of `audit --format json`."""
        return {
            "findings": [
                {
                    "control": finding.control,
                    "subject": finding.subject,
                    "severity": finding.severity.value,
                    "message": finding.message,
                    "desired": finding.desired,
                    "live": finding.live,
                    "remediation": finding.remediation,
                }
                for finding in self.findings
            ],
            "unknowns": [
                {"control": unknown.control, "subject": unknown.subject, "reason": unknown.reason}
                for unknown in self.unknowns
            ],
            "notes": [
                {
                    "control": note.control,
                    "subject": note.subject,
                    "message": note.message,
                    "softens": note.softens,
                    "manifest_key": note.manifest_key,
                }
                for note in self.notes
            ],
            "coverage": {
                "evaluated": list(self.coverage.evaluated),
                "not_evaluated": list(self.coverage.not_evaluated),
            },
            "calls": dict(self.calls),
            "windows": [window.as_json() for window in self.windows],
        }


def audit(
    estate: Estate,
    live: LiveEstate,
    *,
    controls: Iterable[Control] = CONTROLS,
    calls: Mapping[str, int] | None = None,
    windows: Iterable[Window] = (),
) -> Report:
    """Judge the live estate against the desired one.

    Args:
        estate: What must be.
        live: What was read.
        controls: The rules; all of them unless a test says otherwise.
        calls: Requests that reading took, by provider, for the report.
        windows: Windows that nobody has examined, for the report.
    """
    verdicts: list[Finding | Unknown | Note] = []
    evaluated, skipped = set(), set()
    for control in controls:
        for judgement in control.check(estate, live):
            verdicts += control.verdicts(judgement)
            place = f"{control.slug} {judgement.subject}"
            if judgement.skipped:
                skipped.add(place)
            elif not judgement.doubts:
                evaluated.add(place)
    ordered = sorted(verdicts, key=lambda verdict: (verdict.control, verdict.subject, str(verdict)))
    return Report(
        findings=tuple(verdict for verdict in ordered if isinstance(verdict, Finding)),
        unknowns=tuple(verdict for verdict in ordered if isinstance(verdict, Unknown)),
        notes=tuple(verdict for verdict in ordered if isinstance(verdict, Note)),
        coverage=Coverage(tuple(sorted(evaluated)), tuple(sorted(skipped))),
        calls=calls or {},
        windows=tuple(windows),
    )
