"""Git through the API: files, refs, commits, trees, blobs, branches."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.world.github.conftest import Hub

REPOSITORY = "/repos/acme/app"


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _put(hub: Hub, path: str, data: bytes, **more: object) -> Any:  # noqa: ANN401 - a document
    return hub.make(
        "PUT", f"{REPOSITORY}/contents/{path}", {"message": f"Write {path}", "content": _encoded(data), **more}
    )


def test_a_file_is_written_read_replaced_and_deleted(hub: Hub) -> None:
    """Each a commit on the branch; the address of a file names the ref."""
    hub.repository()
    made = _put(hub, "docs/a%20b.txt", b"one\n")
    assert (made["content"]["path"], made["commit"]["message"]) == ("docs/a b.txt", "Write docs/a%20b.txt")
    assert made["commit"]["author"]["name"] == "olga"
    shown = hub.make("GET", f"{REPOSITORY}/contents/docs/a%20b.txt")
    assert (base64.b64decode(shown["content"]), shown["encoding"], shown["size"]) == (b"one\n", "base64", 4)
    assert shown["url"].endswith("/contents/docs/a%20b.txt?ref=main")
    raw = hub.call(
        "GET", f"{REPOSITORY}/contents/docs/a%20b.txt", headers={"accept": "application/vnd.github.raw+json"}
    )
    assert raw.content == b"one\n"
    assert [item["name"] for item in hub.make("GET", f"{REPOSITORY}/contents/docs")] == ["a b.txt"]
    changed = _put(hub, "docs/a%20b.txt", b"two\n", sha=shown["sha"])
    commit = hub.make("GET", f"{REPOSITORY}/commits/{changed['commit']['sha']}")
    assert [(file["filename"], file["status"], file["changes"]) for file in commit["files"]] == [
        ("docs/a b.txt", "modified", 2)
    ]
    assert commit["author"]["login"] == "olga"
    gone = {"message": "Delete", "sha": changed["content"]["sha"]}
    assert hub.make("DELETE", f"{REPOSITORY}/contents/docs/a%20b.txt", gone)["content"] is None
    assert hub.call("GET", f"{REPOSITORY}/contents/docs").status == 404
    assert len(hub.make("GET", f"{REPOSITORY}/commits?path=docs/a%20b.txt")) == 3


@pytest.mark.parametrize(
    ("path", "body", "status", "message"),
    [
        ("README.md", {}, 422, 'Invalid request.\n\n"sha" wasn\'t supplied.'),
        ("README.md", {"sha": "0" * 40}, 409, f"README.md does not match {'0' * 40}"),
        ("new.txt", {"content": "%"}, 422, "content is not valid Base64"),
        ("new.txt", {"branch": "none"}, 404, "Branch none not found"),
        ("a/../b", {}, 422, "path contains a malformed path component"),
        (
            "a",
            {"author": {"name": "a\0b", "email": "e"}},
            422,
            "Git refuses this: a name may not hold a null character",
        ),
        ("a//b", {}, 422, "path contains a malformed path component"),
        (".GIT/config", {}, 422, "path contains a malformed path component"),
    ],
)
def test_refused_writes(hub: Hub, path: str, body: dict[str, Any], status: int, message: str) -> None:
    """In GitHub's words, and the branch does not move."""
    hub.repository()
    before = hub.make("GET", f"{REPOSITORY}/git/ref/heads/main")
    answer = hub.call("PUT", f"{REPOSITORY}/contents/{path}", {"message": "m", "content": "YQ==", **body})
    assert (answer.status, answer.message) == (status, message)
    assert hub.make("GET", f"{REPOSITORY}/git/ref/heads/main") == before


def test_a_first_file_begins_an_empty_repository(hub: Hub) -> None:
    """Its commit has no parent and is the default branch."""
    hub.make("POST", "/orgs/acme/repos", {"name": "app"})
    assert _put(hub, "a", b"x")["commit"]["parents"] == []
    assert [branch["name"] for branch in hub.make("GET", f"{REPOSITORY}/branches")] == ["main"]


