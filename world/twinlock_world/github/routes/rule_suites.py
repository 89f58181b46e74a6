"""Rule suites: what the rules said of changes to refs, of a repository and of all of an organization's.

Source: https://docs.github.com/en/rest/repos/rule-suites and https://docs.github.com/en/rest/orgs/rule-suites.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import READ_ADMINISTRATION, READ_ORGANIZATION
from twinlock_world.github.call import Call, Reply
from twinlock_world.github.errors import not_found
from twinlock_world.github.mounts import ORGANIZATION, REPOSITORY, OrganizationCall, RepositoryCall
from twinlock_world.github.repository import Repository, get_repository, repositories
from twinlock_world.github.rule_suites import RESULTS, RULE_SUITE, suite_body, suites
from twinlock_world.jsonvalue import Fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from twinlock_world.store import Record

_PERIODS: Final = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
}


def list_of_repository(call: RepositoryCall) -> Reply:
    """Return a repository's rule suites, newest first; those of the last day unless another period is asked for."""
    return _page(call, [call.repository])


def show_in_repository(call: RepositoryCall) -> Reply:
    """Return a rule suite with what each rule said."""
    return _show(call, lambda found: found.id == call.repository.id)


def list_of_organization(call: OrganizationCall) -> Reply:
    """Return the rule suites of an organization's repositories, newest first."""
    wanted = call.query.get("repository_name")
    found = repositories(call.store, call.organization)
    return _page(call, [repository for repository in found if wanted in {None, repository.name}])


def show_in_organization(call: OrganizationCall) -> Reply:
    """Return a rule suite of one of an organization's repositories."""
    return _show(call, lambda found: found.owner.id == call.organization.id)


def _page(call: Call, within: Iterable[Repository]) -> Reply:
    found = [(repository, record) for repository in within for record in suites(call.store, repository)]
    shown = [item for item in found if _is_wanted(call, item[1])]
    shown.sort(key=lambda item: -item[1].id)
    return call.page(shown, lambda item: suite_body(*item))


def _is_wanted(call: Call, record: Record) -> bool:
    query, fields = Fields(call.query), record.fields
    period = query.choice("time_period", tuple(_PERIODS), "day")
    result = query.choice("rule_suite_result", (*RESULTS, "all"), "all")
    age = call.store.clock.now() - datetime.fromisoformat(record.created_at)
    return (
        age <= _PERIODS[period]
        and result in {"all", fields.text("result")}
        and call.query.get("actor_name", fields.text("actor_name")) == fields.text("actor_name")
        and call.query.get("ref", fields.text("ref")).removeprefix("refs/heads/")
        == fields.text("ref").removeprefix("refs/heads/")
    )


def _show(call: Call, belongs: Callable[[Repository], bool]) -> Reply:
    record = call.store.get(RULE_SUITE, call.parameter_number("rule_suite_id"))
    repository = None if record is None else get_repository(call.store, record.parent or 0)
    if record is None or repository is None or not belongs(repository):
        raise not_found()
    return Reply(200, suite_body(repository, record) | record.fields.only(("rule_evaluations",)))


ROUTES: Final = (
    *REPOSITORY.get("/rulesets/rule-suites", READ_ADMINISTRATION, list_of_repository),
    *REPOSITORY.get("/rulesets/rule-suites/{rule_suite_id}", READ_ADMINISTRATION, show_in_repository),
    *ORGANIZATION.get("/rulesets/rule-suites", READ_ORGANIZATION, list_of_organization),
    *ORGANIZATION.get("/rulesets/rule-suites/{rule_suite_id}", READ_ORGANIZATION, show_in_organization),
)
