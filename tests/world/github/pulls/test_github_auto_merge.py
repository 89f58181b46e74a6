"""Auto-merge: waits for what is missing, merges as whoever asked for it, and stops when it may no longer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twinlock_world.git_objects import GitRepositories
from twinlock_world.github.accounts import find_user
from twinlock_world.github.errors import GitHubError
from twinlock_world.github.pulls.auto_merge import disable_auto_merge, enable_auto_merge
from twinlock_world.github.pulls.merging import AskedMerge
from twinlock_world.github.pulls.pull import find_pull
from twinlock_world.github.repository import find_repository
from twinlock_world.github.site import Site
from twinlock_world.github.urls import Urls

if TYPE_CHECKING:
    from tests.world.github.pulls.conftest import Workshop

    from twinlock_world.github.accounts import User
    from twinlock_world.github.pulls.pull import PullRequest


def _inside(workshop: Workshop, login: str) -> tuple[Site, PullRequest, User]:
    hub = workshop.hub
    repository, user = find_repository(hub.store, "acme", "app"), find_user(hub.store, login)
    assert repository is not None
    assert user is not None
    pull = find_pull(hub.store, repository, 1)
    assert pull is not None
    git = GitRepositories(hub.directory / "git")
    return Site(hub.store, git, Urls("http://127.0.0.1", ""), repository), pull, user


def _arm(workshop: Workshop, login: str = "alice", method: str = "squash") -> None:
    site, pull, user = _inside(workshop, login)
    with site.store.transaction():
        enable_auto_merge(site, pull, user, AskedMerge(method))


def _refusal(workshop: Workshop, login: str = "alice", method: str = "squash") -> tuple[int, str]:
    with pytest.raises(GitHubError) as refused:
        _arm(workshop, login, method)
    return refused.value.status, refused.value.message


@pytest.fixture
def waiting(workshop: Workshop) -> Workshop:
    """A pull request that lacks an approval and a check, in a repository that allows auto-merge."""
    workshop.make("PATCH", "", {"allow_auto_merge": True}, "olga")
    checks = {"strict_required_status_checks_policy": False, "required_status_checks": [{"context": "ci"}]}
    workshop.protect(workshop.review_rule(), {"type": "required_status_checks", "parameters": checks})
    workshop.propose()
    return workshop


def _approve(workshop: Workshop) -> None:
    workshop.make("POST", "/pulls/1/reviews", {"event": "APPROVE"}, "bob")


def _check(workshop: Workshop, conclusion: str = "success") -> None:
    body = {"name": "ci", "head_sha": workshop.sha("topic"), "conclusion": conclusion}
    workshop.make("POST", "/check-runs", body, "checker")


@pytest.mark.parametrize("last", ["review", "check"])
def test_it_merges_once_nothing_is_missing(waiting: Workshop, last: str) -> None:
    """Whatever comes last; by the method that was asked for, as who asked."""
    _arm(waiting, "carol")
    assert waiting.make("GET", "/pulls/1")["auto_merge"]["enabled_by"]["login"] == "carol"
    steps = [_check, _approve] if last == "review" else [_approve, _check]
    steps[0](waiting)
    assert waiting.make("GET", "/pulls/1")["merged"] is False
    steps[1](waiting)
    shown = waiting.make("GET", "/pulls/1")
    assert (shown["merged"], shown["merged_by"]["login"], shown["auto_merge"]) == (True, "carol", None)
    assert waiting.make("GET", "/git/commits/" + waiting.sha("main"))["message"] == "Change 1 (#1)"


def test_a_failed_check_merges_nothing(waiting: Workshop) -> None:
    """It goes on waiting; a later success merges."""
    _arm(waiting)
    _approve(waiting)
    _check(waiting, "failure")
    assert waiting.make("GET", "/pulls/1")["merged"] is False
    _check(waiting)
    assert waiting.make("GET", "/pulls/1")["merged"] is True


def test_it_is_off_once_who_asked_says_so(waiting: Workshop) -> None:
    """Then nothing merges by itself."""
    _arm(waiting)
    site, pull, user = _inside(waiting, "alice")
    with site.store.transaction():
        disable_auto_merge(site, pull, user)
    _approve(waiting)
    _check(waiting)
    assert waiting.make("GET", "/pulls/1")["merged"] is False
    with pytest.raises(GitHubError, match="Can't disable auto-merge for this pull request"):
        disable_auto_merge(site, pull.reread(site.store), user)


def test_who_lost_write_merges_no_more(waiting: Workshop) -> None:
    """The right counts when it merges, not when it was asked for."""
    _arm(waiting, "carol")
    waiting.make("PUT", "/collaborators/carol", {"permission": "pull"}, "olga")
    _approve(waiting)
    _check(waiting)
    assert waiting.make("GET", "/pulls/1")["merged"] is False


def test_it_must_be_allowed(waiting: Workshop) -> None:
    """By the repository, by the method's setting, and by the caller's access."""
    assert _refusal(waiting, "rita") == (403, "Must have push access to Repository.")
    waiting.make("PATCH", "", {"allow_squash_merge": False}, "olga")
    assert _refusal(waiting) == (422, "Merge method squash merging is not allowed on this repository")
    waiting.make("PATCH", "", {"allow_auto_merge": False}, "olga")
    assert _refusal(waiting) == (422, "Pull request Auto merge is not allowed for this repository")


def test_what_can_be_merged_now_waits_for_nothing(workshop: Workshop) -> None:
    """GitHub refuses to wait where nothing is missing."""
    workshop.make("PATCH", "", {"allow_auto_merge": True}, "olga")
    workshop.propose()
    assert _refusal(workshop) == (422, "Pull request Pull request is in clean status")
