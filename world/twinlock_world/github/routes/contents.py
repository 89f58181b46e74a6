"""Files on branches: read, written and deleted as commits."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from twinlock_world.git_incoming import incoming
from twinlock_world.git_objects import ABSENT, EMPTY_TREE, ConflictError
from twinlock_world.github.access import READ_CONTENTS, WRITE_CONTENTS
from twinlock_world.github.bodies.commit import git_commit, repository_url
from twinlock_world.github.call import Reply
from twinlock_world.github.commits import require_workflows, signature_of
from twinlock_world.github.errors import conflict, invalid, not_found
from twinlock_world.github.mounts import REPOSITORY, RepositoryCall
from twinlock_world.github.ref_changes import change_ref
from twinlock_world.github.routes.git import asked_signature, checked_path, decoded
from twinlock_world.github.routing import LARGEST_CONTENT
from twinlock_world.github.ruling import Change
from twinlock_world.github.site import Site
from twinlock_world.policy.attempt import How

if TYPE_CHECKING:
    from twinlock_world.git_objects import TreeEntry
    from twinlock_world.jsonvalue import JsonObject, JsonValue

_TYPES: Final = {"tree": "dir", "commit": "submodule", "blob": "file"}


@dataclass(frozen=True, slots=True)
class _Tip:
    """Where a branch is when a file on it is about to change."""

    branch: str
    sha: str | None
    entry: TreeEntry | None


def show_contents(call: RepositoryCall) -> Reply:
    """Return a file with its content, or what is in a directory."""
    path, ref = call.params.get("path", "").strip("/"), call.query.get("ref") or call.repository.default_branch
    commit = call.objects.resolve(ref)
    if commit is None:
        raise not_found(
            "This repository is empty." if not call.objects.refs() else f"No commit found for the ref {ref}"
        )
    entry = call.objects.entry(commit, path) if path else None
    if path and entry is None:
        raise not_found()
    if entry is None or entry.kind == "tree":
        listed = call.objects.tree(f"{commit}:{path}")
        prefix = f"{path}/" if path else ""
        return Reply(200, [_entry_body(call, item, prefix + item.path, ref) for item in listed])
    found = call.objects.read(entry.sha) if entry.kind == "blob" else None
    data = b"" if found is None else found.data
    if "raw" in call.request.headers.get("accept", ""):
        return Reply(200, raw=data, headers={"content-type": "application/vnd.github.raw; charset=utf-8"})
    return Reply(200, _file_body(call, entry, path, ref, data))


def write_contents(call: RepositoryCall) -> Reply:
    """Write a file as a commit on a branch; to replace one, its present sha must be named."""
    body, path = call.body(), checked_path(call.params["path"])
    message, data = body.text("message"), decoded(body.text("content"))
    require_workflows(call.identity, path)
    tip = _tip(call, path, body.optional_text("branch"))
    if tip.entry is not None:
        _require_sha(path, tip.entry, body.optional_text("sha"))
    commit = _commit(call, tip, path, data, message)
    entry = call.objects.entry(commit, path)
    if entry is None:
        raise not_found()
    return Reply(
        201 if tip.entry is None else 200,
        {"content": _entry_body(call, entry, path, tip.branch), "commit": _commit_body(call, commit)},
    )


def delete_contents(call: RepositoryCall) -> Reply:
    """Delete a file as a commit on a branch."""
    body, path = call.body(), checked_path(call.params["path"])
    message, sha = body.text("message"), body.text("sha")
    require_workflows(call.identity, path)
    tip = _tip(call, path, body.optional_text("branch"))
    if tip.entry is None:
        raise not_found()
    _require_sha(path, tip.entry, sha)
    commit = _commit(call, tip, path, None, message)
    return Reply(200, {"content": None, "commit": _commit_body(call, commit)})


def _tip(call: RepositoryCall, path: str, asked: str | None) -> _Tip:
    branch = asked or call.repository.default_branch
    held = call.objects.ref(f"refs/heads/{branch}")
    if held is None:
        if call.objects.refs():
            raise not_found(f"Branch {branch} not found")
        return _Tip(branch, None, None)
    entry = call.objects.entry(held.sha, path)
    if entry is not None and entry.kind != "blob":
        raise invalid(f"{path} is not a file")
    return _Tip(branch, held.sha, entry)


def _require_sha(path: str, entry: TreeEntry, sha: str | None) -> None:
    if sha is None:
        raise invalid('Invalid request.\n\n"sha" wasn\'t supplied.')
    if sha != entry.sha:
        raise conflict(f"{path} does not match {sha}")


def _commit(call: RepositoryCall, tip: _Tip, path: str, data: bytes | None, message: str) -> str:
    """Commit a file's new content, or its deletion, if the rules of the branch allow."""
    body = call.body()
    committer = asked_signature(call, body, "committer", signature_of(call.caller(), call.store.timestamp()))
    author = asked_signature(call, body, "author", committer)
    with incoming(call.objects) as room:
        objects = room.objects
        parent = None if tip.sha is None else objects.commit(tip.sha)
        blob = None if data is None else objects.write_blob(data)
        tree = objects.write_path(EMPTY_TREE if parent is None else parent.tree, path, blob)
        commit = objects.write_commit(tree, () if tip.sha is None else (tip.sha,), message, author, committer)
        signed = not (body.given("author") or body.given("committer"))  # what GitHub commits as itself, it signs
        change = Change(f"refs/heads/{tip.branch}", tip.sha or ABSENT, commit, How.CONTENTS, signed)
        try:
            change_ref(Site.of(call), call.caller(), change, room, status=409)
        except ConflictError as error:
            raise conflict(f"{tip.branch} was moved meanwhile") from error
    return commit


