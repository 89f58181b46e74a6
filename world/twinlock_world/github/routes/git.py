"""The git database: refs, commits, trees and blobs."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final

from twinlock_world.git_objects import ABSENT, EMPTY_TREE, ConflictError, Signature, TreeEntry, is_ref_name, is_sha
from twinlock_world.github.access import READ_CONTENTS, WRITE_CONTENTS
from twinlock_world.github.bodies.commit import git_commit, object_node_id, ref_body, repository_url
from twinlock_world.github.call import NO_CONTENT, Reply
from twinlock_world.github.commits import git_date, require_workflows, signature_of
from twinlock_world.github.errors import conflict, invalid, not_found
from twinlock_world.github.mounts import REPOSITORY, RepositoryCall
from twinlock_world.github.ref_changes import change_ref
from twinlock_world.github.routing import LARGEST_CONTENT
from twinlock_world.github.ruling import Change, RefusedError
from twinlock_world.github.site import Site
from twinlock_world.policy.attempt import How

if TYPE_CHECKING:
    from twinlock_world.git_objects import Ref
    from twinlock_world.jsonvalue import Fields, JsonObject, JsonValue

_MODES: Final = ("100644", "100755", "040000", "160000", "120000")
_KINDS: Final = {"100644": "blob", "100755": "blob", "120000": "blob", "040000": "tree", "160000": "commit"}


def show_ref(call: RepositoryCall) -> Reply:
    """Return the ref of exactly this name."""
    return Reply(200, ref_body(call.urls, call.repository, _ref(call)))


def list_matching_refs(call: RepositoryCall) -> Reply:
    """Return the refs whose names begin like this."""
    found = call.objects.refs(f"refs/{call.params.get('ref', '')}")
    return call.page(found, lambda ref: ref_body(call.urls, call.repository, ref))


def create_ref(call: RepositoryCall) -> Reply:
    """Make a ref that points at a commit of the repository."""
    body, objects = call.body(), call.objects
    name, sha = body.text("ref"), body.text("sha")
    if not name.startswith("refs/") or name.count("/") < 2 or not is_ref_name(name):  # noqa: PLR2004 - refs/KIND/NAME
        raise invalid("Reference name must start with 'refs/' and hold at least two slashes.")
    if not objects.refs():
        raise conflict("Git Repository is empty.")
    target = objects.read(sha)
    if target is None or (name.startswith("refs/heads/") and target.kind != "commit"):
        raise invalid("Object does not exist")
    if objects.ref(name) is not None:
        raise invalid("Reference already exists")
    try:
        change_ref(Site.of(call), call.caller(), Change(name, ABSENT, sha, How.REF), status=422)
    except RefusedError as refused:
        raise refused.worded("Reference update failed") from refused
    except ConflictError as error:
        raise invalid("Reference update failed") from error
    url = repository_url(call.urls, call.repository, "git", "refs")
    made = objects.ref(name)
    if made is None:
        raise invalid("Reference update failed")
    location = {"location": f"{url}/{name.removeprefix('refs/')}"}
    return Reply(201, ref_body(call.urls, call.repository, made), location)


def move_ref(call: RepositoryCall) -> Reply:
    """Point a ref at another commit; forwards only, unless forced."""
    body, objects = call.body(), call.objects
    sha, held = body.text("sha"), objects.ref(f"refs/{call.params['ref']}")
    if held is None:
        raise invalid("Reference does not exist")
    if objects.commit(sha) is None:
        raise invalid("Object does not exist")
    if not body.flag("force", default=False) and not objects.is_ancestor(held.sha, sha):
        raise invalid("Update is not a fast forward")
    try:
        change_ref(Site.of(call), call.caller(), Change(held.name, held.sha, sha, How.REF), status=422)
    except ConflictError as error:
        raise conflict("Reference cannot be updated") from error
    return Reply(200, ref_body(call.urls, call.repository, _ref(call)))


def delete_ref(call: RepositoryCall) -> Reply:
    """Delete a ref."""
    held = call.objects.ref(f"refs/{call.params['ref']}")
    if held is None:
        raise invalid("Reference does not exist")
    if held.name == f"refs/heads/{call.repository.default_branch}":
        raise invalid("Cannot delete the default branch")
    change_ref(Site.of(call), call.caller(), Change(held.name, held.sha, ABSENT, How.REF), status=422)
    return NO_CONTENT


def show_commit(call: RepositoryCall) -> Reply:
    """Return a commit of the database."""
    commit = call.objects.commit(call.params["sha"])
    if commit is None:
        raise not_found()
    return Reply(200, git_commit(call.urls, call.repository, commit))


def create_commit(call: RepositoryCall) -> Reply:
    """Store a commit that no ref names yet."""
    body, objects = call.body(), call.objects
    tree, parents = body.text("tree"), body.texts("parents", [])
    found = objects.read(tree)
    if found is None or found.kind != "tree":
        raise invalid("Tree SHA does not exist")
    if any(objects.commit(parent) is None for parent in parents):
        raise invalid("Parent SHA does not exist or is not a commit object")
    author = asked_signature(call, body, "author", signature_of(call.caller(), call.store.timestamp()))
    committer = asked_signature(call, body, "committer", author)
    sha = objects.write_commit(tree, parents, body.text("message"), author, committer)
    commit = objects.commit(sha)
    if commit is None:
        raise not_found()
    return Reply(201, git_commit(call.urls, call.repository, commit))


def show_tree(call: RepositoryCall) -> Reply:
    """Return a tree by its sha or by a commit's, a branch's or a tag's name."""
    name = call.params["tree"]
    found = call.objects.read(name) if is_sha(name) else None
    sha = name if found is not None else call.objects.resolve(name)
    if sha is None:
        raise conflict("Git Repository is empty.") if not call.objects.refs() else not_found()
    recursive = call.query.get("recursive", "") not in {"", "0", "false"}
    return Reply(200, _tree_body(call, sha, call.objects.tree(sha, recursive=recursive)))


