"""What stands in the commits that end a pull request, by settings and request; without any repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twinlock_world.git_objects import Commit, Signature
from twinlock_world.github.accounts import Organization
from twinlock_world.github.pulls.message import merge_message, squash_message
from twinlock_world.github.pulls.pull import PullRequest
from twinlock_world.github.repository import Repository
from twinlock_world.store import Record

if TYPE_CHECKING:
    from twinlock_world.jsonvalue import JsonObject

ANN = Signature("Ann", "ann@example.invalid", "2024-01-01T00:00:00Z")
BOB = Signature("Bob", "bob@example.invalid", "2024-01-01T00:00:00Z")
SETTINGS: JsonObject = {
    "squash_merge_commit_title": "COMMIT_OR_PR_TITLE",
    "squash_merge_commit_message": "COMMIT_MESSAGES",
    "merge_commit_title": "MERGE_MESSAGE",
    "merge_commit_message": "PR_TITLE",
}


def _pull(**settings: str) -> PullRequest:
    owner = Organization(Record(1, "organization", "acme", None, None, {"login": "acme"}, "", ""))
    repository = Repository(Record(2, "repository", "app", 1, None, {**SETTINGS, **settings}, "", ""), owner)
    fields: JsonObject = {"number": 7, "title": "Add it", "body": "Because.", "head_ref": "topic"}
    return PullRequest(Record(3, "pull", "7", 2, None, fields, "", ""), repository)


def _commit(message: str, author: Signature = ANN) -> Commit:
    return Commit("0" * 40, "1" * 40, (), author, author, message)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "Merge pull request #7 from acme/topic\n\nAdd it"),
        ({"merge_commit_message": "PR_BODY"}, "Merge pull request #7 from acme/topic\n\nBecause."),
        ({"merge_commit_message": "BLANK"}, "Merge pull request #7 from acme/topic"),
        ({"merge_commit_title": "PR_TITLE", "merge_commit_message": "PR_BODY"}, "Add it (#7)\n\nBecause."),
    ],
)
def test_a_merge_says_what_the_repository_is_set_to(settings: dict[str, str], message: str) -> None:
    """Title and text each by their own setting."""
    assert merge_message(_pull(**settings), None, None) == message


@pytest.mark.parametrize(
    ("settings", "commits", "message"),
    [
        ({}, [_commit("One\n\nText\n")], "One (#7)\n\nText"),
        ({"squash_merge_commit_title": "PR_TITLE"}, [_commit("One")], "Add it (#7)"),
        ({}, [_commit("One\n\nText"), _commit("Two")], "Add it (#7)\n\n* One\n\nText\n\n* Two"),
        ({"squash_merge_commit_message": "BLANK"}, [_commit("One"), _commit("Two")], "Add it (#7)"),
        ({"squash_merge_commit_message": "PR_BODY"}, [_commit("One")], "One (#7)\n\nBecause."),
        ({}, [_commit("One", BOB)], "One (#7)\n\nCo-authored-by: Bob <bob@example.invalid>"),
    ],
)
def test_a_squash_says_what_the_repository_is_set_to(
    settings: dict[str, str], commits: list[Commit], message: str
) -> None:
    """One commit speaks for itself, several are listed, other authors are named."""
    assert squash_message(_pull(**settings), commits, ANN, None, None) == message


def test_what_is_asked_for_stands_before_all_settings() -> None:
    """Also an empty text."""
    assert merge_message(_pull(), "T", "") == "T"
    assert squash_message(_pull(), [_commit("One", BOB)], ANN, "T", "M") == "T\n\nM"