def test_an_app_needs_a_permission_of_its_own_for_workflows(hub: Hub) -> None:
    """Contents alone do not write what runs."""
    hub.repository()
    body = {"message": "m", "content": "YQ=="}
    path = f"{REPOSITORY}/contents/.github/workflows/a.yml"
    assert hub.call("PUT", path, body, by="writer").message == "Resource not accessible by integration"
    assert hub.call("PUT", f"{REPOSITORY}/contents/.github/a.yml", body, by="writer").status == 201
    assert hub.call("PUT", path, body, by="olga").status == 201


def test_refs_are_made_moved_forwards_and_deleted(hub: Hub) -> None:
    """Backwards only by force; the default branch stays."""
    hub.repository()
    first = hub.make("GET", f"{REPOSITORY}/git/ref/heads/main")["object"]["sha"]
    made = hub.make("POST", f"{REPOSITORY}/git/refs", {"ref": "refs/heads/topic/a", "sha": first})
    assert made["url"].endswith("/git/refs/heads/topic/a")
    second = _put(hub, "x", b"x")["commit"]["sha"]
    path = f"{REPOSITORY}/git/refs/heads/topic/a"
    assert hub.make("PATCH", path, {"sha": second})["object"]["sha"] == second
    assert hub.call("PATCH", path, {"sha": first}).message == "Update is not a fast forward"
    assert hub.make("PATCH", path, {"sha": first, "force": True})["object"]["sha"] == first
    names = [ref["ref"] for ref in hub.make("GET", f"{REPOSITORY}/git/matching-refs/heads/t")]
    assert names == ["refs/heads/topic/a"]
    hub.make("DELETE", path)
    assert hub.call("GET", f"{REPOSITORY}/git/ref/heads/topic/a").status == 404
    assert hub.call("GET", f"{REPOSITORY}/git/ref/heads/mai").status == 404
    assert hub.call("DELETE", path).message == "Reference does not exist"
    assert hub.call("DELETE", f"{REPOSITORY}/git/refs/heads/main").status == 422


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"ref": "heads/x", "sha": "tip"}, "Reference name must start with 'refs/' and hold at least two slashes."),
        (
            {"ref": "refs/heads/a..b", "sha": "tip"},
            "Reference name must start with 'refs/' and hold at least two slashes.",
        ),
        ({"ref": "refs/heads/--all", "sha": "--all"}, "Object does not exist"),
        ({"ref": "refs/heads/x", "sha": "0" * 40}, "Object does not exist"),
        ({"ref": "refs/heads/main", "sha": "tip"}, "Reference already exists"),
        ({"ref": "refs/heads/main/sub", "sha": "tip"}, "Reference update failed"),
    ],
)
def test_impossible_refs_are_refused(hub: Hub, body: dict[str, str], message: str) -> None:
    """422, whatever the text would mean to git."""
    hub.repository()
    tip = hub.make("GET", f"{REPOSITORY}/git/ref/heads/main")["object"]["sha"]
    answer = hub.call("POST", f"{REPOSITORY}/git/refs", {**body, "sha": body["sha"].replace("tip", tip)})
    assert (answer.status, answer.message) == (422, message)


def test_the_database_takes_objects_one_by_one(hub: Hub) -> None:
    """Blob, tree on a base, commit with author, then a ref: a history made by hand."""
    hub.repository()
    tip = hub.make("GET", f"{REPOSITORY}/git/ref/heads/main")["object"]["sha"]
    base = hub.make("GET", f"{REPOSITORY}/git/commits/{tip}")["tree"]["sha"]
    blob = hub.make("POST", f"{REPOSITORY}/git/blobs", {"content": _encoded(b"\x00\xff"), "encoding": "base64"})
    entries = [
        {"path": "bin/run", "mode": "100755", "type": "blob", "sha": blob["sha"]},
        {"path": "text", "mode": "100644", "type": "blob", "content": "hé\n"},
        {"path": "README.md", "mode": "100644", "type": "blob", "sha": None},
    ]
    tree = hub.make("POST", f"{REPOSITORY}/git/trees", {"base_tree": base, "tree": entries})
    who = {"name": "A", "email": "a@example.invalid", "date": "2024-01-02T03:04:05+01:00"}
    asked = {"message": "By hand", "tree": tree["sha"], "parents": [tip], "author": who}
    commit = hub.make("POST", f"{REPOSITORY}/git/commits", asked)
    assert commit["author"] == {**who, "date": "2024-01-02T02:04:05Z"}
    shown = hub.make("GET", f"{REPOSITORY}/git/trees/{commit['sha']}?recursive=1")
    assert [(entry["path"], entry["mode"]) for entry in shown["tree"]] == [
        ("bin", "040000"),
        ("bin/run", "100755"),
        ("text", "100644"),
    ]
    assert base64.b64decode(hub.make("GET", f"{REPOSITORY}/git/blobs/{blob['sha']}")["content"]) == b"\x00\xff"
    assert hub.call("POST", f"{REPOSITORY}/git/commits", {"message": "m", "tree": tip}).status == 422


