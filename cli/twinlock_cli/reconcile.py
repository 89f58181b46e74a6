"""`twinlock reconcile`: find drift, write it down, correct it, read again."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Annotated

import typer

from twinlock.errors import BadInput
from twinlock_cli.engines import EngineOption, Kind
from twinlock_cli.render import Format, FormatOption, say, show, show_json, show_table

if TYPE_CHECKING:
    from twinlock.reconcile import Reconciliation

_UNITS = {"s": 1, "m": 60, "h": 3600}


def reconcile(  # noqa: PLR0913, PLR0917 - each is an option of the command
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Make one pass, then end.")] = False,
    every: Annotated[str, typer.Option(metavar="TIME", help="Time between passes: 30s, 5m, 1h.")] = "5m",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    engine: EngineOption = Kind.EMBEDDED,
    format: FormatOption = Format.TABLE,  # noqa: A002 - the option's name
) -> int:
    """Correct whatever differs from the manifest; every correction stands in the journal before it is made."""
    from twinlock_cli import compose, consent

    pause = _seconds(every)
    platform = compose.load(context.obj)
    consent.ask(f"Correct {platform.estate.organization.login} without asking again?", yes=yes)
    while True:
        passed = compose.reconcile(platform, engine)
        if format is Format.JSON:
            show_json(passed.as_json())
        else:
            show_pass(passed)
        if once:
            return passed.exit_code
        say(f"Next pass in {every}; Ctrl-C ends.")
        time.sleep(pause)


def show_pass(passed: Reconciliation) -> None:
    """Show one pass to a person."""
    from twinlock.reconcile import Outcome
    from twinlock_cli.audit import show_report

    if passed.corrected:
        closed = {(w.control, w.subject): w for w in passed.windows}
        rows = [(f.control, f.subject, _window(closed.get((f.control, f.subject)))) for f in passed.corrected]
        show_table(("corrected", "subject", "was off"), rows)
    match passed.outcome:
        case Outcome.CLEAN:
            show("Nothing to correct: settings match the manifest.")
        case Outcome.CORRECTED:
            show(f"{len(passed.corrected)} corrected, and seen corrected by reading again.")
        case Outcome.STOPPED:
            show("Nothing was corrected: a correction would soften what is stricter than the manifest.")
            for note in passed.before.notes:
                if note.softens:
                    show(f"  {note.subject}: {note.message} Raise {note.manifest_key or 'the manifest'} first.")
        case Outcome.UNKNOWN:
            show_report(passed.before)
            show("Nothing was corrected: what could not be read might be overwritten.")
        case Outcome.REMAINS:
            after = passed.after or passed.before
            show_report(after)
            show("Not everything could be corrected:")
            for finding in after.findings:
                show(f"  {finding.subject}: {finding.remediation}")


def _window(window: object) -> str:
    last_clean, found, closed = (getattr(window, name, None) for name in ("last_clean", "found", "closed"))
    return f"{last_clean or 'unknown'} .. {closed or 'still'}, found {found}"


def _seconds(text: str) -> int:
    match = re.fullmatch(r"([1-9][0-9]{0,5})([smh])", text)
    if match is None:
        raise BadInput(
            f"--every {text} is refused.", "A time is a number and a unit: s, m or h.", "Write it as in `--every 5m`."
        )
    return int(match[1]) * _UNITS[match[2]]
