"""What the engine starts in place of a provider: asks the host for one, and lives for as long as that does.

A provider of ours takes half a second to import what it needs, and the engine starts one for each account of each
stack. The host has imported all of it once, and forks. This file is run by itself, without site-packages, in a few
milliseconds. Where there is no host, as under plain `pulumi`, it becomes the provider that stands alone.

    launcher.py PACKAGE COMMAND...     COMMAND serves the package alone
"""

from __future__ import annotations

import os
import socket
import sys

VARIABLE = "TWINLOCK_PROVIDER_HOST"
"""Names the host's socket; set by `twinlock.engine.pulumi.host`."""

_STANDARD = (0, 1, 2)


def main() -> None:
    """Have a package served, by the host or alone."""
    package, *alone = sys.argv[1:]
    with socket.socket(socket.AF_UNIX) as host:
        if not _taken(host, package):
            os.execvp(alone[0], alone)  # noqa: S606 - our own command, from the file that the engine was given
        # The provider has them now. As long as they are open here too, the engine waits for this process as well.
        for descriptor in _STANDARD:
            os.close(descriptor)
        host.recv(1)


def _taken(host: socket.socket, package: str) -> bool:
    """Hand this process's input, output and errors to a provider of the host; return whether there is one."""
    try:
        host.connect(os.environ[VARIABLE])
        socket.send_fds(host, [package.encode()], _STANDARD)
        return bool(host.recv(1))
    except (KeyError, OSError):
        return False


if __name__ == "__main__":
    main()
