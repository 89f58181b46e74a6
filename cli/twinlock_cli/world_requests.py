"""What the world is asked by its control address, as an owner of the organization."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from twinlock.errors import Incomplete
from twinlock.files import write_atomically
from twinlock.provider import world_file
from twinlock_cli import world_seed

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from twinlock.model.estate import Estate
    from twinlock.provider.world_file import WorldFile

RESTART = "Restart it: `twinlock world down`, then `twinlock world up --detach`."

_RESET = "Begin anew: `twinlock world reset`."
_UNAUTHORIZED, _UNPROCESSABLE = 401, 422


def running(root: Path, estate: Estate) -> WorldFile:
    """Return the world that runs for a platform directory, having seeded it with whoever was declared since.

    Raises:
        Incomplete: None runs, or it does not answer.
        BadInput: Its file is damaged, or the seed is refused.
    """
    known = world_file.read(root)
    answer = ask(known, "POST", "/_world/seed", estate=estate, body=world_seed.document(estate))
    current = json.dumps(answer).encode()
    renewed = world_file.parse(current)
    if renewed is None:
        raise Incomplete("The world was not seeded.", "Its answer is not what a world answers.", RESTART)
    if renewed != known:
        write_atomically(root.joinpath(*world_file.PATH), current, mode=0o600)
    return renewed


def ask(known: WorldFile, method: str, path: str, *, estate: Estate, body: object = None) -> Any:  # noqa: ANN401 - JSON
    """Ask the world's control address as an owner, and return its JSON answer.

    Raises:
        Incomplete: It does not answer, or refuses.
    """
    import httpx

    from twinlock.github.http import loopback_only

    owners = sorted(estate.organization.owners)
    for owner in owners:
        if owner not in known.tokens:
            continue
        try:
            answer = httpx.request(
                method,
                f"{known.github_url}{path}",
                json=body,
                headers={"Authorization": f"Bearer {known.token(owner)}"},
                timeout=60,
                trust_env=False,
                verify=loopback_only(),
            )
        except httpx.HTTPError as error:
            why = f"Nothing answers at {known.github_url} ({type(error).__name__})."
            raise Incomplete("The world does not answer.", why, world_file.START) from None
        if answer.status_code != _UNAUTHORIZED:
            return _told(answer, f"{method} {path}")
    why = f"It accepts no token of the owners {', '.join(owners)}: they are new to it, or their tokens have expired."
    raise Incomplete(f"The world refused {method} {path}.", why, RESTART)


def _told(answer: httpx.Response, request: str) -> Any:  # noqa: ANN401 - JSON
    if answer.is_error:
        mend = _RESET if answer.status_code == _UNPROCESSABLE else RESTART
        raise Incomplete(
            f"The world refused {request}.", f"It answered {answer.status_code}: {answer.text[:200]}", mend
        )
    try:
        return answer.json()
    except ValueError:
        why = f"What answers at {answer.url.host}:{answer.url.port} is not a world."
        raise Incomplete(f"The world did not answer {request}.", why, RESTART) from None
