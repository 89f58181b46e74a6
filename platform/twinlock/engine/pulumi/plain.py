"""The environment in which a person's own `pulumi` runs the projects in `stacks/`, as lines for a shell.

    eval "$(twinlock engine environment)"
    cd stacks/protections && pulumi up -s payments

It finds the state and the passphrase that runs of twinlock use, the providers of the installed engine, and this
Python, which has the programs. What would leak into a provider is unset (`environment`).
"""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from twinlock.engine.pulumi.workspace import Workspace

_LEAKING: Final = re.compile(r"(GITHUB_(OWNER|TOKEN|ORGANIZATION|BASE_URL)|GH_TOKEN|PULUMI_CONFIG_PASSPHRASE)")
"""What beats a program's own settings. Source: facts/pulumi-engine.md, "Environment that leaks"."""
_LEAKING_ON_WORLD: Final = re.compile(r"AWS_[A-Z0-9_]+")
"""The world's keys stand in its programs; those of the cloud would go unused, and must not be there to be used."""


def lines(
    workspace: Workspace, executables: Path, python: Path, inherited: Mapping[str, str], *, cloud: bool
) -> Iterator[str]:
    """Yield the commands of a POSIX shell.

    Args:
        workspace: Where twinlock's own runs work; the launchers of its providers are written there.
        executables: The directory of Pulumi, its language host and its providers.
        python: The interpreter that has twinlock.
        inherited: The environment of the shell.
        cloud: Whether the programs reach beyond this machine.

    Raises:
        Incomplete: The launchers cannot be written.
        BadInput: There is state, and its passphrase is gone.
    """
    settings = _settings(workspace, executables, python, inherited)
    for name in sorted(inherited):
        if name not in settings and _leaks(name, cloud=cloud):
            yield f"unset {name}"
    for name, value in settings.items():
        yield f"export {name}={shlex.quote(value)}"


def _settings(workspace: Workspace, executables: Path, python: Path, inherited: Mapping[str, str]) -> Mapping[str, str]:
    served = workspace.serve()
    path = [str(executables), *map(str, served.values()), inherited.get("PATH", os.defpath)]
    return {
        **workspace.settings(),
        "PATH": os.pathsep.join(path),
        # Its language host would take the first `python` on PATH. Source: `python/python.go` in pulumi/pulumi's `sdk`.
        "PULUMI_PYTHON_CMD": str(python),
    }


def _leaks(name: str, *, cloud: bool) -> bool:
    return _LEAKING.fullmatch(name) is not None or (not cloud and _LEAKING_ON_WORLD.fullmatch(name) is not None)
