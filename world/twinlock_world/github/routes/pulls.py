"""Pull requests: listed, opened, shown, changed; their commits and files; who is asked to review."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.git_history import between, differences, mail_text, patch_text
from twinlock_world.git_objects import GitError
from twinlock_world.github.access import Level, RepositoryNeed, Role
from twinlock_world.github.bodies.account import simple_account
from twinlock_world.github.bodies.commit import repository_commit
from twinlock_world.github.bodies.pull import changed_file, full_pull, simple_pull
from twinlock_world.github.bodies.team import listed_team
from twinlock_world.github.call import Reply
from twinlock_world.github.errors import invalid, not_found
from twinlock_world.github.mounts import REPOSITORY, RepositoryCall
from twinlock_world.github.pulls.mergeability import mergeability
from twinlock_world.github.pulls.opening import Edit, Proposal, edit_pull, open_pull
from twinlock_world.github.pulls.pull import PullRequest, find_pull, pulls_of
from twinlock_world.github.pulls.reviewers import asked_people, asked_teams, request_reviewers, withdraw_request
from twinlock_world.github.pulls.synchronize import caught_up
from twinlock_world.github.site import Site
from twinlock_world.github.team import get_team

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinlock_world.jsonvalue import Fields

READ: Final = RepositoryNeed("pull_requests", Level.READ, Role.PULL)
WRITE: Final = RepositoryNeed("pull_requests", Level.WRITE, Role.PULL)
_TRIAGE: Final = RepositoryNeed("pull_requests", Level.WRITE, Role.TRIAGE)
_CONTENTS: Final = RepositoryNeed("contents", Level.READ, Role.PULL)
_STATES: Final = ("open", "closed", "all")
_ORDERS: Final[dict[str, Callable[[PullRequest], tuple[str, int]]]] = {
    "created": lambda pull: (pull.record.created_at, pull.number),
    "updated": lambda pull: (pull.record.updated_at, pull.number),
    "popularity": lambda pull: ("", pull.number),
    "long-running": lambda pull: (pull.record.created_at, pull.number),
}
_MOST_COMMITS: Final = 250
_MOST_FILES: Final = 3000


def list_pulls(call: RepositoryCall) -> Reply:
    """Return pull requests: the open ones, newest first, unless others are asked for."""
    query, site = call.query, Site.of(call)
    state, base, head = query.get("state", "open"), query.get("base"), query.get("head")
    order = query.get("sort", "created")
    if state not in _STATES:
        state = "open"
    found = [
        pull
        for pull in pulls_of(call.store, call.repository)
        if state in {"all", pull.fields.text("state")}
        and base in {None, "", pull.base_ref}
        and head in {None, "", pull.head_ref, f"{call.repository.owner.login}:{pull.head_ref}"}
    ]
    descending = query.get("direction", "desc" if order == "created" else "asc") == "desc"
    found.sort(key=_ORDERS.get(order, _ORDERS["created"]), reverse=descending)
    return call.page(found, lambda pull: simple_pull(site, pull))


def create_pull(call: RepositoryCall) -> Reply:
    """Open a pull request."""
    body, site = call.body(), Site.of(call)
    if body.given("issue"):
        raise invalid("Issues of their own are not part of this world, so none can become a pull request.")
    proposal = Proposal(
        body.text("title", ""),
        body.text("head"),
        body.text("base"),
        body.optional_text("body"),
        body.flag("draft", default=False) if body.given("draft") else False,
    )
    made = open_pull(site, call.caller(), proposal)
    document = full_pull(site, made)
    return Reply(201, document, {"location": str(document["url"])})


def show_pull(call: RepositoryCall) -> Reply:
    """Return a pull request, or its diff or its commits as mails where those are asked for."""
    site, pull = Site.of(call), the_pull(call)
    kind = _media(call)
    if kind == "diff":
        raw = patch_text(site.objects, pull.base_sha, pull.head_sha)
        return Reply(200, raw=raw, headers={"content-type": "application/vnd.github.diff; charset=utf-8"})
    if kind == "patch":
        raw = mail_text(site.objects, pull.base_sha, pull.head_sha)
        return Reply(200, raw=raw, headers={"content-type": "application/vnd.github.patch; charset=utf-8"})
    with call.store.transaction():
        current = caught_up(site, pull)
    return Reply(200, full_pull(site, current, mergeability(site, current, call.identity)))


def change_pull(call: RepositoryCall) -> Reply:
    """Change a pull request's title, text, base or state."""
    body, site = call.body(), Site.of(call)
    edit = Edit(
        body.optional_text("title"),
        (body.optional_text("body") or "") if "body" in body else None,
        body.optional_text("base"),
        body.choice("state", ("open", "closed")) if body.given("state") else None,
    )
    changed = edit_pull(site, the_pull(call), call.caller(), edit)
    return Reply(200, full_pull(site, changed, mergeability(site, changed, call.identity)))


