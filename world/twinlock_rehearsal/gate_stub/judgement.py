"""What the stand-in concludes from workflow runs; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

LABEL: Final = "gate-stub (local world only)"
_PASSED: Final = frozenset({"success", "skipped", "neutral"})


@dataclass(frozen=True, slots=True)
class Run:
    """A workflow run, as GitHub's REST API tells of it.

    Attributes:
        id: Its number.
        workflow: Path of the workflow's file.
        status: `completed`, or what it is still doing.
        conclusion: How it ended; none before that.
        attempt: Which attempt this is.
    """

    id: int
    workflow: str
    status: str
    conclusion: str | None
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Judgement:
    """What to post of a commit.

    Attributes:
        conclusion: `success` or `failure`.
        summary: Why, for whoever looks at the check.
    """

    conclusion: str
    summary: str


def judge(runs: Sequence[Run]) -> Judgement | None:
    """Return what the runs of one commit's pull request amount to; None while that is open.

    No run is no success: a commit whose workflows have not begun, or were removed, gets no check at all. Of several
    runs of one workflow the newest counts.
    """
    newest: dict[str, Run] = {}
    for run in sorted(runs, key=lambda run: (run.id, run.attempt)):
        newest[run.workflow] = run
    if not newest or any(run.status != "completed" for run in newest.values()):
        return None
    failed = sorted(run.workflow for run in newest.values() if run.conclusion not in _PASSED)
    if failed:
        return Judgement("failure", f"Did not succeed: {', '.join(failed)}. No evidence was judged.")
    if all(run.conclusion != "success" for run in newest.values()):
        return None  # everything was skipped: nothing has passed
    return Judgement("success", f"Succeeded: {', '.join(sorted(newest))}. No evidence was judged.")
