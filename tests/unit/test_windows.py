"""Windows: listed until a person of the roster says in the journal that they looked."""

from __future__ import annotations

import pytest

from twinlock.errors import BadInput
from twinlock.ledger.journal import START, Entry, Record
from twinlock.ledger.windows import Examination, Window, examination, unexamined, windows

SUBJECT = "branch-ruleset acme/payments:ruleset/default-branch"
NOTE = "Two commits, both reviewed afterwards."
PEOPLE = {"uma", "ulf"}
OPENED, CLOSED = Record("intent", SUBJECT, "off", "a", "b"), Record("outcome", SUBJECT, "corrected", "a", "b")


def _entries(*records: Record) -> tuple[Entry, ...]:
    return tuple(Entry(number, f"t{number}", "x", record, START, START) for number, record in enumerate(records, 1))


def test_a_window_is_unexamined_until_somebody_said_so() -> None:
    """What is written down names the window, the person and what they found; the window stays in the list."""
    entries = _entries(OPENED, CLOSED)
    record = examination(entries, 1, by="uma", note=f" {NOTE}\n", people=PEOPLE)
    assert record == Record("examined", SUBJECT, NOTE, "1", "uma")
    told = _entries(OPENED, CLOSED, record)
    control, subject = SUBJECT.split(" ")
    expected = Window(1, control, subject, None, "t1", "t2", Examination("t3", "uma", NOTE))
    assert ([w.id for w in unexamined(entries)], unexamined(told), windows(told)) == ([1], (), (expected,))
    assert expected.as_json()["examined"] == {"time": "t3", "by": "uma", "note": NOTE}


@pytest.mark.parametrize("number", ["9", "", "x", "²", "-1", "2"])
def test_an_entry_about_no_window_examines_none(number: str) -> None:
    """Whatever stands in the journal, only the number of a window examines it."""
    entries = _entries(OPENED, CLOSED, Record("examined", SUBJECT, NOTE, number, "uma"))
    assert [window.id for window in unexamined(entries)] == [1]


def test_the_first_examination_counts() -> None:
    """A second entry about the same window does not replace what was said first."""
    first, second = Record("examined", SUBJECT, NOTE, "1", "uma"), Record("examined", SUBJECT, "never mind", "1", "ulf")
    (window,) = windows(_entries(OPENED, CLOSED, first, second))
    assert window.examined == Examination("t3", "uma", NOTE)


@pytest.mark.parametrize(
    ("records", "number", "by", "note", "expected"),
    [
        (
            (OPENED, CLOSED),
            2,
            "uma",
            NOTE,
            (
                "There is no window 2.\nThe journal tells of none with that number.\n"
                "See which there are: `twinlock windows`."
            ),
        ),
        (
            (OPENED,),
            1,
            "uma",
            NOTE,
            (
                "Window 1 was not examined.\n"
                "branch-ruleset is off on acme/payments:ruleset/default-branch still, so more may happen.\n"
                "Correct it first: `twinlock reconcile --once`."
            ),
        ),
        (
            (OPENED, CLOSED, Record("examined", SUBJECT, NOTE, "1", "uma")),
            1,
            "ulf",
            NOTE,
            (
                "Window 1 was examined before.\numa did so at t3, and the journal is only added to.\n"
                "See which there are: `twinlock windows`."
            ),
        ),
        (
            (OPENED, CLOSED),
            1,
            "mallory",
            NOTE,
            "Window 1 was not examined.\nroster.yaml names nobody 'mallory'.\nName a person of the roster.",
        ),
        *(
            (
                (OPENED, CLOSED),
                1,
                "uma",
                note,
                (
                    "Window 1 was not examined.\nA note has between one and 2000 characters.\n"
                    "Say what you looked at and what you found: `--note TEXT`."
                ),
            )
            for note in (" \n", "x" * 2001)
        ),
    ],
)
def test_what_nobody_can_examine_is_refused(
    records: tuple[Record, ...], number: int, by: str, note: str, expected: str
) -> None:
    """No such window, one that is open or examined, nobody of the roster, and nothing to say."""
    with pytest.raises(BadInput) as refused:
        examination(_entries(*records), number, by=by, note=note, people=PEOPLE)
    assert str(refused.value) == expected