def _commit_body(call: RepositoryCall, sha: str) -> JsonObject:
    commit = call.objects.commit(sha)
    if commit is None:
        raise not_found()
    return git_commit(call.urls, call.repository, commit)


def _file_body(call: RepositoryCall, entry: TreeEntry, path: str, ref: str, data: bytes) -> JsonObject:
    body = _entry_body(call, entry, path, ref)
    if entry.kind == "commit":
        return {**body, "submodule_git_url": None}
    if entry.mode == "120000":
        return {**body, "target": data.decode(errors="replace")}
    return {**body, "content": base64.encodebytes(data).decode(), "encoding": "base64"}


def _entry_body(call: RepositoryCall, entry: TreeEntry, path: str, ref: str) -> dict[str, JsonValue]:
    kind = "symlink" if entry.mode == "120000" else _TYPES[entry.kind]
    place = "trees" if entry.kind == "tree" else "blobs"
    url = f"{repository_url(call.urls, call.repository, 'contents')}/{quote(path)}?ref={quote(ref)}"
    git_url = None if entry.kind == "commit" else repository_url(call.urls, call.repository, "git", place, entry.sha)
    page = call.urls.html(call.repository.full_name, "tree" if kind == "dir" else "blob", ref, path)
    download = call.urls.html(call.repository.full_name, "raw", ref, path) if entry.kind == "blob" else None
    return {
        "type": kind,
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": entry.sha,
        "size": entry.size or 0,
        "url": url,
        "html_url": page,
        "git_url": git_url,
        "download_url": download,
        "_links": {"self": url, "git": git_url, "html": page},
    }


ROUTES: Final = (
    *REPOSITORY.get("/contents", READ_CONTENTS, show_contents),
    *REPOSITORY.get("/contents/{path...}", READ_CONTENTS, show_contents),
    *REPOSITORY.put("/contents/{path...}", WRITE_CONTENTS, write_contents, LARGEST_CONTENT),
    *REPOSITORY.delete("/contents/{path...}", WRITE_CONTENTS, delete_contents),
)
