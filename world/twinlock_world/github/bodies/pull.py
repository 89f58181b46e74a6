"""Pull requests, as GitHub writes them: simple in lists, full when asked for by number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.git_history import between, differences
from twinlock_world.github.access import Rank as OrganizationRank
from twinlock_world.github.access import Role, rank_in, role_on
from twinlock_world.github.accounts import User, get_user
from twinlock_world.github.bodies.account import simple_account
from twinlock_world.github.bodies.commit import repository_url
from twinlock_world.github.bodies.label import label_body
from twinlock_world.github.bodies.repository import minimal_repository
from twinlock_world.github.bodies.team import listed_team
from twinlock_world.github.pulls.label import labels_of
from twinlock_world.github.pulls.pull import UNKNOWN, account
from twinlock_world.github.pulls.trial_merge import update_test_merge
from twinlock_world.github.team import get_team
from twinlock_world.github.urls import node_id

if TYPE_CHECKING:
    from twinlock_world.git_history import Difference
    from twinlock_world.github.accounts import Identity
    from twinlock_world.github.pulls.pull import Mergeability, PullRequest
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import JsonObject, JsonValue

_COMMENTS: Final = "issue_comment"  # the kinds of records that `pulls.comment` and `pulls.thread` keep
_REMARKS: Final = "review_comment"


def simple_pull(site: Site, pull: PullRequest) -> dict[str, JsonValue]:
    """Return the form in which a pull request stands in lists."""
    fields, number = pull.fields, str(pull.number)
    url = pull_url(site, pull)
    page = site.urls.html(site.repository.full_name, "pull", pull.number)
    issue = repository_url(site.urls, site.repository, "issues", number)
    statuses = repository_url(site.urls, site.repository, "statuses", pull.head_sha)
    remark = repository_url(site.urls, site.repository, "pulls", "comments") + "{/number}"
    addresses = {
        "html": page,
        "issue": issue,
        "comments": f"{issue}/comments",
        "review_comments": f"{url}/comments",
        "review_comment": remark,
        "commits": f"{url}/commits",
        "statuses": statuses,
    }
    merged = pull.merged
    closed = fields.optional_text("closed_at")
    return {
        "url": url,
        "id": pull.id,
        "node_id": node_id("PR", pull.id),
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        **{f"{name}_url": address for name, address in addresses.items() if name != "html"},
        "number": pull.number,
        "state": fields.text("state"),
        "locked": fields.flag("locked"),
        "active_lock_reason": None,
        "title": pull.title,
        "user": person(site, pull.author),
        "body": pull.body,
        "labels": [label_body(site, label) for label in labels_of(site, pull)],
        "milestone": None,
        "created_at": pull.record.created_at,
        "updated_at": pull.record.updated_at,
        "closed_at": closed,
        "merged_at": None if merged is None else merged.text("merged_at"),
        "merge_commit_sha": _merge_commit(site, pull),
        "assignee": next(iter(_people(site, fields.numbers("assignees"))), None),
        "assignees": _people(site, fields.numbers("assignees")),
        "requested_reviewers": _people(site, fields.numbers("requested_users")),
        "requested_teams": _teams(site, pull),
        "head": _side(site, pull.head_ref, pull.head_sha),
        "base": _side(site, pull.base_ref, pull.base_sha),
        "_links": {"self": {"href": url}, **{name: {"href": address} for name, address in addresses.items()}},
        "author_association": association(site, account(site.store, pull.author)),
        "auto_merge": _auto_merge(site, pull),
        "draft": pull.draft,
    }


def full_pull(site: Site, pull: PullRequest, able: Mergeability = UNKNOWN) -> dict[str, JsonValue]:
    """Return the whole of a pull request, with what is known of its merge."""
    merged = pull.merged
    changed = differences(site.objects, pull.base_sha, pull.head_sha)
    by = merged.number("by") if merged is not None and merged.given("by") else None
    return {
        **simple_pull(site, pull),
        "merged": merged is not None,
        "mergeable": able.mergeable,
        "rebaseable": able.rebaseable,
        "mergeable_state": able.state,
        "merged_by": person(site, by),
        "comments": len(site.store.children(_COMMENTS, pull.id)),
        "review_comments": len(site.store.children(_REMARKS, pull.id)),
        "maintainer_can_modify": False,
        "commits": len(between(site.objects, pull.base_sha, pull.head_sha)),
        "additions": sum(one.additions for one in changed),
        "deletions": sum(one.deletions for one in changed),
        "changed_files": len(changed),
    }


def changed_file(site: Site, head: str, one: Difference) -> JsonObject:
    """Return a file that differs in a head's commit."""
    contents = repository_url(site.urls, site.repository, "contents")
    body: dict[str, JsonValue] = {
        "sha": one.sha,
        "filename": one.path,
        "status": one.status,
        "additions": one.additions,
        "deletions": one.deletions,
        "changes": one.additions + one.deletions,
        "blob_url": site.urls.html(site.repository.full_name, "blob", head, one.path),
        "raw_url": site.urls.html(site.repository.full_name, "raw", head, one.path),
        "contents_url": f"{contents}/{one.path}?ref={head}",
    }
    if one.patch is not None:
        body["patch"] = one.patch
    if one.previous is not None:
        body["previous_filename"] = one.previous
    return body


