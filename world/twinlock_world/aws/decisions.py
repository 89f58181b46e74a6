"""The log of what AWS refused here, and by which statement; the newest refusals only.

AWS tells a caller little on purpose. Whoever runs a world may know: `/_world/aws/decisions` shows it.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from twinlock_world.aws.policy.decision import Layer

if TYPE_CHECKING:
    from datetime import datetime

    from twinlock_world.aws.policy.decision import Decision
    from twinlock_world.aws.policy.pattern import Context
    from twinlock_world.jsonvalue import JsonObject

LONGEST: Final = 1000


@dataclass(frozen=True, slots=True)
class Refused:
    """One refusal.

    Attributes:
        at: When.
        principal: Whom: an ARN, or the issuer of a token.
        action: What they asked for.
        resource: On what.
        why: In one sentence.
        decision: What decided, where a policy did.
        missed: For each statement that could have allowed, what did not fit.
        context: The condition keys of the request.
    """

    at: datetime
    principal: str
    action: str
    resource: str
    why: str
    decision: Decision | None = None
    missed: tuple[str, ...] = ()
    context: Context = field(default_factory=dict)


class Decisions:
    """The newest refusals."""

    def __init__(self) -> None:
        self._entries: deque[Refused] = deque(maxlen=LONGEST)
        self._lock = threading.Lock()

    def add(self, refused: Refused) -> None:
        """Note a refusal."""
        with self._lock:
            self._entries.append(refused)

    def shown(self) -> list[JsonObject]:
        """Return the refusals, newest first, as JSON."""
        with self._lock:
            return [_shown(entry) for entry in reversed(self._entries)]


def _shown(entry: Refused) -> JsonObject:
    decision = entry.decision
    return {
        "at": entry.at.isoformat(),
        "principal": entry.principal,
        "action": entry.action,
        "resource": entry.resource,
        "why": entry.why,
        "decided_by": None
        if decision is None
        else {
            "kind": decision.layer.value,
            "explicit_deny": decision.explicit,
            "policy": decision.policy or None,
            "statement": decision.statement or None,
        },
        "missed": list(entry.missed),
        "context": {key: list(values) for key, values in sorted(entry.context.items())},
    }


def reason(decision: Decision, action: str) -> str:
    """Return AWS's words for why a request is refused.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html.
    """
    article = "an" if decision.layer is Layer.IDENTITY else "a"
    if decision.explicit:
        return f"with an explicit deny in {article} {decision.layer.value}"
    return f"because no {decision.layer.value} allows the {action} action"
