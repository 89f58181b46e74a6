"""What has just happened, told to whoever acts on it: webhooks, the audit log, Actions.

Whoever changes state publishes what GitHub would send, in the transaction that makes the change:

    store.events.publish(Event("push", None, organization.id, repository.id, actor, {"ref": ...}))

Two kinds of listeners, because they promise different things. A *recorder* runs inside that transaction: what it
writes is durable exactly when the change is, so the audit log never lacks an acknowledged change. A *subscriber* runs
after the change is durable, in the order of publication, and never for one that was undone: webhooks, workflow runs.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinlock_world.github.accounts import Identity
    from twinlock_world.jsonvalue import JsonObject

_LOG: Final = logging.getLogger(__name__)
_FAILURES_KEPT: Final = 100


@dataclass(frozen=True, slots=True)
class Event:
    """One event as GitHub's webhooks name it.

    Attributes:
        name: The event: `push`, `pull_request`, `repository_ruleset`...
        action: What of it, such as `opened`; nothing for events without actions, such as `push`.
        organization_id: Whose it is.
        repository_id: Where it happened; nothing for what concerns the organization alone.
        actor: Who did it; nothing for the world itself, such as a schedule.
        payload: GitHub's payload without `action`, `repository`, `organization` and `sender`, which delivery adds.
        app_id: The one app that GitHub tells of it; nothing for events that all may hear.
    """

    name: str
    action: str | None
    organization_id: int
    repository_id: int | None
    actor: Identity | None
    payload: JsonObject
    app_id: int | None = None


Listener: TypeAlias = "Callable[[Event], None]"


class Bus:
    """The one way from those who change state to those who listen."""

    def __init__(self, after_commit: Callable[[Callable[[], None]], None]) -> None:
        self._after_commit = after_commit
        self._recorders: list[Listener] = []
        self._subscribers: list[Listener] = []
        self._waiting: deque[Event] = deque()
        self._delivering = False
        self._lock = threading.Lock()
        self.failures: deque[str] = deque(maxlen=_FAILURES_KEPT)

    def record(self, recorder: Listener) -> None:
        """Call `recorder` with each event within its transaction; an exception of it undoes the change."""
        self._recorders.append(recorder)

    def subscribe(self, subscriber: Listener) -> None:
        """Call `subscriber` with each event once its change is durable."""
        self._subscribers.append(subscriber)

    def publish(self, event: Event) -> None:
        """Tell recorders now, and subscribers once the present transaction is durable."""
        for recorder in self._recorders:
            recorder(event)
        self._after_commit(lambda: self._deliver(event))

    def _deliver(self, event: Event) -> None:
        with self._lock:
            self._waiting.append(event)
            if self._delivering:  # by a subscriber, or in another thread: each hears of all events in one order
                return
            self._delivering = True
        while True:
            with self._lock:
                if not self._waiting:
                    self._delivering = False
                    return
                following = self._waiting.popleft()
            self._tell(following)

    def _tell(self, event: Event) -> None:
        for subscriber in self._subscribers:
            try:
                subscriber(event)
            except Exception as error:  # noqa: BLE001 - the change is made: its answer must not depend on who hears of it
                _LOG.exception("a subscriber failed at %s %s", event.name, event.action)
                self.failures.append(f"{event.name} {event.action}: {error!r}")
