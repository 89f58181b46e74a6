"""Which actions and workflows of others may be used, in GitHub's words.

https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/enabling-features-for-your-repository/managing-github-actions-settings-for-a-repository.
The sentences are those that users quote, such as in https://github.com/actions/runner/issues/1247 and
https://github.com/subosito/flutter-action/issues/404. What isn't allowed fails the run before any job starts; what
isn't pinned fails each job that uses it, before its first step. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock_world.actions.uses import Image, Remote

if TYPE_CHECKING:
    from collections.abc import Sequence

_OWNERS_OF_GITHUB: Final = ("actions", "github")


@dataclass(frozen=True, slots=True)
class ActionsPolicy:
    """What a repository may use of others."""

    allowed: str
    """All, local_only or selected."""
    owner: str
    enterprise: bool
    github_owned: bool = False
    verified: bool = False
    patterns: tuple[str, ...] = ()
    pinned: bool = False


def refused(policy: ActionsPolicy, used: Sequence[Remote | Image]) -> list[Remote | Image]:
    """Return what the policy does not allow among what is used; each once."""
    if policy.allowed == "all":
        return []
    return [item for item in dict.fromkeys(used) if not _allows(policy, item)]


def unpinned(policy: ActionsPolicy, used: Sequence[Remote | Image]) -> list[Remote]:
    """Return what must be pinned to a commit and is not; each once."""
    if not policy.pinned:
        return []
    return [item for item in dict.fromkeys(used) if isinstance(item, Remote) and not item.pinned]


def refusal(policy: ActionsPolicy, items: Sequence[Remote | Image], repository: str) -> str:
    """Return GitHub's sentence for what is not allowed."""
    within = "that belongs to your Enterprise account" if policy.enterprise else f"owned by {policy.owner}"
    ways = [f"within a repository {within}"]
    if policy.allowed == "selected":
        ways += ["created by GitHub"] * policy.github_owned + ["verified in the GitHub Marketplace"] * policy.verified
        ways += [f"matching the following: {', '.join(policy.patterns)}"] * bool(policy.patterns)
    verb = "is" if len(items) == 1 else "are"
    return (
        f"{_list(items)} {verb} not allowed to be used in {repository}. "
        f"Actions in this workflow must be: {_alternatives(ways)}."
    )


def pin_refusal(items: Sequence[Remote], repository: str) -> str:
    """Return GitHub's sentence for what is not pinned."""
    noun = "action {} is" if len(items) == 1 else "actions {} are"
    return (
        f"The {noun.format(_list(items))} not allowed in {repository} "
        "because all actions must be pinned to a full-length commit SHA."
    )


def _allows(policy: ActionsPolicy, item: Remote | Image) -> bool:
    if isinstance(item, Remote) and item.owner.casefold() == policy.owner.casefold():
        return True
    if policy.allowed != "selected":
        return False
    if policy.github_owned and isinstance(item, Remote) and item.owner.casefold() in _OWNERS_OF_GITHUB:
        return True
    text = item.reference if isinstance(item, Image) else str(item)
    taken = False
    for pattern in policy.patterns:
        negative = pattern.startswith("!")
        if _matches(pattern[negative:], text):
            if negative:
                return False
            taken = True
    return taken


def _matches(pattern: str, text: str) -> bool:
    """A pattern without `@` means every ref; `*` stands for anything."""
    whole = pattern if "@" in pattern or pattern.startswith("docker://") else f"{pattern}@*"
    parts = (re.escape(part) for part in whole.split("*"))
    return re.fullmatch(".*".join(parts), text, re.IGNORECASE) is not None


def _list(items: Sequence[Remote | Image]) -> str:
    words = [item.reference if isinstance(item, Image) else str(item) for item in items]
    if len(words) < 3:  # noqa: PLR2004 - two are joined without a comma
        return " and ".join(words)
    return f"{', '.join(words[:-1])}, and {words[-1]}"


def _alternatives(ways: Sequence[str]) -> str:
    if len(ways) < 3:  # noqa: PLR2004 - as above
        return " or ".join(ways)
    return f"{', '.join(ways[:-1])}, or {ways[-1]}"
