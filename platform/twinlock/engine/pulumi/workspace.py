"""Where Pulumi works for one platform directory: its home, its projects, its passphrase, the providers it starts.

All of it is beneath `.twinlock/pulumi`, which is nobody's but its owner's; state is where the manifest says.
"""

from __future__ import annotations

import json
import os
import secrets
import shlex
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from twinlock.engine.pulumi import environment
from twinlock.engine.pulumi.checkpoints import reader
from twinlock.errors import BadInput, Incomplete
from twinlock.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from twinlock.engine.port import Stack
    from twinlock.engine.pulumi.checkpoints import Checkpoints

HOME = (".twinlock", "pulumi")
PASSPHRASE = "passphrase"  # noqa: S105 - the name of a file, and Pulumi's of this way to keep secrets
_LOCAL = "file://"


@dataclass(frozen=True, slots=True)
class Workspace:
    """One platform directory's.

    Attributes:
        root: The platform directory.
        backend: Where state is kept, as the manifest says it.
        plugins: The directory that holds the executable of each provider of a release, by package.
        served: The command that serves each other provider, by package.
        projects: The directory of the projects; None for the one beneath `home`.
        secrets: What encrypts the secrets in state: `PASSPHRASE`, or the address of a key.
        credentials: What the backend and the key are entered with, as variables of the environment.
    """

    root: Path
    backend: str
    plugins: Mapping[str, Path]
    served: Mapping[str, Sequence[str]]
    projects: Path | None = None
    secrets: str = PASSPHRASE
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def home(self) -> Path:
        """What Pulumi keeps as its own."""
        return self.root.joinpath(*HOME)

    @property
    def passphrase(self) -> Path:
        """The file with the passphrase that secrets in state are encrypted with."""
        return self.home / PASSPHRASE

    @property
    def state(self) -> Path | None:
        """The directory of state, where it is one on this machine."""
        if not self.backend.startswith(_LOCAL):
            return None
        return self.root / self.backend.removeprefix(_LOCAL)

    @property
    def backend_url(self) -> str:
        """Where state is kept, as Pulumi is told."""
        return self.backend if self.state is None else f"{_LOCAL}{self.state.resolve()}"

    @property
    def founding(self) -> Workspace:
        """Where state is while the place that it is to have is being made: on this machine, with the passphrase."""
        return replace(self, backend=f"{_LOCAL}{self.home / 'founding'}", secrets=PASSPHRASE, credentials={})

    def settings(self) -> dict[str, str]:
        """Return where Pulumi finds the state and the key to it, as variables of the environment."""
        # Another key may have taken the passphrase's place, and what it encrypted before is still to be read.
        known = self.secrets == PASSPHRASE or self.passphrase.exists()
        return environment.of_state(self.backend_url, self.passphrase if known else None, self.credentials)

    def lock(self, stack: Stack) -> Path:
        """Return the file that one run at a time holds."""
        return self.home / "locks" / stack.program / f"{stack.group}.lock"

    def unended(self, stack: Stack) -> Path:
        """Return the file that keeps which creations may have been done although they failed."""
        return self.home / "unended" / stack.program / f"{stack.group}.json"

    @property
    def checkpoints(self) -> Checkpoints | None:
        """What reads checkpoints without an engine; None where state is kept so that only Pulumi can."""
        return reader(self.backend_url, self.state, self.credentials)

    def aside(self, directory: Path, *, settings: bool = False) -> Workspace:
        """Return a workspace that has a copy of this one's state, and leaves nothing of what is done in it here.

        Args:
            directory: Where the copy is made.
            settings: Whether the stacks' settings are shared: they hold the salt of secrets, without which a plan that
                is saved there is not read here.

        Raises:
            Incomplete: The copy cannot be made.
        """
        copy = directory / "state"
        if self.checkpoints is not None:
            self.checkpoints.copy(copy)
        return replace(self, backend=f"{_LOCAL}{copy}", projects=self.projects if settings else directory / "projects")

    def prepare(self, stack: Stack) -> Path:
        """Write what a run of a stack needs, and return the directory of its project.

        Raises:
            Incomplete: The directory cannot be written.
            BadInput: There is state, and its passphrase is gone.
        """
        try:
            self._ensure()
            project = (self.projects or self.home / "projects") / stack.program
            project.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomically(project / "Pulumi.yaml", self._project(stack), mode=0o600)
        except OSError as error:
            raise self._unwritten(f"{stack.id} was not begun.", error) from None
        return project

    def serve(self) -> Mapping[str, Path]:
        """Write the executables under which an engine finds the providers that are served from here, and all besides.

        Returns:
            The directory of each, by package.

        Raises:
            Incomplete: The directory cannot be written.
            BadInput: There is state, and its passphrase is gone.
        """
        try:
            self._ensure()
            return {package: self._launcher(package) for package in self.served}
        except OSError as error:
            raise self._unwritten("No provider can be started.", error) from None

    def _ensure(self) -> None:
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.state is not None:
            self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.secrets == PASSPHRASE:
            self._ensure_passphrase()

    def _unwritten(self, what: str, error: OSError) -> Incomplete:
        return Incomplete(
            what,
            f"{self.home} cannot be written: {error.strerror}.",
            "Make the directory writable, then run the same command again.",
        )

    def _project(self, stack: Stack) -> str:
        places = {**self.plugins, **{package: self._launcher(package) for package in self.served}}
        providers = [{"name": package, "path": str(path)} for package, path in sorted(places.items())]
        project = {"name": stack.project, "runtime": "python", "plugins": {"providers": providers}}
        # JSON is YAML, and needs no writer of YAML.
        return json.dumps(project, indent=2)

    def _launcher(self, package: str) -> Path:
        """Write the executable under which the engine looks for a provider, in a directory of its own."""
        directory = self.home / "providers" / package
        command = shlex.join(self.served[package])
        path = directory / f"pulumi-resource-{package}"
        write_atomically(path, f'#!/bin/sh\nexec {command} "$@"\n', mode=0o700)
        return directory

    def _ensure_passphrase(self) -> None:
        if self.passphrase.exists():
            return
        if self.state is not None and (self.state / ".pulumi" / "stacks").exists():
            raise BadInput(
                f"The state in {self.state} cannot be read.",
                f"Its passphrase {self.passphrase} is gone.",
                "Put it back from where it is kept. Or, on a world, remove the state and begin anew.",
            )
        handle = os.open(self.passphrase, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(32))
