"""`/_world/*`: what the outside may do with a world that no real GitHub or AWS lets it do.

Seed more accounts, look at everything, let a token expire, let time pass, stop the server. Owners
only: their tokens open it, but for `health`. Called by the server for every path below `/_world`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias
from urllib.parse import parse_qs

from twinlock_world import faults
from twinlock_world.asgi import ClientGoneError, Head, TooLargeError, read_body, respond
from twinlock_world.clock import ClockError
from twinlock_world.github.errors import GitHubError
from twinlock_world.jsonvalue import Fields, as_object
from twinlock_world.rate_limit import Allowance
from twinlock_world.seed import SeedError, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from twinlock_world.asgi import Receive, Scope, Send
    from twinlock_world.clock import Clock
    from twinlock_world.faults import Faults
    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.rate_limit import Limits
    from twinlock_world.seed import Seed

PREFIX: Final = "/_world/"
_LARGEST_BODY: Final = 4 * 1024 * 1024
_TRUE: Final = frozenset({"true", "1"})


class World(Protocol):
    """What the control paths act upon."""

    def is_owner(self, token: str) -> bool:
        """Tell whether this is the valid token of an organization's owner."""

    def plant(self, seed: Seed) -> JsonObject:
        """Make the accounts that are missing, and return everybody's credentials."""

    def dump(self, *, normalised: bool) -> JsonValue:
        """Return everything that GitHub and AWS hold, without secrets."""

    def status(self) -> JsonObject:
        """Return counts, and what is kept but not enforced."""

    def aws_decisions(self) -> JsonValue:
        """Return what AWS refused, newest first, and by which statement."""

    def expire_token(self, login: str) -> bool:
        """Make a person's or an app's token invalid; false where nobody has that name."""

    @property
    def clock(self) -> Clock:
        """The time of everything in the world."""

    @property
    def faults(self) -> Faults:
        """What befalls requests."""

    @property
    def limits(self) -> Limits:
        """How often one may ask."""

    def app_key(self, slug: str) -> str | None:
        """Return a new private key of an app; nothing where there is no such app."""

    def explain_run(self, run_id: int) -> JsonObject | None:
        """Return why a workflow run, or one of its jobs, did not begin; nothing where there is no such run."""

    def bypass(self, run_id: int, login: str, environments: Sequence[str]) -> None:
        """Let a run's waiting deployments pass as an administrator.

        Raises:
            GitHubError: There is no such run or environment, or this person may not.
        """

    def stop(self) -> None:
        """Stop the server once the present answers are out."""


@dataclass(frozen=True, slots=True)
class _Request:
    query: Mapping[str, list[str]]
    body: bytes


_Answer: TypeAlias = "tuple[int, JsonValue]"


