"""GitHub as handlers need it: what is gone is None, and every other refusal ends the run.

An exclusive resource that reads half a list would delete nothing and call it clean, or delete what it did not
understand; so nothing here is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NoReturn, TypeVar

from twinlock.errors import Incomplete
from twinlock.github.client import mend, segment
from twinlock.github.fields import Fields, Malformed
from twinlock.model.observed import Observed, Seen, Unread

if TYPE_CHECKING:
    from twinlock.github.client import Answer, GitHubClient
    from twinlock.provider.port import Clients

T = TypeVar("T")

_NOT_FOUND = 404


class Remote:
    """One organization on GitHub."""

    def __init__(self, clients: Clients) -> None:
        """Take the GitHub side of the clients.

        Raises:
            Incomplete: The provider reaches no GitHub.
        """
        if clients.github is None or clients.organization is None:
            raise Incomplete(
                "GitHub was not reached.",
                "The resource's provider has no connection to it.",
                "Declare the resource with the GitHub provider of its program.",
            )
        self.organization = clients.organization
        self._github: GitHubClient = clients.github

    def repository(self, name: str) -> str:
        """Return the path of a repository."""
        return f"/repos/{segment(self.organization)}/{segment(name)}"

    def team(self, slug: str) -> str:
        """Return the path of a team."""
        return f"/orgs/{segment(self.organization)}/teams/{segment(slug)}"

    def get(self, path: str) -> object | None:
        """Return one resource, or None where it is gone.

        Raises:
            Incomplete: GitHub did not give it.
        """
        answer = self._github.get(path)
        return None if answer.status == _NOT_FOUND else self._expected("GET", path, answer).body

    def need(self, path: str) -> object:
        """Return one resource that must be there.

        Raises:
            Incomplete: GitHub did not give it, or it is gone.
        """
        return self._expected("GET", path, self._github.get(path)).body

    def all(self, path: str, params: Mapping[str, str] | None = None, *, key: str | None = None) -> list[object] | None:
        """Return a whole list, or None where what it belongs to is gone.

        Raises:
            Incomplete: GitHub did not give all of it.
        """
        answer = self._github.get_all(path, params, key=key)
        if answer.status == _NOT_FOUND:
            return None
        body = self._expected("GET", path, answer).body
        if not isinstance(body, list):
            not_understood(path, "the answer is not a list")
        return body

    def need_all(self, path: str, params: Mapping[str, str] | None = None, *, key: str | None = None) -> list[object]:
        """Return a whole list of something that must be there.

        Raises:
            Incomplete: GitHub did not give all of it, or hides it.
        """
        found = self.all(path, params, key=key)
        if found is None:
            not_understood(path, "GitHub hides it from this identity (404)")
        return found

    def post(self, path: str, body: object = None) -> object:
        """Create something and return the answer.

        Raises:
            Incomplete: GitHub refused.
        """
        return self._expected("POST", path, self._github.post(path, body)).body

    def put(self, path: str, body: object = None) -> object:
        """Create or replace something and return the answer.

        Raises:
            Incomplete: GitHub refused.
        """
        return self._expected("PUT", path, self._github.put(path, body)).body

    def patch(self, path: str, body: object) -> object:
        """Change a part of something and return the answer.

        Raises:
            Incomplete: GitHub refused.
        """
        return self._expected("PATCH", path, self._github.patch(path, body)).body

    def delete(self, path: str) -> None:
        """Remove something; already gone is no error.

        Raises:
            Incomplete: GitHub refused.
        """
        answer = self._github.delete(path)
        if answer.status != _NOT_FOUND:
            self._expected("DELETE", path, answer)

    @staticmethod
    def _expected(method: str, path: str, answer: Answer) -> Answer:
        if answer.ok:
            return answer
        said = f": {answer.message}" if answer.message else ""
        raise Incomplete(
            f"{method} {path} was refused.",
            f"GitHub answered {answer.status}{said}.",
            mend(answer),
        )


def understood(observed: Observed[T], what: str) -> T:
    """Return what a codec made of an answer.

    Raises:
        Incomplete: GitHub hid a part of it, or the codec did not understand it.
    """
    if not isinstance(observed, Seen):
        not_understood(what, observed.reason if isinstance(observed, Unread) else "it is gone")
    return observed.value


def number(raw: object, name: str) -> int:
    """Return a number of an answer.

    Raises:
        Incomplete: It is not there.
    """
    try:
        return Fields(raw).number(name)
    except Malformed as error:
        not_understood("An answer of GitHub", error.reason)


def text(raw: object, name: str, default: str | None = None) -> str:
    """Return a text of an answer, or `default` where it is missing.

    Raises:
        Incomplete: It is not there.
    """
    try:
        return Fields(raw).text(name, default)
    except Malformed as error:
        not_understood("An answer of GitHub", error.reason)


def part(raw: object, name: str) -> object:
    """Return what stands under a name in an answer; None where nothing does."""
    return raw.get(name) if isinstance(raw, Mapping) else None


def not_understood(what: str, reason: str) -> NoReturn:
    """Refuse an answer.

    Raises:
        Incomplete: Always.
    """
    raise Incomplete(
        f"{what} was not read completely.",
        f"{reason[:1].upper()}{reason[1:]}.",
        "Nothing was changed there. Run `twinlock audit`, which says what is hidden or new.",
    )
