"""What apps and people say of a commit: where check runs and commit statuses are kept, and which of them count.

A commit that anybody said something of has a record; check suites (one per app, or per workflow run) and statuses hang
on it, check runs on their suite. Of several check runs of one app and name the newest counts, of several statuses of
one context the newest, whoever posted it (GitHub's documentation, *About status checks* and *Commit statuses*:
"the latest status for each context"). Called by the policy's facts, by the routes and by Actions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.policy.facts import CheckFact, CheckState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twinlock_world.github.repository import Repository
    from twinlock_world.store import Record, Store

COMMIT: Final = "commit"
CHECK_SUITE: Final = "check_suite"
CHECK_RUN: Final = "check_run"
STATUS: Final = "status"

_WORST: Final = (
    "startup_failure",
    "failure",
    "timed_out",
    "cancelled",
    "action_required",
    "stale",
    "success",
    "neutral",
    "skipped",
)
"""Of several runs' conclusions, the first of these that occurs is their suite's."""
_STATES: Final = {
    "success": CheckState.SUCCESS,
    "neutral": CheckState.NEUTRAL,
    "skipped": CheckState.SKIPPED,
    "queued": CheckState.QUEUED,
    **dict.fromkeys(("pending", "in_progress", "waiting", "requested"), CheckState.PENDING),
}


def said_of(store: Store, repository: Repository, sha: str) -> Record | None:
    """Return the record of a commit that somebody said something of."""
    return store.find(COMMIT, sha, parent=repository.id)


def ensure_commit(store: Store, repository: Repository, sha: str) -> Record:
    """Return the record of a commit, making it where there is none."""
    return said_of(store, repository, sha) or store.insert(COMMIT, sha, {}, parent=repository.id)


def suites_of(store: Store, repository: Repository, sha: str) -> list[Record]:
    """Return a commit's check suites, oldest first."""
    commit = said_of(store, repository, sha)
    return [] if commit is None else store.children(CHECK_SUITE, commit.id)


def runs_of(store: Store, repository: Repository, sha: str) -> list[Record]:
    """Return all check runs of a commit, oldest first."""
    found = (run for suite in suites_of(store, repository, sha) for run in store.children(CHECK_RUN, suite.id))
    return sorted(found, key=lambda run: run.id)


def statuses_of(store: Store, repository: Repository, sha: str) -> list[Record]:
    """Return all statuses of a commit, oldest first."""
    commit = said_of(store, repository, sha)
    return [] if commit is None else store.children(STATUS, commit.id)


def latest_runs(runs: Iterable[Record]) -> list[Record]:
    """Return the newest check run of each app and name."""
    found: dict[tuple[int, str], Record] = {}
    for run in runs:
        key = (run.fields.number("app_id"), run.fields.text("name"))
        found.pop(key, None)
        found[key] = run
    return list(found.values())


def latest_statuses(statuses: Iterable[Record]) -> list[Record]:
    """Return the newest status of each context."""
    found: dict[str, Record] = {}
    for status in statuses:
        found.pop(status.fields.text("context"), None)
        found[status.fields.text("context")] = status
    return list(found.values())


def suite_state(runs: Iterable[Record]) -> tuple[str, str | None]:
    """Return the status and the conclusion of a suite that has these runs."""
    newest = [run.fields for run in latest_runs(runs)]
    if not newest:
        return "queued", None
    conclusions = {run.optional_text("conclusion") for run in newest}
    if None in conclusions:
        waits = all(run.text("status") == "queued" for run in newest)
        return ("queued" if waits else "in_progress"), None
    return "completed", next(word for word in _WORST if word in conclusions)


def check_facts(store: Store, repository: Repository, sha: str) -> tuple[CheckFact, ...]:
    """Return what counts of what was said of a commit."""
    runs = (
        CheckFact(run.fields.text("name"), run.fields.number("app_id"), run_state(run), sha)
        for run in latest_runs(runs_of(store, repository, sha))
    )
    statuses = (
        CheckFact(
            status.fields.text("context"),
            status.fields.number("app_id") if status.fields.given("app_id") else None,
            _STATES.get(status.fields.text("state"), CheckState.FAILURE),
            sha,
        )
        for status in latest_statuses(statuses_of(store, repository, sha))
    )
    return (*runs, *statuses)


def run_state(run: Record) -> CheckState:
    """Return where a check run stands: at its conclusion once it has one."""
    word = run.fields.optional_text("conclusion") or run.fields.text("status")
    return _STATES.get(word, CheckState.FAILURE)
