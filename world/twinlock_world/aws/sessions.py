"""The sessions of assumed roles: whose keys they are, how long they last, and what narrows them.

Memory, like everything of AWS's here: a new process knows no session of an earlier one. Called by the edge.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from twinlock_world.aws.policy.document import Policy


@dataclass(frozen=True, slots=True)
class Session:
    """One assumed role.

    Attributes:
        access_key: The key that signs for it.
        token: What accompanies the key.
        role: The role's ARN.
        account: The role's account.
        name: The session's name.
        expires: When it ends.
        policies: What narrows it; nothing where the whole role was asked for.
        tags: Session tags, those of the chain's earlier sessions included.
        transitive: Which of them a session assumed from this one inherits.
        source_identity: Who is behind the chain.
        provider: The ARN of the identity provider that vouched for it.
    """

    access_key: str
    token: str = field(repr=False)
    role: str
    account: str
    name: str
    expires: datetime
    policies: tuple[Policy, ...] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive: frozenset[str] = frozenset()
    source_identity: str | None = None
    provider: str | None = None

    @property
    def arn(self) -> str:
        """The ARN of the session."""
        return f"arn:aws:sts::{self.account}:assumed-role/{self.role.rpartition('/')[2]}/{self.name}"


class Sessions:
    """All sessions of a process."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}

    def add(self, session: Session) -> None:
        """Keep a session."""
        self._sessions[session.access_key] = session

    def find(self, access_key: str) -> Session | None:
        """Return the session whose key this is, expired or not."""
        return self._sessions.get(access_key)
