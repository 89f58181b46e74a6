"""Git as a program that talks to one repository over HTTP.

It runs with a scrubbed environment: no configuration of the user's, no prompts, no redirects, and the token in a
header that reaches git by its environment, never by an argument. `seed` calls it.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twinlock.errors import BadInput, Incomplete

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TIMEOUT_SECONDS = 120

_NO_ANSWER_TO_A_PROMPT = b"fatal: could not read Username"
"""What git says when its first credentials were refused and it may not ask for others."""

_TELLING = ("remote: error:", "!", "fatal:", "error:", "remote:")
"""How the lines begin in which git says why it failed, the most telling first."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a command that a server may refuse.

    Attributes:
        accepted: Whether git ended well.
        said: All that it said about it, without the token.
    """

    accepted: bool
    said: str


@dataclass(frozen=True, slots=True)
class Git:
    """Git, for one remote repository.

    Attributes:
        url: Its address, without credentials.
        token: What git authenticates with.
        directory: A private directory, which git takes for its home and works in.
    """

    url: str
    token: str = field(repr=False)
    directory: Path

    def local(self, *arguments: str, given: bytes = b"") -> str:
        """Run git without credentials, with `given` as its input, and return what it prints.

        Raises:
            BadInput: git is missing.
            Incomplete: git failed.
        """
        return self._run(arguments, given, self._scrubbed())

    def remote(self, *arguments: str) -> str:
        """Run git with credentials for the repository, and return what it prints.

        Raises:
            BadInput: git is missing.
            Incomplete: The repository cannot be reached, or refused.
        """
        return self._run(arguments, b"", {**self._scrubbed(), **self._credentials()})

    def attempt(self, *arguments: str) -> Answered:
        """Run git with credentials for the repository; that the server refuses is an answer too.

        Raises:
            BadInput: git is missing.
            Incomplete: git cannot be run, or does not end.
        """
        done = self._done(arguments, b"", {**self._scrubbed(), **self._credentials()})
        return Answered(done.returncode == 0, self._shown(done.stderr.decode(errors="replace")))

    def _run(self, arguments: tuple[str, ...], given: bytes, environment: Mapping[str, str]) -> str:
        done = self._done(arguments, given, environment)
        if done.returncode:
            refused = _NO_ANSWER_TO_A_PROMPT in done.stderr
            raise self._failed("The server did not accept the token" if refused else self._told(done.stderr))
        return done.stdout.decode(errors="replace")

    def _done(
        self, arguments: tuple[str, ...], given: bytes, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[bytes]:
        program = shutil.which("git")
        if program is None:
            raise BadInput(
                f"{self.url} was not seeded.", "git was not found.", "Install git, then run the same command again."
            )
        try:
            return subprocess.run(  # noqa: S603 - a list of arguments of our own, without a shell
                [program, *arguments],
                input=given,
                cwd=self.directory,
                env=environment,
                capture_output=True,
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise self._failed(f"git did not answer in {TIMEOUT_SECONDS} seconds") from None
        except OSError as error:
            raise self._failed(f"git cannot be run: {error.strerror}") from error

    def _scrubbed(self) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.directory),
            "LC_ALL": "C",
            "GIT_ALLOW_PROTOCOL": "http:https",
            "GIT_ASKPASS": "",
            "GIT_CEILING_DIRECTORIES": str(self.directory.parent),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "SSH_ASKPASS": "",
        }

    def _credentials(self) -> dict[str, str]:
        basic = base64.b64encode(f"x-access-token:{self.token}".encode()).decode()
        settings = {
            f"http.{self.url}.extraHeader": f"Authorization: Basic {basic}",
            "http.followRedirects": "false",
            "credential.helper": "",
        }
        variables = {"GIT_CONFIG_COUNT": str(len(settings))}
        for index, (key, value) in enumerate(settings.items()):
            variables |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
        return variables

    def _failed(self, why: str) -> Incomplete:
        return Incomplete(
            f"{self.url} was not seeded.",
            f"{why.rstrip('.')}.",
            "See that the server runs and that the controller may push, then run the same command again.",
        )

    def _told(self, stderr: bytes) -> str:
        lines = [line.strip() for line in stderr.decode(errors="replace").splitlines()]
        told = next((line for start in _TELLING for line in lines if line.startswith(start)), "nothing")
        return f"git says: {self._shown(told)}"

    def _shown(self, text: str) -> str:
        # A server's words reach the terminal: without control characters, and never with the token.
        shown = "".join(character for character in text if character.isprintable() or character == "\n")
        return shown.replace(self.token, "[secret]") if self.token else shown