def test_a_renamed_default_branch_stays_the_default(hub: Hub) -> None:
    """Only administrators rename it; its name may hold slashes."""
    hub.repository()
    hub.make("PUT", "/repos/acme/app/collaborators/alice", {"permission": "push"})
    path = f"{REPOSITORY}/branches/main/rename"
    assert hub.call("POST", path, {"new_name": "trunk"}, by="alice").status == 403
    assert hub.make("POST", path, {"new_name": "release/1"})["name"] == "release/1"
    assert hub.make("GET", REPOSITORY)["default_branch"] == "release/1"
    assert hub.call("GET", f"{REPOSITORY}/branches/main").message == "Branch not found"
    shown = hub.make("GET", f"{REPOSITORY}/branches/release/1")
    assert (shown["protected"], shown["commit"]["commit"]["message"]) == (False, "Initial commit")
    assert hub.call("GET", f"{REPOSITORY}/branches/release/1/protection").message == "Branch not protected"


def test_a_branch_under_an_active_ruleset_is_protected(hub: Hub) -> None:
    """A disabled one protects nothing."""
    hub.repository()
    made = hub.make(
        "POST",
        f"{REPOSITORY}/rulesets",
        {
            "name": "r",
            "enforcement": "active",
            "conditions": {"ref_name": {"include": ["refs/heads/m*"], "exclude": []}},
            "rules": [{"type": "deletion"}],
        },
    )
    assert hub.make("GET", f"{REPOSITORY}/branches?protected=true")[0]["name"] == "main"
    hub.make("PUT", f"{REPOSITORY}/rulesets/{made['id']}", {"enforcement": "disabled"})
    assert hub.make("GET", f"{REPOSITORY}/branches/main")["protected"] is False


def test_tags_and_commits_are_found_by_name(hub: Hub) -> None:
    """A tag, a branch and a short sha name the same commit."""
    hub.repository()
    tip = hub.make("GET", f"{REPOSITORY}/git/ref/heads/main")["object"]["sha"]
    hub.make("POST", f"{REPOSITORY}/git/refs", {"ref": "refs/tags/v1", "sha": tip})
    assert [(tag["name"], tag["commit"]["sha"]) for tag in hub.make("GET", f"{REPOSITORY}/tags")] == [("v1", tip)]
    for name in ("main", "v1", "heads/main", "tags/v1", tip, tip[:8]):
        assert hub.make("GET", f"{REPOSITORY}/commits/{name}")["sha"] == tip
    answer = hub.call("GET", f"{REPOSITORY}/commits/none")
    assert (answer.status, answer.message) == (422, "No commit found for SHA: none")


names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=8)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.lists(names, min_size=1, max_size=2), data=st.binary(max_size=20))
def test_any_file_that_is_taken_comes_back_unchanged(hub: Hub, path: list[str], data: bytes) -> None:
    """Whatever name and bytes: refused with 4xx, or read as written."""
    if hub.call("GET", REPOSITORY).status == 404:
        hub.repository()
    where = f"{REPOSITORY}/contents/" + "/".join(quote(part, safe="") for part in path)
    answer = hub.call("PUT", where, {"message": "m", "content": _encoded(data)})
    if answer.status != 201:
        assert answer.status in {404, 409, 422}, answer.content
        return
    shown = hub.make("GET", where)
    assert (shown["path"], base64.b64decode(shown["content"])) == ("/".join(path), data)
