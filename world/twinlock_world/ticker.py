"""Does something again and again while the world is served: time passes there also when nobody asks for anything."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_LOG: Final = logging.getLogger(__name__)
_SECONDS: Final = 10.0


class Ticker:
    """A thread that calls a function every few seconds until it is stopped."""

    def __init__(self, tick: Callable[[], None], seconds: float = _SECONDS) -> None:
        self._tick = tick
        self._seconds = seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)

    def start(self) -> None:
        """Begin; the first call comes after one interval."""
        self._thread.start()

    def stop(self) -> None:
        """Call no more; one that is under way may end."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._seconds):
            try:
                self._tick()
            except Exception:  # noqa: BLE001 - one bad round must not end all others
                _LOG.exception("a tick failed")
