"""The stand-in as a process beside a world: `python -m twinlock_rehearsal.gate_stub DIR ORGANIZATION`.

It reads the world's address and the gate app's token from `DIR/.twinlock/world.json`, says on standard output what it
did, and ends when that world does.
"""

from __future__ import annotations

import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx

from twinlock import names
from twinlock.errors import Incomplete, TwinlockError
from twinlock.github.http import HttpGitHub, loopback_only
from twinlock.github.remembered import Remembered
from twinlock.model.declaration import Where
from twinlock.provider import world_file
from twinlock_rehearsal.gate_stub.stub import GateStub
from twinlock_rehearsal.loopback import require_loopback

if TYPE_CHECKING:
    from twinlock.provider.world_file import WorldFile

_PAUSE_SECONDS: Final = 0.5
"""Between two passes. Most answers are 304 then: what was said before still holds."""
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
    """Look after an organization until the world has ended."""
    root, organization = Path(arguments[0]), arguments[1]
    known = world_file.read(root)
    require_loopback(known.github_url, "GitHub")
    while _lives(root, known.pid):
        try:
            _look(root, organization, known)
        except TwinlockError as error:
            sys.stderr.write(f"{error}\n")
        time.sleep(_PAUSE_SECONDS)
    return 0


def _look(root: Path, organization: str, known: WorldFile) -> None:
    url, token = known.github_url, known.token(names.GATE_APP)
    # What an earlier pass was answered costs no request of the app's hourly budget while it holds.
    remembered = Remembered(root / ".twinlock" / "gate-stub.json", root=url, token=token)
    github = HttpGitHub(url, token, holder=names.GATE_APP, target=Where.WORLD, remembered=remembered)
    with closing(github), closing(WorldDownloads(url, token)) as downloads:
        for line in GateStub(organization, names.GATE_APP, github, downloads).look():
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    remembered.save(whole=True)


def _lives(root: Path, pid: int) -> bool:
    try:
        return world_file.read(root).pid == pid
    except TwinlockError:
        return False


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
