"""GitHub as the handlers of the official types need it: what is gone is None, every other refusal ends the step."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from twinlock.errors import Incomplete
from twinlock.github.client import mend, segment
from twinlock.github.fields import Fields, elements

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twinlock.github.client import Answer
    from twinlock.provider.port import Clients

PAUSES = (0.2, 0.8)
"""Seconds before the second and the third attempt of a request that may be repeated; reads are repeated below."""

_NOT_FOUND, _SERVER_ERROR = 404, 500


class GitHub:
    """One organization on GitHub."""

    def __init__(self, clients: Clients, sleep: Callable[[float], None] = time.sleep) -> None:
        """Take the GitHub side of the clients.

        Raises:
            Incomplete: The provider reaches no GitHub.
        """
        if clients.github is None or clients.organization is None:
            raise Incomplete(
                "GitHub was not reached.",
                "The provider has no connection to it.",
                "Declare the resource with the GitHub provider of its program.",
            )
        self.organization = clients.organization
        self._client = clients.github
        self._sleep = sleep

    @property
    def root(self) -> str:
        """Path of the organization."""
        return f"/orgs/{segment(self.organization)}"

    def repository(self, name: object) -> str:
        """Return the path of a repository."""
        return f"/repos/{segment(self.organization)}/{segment(str(name))}"

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Fields | None:
        """Return one object, or None where it is gone.

        Raises:
            Incomplete: GitHub did not give it.
            Malformed: It is no object.
        """
        answer = self._client.get(path, params)
        return None if answer.status == _NOT_FOUND else Fields(_expected("GET", path, answer).body)

    def is_there(self, path: str) -> bool:
        """Return whether there is something, where GitHub tells no more of it.

        Raises:
            Incomplete: GitHub did not say.
        """
        answer = self._client.get(path)
        return answer.status != _NOT_FOUND and _expected("GET", path, answer).ok

    def list(self, path: str, params: Mapping[str, str] | None = None) -> list[Fields]:
        """Return a whole list; empty where what it belongs to is gone.

        Raises:
            Incomplete: GitHub did not give all of it.
            Malformed: It is no list of objects.
        """
        answer = self._client.get_all(path, params)
        if answer.status == _NOT_FOUND:
            return []
        return [Fields(element) for element in elements(_expected("GET", path, answer).body, path)]

    def post(self, path: str, body: object) -> object:
        """Create something and return the answer; never tried twice.

        Raises:
            Incomplete: GitHub refused.
        """
        return _expected("POST", path, self._client.post(path, body)).body

    def put(self, path: str, body: object) -> object:
        """Create or replace something and return the answer.

        Raises:
            Incomplete: GitHub refused.
        """
        return _expected("PUT", path, self._again(lambda: self._client.put(path, body))).body

    def patch(self, path: str, body: object) -> object:
        """Change something and return the answer.

        Raises:
            Incomplete: GitHub refused.
        """
        return _expected("PATCH", path, self._again(lambda: self._client.patch(path, body))).body

    def delete(self, path: str) -> None:
        """Remove something; already gone is no error.

        Raises:
            Incomplete: GitHub refused.
        """
        answer = self._again(lambda: self._client.delete(path))
        if answer.status != _NOT_FOUND:
            _expected("DELETE", path, answer)

    def _again(self, send: Callable[[], Answer]) -> Answer:
        for pause in PAUSES:
            answer = send()
            if answer.status < _SERVER_ERROR:
                return answer
            self._sleep(pause)
        return send()


def _expected(method: str, path: str, answer: Answer) -> Answer:
    if answer.ok:
        return answer
    said = f": {answer.message.rstrip('.')}" if answer.message else ""
    raise Incomplete(
        f"{method} {path} was refused.",
        f"GitHub answered {answer.status}{said}.",
        mend(answer),
    )
