"""The port to whoever vouches for checkpoints: whoever writes state decides what the engine takes for real."""

from __future__ import annotations

from typing import Protocol


class Custody(Protocol):
    """Lets a run begin on what the last one left, and takes down what this one leaves."""

    def begin(self, stack: str, content: bytes | None) -> None:
        """Let a run begin.

        Args:
            stack: `program/group`.
            content: The stack's checkpoint; None where there is none.

        Raises:
            TwinlockError: No run has left that.
        """

    def end(self, stack: str, content: bytes | None) -> None:
        """Take down what a run has left, whether it succeeded or not.

        Raises:
            TwinlockError: It cannot be written down.
        """


class Nobody:
    """Vouches for nothing: for state that nobody else can reach."""

    def begin(self, stack: str, content: bytes | None) -> None:
        """Let every run begin."""

    def end(self, stack: str, content: bytes | None) -> None:
        """Take nothing down."""
