"""`python -m twinlock_cli`, and the console script `twinlock`: what concerns the process as a whole."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

_INTERRUPTED = 130


def main() -> None:
    """Run the command line and exit with its code."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as `nohup` wants it
            signal.signal(number, _interrupt)
    _open_streams()
    try:
        from twinlock_cli.app import run

        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:  # before a command began, or while it was leaving
        sys.exit(_INTERRUPTED)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """End as Ctrl-C does, so that no process and no temporary file is left."""
    raise KeyboardInterrupt


def _open_streams() -> None:
    """Make sure that results and progress can be written, whatever the shell has closed and whichever the encoding."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - open to the end
        getattr(sys, name).reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    main()