def create_tree(call: RepositoryCall) -> Reply:
    """Store a tree, made anew or from another by replacing some of its entries."""
    body, objects = call.body(), call.objects
    base = body.text("base_tree") if body.given("base_tree") else EMPTY_TREE
    if base != EMPTY_TREE and objects.read(base) is None:
        raise not_found()
    tree = base
    for entry in body.objects("tree"):
        path, mode = checked_path(entry.text("path")), entry.choice("mode", _MODES)
        require_workflows(call.identity, path)
        tree = objects.write_path(tree, path, _entry_sha(call, entry), mode, _KINDS[mode])
    if tree == EMPTY_TREE:
        tree = objects.write_tree(())
    return Reply(201, _tree_body(call, tree, objects.tree(tree)))


def show_blob(call: RepositoryCall) -> Reply:
    """Return a blob."""
    found = call.objects.read(call.params["sha"])
    if found is None or found.kind != "blob":
        raise not_found()
    if "raw" in call.request.headers.get("accept", ""):
        return Reply(200, raw=found.data, headers={"content-type": "application/vnd.github.raw; charset=utf-8"})
    return Reply(
        200,
        {
            "sha": found.sha,
            "node_id": object_node_id("B", call.repository, found.sha),
            "size": len(found.data),
            "url": repository_url(call.urls, call.repository, "git", "blobs", found.sha),
            "content": base64.encodebytes(found.data).decode(),
            "encoding": "base64",
        },
    )


def create_blob(call: RepositoryCall) -> Reply:
    """Store a blob."""
    body = call.body()
    text = body.text("content")
    encoding = body.choice("encoding", ("utf-8", "base64"), "utf-8")
    sha = call.objects.write_blob(decoded(text) if encoding == "base64" else text.encode())
    return Reply(201, {"sha": sha, "url": repository_url(call.urls, call.repository, "git", "blobs", sha)})


