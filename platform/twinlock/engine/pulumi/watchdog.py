"""Ends a run in which nothing happens any more, and says what it waited for.

GitHub's provider can wait for ever: its client loses one of a hundred permits on every refusal, and when none is left
each request waits in silence (https://github.com/integrations/terraform-provider-github/issues/3603).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Protocol, Self

    class Watched(Protocol):
        """What is watched."""

        @property
        def silence(self) -> float:
            """For how many seconds nothing has happened."""

        @property
        def waiting(self) -> tuple[str, ...]:
            """What has begun and not ended."""


class Watchdog:
    """Watches a run for as long as it is entered.

    Attributes:
        waited_for: What the run waited for when it was ended; None where it was not.
    """

    def __init__(self, watched: Watched, interrupt: Callable[[], None], *, patience: float) -> None:
        """Take what to watch.

        Args:
            watched: The run.
            interrupt: Ends it.
            patience: Seconds of silence that are borne.
        """
        self.waited_for: tuple[str, ...] | None = None
        self._watched = watched
        self._interrupt = interrupt
        self._patience = patience
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        # The next look is when patience would end, had nothing happened until then.
        while not self._over.wait(max(self._patience - self._watched.silence, 0.05)):
            if self._watched.silence >= self._patience:
                self.waited_for = self._watched.waiting
                self._interrupt()
                return
