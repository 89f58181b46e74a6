"""Git over HTTP, with git itself as the client."""

from __future__ import annotations

import gzip
import os
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from tests.world.conftest import RunningWorld

    Git = Callable[..., subprocess.CompletedProcess[str]]


def test_what_was_pushed_is_what_is_cloned(world: RunningWorld, git: Git, work_tree: Path, tmp_path: Path) -> None:
    """A push and a clone carry commits, tags and files unchanged."""
    world.repository("pushed-and-cloned")
    git("tag", "--annotate", "--message=One", "v1", cwd=work_tree)
    git("push", "--quiet", world.git_url("pushed-and-cloned"), "main", "v1", cwd=work_tree)
    git("clone", "--quiet", world.git_url("pushed-and-cloned"), str(tmp_path / "clone"))
    shown = ("log", "--all", "--format=%H %D %T")
    assert (
        git("rev-parse", "HEAD", "v1", cwd=tmp_path / "clone").stdout
        == git("rev-parse", "HEAD", "v1", cwd=work_tree).stdout
    )
    assert "tag: v1" in git(*shown, cwd=tmp_path / "clone").stdout
    assert (tmp_path / "clone" / "README.md").read_text() == "# work\n"


def test_the_address_needs_no_suffix(world: RunningWorld, git: Git, work_tree: Path) -> None:
    """`/acme/name` serves git as `/acme/name.git` does, whatever the case of the letters."""
    world.repository("Suffix.Free")
    git("push", "--quiet", world.git_url("Suffix.Free"), "main", cwd=work_tree)
    bare = world.git_url("suffix.free").removesuffix(".git")
    assert git("ls-remote", bare).stdout == git("ls-remote", world.git_url("Suffix.Free")).stdout != ""


@pytest.mark.parametrize("version", ["0", "1", "2"])
def test_every_protocol_version_clones(
    world: RunningWorld, git: Git, work_tree: Path, tmp_path: Path, version: str
) -> None:
    """Versions 0 to 2 of git's protocol serve a clone, and version 2 is spoken when asked for."""
    name = f"protocol-{version}"
    world.repository(name)
    git("push", "--quiet", world.git_url(name), "main", cwd=work_tree)
    git("-c", f"protocol.version={version}", "clone", "--quiet", world.git_url(name), str(tmp_path / version))
    headers = {"authorization": f"Bearer {world.token('olga')}", "git-protocol": f"version={version}"}
    answer = world.client.get(f"{world.url}/acme/{name}.git/info/refs?service=git-upload-pack", headers=headers)
    assert answer.headers["content-type"] == "application/x-git-upload-pack-advertisement"
    assert answer.headers["cache-control"].startswith("no-cache")
    assert answer.content.startswith(b"000eversion 2\n" if version == "2" else b"001e# service=git-upload-pack\n0000")


def test_shallow_and_partial_clones(world: RunningWorld, git: Git, work_tree: Path, tmp_path: Path) -> None:
    """A clone may leave out history and blobs."""
    world.repository("partial")
    for number in range(3):
        git("commit", "--quiet", "--allow-empty", f"--message={number}", cwd=work_tree)
    git("push", "--quiet", world.git_url("partial"), "main", cwd=work_tree)
    git("clone", "--quiet", "--depth=1", world.git_url("partial"), str(tmp_path / "shallow"))
    assert git("rev-list", "--count", "HEAD", cwd=tmp_path / "shallow").stdout == "1\n"
    git("clone", "--quiet", "--no-checkout", "--filter=blob:none", world.git_url("partial"), str(tmp_path / "blobless"))
    assert "?" in git("rev-list", "--objects", "--missing=print", "HEAD", cwd=tmp_path / "blobless").stdout


def test_a_large_push_arrives_whole(world: RunningWorld, git: Git, work_tree: Path, tmp_path: Path) -> None:
    """Several megabytes that don't compress go through, in both directions."""
    world.repository("large")
    (work_tree / "noise").write_bytes(os.urandom(6_000_000))
    git("add", "--all", cwd=work_tree)
    git("commit", "--quiet", "--message=Noise", cwd=work_tree)
    git("push", "--quiet", world.git_url("large"), "main", cwd=work_tree)
    git("clone", "--quiet", world.git_url("large"), str(tmp_path / "clone"))
    assert (tmp_path / "clone" / "noise").read_bytes() == (work_tree / "noise").read_bytes()


def test_a_zipped_request_is_read(world: RunningWorld, git: Git, work_tree: Path) -> None:
    """Git zips long requests; the answer is that of the plain one."""
    world.repository("zipped")
    git("push", "--quiet", world.git_url("zipped"), "main", cwd=work_tree)
    wanted = b"0014command=ls-refs\n0000"
    headers = {"authorization": f"Bearer {world.token('olga')}", "git-protocol": "version=2"}
    address = f"{world.url}/acme/zipped.git/git-upload-pack"
    plain = world.client.post(address, headers=headers, content=wanted)
    zipped = world.client.post(address, headers={**headers, "content-encoding": "gzip"}, content=gzip.compress(wanted))
    assert (plain.status_code, plain.headers["content-type"]) == (200, "application/x-git-upload-pack-result")
    assert b"refs/heads/main\n" in plain.content
    assert zipped.content == plain.content


