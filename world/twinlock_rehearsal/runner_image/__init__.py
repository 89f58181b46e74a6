"""The tools that a hosted runner's image brings and a person's machine may not have, for jobs in a rehearsal.

GitHub's runners come with Docker, skopeo, the AWS and GitHub command lines, jq and Python. The world brings none of
that: it runs jobs with the tools it is given. `furnish` writes launchers for them into a directory. Real programs
stand behind `aws`, `gh` and `jq`, and the installation that runs behind `twinlock`, which no hosted runner brings yet.
`docker` and `skopeo` are stand-ins, since no package holds a daemon and a registry; `python` is real, but installs
nothing. A stand-in says so in the job's log and refuses what it can't do.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Final

from twinlock.files import write_together

TOOLS: Final = {
    "aws": ("awscli",),
    "docker": ("twinlock_rehearsal.runner_image.docker",),
    "jq": ("twinlock_rehearsal.runner_image.jq",),
    "pip": ("twinlock_rehearsal.runner_image.python", "-m", "pip"),
    "python": ("twinlock_rehearsal.runner_image.python",),
    "python3": ("twinlock_rehearsal.runner_image.python",),
    "skopeo": ("twinlock_rehearsal.runner_image.skopeo",),
    "twinlock": ("twinlock_cli",),
}
"""What each launcher runs: a module of this environment, and the arguments before the caller's."""

_EXECUTABLE: Final = 0o755


def furnish(directory: Path) -> None:
    """Write the launchers into `directory`, for a job's PATH.

    `gh` is linked only where the environment holds it; a job that calls it elsewhere fails as on a bare machine.

    Raises:
        Incomplete: The directory cannot be written.
    """
    launchers = {name: _launcher(module, *before) for name, (module, *before) in TOOLS.items()}
    gh = Path(sys.executable).with_name("gh")
    if gh.exists():
        launchers["gh"] = f'#!/bin/sh\nexec {shlex.quote(str(gh))} "$@"\n'
    write_together({directory / name: text for name, text in launchers.items()}, mode=_EXECUTABLE)


def _launcher(*words: str) -> str:
    # -P: a job's directory may hold a module of the same name, and must not lend it to the tools.
    command = shlex.join((sys.executable, "-P", "-m", *words))
    return f'#!/bin/sh\nexec {command} "$@"\n'