def pull_url(site: Site, pull: PullRequest) -> str:
    """Return a pull request's API address."""
    return repository_url(site.urls, site.repository, "pulls", str(pull.number))


def person(site: Site, identifier: int | None) -> JsonObject | None:
    """Return the short form of the person or app of this number."""
    found = account(site.store, identifier)
    return None if found is None else simple_account(site.urls, found)


def association(site: Site, identity: Identity | None) -> str:
    """Return what somebody is to the repository, in GitHub's words."""
    if not isinstance(identity, User):
        return "NONE"
    if rank_in(site.store, site.repository.owner, identity) >= OrganizationRank.MEMBER:
        return "MEMBER"
    return "COLLABORATOR" if role_on(site.store, site.repository, identity) > Role.PULL else "NONE"


def _merge_commit(site: Site, pull: PullRequest) -> str | None:
    """Return what the pull request was merged as; of an open one what merging would give."""
    if pull.merged is not None:
        return pull.merged.text("sha")
    return update_test_merge(site, pull) if pull.is_open else None


def _side(site: Site, branch: str, sha: str) -> JsonObject:
    repository = minimal_repository(site.urls, site.repository, Role.PULL)
    for name in ("role_name", "permissions", "security_and_analysis"):
        del repository[name]
    settings = site.repository.settings
    ways = ("allow_rebase_merge", "allow_squash_merge", "allow_merge_commit", "allow_auto_merge")
    return {
        "label": f"{site.repository.owner.login}:{branch}",
        "ref": branch,
        "sha": sha,
        "user": simple_account(site.urls, site.repository.owner),
        "repo": {**repository, **settings.only((*ways, "delete_branch_on_merge", "allow_update_branch"))},
    }


def _auto_merge(site: Site, pull: PullRequest) -> JsonObject | None:
    found = pull.auto_merge
    if found is None:
        return None
    return {
        "enabled_by": person(site, found.number("by")),
        "merge_method": found.text("method"),
        "commit_title": found.optional_text("title") or "",  # GitHub's schema has no null here
        "commit_message": found.optional_text("message") or "",
    }


def _people(site: Site, identifiers: list[int]) -> list[JsonObject]:
    found = (get_user(site.store, identifier) for identifier in identifiers)
    return [simple_account(site.urls, user) for user in found if user is not None]


def _teams(site: Site, pull: PullRequest) -> list[JsonValue]:
    found = (get_team(site.store, identifier) for identifier in pull.fields.numbers("requested_teams"))
    return [
        listed_team(site.urls, team, None if team.parent_id is None else get_team(site.store, team.parent_id))
        for team in found
        if team is not None
    ]
