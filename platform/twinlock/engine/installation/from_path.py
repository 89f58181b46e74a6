"""An engine that is on this machine already: Pulumi on PATH, the providers there or among Pulumi's own plugins."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from twinlock.engine.installation.release import AWS, EXECUTOR, GITHUB, LANGUAGE, PROVIDER, PROVIDER_AWS, PULUMI
from twinlock.errors import Incomplete

if TYPE_CHECKING:
    from twinlock.engine.installation.install import Request


class FromPath:
    """Copies them, so that what was verified stays what is used."""

    name = "path"

    def __init__(self, path: str, plugins: Path) -> None:
        """Say where to look.

        Args:
            path: The directories of PATH.
            plugins: Where Pulumi keeps plugins (`~/.pulumi/plugins`).
        """
        self._path = path
        self._plugins = plugins

    def fetch(self, into: Path, request: Request) -> None:
        """Copy the executables.

        Raises:
            Incomplete: One of the two is not there.
        """
        for name in (PULUMI, PROVIDER):
            found = self._found(name)
            if found is None:
                raise Incomplete(
                    f"{name} was not found.",
                    f"It is neither on PATH nor in {self._plugins}.",
                    "Fetch it: `twinlock engine install --from download`, or build it: `--from source`.",
                )
            request.say(f"copying {found}")
            shutil.copyfile(found, into / name)
            (into / name).chmod(0o755)
        for name in (LANGUAGE, EXECUTOR):
            optional = self._found(name)
            if optional is not None:
                shutil.copyfile(optional, into / name)
                (into / name).chmod(0o755)
        # Not from PATH: there, in a shell for plain Pulumi, is the world's.
        official = self._plugins / f"resource-aws-v{AWS}" / PROVIDER_AWS
        if official.is_file():
            request.say(f"copying {official}")
            shutil.copyfile(official, into / PROVIDER_AWS)
            (into / PROVIDER_AWS).chmod(0o755)

    def _found(self, name: str) -> Path | None:
        found = shutil.which(name, path=self._path)
        if found is not None:
            return Path(found).resolve()
        plugin = self._plugins / f"resource-github-v{GITHUB}" / PROVIDER
        return plugin if name == PROVIDER and plugin.is_file() else None
