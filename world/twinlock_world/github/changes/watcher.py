"""Runs the routes that write, and tells the audit log and the bus what they changed.

One place instead of a call in each route: a new route is recorded by a line in a table, and a test names each settings
route that is in none. Everything here happens in the transaction of the write.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from twinlock_world.audit_log import Entry, keep
from twinlock_world.events import Event
from twinlock_world.github.accounts import find_organization, get_organization
from twinlock_world.github.changes.change import Audited, Beside, Change, View
from twinlock_world.github.errors import GitHubError
from twinlock_world.github.repository import find_repository, get_repository

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinlock_world.github.accounts import Organization
    from twinlock_world.github.call import Call, Reply
    from twinlock_world.github.changes.change import Describe, Table
    from twinlock_world.github.repository import Repository
    from twinlock_world.github.routing import Route, Router

_NAMED: Final = (
    ("/organizations/{organization_id}/team/{team_id}", "/orgs/{org}/teams/{team_slug}"),
    ("/organizations/{organization_id}", "/orgs/{org}"),
    ("/repositories/{repository_id}", "/repos/{owner}/{repo}"),
)
_FIRST_FAILURE: Final = 300
_READING: Final = "application/vnd.github.v3.repository+json"  # else a team's repository is only confirmed


def named(template: str) -> str:
    """Return a route's template by names where it goes by numbers: both are one route to the tables."""
    for numbers, names in _NAMED:
        if template.startswith(numbers):
            return names + template.removeprefix(numbers)
    return template


class Watcher:
    """Runs a route, and records and announces what it changed."""

    def __init__(self, router: Router, tables: Sequence[Table]) -> None:
        self._router = router
        self._told: dict[tuple[str, str], Beside] = {
            key: told if isinstance(told, Beside) else Beside(told, self._view)
            for table in tables
            for key, told in table.items()
        }

    def run(self, route: Route, call: Call) -> Reply:
        """Answer a call that may change something."""
        told = self._told.get((route.method, named(route.template)))
        subject = None if told is None else _subject(call)
        if told is None or subject is None:
            return route.run(call)
        organization, repository = subject
        before = told.look(call, repository)
        reply = route.run(call)
        if reply.status < _FIRST_FAILURE:
            if repository is not None:
                repository = get_repository(call.store, repository.id) or repository  # by its new name, if it has one
            answer = View(there=True, body=reply.body)
            after = told.look(call, repository)
            self._tell(told.describe, Change(call, organization, repository, before, after, answer))
        return reply

    def _view(self, call: Call, _repository: Repository | None) -> View:
        found = self._router.find("GET", call.request.path)
        if found is None:
            return View()
        route, params = found
        headers = {**call.request.headers, "accept": _READING}
        request = replace(call.request, method="GET", query={}, headers=headers, content=b"")
        try:
            return View(there=True, body=route.run(replace(call, request=request, params=params)).body)
        except GitHubError:
            return View()

    def _tell(self, describe: Describe, change: Change) -> None:
        store, organization, repository = change.call.store, change.organization, change.repository
        for told in describe(change):
            if isinstance(told, Audited):
                entry = Entry(organization, told.action, change.call.identity, repository, told.data)
                keep(store, entry)
            else:
                where = None if repository is None else repository.id
                store.events.publish(
                    Event(told.name, told.action, organization.id, where, change.call.identity, told.payload)
                )


def _subject(call: Call) -> tuple[Organization, Repository | None] | None:
    """Return whose settings a call is about; nothing where the route will refuse it anyway."""
    params, store = call.params, call.store
    repository = None
    if "repository_id" in params:
        repository = get_repository(store, call.parameter_number("repository_id"))
    elif "repo" in params:
        repository = find_repository(store, params["owner"], params["repo"])
    elif "invitation_id" in params:
        record = store.lookup(call.parameter_number("invitation_id"))
        repository = None if record is None else get_repository(store, record.parent or 0)
    if repository is not None:
        return repository.owner, repository
    if "organization_id" in params:
        organization = get_organization(store, call.parameter_number("organization_id"))
    else:
        organization = find_organization(store, params.get("org", ""))
    return None if organization is None else (organization, None)
