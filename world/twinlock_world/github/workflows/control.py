"""What people do to runs: stop them, run them again, let their deployments through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.actions import values
from twinlock_world.github.access import role_on
from twinlock_world.github.accounts import User
from twinlock_world.github.environment import PROTECTION_RULE, find_environment
from twinlock_world.github.errors import conflict, forbidden, invalid
from twinlock_world.github.workflows.advance import advance, cancel_run
from twinlock_world.github.workflows.frames import ancestors, job_at, static_key
from twinlock_world.github.workflows.gates import answer, bypass, may_review, review
from twinlock_world.github.workflows.runs import APPROVAL, JOB, change, ended, jobs_of
from twinlock_world.github.workflows.telling import tell_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinlock_world.github.accounts import App, Identity
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.store import Record

_NOT_REVIEWER: Final = "You are not a required reviewer of the environment {}."
_SELF_REVIEW: Final = "You cannot approve a deployment that you started: the environment {} prevents self-review."


def cancel(site: Site, run: Record) -> None:
    """Stop a run.

    Raises:
        GitHubError: 409, it has ended.
    """
    if ended(run):
        raise conflict("Cannot cancel a workflow run that is completed.")
    cancel_run(site, run, "The run was canceled.")


def rerun(site: Site, run: Record, actor: Identity, jobs: Sequence[Record] | None = None) -> Record:
    """Run a run again: everything, or these jobs and what depends on them. Rights are those of who started it first.

    https://docs.github.com/en/actions/how-tos/manage-workflow-runs/re-run-workflows-and-jobs: same commit, same ref,
    the original actor's privileges; environments ask again.

    Raises:
        GitHubError: 403, it has not ended, never began, or is too old.
    """
    if not ended(run):
        raise forbidden("This workflow is already running")
    if run.fields.optional_text("conclusion") == "startup_failure" or not run.fields.object("units").raw:
        raise forbidden("This workflow run cannot be retried")
    again = None if jobs is None else {static_key(job.fields.text("unit")) for job in jobs}
    units = run.fields.object("units").raw
    kept = {} if again is None else {key: unit for key, unit in units.items() if not _again(site, run, key, again)}
    attempt = run.fields.number("attempt") + 1
    frames = run.fields.object("frames").raw if run.fields.given("frames") else {}
    for job in jobs_of(site.store, run):
        if job.fields.text("unit") in kept:
            key = f"{attempt}/{job.fields.text('unit')}/{job.fields.number('leg')}"
            copy = site.store.insert(JOB, key, {**job.data, "attempt": attempt}, parent=run.id)
            _point(kept, job, copy)
    who = {"id": actor.id, "type": "User" if isinstance(actor, User) else "Bot", "login": actor.login}
    run = change(
        site.store,
        run,
        attempt=attempt,
        units=kept,
        frames=frames if kept else {},
        triggering_actor=who,
        status="queued",
        conclusion=None,
        message=None,
        cancelling=False,
        arrived=False,
        entered=False,
        started_at=site.store.timestamp(),
    )
    tell_run(site, run, "requested")
    return advance(site, run)


def waiting_jobs(site: Site, run: Record) -> list[Record]:
    """Return the jobs of a run that wait for their environment."""
    return [job for job in jobs_of(site.store, run) if job.fields.text("status") == "waiting"]


def review_deployments(  # noqa: PLR0913 - what a review says
    site: Site, run: Record, reviewer: Identity, environments: Sequence[Record], *, approved: bool, comment: str
) -> list[Record]:
    """Approve or reject a run's waiting deployments to environments; one reviewer decides.

    GitHub's texts for a refusal here are unconfirmed; that it refuses is documented (*Reviewing deployments*,
    *Deployments and environments*: prevent self-review).

    Raises:
        GitHubError: 422, nothing waits there, or this person may not decide.
    """
    waiting = {environment.id: _waiting_for(site, run, environment) for environment in environments}
    if not environments or not all(waiting.values()):
        raise invalid("No pending deployment requests to approve or reject")
    if not isinstance(reviewer, User):
        raise forbidden("Resource not accessible by integration")
    for environment in environments:
        name = environment.fields.text("name")
        if not may_review(site.store, environment, reviewer):
            raise invalid(_NOT_REVIEWER.format(name))
        starter = run.fields.object("triggering_actor").number("id")
        if approved and environment.fields.flag("prevent_self_review") and starter == reviewer.id:
            raise invalid(_SELF_REVIEW.format(name))
    decided = [job for jobs in waiting.values() for job in jobs]
    for job in decided:
        review(site, job, reviewer, approved=approved)
    _record(site, run, reviewer, environments, state="approved" if approved else "rejected", comment=comment)
    advance(site, run)
    return decided


def answer_rule(  # noqa: PLR0913 - what an app says
    site: Site, run: Record, app: App, environment: Record, *, approved: bool, comment: str
) -> None:
    """Note what an app says of a run's waiting deployments to an environment.

    Raises:
        GitHubError: 422, the environment does not ask this app, or nothing waits.
    """
    rule = next((rule for rule in site.store.children(PROTECTION_RULE, environment.id) if rule.peer == app.id), None)
    waiting = _waiting_for(site, run, environment)
    if rule is None or not waiting:
        raise invalid("The deployment protection rule is not enabled for a pending deployment of this environment")
    for job in waiting:
        answer(site, job, rule, approved=approved)
    _record(site, run, app, [environment], state="approved" if approved else "rejected", comment=comment)
    advance(site, run)


def bypass_gates(site: Site, run: Record, administrator: Identity, environments: Sequence[Record]) -> None:
    """Let a run's waiting deployments pass: an administrator's way, where the environment has it.

    Raises:
        GitHubError: 403, the caller is no administrator, or the environment does not have it.
    """
    for environment in environments:
        may = (
            isinstance(administrator, User)
            and role_on(site.store, site.repository, administrator).permission == "admin"
        )
        if not may or not environment.fields.flag("can_admins_bypass"):
            raise forbidden(f"You cannot bypass the protection rules of {environment.fields.text('name')}.")
    if isinstance(administrator, User):
        for environment in environments:
            for job in _waiting_for(site, run, environment):
                bypass(site, job, administrator)
        _record(site, run, administrator, environments, state="approved", comment="Bypassed the protection rules")
    advance(site, run)


def _waiting_for(site: Site, run: Record, environment: Record) -> list[Record]:
    found = []
    for job in waiting_jobs(site, run):
        wanted = find_environment(site.store, site.repository, job.fields.text("environment"))
        if wanted is not None and wanted.id == environment.id:
            found.append(job)
    return found


def _record(  # noqa: PLR0913 - what a review says
    site: Site, run: Record, who: Identity, environments: Sequence[Record], *, state: str, comment: str
) -> None:
    document: JsonObject = {
        "state": state,
        "comment": comment,
        "user": {"id": who.id, "type": "User" if isinstance(who, User) else "Bot", "login": who.login},
        "environments": [environment.id for environment in environments],
        "attempt": run.fields.number("attempt"),
    }
    number = len(site.store.children(APPROVAL, run.id)) + 1
    site.store.insert(APPROVAL, str(number), document, parent=run.id)
    site.publish("deployment_review", state, who, {"comment": comment, "environment": None})


def _again(site: Site, run: Record, key: str, wanted: set[str]) -> bool:
    """Tell whether a unit runs again: it is wanted, holds what is, or comes after."""
    plain = static_key(key)
    if any(plain == one or plain.startswith(f"{one}/") or one.startswith(f"{plain}/") for one in wanted):
        return True
    found = job_at(site, run, key)
    if found is None:
        return True
    frame, job = found
    before = {static_key(frame.unit(name)) for name in ancestors(frame.workflow, job)}
    if any(one == name or one.startswith(f"{name}/") for one in wanted for name in before):
        return True
    return bool(frame.key) and _again(site, run, frame.key.rpartition("[")[0] or frame.key, wanted)


def _point(units: dict[str, JsonValue], old: Record, new: Record) -> None:
    """Let a kept unit name the copy of its job."""
    unit = values.as_object(units[old.fields.text("unit")])
    legs = [
        {"job": new.id} if values.as_object(leg).get("job") == old.id else leg
        for leg in values.as_array(unit.get("legs"))
    ]
    units[old.fields.text("unit")] = {**unit, "legs": legs}
