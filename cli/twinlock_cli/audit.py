"""`twinlock audit`: desired against live, with the auditor's identity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from twinlock_cli.render import Format, FormatOption, counted, show, show_json, show_table
from twinlock_cli.windows import show_windows

if TYPE_CHECKING:
    from twinlock.audit import Report


def audit(context: typer.Context, format: FormatOption = Format.TABLE) -> int:  # noqa: A002 - the option's name
    """Compare what GitHub and AWS report with the manifest; exit 1 with findings, 3 where something is unknown."""
    from twinlock_cli import compose

    platform = compose.load(context.obj)
    report = compose.examine(platform, compose.world(platform))()
    if format is Format.JSON:
        show_json(report.as_json())
    else:
        show_report(report)
    return report.exit_code


def show_report(report: Report) -> None:
    """Show a report to a person: what is wrong first, then what is unknown, then what was looked at."""
    if report.findings:
        show_table(
            ("control", "severity", "subject", "finding"),
            [(f.control, f.severity.value, f.subject, f.message) for f in report.findings],
        )
    if report.unknowns:
        show_table(("control", "unknown", "why"), [(u.control, u.subject, u.reason) for u in report.unknowns])
    if report.notes:
        show_table(("control", "note on", "what"), [(n.control, n.subject, n.message) for n in report.notes])
    if report.windows:
        show_windows(report.windows)
    coverage, calls = report.coverage, report.calls
    show(
        f"{counted(len(report.findings), 'finding')}, {counted(len(report.unknowns), 'unknown')}, "
        f"{counted(len(report.notes), 'note')}; {len(coverage.evaluated)} evaluated, "
        f"{len(coverage.not_evaluated)} not evaluated; "
        f"calls: {calls.get('github', 0)} GitHub, {calls.get('aws', 0)} AWS"
    )
    if report.windows:
        count = counted(len(report.windows), "window")
        show(f"{count} not examined. Look at what happened meanwhile, then: `twinlock windows examine ID`.")
    if not report.exit_code:
        show("Settings match the manifest.")
