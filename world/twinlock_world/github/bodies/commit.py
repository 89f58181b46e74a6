"""Commits and refs, as GitHub writes them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from twinlock_world.github.accounts import get_app, get_user
from twinlock_world.github.bodies.account import simple_account

if TYPE_CHECKING:
    from twinlock_world.git_objects import Commit, FileChange, Ref, Signature
    from twinlock_world.github.repository import Repository
    from twinlock_world.github.urls import Urls
    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.store import Store

_NO_REPLY: Final = re.compile(r"(\d{1,15})\+.*@users\.noreply\.github\.com")
_UNSIGNED: Final[JsonObject] = {
    "verified": False,
    "reason": "unsigned",
    "signature": None,
    "payload": None,
    "verified_at": None,
}


def git_commit(urls: Urls, repository: Repository, commit: Commit) -> JsonObject:
    """Return a commit as the git database has it."""
    return {
        "sha": commit.sha,
        "node_id": object_node_id("C", repository, commit.sha),
        "url": repository_url(urls, repository, "git", "commits", commit.sha),
        "html_url": urls.html(repository.full_name, "commit", commit.sha),
        **_content(urls, repository, commit),
        "parents": _parents(urls, repository, commit, "git", "commits"),
        "verification": _UNSIGNED,
    }


def repository_commit(urls: Urls, store: Store, repository: Repository, commit: Commit) -> dict[str, JsonValue]:
    """Return a commit with the accounts that it is ascribed to."""
    url = repository_url(urls, repository, "commits", commit.sha)
    return {
        "url": url,
        "sha": commit.sha,
        "node_id": object_node_id("C", repository, commit.sha),
        "html_url": urls.html(repository.full_name, "commit", commit.sha),
        "comments_url": f"{url}/comments",
        "commit": {
            "url": repository_url(urls, repository, "git", "commits", commit.sha),
            **_content(urls, repository, commit),
            "comment_count": 0,
            "verification": _UNSIGNED,
        },
        "author": _account(urls, store, commit.author),
        "committer": _account(urls, store, commit.committer),
        "parents": _parents(urls, repository, commit, "commits"),
    }


def changes_of(urls: Urls, repository: Repository, commit: Commit, changes: list[FileChange]) -> JsonObject:
    """Return what a commit changed, to stand beside it."""
    additions = sum(change.additions for change in changes)
    deletions = sum(change.deletions for change in changes)
    return {
        "stats": {"additions": additions, "deletions": deletions, "total": additions + deletions},
        "files": [_file(urls, repository, commit, change) for change in changes],
    }


def ref_body(urls: Urls, repository: Repository, ref: Ref) -> JsonObject:
    """Return a ref."""
    place = "commits" if ref.kind == "commit" else f"{ref.kind}s"
    url = repository_url(urls, repository, "git", "refs")
    return {
        "ref": ref.name,
        "node_id": object_node_id("REF", repository, ref.name),
        "url": f"{url}/{quote(ref.name.removeprefix('refs/'))}",
        "object": {
            "sha": ref.sha,
            "type": ref.kind,
            "url": repository_url(urls, repository, "git", place, ref.sha),
        },
    }


def repository_url(urls: Urls, repository: Repository, *segments: str) -> str:
    """Return an API address within a repository."""
    return urls.api("repos", repository.owner.login, repository.name, *segments)


def object_node_id(prefix: str, repository: Repository, name: str) -> str:
    """Return the global id of something that git names rather than numbers."""
    return f"{prefix}_{repository.id}_{name}"


def _content(urls: Urls, repository: Repository, commit: Commit) -> JsonObject:
    return {
        "author": _signature(commit.author),
        "committer": _signature(commit.committer),
        "message": commit.message.removesuffix("\n"),
        "tree": {"sha": commit.tree, "url": repository_url(urls, repository, "git", "trees", commit.tree)},
    }


def _signature(who: Signature) -> JsonObject:
    return {"name": who.name, "email": who.email, "date": who.date}


def _account(urls: Urls, store: Store, who: Signature) -> JsonObject | None:
    """Return the account that an address belongs to; the world knows only GitHub's own no-reply addresses."""
    found = _NO_REPLY.fullmatch(who.email)
    if found is None:
        return None
    account = get_user(store, int(found[1])) or get_app(store, int(found[1]))
    return None if account is None else simple_account(urls, account)


def _parents(urls: Urls, repository: Repository, commit: Commit, *place: str) -> list[JsonObject]:
    return [
        {
            "sha": sha,
            "url": repository_url(urls, repository, *place, sha),
            "html_url": urls.html(repository.full_name, "commit", sha),
        }
        for sha in commit.parents
    ]


def _file(urls: Urls, repository: Repository, commit: Commit, change: FileChange) -> JsonObject:
    contents = repository_url(urls, repository, "contents")
    return {
        "sha": change.sha,
        "filename": change.path,
        "status": change.status,
        "additions": change.additions,
        "deletions": change.deletions,
        "changes": change.additions + change.deletions,
        "blob_url": urls.html(repository.full_name, "blob", commit.sha, change.path),
        "raw_url": urls.html(repository.full_name, "raw", commit.sha, change.path),
        "contents_url": f"{contents}/{quote(change.path)}?ref={commit.sha}",
    }
