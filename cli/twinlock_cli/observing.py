"""Keeps `observed.lock.json`: what an audit saw for the first time, and what `up` and `destroy` themselves replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.errors import Incomplete
from twinlock.ledger.observed import FILE, ObservedLock
from twinlock.model.identities import Identities, declared
from twinlock.model.observed import Seen
from twinlock_cli.render import say

if TYPE_CHECKING:
    from pathlib import Path

    from twinlock.engine.port import Listener
    from twinlock.engine.result import Change
    from twinlock.github.client import GitHubReader
    from twinlock.model.estate import Estate
    from twinlock.model.observed import Observed

_KINDS = {"github:index/repository:Repository": "repositories", "github:index/team:Team": "teams"}
"""Types of what is created under a declared name and has an id."""
_REPLACING = frozenset({"create", "replace", "delete"})


def lock(root: Path, estate: Estate) -> ObservedLock:
    """Return the lock of a platform directory, for its target."""
    return ObservedLock(root / FILE, estate.declaration.platform.target)


def first_seen(root: Path, estate: Estate, live: Observed[Identities]) -> Identities:
    """Return what was first seen behind names, having written down what is new among the declared ones.

    Raises:
        BadInput: The file is damaged.
        Incomplete: It cannot be read.
    """
    if not isinstance(live, Seen):
        return Identities()
    held = lock(root, estate)
    known = held.known(live.value)
    try:
        held.add(live.value.only(declared(estate)))
    except Incomplete as error:
        say(f"{error.what} {error.why}")  # the audit is of what it saw, whether or not that can be written down
    return known


class Replacements:
    """Listens to a run, and afterwards forgets the ids of what the run itself made anew or deleted."""

    def __init__(self, root: Path, estate: Estate, listener: Listener) -> None:
        """Prepare to listen.

        Args:
            root: The platform directory.
            estate: What the run is of.
            listener: Who else listens.
        """
        self._root = root
        self._estate = estate
        self._listener = listener
        self._names: dict[str, set[str]] = {}
        self._made = False

    def __call__(self, stack: str, change: Change) -> None:
        """Hear of one step."""
        if change.type in _KINDS and change.operation.value in _REPLACING:
            self._names.setdefault(_KINDS[change.type], set()).add(change.name)
            self._made = self._made or change.operation.value != "delete"
        self._listener(stack, change)

    def forget(self) -> None:
        """Forget what was behind the names of what was replaced.

        Raises:
            TwinlockError: The file is damaged, or cannot be read or written.
        """
        if self._names:
            lock(self._root, self._estate).forget(self._names)

    def remember(self, github: GitHubReader) -> None:
        """Write down what is behind declared names now, if anything was made; a run without changes asks nothing.

        Raises:
            TwinlockError: The file is damaged, or cannot be read or written; GitHub cannot be reached.
        """
        from twinlock.live.github import GitHubOrganization

        if self._made:
            live = GitHubOrganization(self._estate.organization.login, github).identities
            first_seen(self._root, self._estate, live)
