"""The GitHub API as an ASGI application.

Reads a request, finds its route, runs the handler inside one transaction, and writes the answer with the headers
that GitHub's clients rely on. Handlers are short and synchronous on purpose: no two requests ever interleave, so each
is atomic. Composed into a server by its owner; `github.application` makes it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import parse_qsl

from twinlock_world.asgi import ClientGoneError, read_chunk
from twinlock_world.git_objects import GitError
from twinlock_world.github import api_version
from twinlock_world.github.accounts import User
from twinlock_world.github.auth import identify
from twinlock_world.github.call import Call, Reply, Request, wrong_field
from twinlock_world.github.changes import TABLES
from twinlock_world.github.changes.watcher import Watcher
from twinlock_world.github.errors import GitHubError, invalid
from twinlock_world.github.routes.graphql import PATH as GRAPHQL_PATH
from twinlock_world.github.routes.graphql import graphql
from twinlock_world.github.routes.rate_limit import PATH as RATE_LIMIT_PATH
from twinlock_world.github.routes.rate_limit import rate_limit
from twinlock_world.github.routing import LARGEST_CONTENT, Route, Router
from twinlock_world.github.urls import Urls, origin_of
from twinlock_world.jsonvalue import FieldError
from twinlock_world.rate_limit import CORE, GRAPHQL, LimitError, Limits

if TYPE_CHECKING:
    from twinlock_world.git_objects import GitRepositories
    from twinlock_world.github.accounts import Identity
    from twinlock_world.store import Store

Scope: TypeAlias = MutableMapping[str, Any]  # ASGI's own types are as loose as this
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_API: Final = "api.github.com"
_MOUNT: Final = "/api/v3"
_GRAPHQL: Final = "/api/graphql"  # where it stands beside a REST API that is mounted
_UNCHANGED: Final = 304
_SCOPES: Final = "admin:org, admin:org_hook, admin:repo_hook, delete_repo, gist, repo, workflow"  # of a classic token
_FIXED_HEADERS: Final = {
    "cache-control": "private, max-age=60, s-maxage=60",
    "vary": "Accept, Authorization",
    "x-content-type-options": "nosniff",
    "x-github-media-type": "github.v3; format=json",
}


@dataclass(slots=True)
class Statistics:
    """What was asked of the application since it started."""

    requests: int = 0
    unknown_routes: Counter[str] = field(default_factory=Counter)


class GitHub:
    """The ASGI application."""

    def __init__(self, store: Store, git: GitRepositories, routes: Iterable[Route], pages: str) -> None:
        self._pages = pages
        self.statistics = Statistics()
        self._store = store
        self._git = git
        self.limits = Limits(store.clock)
        self._router = Router([*routes, graphql(self, self._count_unknown), rate_limit(self.limits)])
        self._watcher = Watcher(self._router, TABLES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        try:
            content = await _read(receive)
        except ClientGoneError:
            return  # whatever was to come of half a request must not
        status, headers, body = self.respond(_request(scope, content, self._pages))
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def respond(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and content of the answer to a request."""
        self.statistics.requests += 1
        resource = GRAPHQL if request.path == GRAPHQL_PATH else CORE
        identity, counted, version = None, False, ""
        try:
            version = api_version.selected({} if resource == GRAPHQL else request.headers)
            identity = identify(self._store, request.headers.get("authorization"))
            counted = request.path != RATE_LIMIT_PATH
            if counted:
                self.limits.admit(identity, resource, request.method)
            reply = self._handle(request, identity)
        except LimitError as error:
            reply, counted = Reply(error.status, error.body(), error.headers), False
        except GitHubError as error:
            reply = Reply(error.status, error.body(), then=error.keep)
        except FieldError as error:
            refused = wrong_field(error.field, error.problem)
            reply = Reply(refused.status, refused.body())
        except GitError as error:
            refused = invalid(f"Git refuses this: {error}")
            reply = Reply(refused.status, refused.body())
        if reply.then is not None:
            reply.then()
        if version:
            reply = replace(
                reply,
                body=api_version.told(reply.body, version),
                headers={**reply.headers, api_version.SELECTED: version},
            )
        status, headers, body = _finish(request, reply, identity)
        if counted and status != _UNCHANGED:
            self.limits.count(identity, resource)
        return status, {**headers, **self.limits.headers(identity, resource)}, body

    def _handle(self, request: Request, identity: Identity | None) -> Reply:
        reading = request.method == "GET"
        found = self._router.find(request.method, request.path)
        if found is None:
            return self._unknown(request)
        route, params = found
        if len(request.content) > route.largest:
            raise GitHubError(413, "Payload Too Large")
        if "\0" in "".join(params.values()):
            raise invalid("Invalid request.\n\nA name may not hold a null character.")
        with nullcontext() if reading or route.own_transactions else self._store.transaction():
            call = Call(request, params, identity, self._store, self._git)
            return route.run(call) if reading else self._watcher.run(route, call)

    def route(self, method: str, path: str) -> Route | None:
        """Return the route that answers a path, percent-encoded; nothing where there is none."""
        found = self._router.find(method, path)
        return None if found is None else found[0]

    def ask(self, call: Call, request: Request) -> Reply:
        """Answer a request within another call, as its caller and in its transaction.

        Raises:
            GitHubError: As the route refuses; 501 where there is none.
        """
        found = self._router.find(request.method, request.path)
        if found is None:
            name = self._unknown_name(request)
            raise GitHubError(501, f"This world has no route {name}")
        route, params = found
        inner = replace(call, request=request, params=params)
        reply = route.run(inner) if request.method == "GET" else self._watcher.run(route, inner)
        if reply.then is not None:
            self._store.after_commit(reply.then)
        return reply

    def _unknown(self, request: Request) -> Reply:
        name = self._unknown_name(request)
        return Reply(501, GitHubError(501, f"This world has no route {name}").body())

    def _unknown_name(self, request: Request) -> str:
        name = f"{request.method} {_shape(request.path)}"
        self._count_unknown(name)
        return name

    def _count_unknown(self, name: str) -> None:
        self.statistics.unknown_routes[name] += 1


