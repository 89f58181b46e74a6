"""What GitHub answered before, so that it is asked only whether that still holds.

A request with `If-None-Match` is answered 304 while nothing has changed, which GitHub does not count
(https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api). GitHub makes the tag of an
answer from its content and from who asked, so what is remembered belongs to one identity.

The file is sealed with that identity's token: answers of another identity, of a world that is gone or of a hand that
wants an audit to see them are not taken. It may be deleted at any time; one that cannot be used costs requests alone.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinlock.errors import Incomplete
from twinlock.files import write_atomically
from twinlock.github.client import Answer

if TYPE_CHECKING:
    from pathlib import Path

PAGE = 100
"""Elements to ask for in one page: the most that GitHub gives."""

_FORM = 1
"""Number of the file's form: a version that writes another one does not read this."""
_OK = 200


@dataclass(frozen=True, slots=True)
class _Known:
    tag: str
    link: str
    body: object


class Remembered:
    """The answers of one identity at one address of the API, kept in a file."""

    def __init__(self, path: Path, *, root: str, token: str) -> None:
        """Read the file, if there is one that belongs to this identity.

        Args:
            path: The file.
            root: Address of the API.
            token: The identity's secret, which seals the file and is not in it.
        """
        self._path = path
        self._key = hashlib.sha256(f"{_FORM}\n{root}\n{token}".encode()).digest()
        self._known = _read(path, self._key)
        self._held: dict[str, _Known] = {}
        self._changed = False

    def __repr__(self) -> str:
        """Return where it is kept, without what it is sealed with."""
        return f"Remembered({str(self._path)!r})"

    def tag(self, address: str) -> str | None:
        """Return the tag to ask with, or None where nothing is remembered of an address."""
        known = self._known.get(address)
        return None if known is None else known.tag

    def recall(self, address: str) -> Answer:
        """Return what GitHub has just said to be unchanged.

        Raises:
            KeyError: Nothing is remembered of that address.
        """
        known = self._held[address] = self._known[address]
        return Answer(_OK, {"etag": known.tag, "link": known.link}, known.body)

    def keep(self, address: str, answer: Answer) -> None:
        """Remember an answer that has a tag.

        A last page that is full is not remembered: the next element begins another page, which only the header `Link`
        would tell, and the tag is of the content.
        """
        link = answer.headers.get("link", "")
        full = "per_page=" in address and 'rel="next"' not in link and _longest(answer.body) >= PAGE
        tag = answer.headers.get("etag")
        self._changed = True
        if answer.status == _OK and tag and not full:
            self._held[address] = _Known(tag, link, answer.body)

    def save(self, *, whole: bool) -> None:
        """Write the file; that it cannot be written costs the next run its requests, and no more.

        Args:
            whole: All was asked: what was not is of no use any longer.
        """
        held = self._held if whole else self._known | self._held
        if not self._changed and held.keys() == self._known.keys():
            return
        entries = {address: [known.tag, known.link, known.body] for address, known in sorted(held.items())}
        content = json.dumps(entries, separators=(",", ":")).encode()
        with suppress(Incomplete):
            write_atomically(self._path, _seal(self._key, content) + b"\n" + content, mode=0o600)


def _seal(key: bytes, content: bytes) -> bytes:
    return hmac.new(key, content, "sha256").hexdigest().encode()


def _read(path: Path, key: bytes) -> dict[str, _Known]:
    try:
        seal, _, content = path.read_bytes().partition(b"\n")
    except OSError:
        return {}
    # What carries the seal was written here, so its form needs no second look.
    if not hmac.compare_digest(seal, _seal(key, content)):
        return {}
    return {address: _Known(*entry) for address, entry in json.loads(content).items()}


def _longest(body: object) -> int:
    lists = body.values() if isinstance(body, dict) else [body]
    return max((len(each) for each in lists if isinstance(each, list)), default=0)
