"""The stand-in as a companion of a world: `python -m twinlock_rehearsal.gate_stub DIR ORGANIZATION`.

It reads the world's address and the gate app's token from `DIR/.twinlock/world.json`, and on standard input a line of
JSON for each event. It looks around when a run ends or a pull request changes, says on standard output what it did,
and ends with its input.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx

from twinlock import names
from twinlock.errors import Incomplete, TwinlockError
from twinlock.github.http import HttpGitHub, loopback_only
from twinlock.model.declaration import Where
from twinlock.provider import world_file
from twinlock_rehearsal.gate_stub.stub import GateStub
from twinlock_rehearsal.loopback import require_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator

_CALLS_FOR: Final = {
    ("workflow_run", "completed"),
    *(("pull_request", a) for a in ("opened", "reopened", "synchronize")),
}
"""Events after which there may be something to post."""
_STDIN: Final = 0
_CHUNK: Final = 65_536
_TIMEOUT_SECONDS: Final = 15.0


class WorldDownloads:
    """Artifacts of the world; a redirection must stay on it."""

    def __init__(self, url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(
            base_url=url, headers=headers, timeout=_TIMEOUT_SECONDS, trust_env=False, verify=loopback_only()
        )

    def download(self, path: str) -> bytes:
        """Return the content at an API path; see `Downloads.download`."""
        try:
            answer = self._http.get(path)
            if answer.has_redirect_location:
                answer = self._http.get(require_loopback(answer.headers["location"], "The artifact's store"))
            answer.raise_for_status()
        except httpx.HTTPError as error:
            # The cause is dropped: it holds the request, and the request the token.
            why = f"{path} could not be read: {type(error).__name__}."
            raise Incomplete("The gate's stand-in could not go on.", why, "See `twinlock world status`.") from None
        return answer.content

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def main(arguments: list[str]) -> int:
    """Look after an organization until the input ends."""
    root, organization = Path(arguments[0]), arguments[1]
    known = world_file.read(root)
    url, token = require_loopback(known.github_url, "GitHub"), known.token(names.GATE_APP)
    github = HttpGitHub(url, token, holder=names.GATE_APP, target=Where.WORLD)
    with closing(github), closing(WorldDownloads(url, token)) as downloads:
        stub = GateStub(organization, names.GATE_APP, github, downloads)
        _look(stub)  # something may have ended while no world ran
        for news in _news():
            if news:
                _look(stub)
    return 0


def _look(stub: GateStub) -> None:
    try:
        for line in stub.look():
            sys.stdout.write(f"{line}\n")
    except TwinlockError as error:
        sys.stdout.write(f"{error}\n")
    sys.stdout.flush()


def _news() -> Iterator[bool]:
    """Yield, for all events that have come together, whether one of them calls for a look."""
    rest = b""
    while data := os.read(_STDIN, _CHUNK):
        *lines, rest = (rest + data).split(b"\n")
        events = [json.loads(line) for line in lines]
        yield any((event["event"], event["action"]) in _CALLS_FOR for event in events)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
