"""Files over HTTP, resumed where an earlier attempt stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from twinlock.errors import Incomplete

if TYPE_CHECKING:
    from pathlib import Path

    from twinlock.engine.installation.install import Request

_TIMEOUT = httpx.Timeout(30.0)
_PARTIAL, _UNSATISFIABLE = 206, 416
_STEP = 16 << 20
"""Bytes between two lines of progress."""


class HttpSource:
    """Fetches files; see `from_download.Source`."""

    def text(self, url: str, largest: int) -> str:
        """Return a small file.

        Raises:
            Incomplete: It cannot be had, or is larger.
        """
        found = bytearray()
        try:
            with httpx.stream("GET", url, follow_redirects=True, timeout=_TIMEOUT) as answer:
                answer.raise_for_status()
                for block in answer.iter_bytes():
                    found += block
                    if len(found) > largest:
                        raise _not_had(url, "it is larger than any list of checksums")
        except httpx.HTTPError as error:
            raise _not_had(url, _said(error)) from None
        return found.decode("utf-8", "replace")

    def save(self, url: str, path: Path, request: Request) -> None:
        """Save a large file, going on where an earlier attempt stopped.

        Raises:
            Incomplete: It cannot be had whole.
        """
        part = path.with_name(f"{path.name}.part")
        begun = part.stat().st_size if part.exists() else 0
        headers = {"Range": f"bytes={begun}-"} if begun else {}
        try:
            with httpx.stream("GET", url, headers=headers, follow_redirects=True, timeout=_TIMEOUT) as answer:
                if answer.status_code == _UNSATISFIABLE:
                    part.unlink()
                    raise _not_had(url, "what was there of it was longer than the file")
                answer.raise_for_status()
                _write(answer, part, request, resumed=answer.status_code == _PARTIAL)
        except httpx.HTTPError as error:
            raise _not_had(url, _said(error)) from None
        part.replace(path)


def _write(answer: httpx.Response, part: Path, request: Request, *, resumed: bool) -> None:
    told = 0
    with part.open("ab" if resumed else "wb") as place:
        for block in answer.iter_raw():
            place.write(block)
            if place.tell() - told >= _STEP:
                told = place.tell()
                request.say(f"  {told >> 20} MB")


def _said(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"the answer was {error.response.status_code}"
    return str(error) or type(error).__name__


def _not_had(url: str, why: str) -> Incomplete:
    return Incomplete(
        f"{url} was not downloaded.",
        f"Of it, {why}." if why.startswith("it") else f"There, {why}.",
        "Run the same command again, or build the engine: `twinlock engine install --from source`.",
    )
