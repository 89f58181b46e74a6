"""Who may clone and push, in the words that git users know from GitHub.

Joins the git server, which knows only directories, with the accounts and repositories of the store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from twinlock_world.git_http import Admission, Denial
from twinlock_world.git_receive import Ruling
from twinlock_world.github.access import may_push, may_read
from twinlock_world.github.auth import resolve_token
from twinlock_world.github.ref_moves import RefMove, ref_moved
from twinlock_world.github.repository import find_repository, get_repository
from twinlock_world.github.ruling import Change, RefusedError, enforce, is_classic
from twinlock_world.github.site import Site
from twinlock_world.github.urls import Urls, origin_of
from twinlock_world.policy.attempt import ABSENT, How

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinlock_world.git_http import Route, Service
    from twinlock_world.git_incoming import Incoming
    from twinlock_world.git_objects import GitRepositories
    from twinlock_world.git_receive import Command
    from twinlock_world.github.accounts import Identity
    from twinlock_world.github.repository import Repository
    from twinlock_world.policy.verdict import Verdict
    from twinlock_world.store import Store

_BY_RULESET: Final = "push declined due to repository rule violations"
_BY_PROTECTION: Final = "protected branch hook declined"


class StoreGatekeeper:
    """A `Gatekeeper` that asks the store."""

    def __init__(self, store: Store, git: GitRepositories) -> None:
        self._store = store
        self._git = git

    def admit(self, route: Route, service: Service, token: str | None, host: str) -> Admission | Denial:
        """Return the repository's directory, or GitHub's refusal.

        Without a token a private repository and one that doesn't exist look alike.
        """
        identity = None if token is None else resolve_token(self._store, token)
        if token is not None and identity is None:
            wrong = "Invalid username or token. Password authentication is not supported for Git operations."
            return Denial(401, wrong, challenge=True)
        pushing = service == "git-receive-pack"
        repository = find_repository(self._store, route.owner, route.name)
        if repository is None or not may_read(self._store, identity, repository) or (pushing and identity is None):
            if identity is None:
                return Denial(401, "Repository not found.", challenge=True)
            return Denial(404, "Repository not found.")
        if pushing and identity is not None:
            return self._admit_push(identity, repository, host)
        return Admission(self._git.open(repository.id).path)

    def _admit_push(self, identity: Identity, repository: Repository, host: str) -> Admission | Denial:
        if repository.archived:
            return Denial(403, "This repository was archived so it is read-only.")
        if not may_push(self._store, identity, repository):
            return Denial(403, f"Permission to {repository.full_name}.git denied to {identity.login}.")
        site = Site(self._store, self._git, Urls(origin_of(host), ""), repository)
        return Admission(site.objects.path, StorePush(site, identity))


class StorePush:
    """A `Push` that the rules of the store judge."""

    def __init__(self, site: Site, identity: Identity) -> None:
        self._site = site
        self._identity = identity

    def judge(self, command: Command, incoming: Incoming) -> Ruling:
        """Say whether a ref may move, in the words of GitHub's git server (facts, "Wording to reproduce")."""
        change = Change(command.ref, command.old, command.new, How.PUSH)
        try:
            with self._site.store.transaction():
                verdict = enforce(self._site, self._identity, change, objects=incoming.objects)
        except RefusedError as refused:
            if refused.keep is not None:
                refused.keep()
            return self._refusal(command, refused.verdict)
        if not verdict.bypassed:
            return Ruling(None)
        return Ruling(None, f"Bypassed rule violations for {command.ref}:\n\n{_bullets(verdict.bypassed_problems)}")

    def ended(self, allowed: Sequence[Command]) -> None:
        """Let everything follow the refs that moved; the first push may choose the default branch, as on GitHub."""
        now = {ref.name: ref.sha for ref in self._site.objects.refs()}
        moved = [command for command in allowed if now.get(command.ref, ABSENT) == command.new != command.old]
        if not moved:
            return
        with self._site.store.transaction():
            self._choose_default_branch(list(now))
            for command in moved:
                ref_moved(self._site, RefMove(command.ref, command.old, command.new, self._identity))

    def _choose_default_branch(self, refs: list[str]) -> None:
        repository = get_repository(self._site.store, self._site.repository.id)
        branches = [ref.removeprefix("refs/heads/") for ref in refs if ref.startswith("refs/heads/")]
        if repository is None or not branches or repository.default_branch in branches:
            return
        self._site.objects.set_head(branches[0])
        self._site.store.update(repository.record, {**repository.record.data, "default_branch": branches[0]})

    def _refusal(self, command: Command, verdict: Verdict) -> Ruling:
        if is_classic(verdict):
            heading = f"error: GH006: Protected branch update failed for {command.ref}.\n"
            return Ruling(_BY_PROTECTION, f"{heading}\n{_bullets(verdict.problems)}")
        address = f"{self._site.urls.html(self._site.repository.full_name, 'rules')}?ref={quote(command.ref, safe='')}"
        heading = f"error: GH013: Repository rule violations found for {command.ref}.\n"
        text = f"{heading}Review all repository rules at {address}\n\n{_bullets(verdict.problems)}"
        return Ruling(_BY_RULESET, text)


def _bullets(problems: Sequence[str]) -> str:
    return "".join(f"- {problem}\n\n" for problem in problems)
