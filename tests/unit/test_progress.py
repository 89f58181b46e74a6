"""What a run shows while it is under way: stack after stack for people, as it happens for machines."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import TYPE_CHECKING

from rich.console import Console

from twinlock.engine.result import Change, FieldChange, Operation, Result
from twinlock.errors import Incomplete
from twinlock_cli.progress import Events, Lines, Live

if TYPE_CHECKING:
    import pytest

FIRST, SECOND = "repositories/orders", "repositories/payments"


def change(name: str, operation: Operation = Operation.CREATE) -> Change:
    """Return a change of a team."""
    fields = (FieldChange("privacy", "secret", "closed"),) if operation is Operation.UPDATE else ()
    return Change(f"urn:{name}", "github:index/team:Team", name, operation, fields)


def tell(shown: Lines | Events) -> None:
    """Tell of two stacks that ran at once, the second through before the first."""
    with shown:
        shown.planned([FIRST, SECOND])
        shown.begun(FIRST)
        shown.begun(SECOND)
        shown(SECOND, change("c", Operation.UPDATE))
        shown(FIRST, change("a"))
        shown.ended(SECOND, Result(SECOND, (change("c", Operation.UPDATE),)))
        shown(FIRST, change("b", Operation.SAME))
        shown.ended(FIRST, Result(FIRST, (change("a"), change("b", Operation.SAME))))


LINES = [
    "+ repositories/orders      Team a",
    "~ repositories/payments    Team c",
    "    privacy: secret -> closed",
]


def test_lines_come_stack_after_stack() -> None:
    """Whichever was through first; what does not change is left out."""
    lines: list[str] = []
    tell(Lines(verbose=False, write=lines.append))
    assert lines == LINES


def test_verbose_lines_tell_of_everything() -> None:
    """Unchanged resources, and when stacks begin and end."""
    lines: list[str] = []
    tell(Lines(verbose=True, write=lines.append))
    assert [line.partition(" (")[0] for line in lines] == [
        f"  {FIRST} begins",
        LINES[0],
        "  repositories/orders      Team b",
        f"  {FIRST} is through",
        f"  {SECOND} begins",
        *LINES[1:],
        f"  {SECOND} is through",
    ]


def test_what_was_done_is_shown_also_where_an_earlier_stack_never_ends() -> None:
    """A run that is interrupted has still done what it has done."""
    lines: list[str] = []
    with Lines(verbose=False, write=lines.append) as shown:
        shown.planned([FIRST, SECOND])
        shown.begun(FIRST)
        shown.begun(SECOND)
        shown(SECOND, change("c"))
        assert lines == []
    assert lines == ["+ repositories/payments    Team c"]


def test_a_terminal_shows_what_is_under_way_and_keeps_the_changes() -> None:
    """The live lines are gone afterwards; the changes stand as without a terminal, whatever characters they hold."""
    screen = io.StringIO()
    shown = Live(verbose=False, console=Console(file=screen, force_terminal=True, width=100, no_color=True))
    with shown:
        shown.planned([FIRST])
        shown.begun(FIRST)
        shown(FIRST, change("[bold]a"))
        shown.refresh()
        assert "repositories/orders  1 done, last Team [bold]a" in screen.getvalue()
        shown.ended(FIRST, Result(FIRST, ()))
    assert "+ repositories/orders      Team [bold]a\n" in screen.getvalue()


def test_events_are_lines_of_json_as_they_happen(capsys: pytest.CaptureFixture[str]) -> None:
    """Each with its time; the shape is in docs/engines.md."""
    noon = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
    shown = Events(verbose=False, clock=lambda: noon)
    tell(shown)
    shown.begun(FIRST)
    shown.failed(FIRST, Incomplete("It was not applied.", "The world is down.", "Start it."))
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {event.pop("time") for event in events} == {"2026-01-01T12:00:00.000Z"}
    differing = [{"path": "privacy", "before": "secret", "after": "closed"}]
    team = {"event": "resource", "type": "github:index/team:Team"}
    assert events == [
        {"event": "plan", "stacks": [FIRST, SECOND]},
        {"event": "begin", "stack": FIRST},
        {"event": "begin", "stack": SECOND},
        team | {"stack": SECOND, "urn": "urn:c", "name": "c", "operation": "update", "fields": differing},
        team | {"stack": FIRST, "urn": "urn:a", "name": "a", "operation": "create", "fields": []},
        {"event": "end", "stack": SECOND, "seconds": 0.0, "resources": 1, "changed": 1},
        {"event": "end", "stack": FIRST, "seconds": 0.0, "resources": 2, "changed": 1},
        {"event": "begin", "stack": FIRST},
        {
            "event": "failure",
            "stack": FIRST,
            "seconds": 0.0,
            "what": "It was not applied.",
            "why": "The world is down.",
            "mend": "Start it.",
        },
    ]