def _shape(path: str) -> str:
    """Return a path with what varies left out, so that calls of one route count together."""
    segments = path.strip("/").split("/")
    names = {"repos": ("{owner}", "{repo}"), "orgs": ("{org}",), "users": ("{username}",)}.get(segments[0], ())
    head = [segments[0], *names][: len(segments)]
    rest = ["{id}" if re.fullmatch(r"[0-9]+|[0-9a-f]{40}", segment) else segment for segment in segments[len(head) :]]
    return "/" + "/".join([*head, *rest])


def _finish(request: Request, reply: Reply, identity: Identity | None) -> tuple[int, dict[str, str], bytes]:
    headers: dict[str, str] = {**_FIXED_HEADERS, **reply.headers}
    if isinstance(identity, User):
        headers["x-oauth-scopes"] = _SCOPES
    if reply.body is None and reply.raw is None:
        return reply.status, {**headers, "content-length": "0"}, b""
    body = reply.raw if reply.raw is not None else json.dumps(reply.body, separators=(",", ":")).encode()
    headers.setdefault("content-type", "application/json; charset=utf-8")
    if reply.status in {200, 201}:
        headers["etag"] = _tag(request, identity, body)
        if request.method == "GET" and _matches(request.headers.get("if-none-match"), headers["etag"]):
            return _UNCHANGED, {name: value for name, value in headers.items() if name != "content-type"}, b""
    return reply.status, {**headers, "content-length": str(len(body))}, body


def _tag(request: Request, identity: Identity | None, body: bytes) -> str:
    """Return an entity tag: of the document as this account was told it in this form, and of nobody else's."""
    told = f"{0 if identity is None else identity.id}:{request.headers.get('accept', '')}:"
    return f'"{hashlib.sha256(told.encode() + body).hexdigest()}"'


def _matches(header: str | None, etag: str) -> bool:
    if header is None:
        return False
    return etag in {tag.strip().removeprefix("W/") for tag in header.split(",")}


def _request(scope: Scope, content: bytes, pages: str) -> Request:
    headers: Mapping[str, str] = {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }
    path = scope["raw_path"].decode("latin-1").partition("?")[0]
    if path == _GRAPHQL:
        path = f"{_MOUNT}/graphql"
    mounted = path == _MOUNT or path.startswith(f"{_MOUNT}/")
    query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    method = "GET" if scope["method"] == "HEAD" else scope["method"]
    urls = _urls(headers.get("host", ""), _MOUNT if mounted else "", pages)
    return Request(method, path.removeprefix(_MOUNT) if mounted else path, query, headers, content, urls)


def _urls(host: str, mount: str, pages: str) -> Urls:
    """Return addresses as the caller may use them: who reached GitHub's own API by a socket goes on there."""
    if host == _API:
        return Urls(f"https://{_API}", mount, pages)
    return Urls(origin_of(host), mount)


async def _read(receive: Receive) -> bytes:
    """Return a request's content; one that is too large for every route goes by, and only its size counts."""
    content = bytearray()
    more = True
    while more:
        part, more = await read_chunk(receive)
        if len(content) <= LARGEST_CONTENT:
            content += part
    return bytes(content)