def list_commits(call: RepositoryCall) -> Reply:
    """Return the commits that a pull request would bring, oldest first."""
    site, pull = Site.of(call), the_pull(call)
    found = between(site.objects, pull.base_sha, pull.head_sha)[:_MOST_COMMITS]
    commits = [commit for sha in found if (commit := site.objects.commit(sha)) is not None]
    return call.page(commits, lambda commit: repository_commit(call.urls, call.store, call.repository, commit))


def list_files(call: RepositoryCall) -> Reply:
    """Return the files that a pull request changes."""
    site, pull = Site.of(call), the_pull(call)
    found = differences(site.objects, pull.base_sha, pull.head_sha)[:_MOST_FILES]
    return call.page(found, lambda one: changed_file(site, pull.head_sha, one))


def list_pulls_of_commit(call: RepositoryCall) -> Reply:
    """Return the pull requests that a commit belongs to, or was merged by."""
    site = Site.of(call)
    sha = call.objects.resolve(call.params["ref"])
    if sha is None:
        raise invalid(f"No commit found for SHA: {call.params['ref']}")
    found = [pull for pull in pulls_of(call.store, call.repository) if _holds(site, pull, sha)]
    return call.page(found[::-1], lambda pull: simple_pull(site, pull))


def show_requested(call: RepositoryCall) -> Reply:
    """Return who is asked to review."""
    site, pull = Site.of(call), the_pull(call)
    teams = [
        listed_team(call.urls, team, None if team.parent_id is None else get_team(call.store, team.parent_id))
        for team in asked_teams(site, pull)
    ]
    return Reply(200, {"users": [simple_account(call.urls, user) for user in asked_people(site, pull)], "teams": teams})


def request(call: RepositoryCall) -> Reply:
    """Ask people and teams for a review."""
    site, (logins, slugs) = Site.of(call), _reviewers(call.body())
    changed = request_reviewers(site, the_pull(call), call.caller(), logins, slugs)
    return Reply(201, simple_pull(site, changed))


def withdraw(call: RepositoryCall) -> Reply:
    """Ask people and teams for a review no longer."""
    site, (logins, slugs) = Site.of(call), _reviewers(call.body())
    changed = withdraw_request(site, the_pull(call), call.caller(), logins, slugs)
    return Reply(200, simple_pull(site, changed))


def the_pull(call: RepositoryCall) -> PullRequest:
    """Return the pull request that the path names.

    Raises:
        GitHubError: 404, there is none.
    """
    found = find_pull(call.store, call.repository, call.parameter_number("number"))
    if found is None:
        raise not_found()
    return found


def _media(call: RepositoryCall) -> str:
    accept = call.request.headers.get("accept", "")
    return next((kind for kind in ("diff", "patch") if accept.partition(";")[0].endswith(f".{kind}")), "json")


def _reviewers(body: Fields) -> tuple[list[str], list[str]]:
    return body.texts("reviewers", []), body.texts("team_reviewers", [])


def _holds(site: Site, pull: PullRequest, sha: str) -> bool:
    if pull.merged is not None and pull.merged.text("sha") == sha:
        return True
    try:
        return sha in between(site.objects, pull.base_sha, pull.head_sha)
    except GitError:
        return False


ROUTES: Final = (
    *REPOSITORY.get("/pulls", READ, list_pulls),
    *REPOSITORY.post("/pulls", WRITE, create_pull),
    *REPOSITORY.get("/pulls/{number}", READ, show_pull),
    *REPOSITORY.patch("/pulls/{number}", WRITE, change_pull),
    *REPOSITORY.get("/pulls/{number}/commits", READ, list_commits),
    *REPOSITORY.get("/pulls/{number}/files", READ, list_files),
    *REPOSITORY.get("/pulls/{number}/requested_reviewers", READ, show_requested),
    *REPOSITORY.post("/pulls/{number}/requested_reviewers", _TRIAGE, request),
    *REPOSITORY.delete("/pulls/{number}/requested_reviewers", _TRIAGE, withdraw),
    *REPOSITORY.get("/commits/{ref...}/pulls", _CONTENTS, list_pulls_of_commit),
)