def test_a_broken_zip_is_refused(world: RunningWorld) -> None:
    """A body that claims to be zipped and isn't is the client's mistake."""
    world.repository("broken-zip")
    headers = {"authorization": f"Bearer {world.token('olga')}", "content-encoding": "gzip"}
    answer = world.client.post(f"{world.url}/acme/broken-zip.git/git-upload-pack", headers=headers, content=b"0000")
    assert (answer.status_code, answer.text) == (400, "git could not make sense of the request.")


def test_an_aborted_push_changes_nothing(world: RunningWorld, git: Git, work_tree: Path) -> None:
    """A client that goes away in the middle of its push has pushed nothing, and the server goes on."""
    world.repository("aborted")

    def half() -> object:
        head = git("rev-parse", "HEAD", cwd=work_tree).stdout.strip()
        line = f"{'0' * 40} {head} refs/heads/main\0report-status\n"
        yield f"{len(line) + 4:04x}{line}0000PACK".encode()
        raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        httpx.post(
            f"{world.url}/acme/aborted.git/git-receive-pack",
            headers={"authorization": f"Bearer {world.token('olga')}"},
            content=half(),  # type: ignore[arg-type] # a generator, which httpx streams
            trust_env=False,
        )
    assert git("ls-remote", world.git_url("aborted")).stdout == ""


@pytest.mark.parametrize("action", ["clone", "push"])
def test_without_a_token_a_private_repository_asks_for_one(
    world: RunningWorld, git: Git, work_tree: Path, action: str
) -> None:
    """Private and absent repositories look alike, and git is asked for credentials."""
    world.repository(f"secret-{action}")
    for name in (f"secret-{action}", "absent"):
        arguments = {"clone": ("ls-remote",), "push": ("push",)}[action]
        done = git(
            *arguments, world.git_url(name, None), *(["main"] if action == "push" else []), cwd=work_tree, check=False
        )
        assert done.returncode == 128
        assert done.stderr.endswith("terminal prompts disabled\n")
    answer = world.client.get(f"{world.git_url('absent', None)}/info/refs?service=git-upload-pack")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Basic realm="GitHub"'


def test_a_wrong_token_is_refused(world: RunningWorld, git: Git) -> None:
    """A token that nobody holds is refused in GitHub's words."""
    world.repository("wrong-token")
    address = world.git_url("wrong-token").replace(world.token("olga"), "nonsense")
    done = git("ls-remote", address, check=False)
    assert done.returncode == 128
    assert done.stderr.startswith(
        "remote: Invalid username or token. Password authentication is not supported for Git operations.\n"
        "fatal: Authentication failed for "
    )


def test_the_token_may_stand_as_user_or_as_password(world: RunningWorld, git: Git) -> None:
    """Any user name goes with a token, and a token alone will do."""
    world.repository("token-places")
    host = world.url.removeprefix("http://")
    for user in (f"x-access-token:{world.token('writer')}", f"{world.token('writer')}:", world.token("writer")):
        git("ls-remote", f"http://{user}@{host}/acme/token-places.git")


def test_who_may_not_see_a_repository_is_told_there_is_none(world: RunningWorld, git: Git) -> None:
    """An outsider learns nothing of a private repository."""
    world.repository("unseen")
    done = git("ls-remote", world.git_url("unseen", "mallory"), check=False)
    assert done.returncode == 128
    assert done.stderr.startswith("remote: Repository not found.\nfatal: repository ")


@pytest.mark.parametrize("login", ["reader", "mallory"])
def test_who_may_only_read_cannot_push(world: RunningWorld, git: Git, work_tree: Path, login: str) -> None:
    """An app without contents:write, and anybody on a public repository, may clone but not push."""
    name = f"read-only-{login}"
    world.repository(name, visibility="public", private=False)
    git("ls-remote", world.git_url(name, login))
    done = git("push", world.git_url(name, login), "main", cwd=work_tree, check=False)
    actor = {"reader": "reader[bot]"}.get(login, login)
    assert done.returncode == 128
    assert done.stderr.startswith(f"remote: Permission to acme/{name}.git denied to {actor}.\nfatal: unable to access ")
    assert git("ls-remote", world.git_url(name)).stdout == ""


def test_anybody_clones_a_public_repository(world: RunningWorld, git: Git, work_tree: Path) -> None:
    """No token is needed to read what is public; one is to push there."""
    world.repository("open", visibility="public", private=False)
    git("push", "--quiet", world.git_url("open"), "main", cwd=work_tree)
    assert "refs/heads/main" in git("ls-remote", world.git_url("open", None)).stdout
    assert git("push", world.git_url("open", None), "main:other", cwd=work_tree, check=False).returncode == 128


