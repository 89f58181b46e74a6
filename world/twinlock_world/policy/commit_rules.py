"""Rules about the commits that come to a ref: their shape, signature, message and addresses; and about its name.

Wording: `This branch must not contain merge commits.` and `Commits must have verified signatures.`, each followed by
the commits, stand in many public logs. Those of the patterns are unconfirmed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.policy.text_pattern import describe, fits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from twinlock_world.policy.attempt import Attempt
    from twinlock_world.policy.facts import CommitFact, Facts
    from twinlock_world.policy.rule import ActiveRule, Check


def _linear_history(attempt: Attempt, _rule: ActiveRule, facts: Facts) -> Iterable[str]:
    if not attempt.deletes:
        merges = [commit for commit in facts.commits() if len(commit.parents) > 1]
        yield from _listed("This branch must not contain merge commits.", merges)


def _signatures(attempt: Attempt, _rule: ActiveRule, facts: Facts) -> Iterable[str]:
    if not attempt.deletes:
        unsigned = [commit for commit in facts.commits() if not commit.verified]
        yield from _listed("Commits must have verified signatures.", unsigned)


def _of_commits(subject: str, read: Callable[[CommitFact], str]) -> Check:
    def check(attempt: Attempt, rule: ActiveRule, facts: Facts) -> Iterable[str]:
        if not attempt.deletes:
            wrong = [commit for commit in facts.commits() if not fits(read(commit), rule.parameters)]
            yield from _listed(f"{subject} {describe(rule.parameters)}", wrong)

    return check


def _of_name(subject: str, prefix: str) -> Check:
    def check(attempt: Attempt, rule: ActiveRule, _facts: Facts) -> Iterable[str]:
        if not attempt.deletes and not fits(attempt.ref.removeprefix(prefix), rule.parameters):
            yield f"{subject} {describe(rule.parameters)}"

    return check


def _listed(sentence: str, commits: Sequence[CommitFact]) -> Iterable[str]:
    if commits:
        count = "1 violation" if len(commits) == 1 else f"{len(commits)} violations"
        lines = "".join(f"\n  {commit.sha}" for commit in commits)
        yield f"{sentence}\n  Found {count}:\n{lines}"


CHECKS: Final[Mapping[str, Check]] = {
    "required_linear_history": _linear_history,
    "required_signatures": _signatures,
    "commit_message_pattern": _of_commits("Commit message", lambda commit: commit.message),
    "commit_author_email_pattern": _of_commits("Commit author email", lambda commit: commit.author_email),
    "committer_email_pattern": _of_commits("Committer email", lambda commit: commit.committer_email),
    "branch_name_pattern": _of_name("Branch name", "refs/heads/"),
    "tag_name_pattern": _of_name("Tag name", "refs/tags/"),
}
