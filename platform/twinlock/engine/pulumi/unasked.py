"""A stack of the Automation API that asks the engine nothing but to run.

The SDK selects a stack before a run, and asks for outputs and history afterwards: five more starts of the engine, which
take longer than many a run that has nothing to do. Each command names its stack, and the run's events tell the rest.
"""

from __future__ import annotations

import datetime as dt

from pulumi.automation import LocalWorkspace, OutputMap, Stack, UpdateSummary
from pulumi.automation._stack import StackInitMode  # the class methods make no other class than their own

_ANY = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Unasked(Stack):
    """Runs as its base class does; what it answers about a run that is through says nothing."""

    def __init__(self, name: str, workspace: LocalWorkspace, *, there: bool | None) -> None:
        """Open a stack.

        Args:
            name: Its name.
            workspace: Where it is.
            there: Whether it exists, where that is known; one that does not is made.
        """
        if there:
            self.name, self.workspace, self._mode = name, workspace, StackInitMode.SELECT
        else:
            super().__init__(name, workspace, StackInitMode.CREATE_OR_SELECT if there is None else StackInitMode.CREATE)

    def outputs(self) -> OutputMap:
        """Return none: `Progress` has heard them."""
        return {}

    def info(self, show_secrets: bool = False) -> UpdateSummary:  # noqa: FBT001, FBT002 - as the base class has it
        """Return a summary that says nothing: `Progress` has heard it."""
        del show_secrets
        return UpdateSummary(kind="", start_time=_ANY, message="", environment={}, config={}, result="")
