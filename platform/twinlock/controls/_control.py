"""A control: a rule with a slug, checked by comparing desired with live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinlock.model.finding import Finding, Note, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from twinlock.controls._judgement import Judgement
    from twinlock.model.estate import Estate
    from twinlock.model.finding import Severity, Verdict
    from twinlock.model.live import LiveEstate


@dataclass(frozen=True, slots=True)
class Control:
    """A rule.

    Attributes:
        slug: Its name in every report; the module's name with hyphens.
        title: What holds, in a few words.
        severity: How much its failure endangers the promise.
        promise: The promise it serves (`P3`).
        remediation: What to do about a finding.
        check: Judges every subject of the rule, also those that are as declared.
    """

    slug: str
    title: str
    severity: Severity
    promise: str
    remediation: str
    check: Callable[[Estate, LiveEstate], Iterable[Judgement]]

    def verdicts(self, judgement: Judgement) -> Iterator[Verdict]:
        """Yield what one judgement amounts to: at most one finding, and its unknowns and notes."""
        if judgement.faults:
            yield Finding(
                control=self.slug,
                subject=judgement.subject,
                severity=self.severity,
                message="; ".join(fault.clause for fault in judgement.faults),
                desired="; ".join(fault.desired for fault in judgement.faults),
                live="; ".join(fault.live for fault in judgement.faults),
                remediation=self.remediation,
            )
        for doubt in judgement.doubts:
            yield Unknown(self.slug, judgement.subject, doubt)
        for remark in judgement.remarks:
            yield Note(self.slug, judgement.subject, remark.message, remark.softens, remark.manifest_key)
