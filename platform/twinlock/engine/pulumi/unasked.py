"""A stack of the Automation API that asks nothing more of the engine once a run is through.

The SDK then starts the engine four more times: for the outputs, masked and plain, and for the history. The events of
the run have told all of it, and the four take longer than many a run that has nothing to do.
"""

from __future__ import annotations

import datetime as dt

from pulumi.automation import OutputMap, Stack, UpdateSummary

_ANY = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Unasked(Stack):
    """Runs as its base class does; what it answers about a run that is through says nothing."""

    def outputs(self) -> OutputMap:
        """Return none: `Progress` has heard them."""
        return {}

    def info(self, show_secrets: bool = False) -> UpdateSummary:  # noqa: FBT001, FBT002 - as the base class has it
        """Return a summary that says nothing: `Progress` has heard it."""
        del show_secrets
        return UpdateSummary(kind="", start_time=_ANY, message="", environment={}, config={}, result="")
