"""What engines know of a world, forgotten with it: their state speaks of what is no more, and would be believed.

Called by `world reset`.
"""

from __future__ import annotations

import contextlib
import shutil
from typing import TYPE_CHECKING

from twinlock.errors import BadInput, Incomplete
from twinlock_cli import compose, engines

if TYPE_CHECKING:
    from pathlib import Path

    from twinlock_cli.compose import Platform

_LOCAL = "file://"
_EMBEDDED = (".twinlock", "state")
_PULUMI = ".pulumi"
"""All that Pulumi keeps in a directory of state. Source: `pkg/backend/diy/state.go` in pulumi/pulumi."""


def places(platform: Platform) -> tuple[Path, ...]:
    """Return the directories of state that there are.

    Raises:
        BadInput: Pulumi's is outside of the platform directory, where it may be somebody else's too.
    """
    found = [platform.root.joinpath(*_EMBEDDED)]
    backend = platform.estate.declaration.platform.state.backend
    if backend.startswith(_LOCAL):
        state = (platform.root / backend.removeprefix(_LOCAL)).resolve() / _PULUMI
        if state.exists() and not state.is_relative_to(platform.root.resolve()):
            raise BadInput(
                "Nothing was forgotten.",
                f"Pulumi's state of this world is in {state.parent}, outside of the platform directory.",
                f"Remove {state} yourself if it is of this platform alone, then run the same command again.",
            )
        found.append(state)
    return tuple(path for path in found if path.exists())


def forget(platform: Platform) -> tuple[str, ...]:
    """Remove the state, and say in the journal that no checkpoint is there any more; return what was forgotten.

    Raises:
        Incomplete: Something cannot be removed, or the journal cannot be written.
    """
    custody = engines.custody(platform.root, compose.journal(platform, by_hand=True))
    stacks = custody.forget("forgotten with its world")
    removed = places(platform)
    for path in removed:
        try:
            shutil.rmtree(path)
        except OSError as error:
            raise Incomplete(
                f"{path} was not removed.",
                f"The system says: {error.strerror or error}.",
                "Mend that, then run the same command again.",
            ) from None
        if path.name == _PULUMI:
            with contextlib.suppress(OSError):  # something else lies there too
                path.parent.rmdir()
    shutil.rmtree(platform.root.joinpath(".twinlock", "pulumi", "unended"), ignore_errors=True)
    return (*(str(path) for path in removed), *(f"the checkpoint of {stack}" for stack in stacks))
