"""The adapter that speaks to GitHub over HTTP: timeouts, bounded retries, pagination, a count of the calls.

The token lives in the connection's headers alone: it is in no message, no `repr` and no exception.
"""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import httpx

from twinlock.errors import Incomplete
from twinlock.github.client import LIMITED, Answer
from twinlock.github.remembered import PAGE
from twinlock.model.declaration import Where

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twinlock.github.remembered import Remembered

TIMEOUT_SECONDS = 15.0
PAUSES = (0.2, 0.8)
"""Seconds before the second and the third attempt of a GET."""
LONGEST_WAIT = 60
"""Seconds: whoever is asked to wait longer has used up a limit, and is told so instead."""
MOST_PAGES = 1000
"""A list of more pages is taken for a loop: 100,000 elements are beyond any organization."""

_UNAUTHORIZED, _NOT_MODIFIED, _SERVER_ERROR = 401, 304, 500

_MEND_TOKEN = {
    Where.WORLD: "Make fresh tokens: `twinlock world up --detach`.",
    Where.CLOUD: "Check the app's installation: `twinlock bootstrap`.",
}
_MEND_REACH = {
    Where.WORLD: "Start the world: `twinlock world up --detach`.",
    Where.CLOUD: "Check the network and https://www.githubstatus.com, then run the same command again.",
}


def unheard(line: str) -> None:
    """Tell nobody."""
    del line


