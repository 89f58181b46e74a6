"""`python -m twinlock_cli`, and the console script `twinlock`: what concerns the process as a whole."""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
from types import ModuleType
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from types import FrameType

_INTERRUPTED = 130
_COLLECTED_AFTER = 100_000
"""Objects made before the youngest generation is looked through; Python's own figure is 700."""


def main() -> None:
    """Run the command line and exit with its code."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as `nohup` wants it
            signal.signal(number, _interrupt)
    _open_streams()
    _set_up_process()
    try:
        from twinlock_cli.app import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # before a command began, or while it was leaving
        code = _INTERRUPTED
    _let_go_of_streams()
    if code == _INTERRUPTED:
        # Python kills itself by SIGINT at its exit where the interruption met an `exec` of text, as of a dataclass
        # being made, although it was handled; everything is written and stopped by now.
        os._exit(code)
    gc.freeze()  # the process ends: what it made need not be looked through once more
    sys.exit(code)


def _set_up_process() -> None:
    """Start quickly, and let no plugin of a third party see or change what is validated."""
    # Almost everything that a command makes lives until its end: looking for garbage early only costs time.
    gc.set_threshold(_COLLECTED_AFTER)
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    # Even so pydantic would import what finds plugins, and with it all of importlib.metadata and email.
    no_plugins = ModuleType("pydantic.plugin._loader")
    vars(no_plugins)["get_plugins"] = tuple
    sys.modules[no_plugins.__name__] = no_plugins
    # httpx does without its own command line where that cannot be imported, and importing it takes longer than httpx.
    sys.modules["httpx._main"] = None  # type: ignore[assignment]  # how Python marks what must not be imported


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """End as Ctrl-C does, so that no process and no temporary file is left."""
    raise KeyboardInterrupt


def _open_streams() -> None:
    """Make streams take whatever comes: the shell may have closed them, and text may not be in their encoding."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, _nowhere())
        getattr(sys, name).reconfigure(errors="backslashreplace")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")


def _let_go_of_streams() -> None:
    """Give up what cannot be written, for Python tries once more at its exit and then replaces the exit code."""
    for name in ("stdout", "stderr"):
        try:
            getattr(sys, name).flush()
        except OSError:
            setattr(sys, name, _nowhere())


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - open until the process ends


if __name__ == "__main__":
    main()
