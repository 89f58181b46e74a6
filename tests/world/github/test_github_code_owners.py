"""CODEOWNERS with the accounts behind it: who owns, and what GitHub says is wrong."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from twinlock_world.git_objects import GitRepositories
from twinlock_world.github.accounts import find_user
from twinlock_world.github.code_owners import code_owners
from twinlock_world.github.repository import find_repository
from twinlock_world.github.site import Site
from twinlock_world.github.urls import Urls
from twinlock_world.policy.facts import OwnerGroup

if TYPE_CHECKING:
    from tests.world.github.conftest import Hub

APP = "/repos/acme/app"


@pytest.fixture
def tip(hub: Hub) -> str:
    """The commit of main in a repository that alice may push to."""
    hub.make("POST", "/orgs/acme/repos", {"name": "app", "auto_init": True, "private": True})
    hub.make("PUT", f"{APP}/collaborators/alice", {"permission": "push"})
    return str(hub.make("GET", f"{APP}/git/ref/heads/main")["object"]["sha"])


def test_owners_are_people_and_teams_with_write(hub: Hub, tip: str) -> None:
    """A team counts by what it was itself given, a person by their role; who lacks write owns nothing."""
    team, weak = hub.team("owners", "bob"), hub.team("readers", "alice")
    hub.make("PUT", f"/orgs/acme/teams/{team['slug']}/repos/acme/app", {"permission": "push"})
    hub.make("PUT", f"/orgs/acme/teams/{weak['slug']}/repos/acme/app", {"permission": "triage"})
    lines = "a @acme/owners\nb @acme/readers\nc @alice @mallory\nd @mallory\ne @other/owners\n"
    text = base64.b64encode(lines.encode()).decode()
    own = hub.make("PUT", f"{APP}/contents/.github/CODEOWNERS", {"message": "Own", "content": text})["commit"]["sha"]
    found = find_repository(hub.store, "acme", "app")
    assert found is not None
    site = Site(hub.store, GitRepositories(hub.directory / "git"), Urls("http://127.0.0.1", ""), found)
    numbers = {login: find_user(hub.store, login) for login in ("alice", "bob")}
    people = {login: frozenset({user.id}) for login, user in numbers.items() if user is not None}
    assert code_owners(site, own, "abcde") == (
        OwnerGroup(("acme/owners",), people["bob"]),
        OwnerGroup(("alice",), people["alice"]),
    )
    assert code_owners(site, tip, "abcde") == ()


def test_mistakes_in_code_owners_are_told(hub: Hub, tip: str) -> None:
    """Lines that are skipped and owners who own nothing, with their place; 404 where there is no file."""
    place = f"{APP}/codeowners/errors"
    assert hub.call("GET", place).status == 404
    text = base64.b64encode(b"* @olga @mallory\n***/x @olga\nb/ @acme/none\n").decode()
    hub.make("PUT", f"{APP}/contents/.github/CODEOWNERS", {"message": "Own", "content": text})
    found = hub.make("GET", place)["errors"]
    team = "make sure the team @acme/none exists, is publicly visible, and has write access to the repository"
    assert [error["message"] for error in found] == [
        (
            "Unknown owner on line 1: make sure @mallory exists and has write access to the repository\n\n"
            "  * @olga @mallory\n          ^"
        ),
        "Invalid pattern on line 2: Did you mean **/x?\n\n  ***/x @olga\n  ^",
        f"Unknown owner on line 3: {team}\n\n  b/ @acme/none\n     ^",
    ]
    shown = ("line", "column", "kind", "source", "suggestion", "path")
    assert [found[2][name] for name in shown] == [3, 4, "Unknown owner", "b/ @acme/none", team, ".github/CODEOWNERS"]
    assert tip