def loopback_only() -> ssl.SSLContext:
    """Return a context that trusts no authority: the world speaks plain HTTP, and reading them all takes long."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class HttpGitHub:
    """GitHub's REST API over HTTP; safe to use from several threads."""

    def __init__(  # noqa: PLR0913 - the last two are seams for tests
        self,
        url: str,
        token: str,
        *,
        holder: str,
        target: Where,
        remembered: Remembered | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        notice: Callable[[str], None] = unheard,
    ) -> None:
        """Prepare a connection; nothing is sent yet.

        Args:
            url: Root of the API (`https://api.github.com`).
            token: Secret of the identity.
            holder: Name of the identity, for messages.
            target: Where this GitHub is, which decides how errors are mended.
            remembered: What this identity was answered before; without it every answer is sent in full.
            transport: What carries the requests; the network unless a test says otherwise.
            sleep: How to wait between attempts.
            notice: Hears, in one line, for what a long wait is.
        """
        self._root = url.rstrip("/")
        self._holder = holder
        self._target = target
        self._remembered = remembered
        self._sleep = sleep
        self._notice = notice
        self._calls = 0
        self._lock = threading.Lock()
        self._http = httpx.Client(
            headers={
                "Authorization": f"Bearer {token}",
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": "2022-11-28",
                "User-Agent": "twinlock",
            },
            timeout=TIMEOUT_SECONDS,
            # The local world is on loopback: a proxy of the environment must not see its tokens.
            trust_env=target is Where.CLOUD,
            verify=loopback_only() if target is Where.WORLD else True,
            transport=transport,
        )

    def __repr__(self) -> str:
        """Return who speaks to what, without the token."""
        return f"HttpGitHub({self._root!r}, holder={self._holder!r})"

    @property
    def calls(self) -> int:
        """How many requests GitHub counts so far; one answered 304 is not counted."""
        return self._calls

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Read one resource, trying again on server errors, lost connections and when asked to; see `GitHubReader.get`.

        Raises:
            Incomplete: GitHub cannot be reached, or refuses the token.
        """
        for pause in PAUSES:
            asked = None
            with contextlib.suppress(httpx.RequestError):
                answer = self._once("GET", path, params=params)
                asked = _asked_to_wait(answer)
                if answer.status < _SERVER_ERROR and asked is None:
                    return answer
            self._wait(asked, pause)
        return self._send("GET", path, params=params)

    def get_all(self, path: str, params: Mapping[str, str] | None = None, *, key: str | None = None) -> Answer:
        """Read a list through all its pages; see `GitHubReader.get_all`.

        Raises:
            Incomplete: GitHub cannot be reached, refuses the token, or its list never ends.
        """
        found: list[object] = []
        query: Mapping[str, str] | None = {"per_page": str(PAGE), **(params or {})}
        for _ in range(MOST_PAGES):
            answer = self.get(path, query)
            if not answer.ok:
                return answer
            page = answer.body.get(key) if key is not None and isinstance(answer.body, dict) else answer.body
            if not isinstance(page, list):
                return Answer(answer.status, answer.headers, None)
            found += page
            following = self._next(answer)
            if following is None:
                return Answer(answer.status, answer.headers, found)
            path, query = following, None
        raise Incomplete(
            f"The list at {urlsplit(path).path} was not read.",
            f"GitHub gave more than {MOST_PAGES} pages.",
            "Report this with the address of the list.",
        )

    def post(self, path: str, body: object = None) -> Answer:
        """Create something; tried again only where GitHub refused and asked to come back later.

        Raises:
            Incomplete: GitHub cannot be reached, or refuses the token.
        """
        return self._write("POST", path, body)

    def put(self, path: str, body: object = None) -> Answer:
        """Create or replace something; tried again only where GitHub refused and asked to come back later.

        Raises:
            Incomplete: As `post`.
        """
        return self._write("PUT", path, body)

    def patch(self, path: str, body: object = None) -> Answer:
        """Change something; tried again only where GitHub refused and asked to come back later.

        Raises:
            Incomplete: As `post`.
        """
        return self._write("PATCH", path, body)

    def delete(self, path: str, body: object = None) -> Answer:
        """Remove something; tried again only where GitHub refused and asked to come back later.

        Raises:
            Incomplete: As `post`.
        """
        return self._write("DELETE", path, body)

    def _write(self, method: str, path: str, body: object) -> Answer:
        for _ in PAUSES:
            answer = self._send(method, path, body=body)
            asked = _asked_to_wait(answer)
            if asked is None:
                return answer
            self._wait(asked)
        return self._send(method, path, body=body)

    def _wait(self, asked: float | None, pause: float = 0.0) -> None:
        if asked:
            self._notice(f"GitHub allows {self._holder} no more requests for now: waiting {asked:.0f} s.")
        self._sleep(asked or pause)

    def _send(self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: object = None) -> Answer:
        try:
            return self._once(method, path, params=params, body=body)
        except httpx.RequestError as error:
            # The cause is dropped: a transport error holds the request, and the request the token.
            raise Incomplete(
                f"{method} {urlsplit(path).path} had no answer.",
                f"GitHub at {self._root} cannot be reached: {type(error).__name__}.",
                _MEND_REACH[self._target],
            ) from None

    def _once(self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: object = None) -> Answer:
        content = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        address = f"{path}?{urlencode(params)}" if params else path
        remembered = self._remembered if method == "GET" else None
        tag = None if remembered is None else remembered.tag(address)
        if tag is not None:
            headers["If-None-Match"] = tag
        response = self._http.request(
            method, self._root + address, content=content, headers=headers, follow_redirects=False
        )
        if remembered is not None and tag is not None and response.status_code == _NOT_MODIFIED:
            return remembered.recall(address)
        if response.status_code != _NOT_MODIFIED:
            with self._lock:
                self._calls += 1
        if response.status_code == _UNAUTHORIZED:
            raise Incomplete(
                f"{method} {urlsplit(path).path} was refused.",
                f"GitHub does not accept the token of {self._holder}: it has expired or was revoked.",
                _MEND_TOKEN[self._target],
            )
        parsed = None
        with contextlib.suppress(ValueError):
            parsed = response.json()
        answer = Answer(response.status_code, {name.lower(): value for name, value in response.headers.items()}, parsed)
        if remembered is not None:
            remembered.keep(address, answer)
        return answer

    def _next(self, answer: Answer) -> str | None:
        """Return the path of the next page; another host's address is not followed, for it would get the token."""
        for link in answer.headers.get("link", "").split(","):
            address, _, attributes = link.partition(";")
            if 'rel="next"' not in attributes:
                continue
            url = address.strip().removeprefix("<").removesuffix(">")
            if url.startswith(f"{self._root}/"):
                return url.removeprefix(self._root)
            raise Incomplete(
                "A list was not read to its end.",
                "GitHub named a next page at another address.",
                f"Check that {self._root} is the address that GitHub itself uses.",
            )
        return None


def _asked_to_wait(answer: Answer) -> float | None:
    """Return for how many seconds GitHub asks a client to wait before it tries again; None where that is too long.

    Source: https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#handle-rate-limit-errors-appropriately.
    """
    text = answer.headers.get("retry-after", "")
    if answer.status not in LIMITED or not (text.isascii() and text.isdigit() and len(text) < len("99999")):
        return None
    return float(text) if int(text) <= LONGEST_WAIT else None