def test_an_archived_repository_takes_no_push(world: RunningWorld, git: Git, work_tree: Path) -> None:
    """What is archived can be cloned but not changed, not even by an owner."""
    world.repository("archived")
    git("push", "--quiet", world.git_url("archived"), "main", cwd=work_tree)
    assert world.request("PATCH", "/repos/acme/archived", document={"archived": True}).status_code == 200
    done = git("push", world.git_url("archived"), "main:other", cwd=work_tree, check=False)
    assert done.returncode == 128
    assert done.stderr.startswith("remote: This repository was archived so it is read-only.\nfatal: unable to access ")
    assert git("ls-remote", "--heads", world.git_url("archived")).stdout.endswith("refs/heads/main\n")


def test_the_first_push_may_choose_the_default_branch(world: RunningWorld, git: Git, work_tree: Path) -> None:
    """Where the default branch doesn't exist, the branch that is pushed first becomes it."""
    world.repository("first-push")
    git("push", "--quiet", world.git_url("first-push"), "main:trunk", cwd=work_tree)
    assert world.request("GET", "/repos/acme/first-push").json()["default_branch"] == "trunk"
    git("push", "--quiet", world.git_url("first-push"), "main", cwd=work_tree)
    assert world.request("GET", "/repos/acme/first-push").json()["default_branch"] == "trunk"
    assert git("ls-remote", "--symref", world.git_url("first-push"), "HEAD").stdout.startswith(
        "ref: refs/heads/trunk\t"
    )


def test_some_refs_are_not_for_pushing(world: RunningWorld, git: Git, work_tree: Path) -> None:
    """Pull requests' refs are GitHub's own, and the default branch cannot be deleted."""
    world.repository("own-refs")
    git("push", "--quiet", world.git_url("own-refs"), "main", cwd=work_tree)
    pull = git("push", world.git_url("own-refs"), "main:refs/pull/1/head", cwd=work_tree, check=False)
    assert "(deny updating a hidden ref)" in pull.stderr
    deletion = git("push", world.git_url("own-refs"), ":main", cwd=work_tree, check=False)
    assert "refusing to delete the current branch: refs/heads/main" in deletion.stderr


def test_clients_without_smart_http_are_turned_away(world: RunningWorld) -> None:
    """The advertisement is for one of git's two services; nothing else is served, not even to owners."""
    world.repository("dumb")
    for query in ("", "?service=git-upload-archive"):
        answer = world.request("GET", f"/acme/dumb.git/info/refs{query}")
        assert (answer.status_code, answer.text) == (403, "Please upgrade your git client.")


def test_hooks_of_the_repository_are_not_run(world: RunningWorld, git: Git, work_tree: Path, tmp_path: Path) -> None:
    """A hook in the bare repository, wherever it came from, is never executed."""
    repository = world.repository("hooks")
    hook = world.state / "git" / f"{repository['id']}.git" / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\nexit 1\n")
    hook.chmod(0o700)
    git("push", "--quiet", world.git_url("hooks"), "main", cwd=work_tree)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "body",
    [b"", b"0000", b"zzzz", b"0005", b"00010001", b"ffff" + b"x" * 100, b"0010" + b"\xff" * 12 + b"0000PACK"],
    ids=["nothing", "flush", "no length", "cut off", "delimiters", "too short", "no command"],
)
@pytest.mark.parametrize("service", ["git-receive-pack", "git-upload-pack"])
def test_what_is_not_of_git_is_refused(world: RunningWorld, service: str, body: bytes) -> None:
    """Neither a server error nor a wait, whatever is sent; and nothing comes of it."""
    if world.request("GET", "/repos/acme/nonsense").status_code == 404:
        world.repository("nonsense")
    headers = {"authorization": f"Bearer {world.token('olga')}", "content-type": f"application/x-{service}-request"}
    answer = world.client.post(f"{world.url}/acme/nonsense.git/{service}", headers=headers, content=body)
    assert answer.status_code in {200, 400}
    assert world.request("GET", "/repos/acme/nonsense/git/refs").json() == []


@pytest.mark.parametrize(
    "pack", [b"", b"PACK", b"PACK\0\0\0\2\0\0\0\1" + b"\0" * 20], ids=["none", "cut off", "broken"]
)
def test_a_broken_pack_moves_no_ref(world: RunningWorld, git: Git, pack: bytes) -> None:
    """A command whose objects don't come is refused by git, ref by ref."""
    if world.request("GET", "/repos/acme/nonsense").status_code == 404:
        world.repository("nonsense")
    line = f"{'0' * 40} {'1' * 40} refs/heads/main\0report-status"
    headers = {"authorization": f"Bearer {world.token('olga')}"}
    content = f"{len(line) + 4:04x}{line}0000".encode() + pack
    address = f"{world.url}/acme/nonsense.git/git-receive-pack"
    answer = world.client.post(address, headers=headers, content=content)
    assert answer.status_code == 200
    assert b"unpack ok" not in answer.content
    assert git("ls-remote", world.git_url("nonsense")).stdout == ""
