"""What a task needs of AWS while it starts and runs. The port; `moto_cloud` is the adapter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinlock_world.aws.tasks.image import Image
    from twinlock_world.aws.tasks.order import Log
    from twinlock_world.aws.tasks.state import Identity


class Cloud(Protocol):
    """One world's AWS, as the container agent of a task sees it."""

    def pull(self, identity: Identity, image: str) -> Image:
        """Return an image, pulled as the execution role.

        Raises:
            CannotStartError: There is none, or the role may not have it.
        """

    def open_log(self, identity: Identity, log: Log) -> None:
        """Make a task's log stream, as the execution role.

        Raises:
            CannotStartError: There is no group for it, or the role may not.
        """

    def write_log(self, identity: Identity, log: Log, lines: Sequence[str]) -> None:
        """Add lines to a log stream; lines for one that is gone are lost."""

    def ended(self, identity: Identity) -> None:
        """Take note that a task has stopped: its network interface goes."""