class Control:
    """The ASGI application below `/_world`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._handlers: dict[tuple[str, str], Callable[[_Request], _Answer]] = {
            ("GET", "aws/decisions"): self._aws_decisions,
            ("DELETE", "faults"): self._withdraw,
            ("GET", "clock"): self._clock,
            ("GET", "dump"): self._dump,
            ("GET", "faults"): self._faults,
            ("GET", "runs"): self._run,
            ("GET", "status"): self._status,
            ("POST", "apps/key"): self._app_key,
            ("POST", "clock"): self._move_clock,
            ("POST", "faults"): self._arrange,
            ("POST", "runs/bypass"): self._bypass,
            ("POST", "limits"): self._limits,
            ("POST", "seed"): self._seed,
            ("POST", "shutdown"): self._shutdown,
            ("POST", "tokens/expire"): self._expire,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        head = Head.of(scope)
        try:
            body = await read_body(receive, limit=_LARGEST_BODY)
        except ClientGoneError:
            return
        except TooLargeError:
            status, document = _refusal(413, f"A request here has at most {_LARGEST_BODY} bytes")
        else:
            status, document = self._answer(head, body)
        headers = {"content-type": "application/json; charset=utf-8", "cache-control": "no-store"}
        await respond(send, status, headers, json.dumps(document, sort_keys=True).encode())

    def _answer(self, head: Head, body: bytes) -> _Answer:
        name = head.raw_path.removeprefix(PREFIX)
        if (head.method, name) == ("GET", "health"):
            return 200, {"status": "ok"}
        handler = self._handlers.get((head.method, name))
        if handler is None:
            return _refusal(404, f"No {head.method} {head.raw_path} here")
        scheme, _, token = head.headers.get("authorization", "").partition(" ")
        if scheme.casefold() not in {"bearer", "token"} or not self._world.is_owner(token.strip()):
            return _refusal(401, "The token of an organization owner is needed")
        return handler(_Request(parse_qs(head.query), body))

    def _aws_decisions(self, _request: _Request) -> _Answer:
        return 200, self._world.aws_decisions()

    def _dump(self, request: _Request) -> _Answer:
        return 200, self._world.dump(normalised=request.query.get("normalised", ["false"])[0] in _TRUE)

    def _status(self, _request: _Request) -> _Answer:
        return 200, self._world.status()

    def _seed(self, request: _Request) -> _Answer:
        try:
            return 200, self._world.plant(parse(request.body))
        except SeedError as error:
            return _refusal(422, str(error))

    def _shutdown(self, _request: _Request) -> _Answer:
        self._world.stop()
        return 202, {"status": "stopping"}

    def _app_key(self, request: _Request) -> _Answer:
        try:
            slug = Fields(_document(request.body)).text("slug")
        except ValueError:
            return _refusal(422, 'The body must be {"slug": "..."}')
        key = self._world.app_key(slug)
        return _refusal(404, f"No app is called {slug[:80]}") if key is None else (201, {"slug": slug, "key": key})

    def _limits(self, request: _Request) -> _Answer:
        """Set how often one may ask; what is not named is as at the start."""
        usage = 'The body must be {"core": N, "graphql": N, "secondary": N}, each of them a number above 0, or left out'
        try:
            asked = Fields(_document(request.body))
            numbers = {name: asked.number(name) for name in asked.raw}
            allowance = Allowance(**numbers)
        except (ValueError, TypeError):
            return _refusal(422, usage)
        if any(number < 1 for number in numbers.values()):
            return _refusal(422, usage)
        self._world.limits.allow(allowance)
        shown = {"core": allowance.core, "graphql": allowance.graphql, "secondary": allowance.secondary}
        return 200, shown

    def _arrange(self, request: _Request) -> _Answer:
        try:
            fault = faults.parse(Fields(_document(request.body)))
        except ValueError:
            return _refusal(422, faults.USAGE)
        self._world.faults.arrange(fault)
        return self._faults(request)

    def _faults(self, _request: _Request) -> _Answer:
        return 200, self._world.faults.shown()

    def _withdraw(self, request: _Request) -> _Answer:
        self._world.faults.withdraw()
        return self._faults(request)

    def _clock(self, _request: _Request) -> _Answer:
        return 200, {"now": self._world.clock.now().isoformat()}

    def _move_clock(self, request: _Request) -> _Answer:
        """Move the clock by seconds, or to a moment; exactly one of both is asked."""
        usage = 'The body must be {"advance": SECONDS} or {"set": "2030-01-31T12:00:00Z"}'
        try:
            asked = Fields(_document(request.body))
            if asked.raw.keys() == {"advance"}:
                self._world.clock.advance(timedelta(seconds=asked.number("advance")))
            elif asked.raw.keys() == {"set"}:
                self._world.clock.set(_moment(asked.text("set")))
            else:
                return _refusal(422, usage)
        except ClockError as error:
            return _refusal(422, str(error))
        except (ValueError, OverflowError):
            return _refusal(422, usage)
        return self._clock(request)

    def _run(self, request: _Request) -> _Answer:
        text = request.query.get("id", [""])[0]
        if not (text.isascii() and text.isdigit() and len(text) < 16):  # noqa: PLR2004 - SQLite's integers end at 19 digits
            return _refusal(422, "Name a run: ?id=NUMBER")
        found = self._world.explain_run(int(text))
        return _refusal(404, f"There is no run {text}") if found is None else (200, found)

    def _bypass(self, request: _Request) -> _Answer:
        try:
            asked = Fields(_document(request.body))
            run, login, names = asked.number("run_id"), asked.text("login"), asked.texts("environments")
        except ValueError:
            return _refusal(422, 'The body must be {"run_id": N, "login": "...", "environments": ["..."]}')
        try:
            self._world.bypass(run, login, names)
        except GitHubError as error:
            return error.status, error.body()
        return 200, {"run_id": run}

    def _expire(self, request: _Request) -> _Answer:
        try:
            login = Fields(_document(request.body)).text("login")
        except ValueError:
            return _refusal(422, 'The body must be {"login": "..."}')
        if not self._world.expire_token(login):
            return _refusal(404, f"Nobody is called {login[:80]}")
        return 200, {"login": login, "expired": True}


def _refusal(status: int, message: str) -> _Answer:
    return status, {"message": message, "status": str(status)}


def _document(body: bytes) -> JsonObject:
    """Return a request's document.

    Raises:
        ValueError: It is no JSON object.
    """
    try:
        found: JsonValue = json.loads(body)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    return as_object(found, "body")


def _moment(text: str) -> datetime:
    """Return a moment; one without an offset is in UTC.

    Raises:
        ValueError: It is none.
    """
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
