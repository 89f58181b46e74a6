"""What stands in the commits that end a pull request: titles, texts, and who else wrote them.

Pure. By the repository's settings, as GitHub documents them:
https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/about-merge-methods-on-github
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinlock_world.git_objects import Commit, Signature
    from twinlock_world.github.pulls.pull import PullRequest


def merge_message(pull: PullRequest, title: str | None, text: str | None) -> str:
    """Return the message of a merge commit; what is given stands before what the repository is set to."""
    settings = pull.repository.settings
    owner = pull.repository.owner.login
    if title is None:
        own = settings.text("merge_commit_title") == "PR_TITLE"
        title = pull.title if own else f"Merge pull request #{pull.number} from {owner}/{pull.head_ref}"
        title += f" (#{pull.number})" if own else ""
    if text is None:
        text = {"PR_TITLE": pull.title, "PR_BODY": pull.body or ""}.get(settings.text("merge_commit_message"), "")
    return _joined(title, text)


def squash_message(
    pull: PullRequest, commits: Sequence[Commit], author: Signature, title: str | None, text: str | None
) -> str:
    """Return the message of a squashed commit: by default its only commit's, or the title and all commits'."""
    settings = pull.repository.settings
    alone = commits[0] if len(commits) == 1 else None
    if title is None:
        of_commit = alone is not None and settings.text("squash_merge_commit_title") == "COMMIT_OR_PR_TITLE"
        title = f"{_subject(alone) if alone is not None and of_commit else pull.title} (#{pull.number})"
    if text is None:
        text = {
            "COMMIT_MESSAGES": _body(alone) if alone is not None else _listed(commits),
            "PR_BODY": pull.body or "",
        }.get(settings.text("squash_merge_commit_message"), "")
        others = _others(commits, author)
        if others:
            rule = "---------\n\n" if alone is None and text else ""
            text = _joined(text, rule + "\n".join(others)) if text else "\n".join(others)
    return _joined(title, text)


def _others(commits: Sequence[Commit], author: Signature) -> list[str]:
    """Return a trailer for each author who is not the squashed commit's."""
    people = {(commit.author.name, commit.author.email) for commit in commits}
    return [f"Co-authored-by: {name} <{email}>" for name, email in sorted(people) if email != author.email]


def _listed(commits: Sequence[Commit]) -> str:
    return "\n\n".join(_joined(f"* {_subject(commit)}", _body(commit)) for commit in commits)


def _subject(commit: Commit) -> str:
    return commit.message.split("\n", 1)[0]


def _body(commit: Commit) -> str:
    return commit.message.partition("\n")[2].strip("\n")


def _joined(title: str, text: str) -> str:
    return f"{title}\n\n{text}" if text else title