def decoded(text: str) -> bytes:
    """Return what stands in base64, line breaks allowed.

    Raises:
        GitHubError: 422, it is no base64.
    """
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid("content is not valid Base64") from error


def checked_path(path: str) -> str:
    """Return a file's path if git could hold it.

    Raises:
        GitHubError: 422, a component is malformed.
    """
    parts = path.split("/")
    if any(part in {"", ".", ".."} or part.casefold() == ".git" for part in parts) or "\0" in path:
        raise invalid("path contains a malformed path component")
    return path


def _ref(call: RepositoryCall) -> Ref:
    found = call.objects.ref(f"refs/{call.params['ref']}")
    if found is None:
        raise conflict("Git Repository is empty.") if not call.objects.refs() else not_found()
    return found


def asked_signature(call: RepositoryCall, body: Fields, name: str, default: Signature) -> Signature:
    """Return whom a request names as author or committer, else the default."""
    if not body.given(name):
        return default
    given = body.object(name)
    date = git_date(given.text("date")) if given.given("date") else call.store.timestamp()
    return Signature(given.text("name"), given.text("email"), date)


def _entry_sha(call: RepositoryCall, entry: Fields) -> str | None:
    if entry.given("content"):
        return call.objects.write_blob(entry.text("content").encode())
    if "sha" in entry and not entry.given("sha"):
        return None
    sha = entry.text("sha")
    if entry.text("mode") != "160000" and call.objects.read(sha) is None:
        raise invalid(f"tree.sha {sha} is not a valid object")
    return sha


def _tree_body(call: RepositoryCall, sha: str, entries: list[TreeEntry]) -> JsonObject:
    found = call.objects.read(sha)
    commit = call.objects.commit(sha) if found is not None and found.kind == "commit" else None
    tree = sha if commit is None else commit.tree
    return {
        "sha": tree,
        "url": repository_url(call.urls, call.repository, "git", "trees", tree),
        "tree": [_entry_body(call, entry) for entry in entries],
        "truncated": False,
    }


def _entry_body(call: RepositoryCall, entry: TreeEntry) -> JsonObject:
    body: dict[str, JsonValue] = {"path": entry.path, "mode": entry.mode, "type": entry.kind, "sha": entry.sha}
    if entry.size is not None:
        body["size"] = entry.size
    if entry.kind != "commit":
        body["url"] = repository_url(call.urls, call.repository, "git", f"{entry.kind}s", entry.sha)
    return body


ROUTES: Final = (
    *REPOSITORY.get("/git/ref/{ref...}", READ_CONTENTS, show_ref),
    *REPOSITORY.get("/git/matching-refs/{ref...}", READ_CONTENTS, list_matching_refs),
    *REPOSITORY.get("/git/refs", READ_CONTENTS, list_matching_refs),
    *REPOSITORY.post("/git/refs", WRITE_CONTENTS, create_ref),
    *REPOSITORY.patch("/git/refs/{ref...}", WRITE_CONTENTS, move_ref),
    *REPOSITORY.delete("/git/refs/{ref...}", WRITE_CONTENTS, delete_ref),
    *REPOSITORY.get("/git/commits/{sha}", READ_CONTENTS, show_commit),
    *REPOSITORY.post("/git/commits", WRITE_CONTENTS, create_commit),
    *REPOSITORY.get("/git/trees/{tree...}", READ_CONTENTS, show_tree),
    *REPOSITORY.post("/git/trees", WRITE_CONTENTS, create_tree, LARGEST_CONTENT),
    *REPOSITORY.get("/git/blobs/{sha}", READ_CONTENTS, show_blob),
    *REPOSITORY.post("/git/blobs", WRITE_CONTENTS, create_blob, LARGEST_CONTENT),
)
