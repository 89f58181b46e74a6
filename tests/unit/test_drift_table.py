"""The table of `docs/drift.md` is what is measured with the real engine, line by line."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MEASURED = ROOT / "tests" / "engine" / "drift" / "drift.toml"
PAGE = ROOT / "docs" / "drift.md"
HEADING = "| Somebody changes | Official provider | twinlock's programs | Audit | `twinlock up` |"
PUT_BACK = {True: "puts it back", False: "a person must"}


def row(line: dict[str, Any]) -> str:
    """Return a line as the page shows it."""
    official = "not run" if "official" not in line else "sees" if line["official"] else "**blind**"
    if line.get("blind") == "legacy client":
        official = "sees; the legacy client is **blind**"
    ours, audit = ("sees" if line[column] else "no" for column in ("ours", "audit"))
    corrected = line.get("corrected", True)
    return f"| {line['change']} | {official} | {ours} | {audit} | {PUT_BACK.get(corrected, corrected)} |"


def test_the_page_shows_what_is_measured() -> None:
    """Every line, in its order, and none beside."""
    lines = tomllib.loads(MEASURED.read_text(encoding="utf-8"))["mutation"]
    shown = PAGE.read_text(encoding="utf-8").partition(HEADING + "\n|---|---|---|---|---|\n")[2].partition("\n\n")[0]
    assert shown.splitlines() == [row(line) for line in lines]


def test_every_change_is_seen_by_twinlock() -> None:
    """By its programs or by its audit; the official provider's blind spots by its programs, and they are corrected."""
    lines = tomllib.loads(MEASURED.read_text(encoding="utf-8"))["mutation"]
    assert [line["change"] for line in lines if not line["ours"] and not line["audit"]] == []
    blind = [line for line in lines if line.get("blind")]
    assert [line["change"] for line in blind if line["official"] and line["blind"] is True] == []
    assert [line["change"] for line in blind if not line["ours"] or line.get("corrected", True) is not True] == []
