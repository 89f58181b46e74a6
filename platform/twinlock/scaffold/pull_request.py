"""Managed files for a repository that people began: on a branch of their own, by a pull request that people merge.

The seed begins an empty repository and touches no other. Where a repository was there before, its managed files come as
any change does, reviewed by whom the rules name; nothing is pushed to the default branch. One commit on top of that
branch holds them and nothing else, so a rerun finds what it made, and begins anew only where the branch has moved on.

Source: https://docs.github.com/en/rest/git (blobs, trees, commits, refs), https://docs.github.com/en/rest/pulls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock.errors import Incomplete
from twinlock.github import tree
from twinlock.github.client import segment
from twinlock.github.fields import Fields, Malformed, elements
from twinlock.model.observed import Seen
from twinlock.names import DEFAULT_BRANCH
from twinlock.scaffold.commit import managed_blobs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.github.client import Answer, GitHubClient
    from twinlock.model.managed import Blob
    from twinlock.scaffold.tree import Tree

BRANCH: Final = "twinlock/managed-files"
TITLE: Final = "Bring the managed files as twinlock renders them"
_NOT_FOUND, _EMPTY = 404, 409


@dataclass(frozen=True, slots=True)
class Proposed:
    """People are asked to merge the managed files.

    Attributes:
        pull: Number of the pull request.
        paths: The files that differ on the default branch.
        new: Whether it was opened, or its branch made anew, just now.
    """

    pull: int
    paths: tuple[str, ...]
    new: bool


@dataclass(frozen=True, slots=True)
class OtherBranch:
    """The repository's work is on another branch than the one that is protected and trusted; nothing was proposed.

    Attributes:
        branch: Its default branch.
    """

    branch: str


def propose(github: GitHubClient, owner: str, name: str, rendered: Tree) -> Proposed | OtherBranch | None:
    """Open a pull request with the managed files that differ on the default branch; None where none does.

    Args:
        github: GitHub, as the controller.
        owner: The organization.
        name: The repository.
        rendered: Its tree.

    Raises:
        Incomplete: GitHub refused or could not be understood.
    """
    return _Repository(github, owner, name).propose(rendered)


class _Repository:
    """One repository, through GitHub's API."""

    def __init__(self, github: GitHubClient, owner: str, name: str) -> None:
        self._github = github
        self._owner = owner
        self._subject = f"{owner}/{name}"
        self._path = f"/repos/{segment(owner)}/{segment(name)}"

    def propose(self, rendered: Tree) -> Proposed | OtherBranch | None:
        try:
            default = Fields(self._told(self._github.get(self._path))).text("default_branch")
            base = self._ref(DEFAULT_BRANCH)
            if default != DEFAULT_BRANCH or base is None:
                return OtherBranch(default)
            wanted = managed_blobs(rendered)
            paths = self._differing(wanted, base)
            if not paths:
                return None
            open_, head = self._open_pull(), self._ref(BRANCH)
            if open_ is not None and head is not None and not self._differing(wanted, head) and self._on(base, head):
                return Proposed(open_, paths, new=False)
            commit = self._commit(rendered, wanted, paths, base)
            self._point(commit, exists=head is not None)
            return Proposed(open_ or self._opened(paths), paths, new=True)
        except Malformed as error:
            raise self._failed(f"GitHub's answer was not understood: {error.reason}") from None

    def _ref(self, branch: str) -> str | None:
        answer = self._github.get(f"{self._path}/git/ref/heads/{branch}")
        if answer.status in {_NOT_FOUND, _EMPTY}:
            return None
        return Fields(self._told(answer)).nested("object").text("sha")

    def _differing(self, wanted: Mapping[str, Blob], commit: str) -> tuple[str, ...]:
        answer = self._github.get(f"{self._path}/git/trees/{segment(commit)}", {"recursive": "1"})
        found = tree.decode(self._told(answer))
        if not isinstance(found, Seen):
            raise self._failed("GitHub does not list so many files")
        return tuple(sorted(path for path, blob in wanted.items() if found.value.get(path) != blob))

    def _on(self, base: str, head: str) -> bool:
        """Tell whether a commit stands on another one directly."""
        commit = Fields(self._told(self._github.get(f"{self._path}/git/commits/{segment(head)}")))
        return [each.text("sha") for each in commit.each("parents")] == [base]

    def _commit(self, rendered: Tree, wanted: Mapping[str, Blob], paths: tuple[str, ...], base: str) -> str:
        entries = [
            {"path": path, "mode": wanted[path].mode, "type": "blob", "content": rendered.files[path].content.decode()}
            for path in paths
        ]
        below = Fields(self._told(self._github.get(f"{self._path}/git/commits/{segment(base)}"))).nested("tree")
        body = {"base_tree": below.text("sha"), "tree": entries}
        made = Fields(self._told(self._github.post(f"{self._path}/git/trees", body))).text("sha")
        commit = {"message": TITLE, "tree": made, "parents": [base]}
        return Fields(self._told(self._github.post(f"{self._path}/git/commits", commit))).text("sha")

    def _point(self, commit: str, *, exists: bool) -> None:
        if exists:
            path = f"{self._path}/git/refs/heads/{BRANCH}"
            self._told(self._github.patch(path, {"sha": commit, "force": True}))
        else:
            self._told(self._github.post(f"{self._path}/git/refs", {"ref": f"refs/heads/{BRANCH}", "sha": commit}))

    def _open_pull(self) -> int | None:
        query = {"state": "open", "head": f"{self._owner}:{BRANCH}", "base": DEFAULT_BRANCH}
        listed = elements(self._told(self._github.get(f"{self._path}/pulls", query)), "the pull requests")
        return Fields(listed[0]).number("number") if listed else None

    def _opened(self, paths: tuple[str, ...]) -> int:
        body = {"title": TITLE, "head": BRANCH, "base": DEFAULT_BRANCH, "body": _body(paths)}
        return Fields(self._told(self._github.post(f"{self._path}/pulls", body))).number("number")

    def _told(self, answer: Answer) -> object:
        if answer.ok:
            return answer.body
        raise self._failed(f"GitHub answered {answer.status} {answer.message}".rstrip())

    def _failed(self, why: str) -> Incomplete:
        return Incomplete(
            f"{self._subject}: its managed files were not proposed.",
            f"{why.rstrip('.')}.",
            "See that the controller may write there, then run the same command again.",
        )


def _body(paths: tuple[str, ...]) -> str:
    files = "\n".join(f"- `{path}`" for path in paths)
    return f"""\
These files decide how this repository is built, tested and released, and who reviews what. They must stand on \
`{DEFAULT_BRANCH}` as they are rendered from the platform's manifest:

{files}

Until this is merged, `twinlock audit` finds that they differ. Look at what each replaces before you approve.
"""
