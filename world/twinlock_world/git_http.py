"""Git over HTTP: clone, fetch and push, by git's own `upload-pack` and `receive-pack`.

Why git itself: protocol versions, shallow and partial clones, atomic pushes are then exactly git's. This module only
carries bytes between the socket and git; who may fetch and push is a `Gatekeeper`'s answer, which refs a push may move
its `Push`'s. Called by the server for the three paths that git clients use.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import re
import zlib
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeAlias
from urllib.parse import parse_qs, unquote

from twinlock_world.asgi import ClientGoneError, Head, read_chunk, respond, start
from twinlock_world.git_incoming import incoming
from twinlock_world.git_objects import GitRepository, git_environment, overlay_environment
from twinlock_world.git_receive import Conversation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from twinlock_world.asgi import Receive, Scope, Send
    from twinlock_world.git_receive import Push

_LOG: Final = logging.getLogger(__name__)

Service: TypeAlias = Literal["git-upload-pack", "git-receive-pack"]

_PATH: Final = re.compile(
    r"/(?P<owner>[^/]+)/(?P<name>[^/]+?)(?:\.git)?/(?P<action>info/refs|git-upload-pack|git-receive-pack)"
)
_PROTOCOL: Final = re.compile(r"version=[012]")
_CHUNK: Final = 64 * 1024
_FRESH: Final = {"cache-control": "no-cache, max-age=0, must-revalidate", "pragma": "no-cache"}
_SETTINGS: Final = {
    "gc.auto": "0",  # nothing may run on after the answer
    "receive.autogc": "false",
    "receive.fsckObjects": "true",
    "receive.hideRefs": "refs/pull",
    "receive.maxInputSize": "2g",
    "receive.procReceiveRefs": "refs/",
    "uploadpack.allowAnySHA1InWant": "true",
    "uploadpack.allowFilter": "true",
}


@dataclass(frozen=True, slots=True)
class Route:
    """What a git client asks of which repository: the advertisement of a service, or the service."""

    owner: str
    name: str
    action: str


@dataclass(frozen=True, slots=True)
class Denial:
    """Why a client may not; `challenge` asks it for other credentials."""

    status: int
    message: str
    challenge: bool = False


@dataclass(frozen=True, slots=True)
class Admission:
    """The bare repository to serve; with a push, who says which refs it may move."""

    repository: Path
    push: Push | None = None


class Gatekeeper(Protocol):
    """Who may fetch from and push to which repository."""

    def admit(self, route: Route, service: Service, token: str | None, host: str) -> Admission | Denial:
        """Return what to serve, or why nothing is served; `host` is where the client found the server."""


def match(method: str, raw_path: str) -> Route | None:
    """Return what a git client asks, or nothing where the path is not of git's."""
    found = _PATH.fullmatch(raw_path)
    if found is None or (method == "GET") != (found["action"] == "info/refs") or method not in {"GET", "POST"}:
        return None
    return Route(unquote(found["owner"]), unquote(found["name"]), found["action"])


@dataclass(frozen=True, slots=True)
class _Task:
    """One run of git for one request."""

    admission: Admission
    service: Service
    protocol: str
    zipped: bool
    hooks: Path


class GitHttp:
    """The ASGI application that serves git clients; `hooks` is the directory of the one hook that git runs."""

    def __init__(self, gatekeeper: Gatekeeper, hooks: Path) -> None:
        self._gatekeeper = gatekeeper
        self._hooks = hooks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request of a git client; its path must `match`."""
        head = Head.of(scope)
        route = match(head.method, head.raw_path)
        service = None if route is None else _service(route, head)
        if route is None or service is None:
            await _deny(send, Denial(403, "Please upgrade your git client."))
            return
        admitted = self._gatekeeper.admit(route, service, _password(head), head.headers.get("host", ""))
        if isinstance(admitted, Denial):
            await _deny(send, admitted)
            return
        protocol = head.headers.get("git-protocol", "")
        task = _Task(
            admission=admitted,
            service=service,
            protocol=protocol if _PROTOCOL.fullmatch(protocol) else "",
            zipped=head.headers.get("content-encoding") == "gzip",
            hooks=self._hooks,
        )
        if route.action == "info/refs":
            await _advertise(send, task)
        elif admitted.push is None:
            await _exchange(receive, send, task)
        else:
            await _receive_push(receive, send, task, admitted.push)


def _service(route: Route, head: Head) -> Service | None:
    asked = parse_qs(head.query).get("service", [""])[0] if route.action == "info/refs" else route.action
    match asked:
        case "git-upload-pack" | "git-receive-pack":
            return asked
        case _:
            return None  # a client of the time before smart HTTP


def _password(head: Head) -> str | None:
    scheme, _, value = head.headers.get("authorization", "").partition(" ")
    if scheme.casefold() in {"bearer", "token"}:
        return value.strip()
    if scheme.casefold() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return password or user


async def _deny(send: Send, denial: Denial) -> None:
    challenge = {"www-authenticate": 'Basic realm="GitHub"'} if denial.challenge else {}
    headers = {**challenge, **_FRESH, "content-type": "text/plain; charset=UTF-8"}  # git shows plain text as `remote:`
    await respond(send, denial.status, headers, denial.message.encode())


async def _advertise(send: Send, task: _Task) -> None:
    process = await _start(task, "--advertise-refs")
    out, _ = await process.communicate()
    if process.returncode != 0:
        await _deny(send, Denial(500, "The repository could not be read."))
        return
    line = f"# service={task.service}\n"
    modern = task.service == "git-upload-pack" and task.protocol == "version=2"
    prefix = b"" if modern else f"{len(line) + 4:04x}{line}0000".encode()
    await respond(send, 200, {"content-type": f"application/x-{task.service}-advertisement", **_FRESH}, prefix + out)


async def _receive_push(receive: Receive, send: Send, task: _Task, push: Push) -> None:
    repository = GitRepository(task.admission.repository)
    with ExitStack() as stack:
        room = stack.enter_context(incoming(repository))
        conversation = Conversation(push, room)
        stack.callback(conversation.close)
        await _exchange(receive, send, task, conversation)


async def _exchange(receive: Receive, send: Send, task: _Task, conversation: Conversation | None = None) -> None:
    process = await _start(task, conversation=conversation)
    feeding = asyncio.create_task(_feed(receive, process, zipped=task.zipped))
    holding = None if conversation is None else asyncio.create_task(conversation.hold())
    headers = {"content-type": f"application/x-{task.service}-result", **_FRESH}
    started = False
    try:
        async for chunk in _output(process):
            if not started:
                await start(send, 200, headers)
                started = True
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await feeding
        code = await process.wait()
        if conversation is not None and task.admission.push is not None:
            task.admission.push.ended(conversation.allowed)  # before the client knows it
        if started:
            await send({"type": "http.response.body", "body": b""})
        elif code == 0:
            await respond(send, 200, headers, b"")
        else:
            await _deny(send, Denial(400, "git could not make sense of the request."))
    except ClientGoneError:
        return
    finally:
        feeding.cancel()
        await _end(process)
        if holding is not None:
            await _let_go(holding)


async def _let_go(holding: asyncio.Task[None]) -> None:
    """End the conversation with a hook whose git has ended; one that failed has refused the push, and is noted."""
    holding.cancel()
    try:
        await holding
    except asyncio.CancelledError:
        return
    except Exception:  # noqa: BLE001 - whatever it was, git has refused and the client knows
        _LOG.exception("a push could not be judged")


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _feed(receive: Receive, process: asyncio.subprocess.Process, *, zipped: bool) -> None:
    """Hand the request's body to git, unzipped. What git doesn't want to read any more is dropped.

    Raises:
        ClientGoneError: The client went before its request was whole; git is killed, so that it takes no part of it.
    """
    stdin = process.stdin
    assert stdin is not None  # noqa: S101 - the process was started with a pipe
    unzip = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS) if zipped else None
    more = True
    try:
        while more:
            chunk, more = await read_chunk(receive)
            with suppress(BrokenPipeError, ConnectionResetError):
                stdin.write(chunk if unzip is None else unzip.decompress(chunk))
                await stdin.drain()
        stdin.close()
    except zlib.error:
        process.kill()
    except ClientGoneError:
        process.kill()
        raise


async def _output(process: asyncio.subprocess.Process) -> AsyncIterator[bytes]:
    stdout = process.stdout
    assert stdout is not None  # noqa: S101 - the process was started with a pipe
    while chunk := await stdout.read(_CHUNK):
        yield chunk


async def _start(task: _Task, *flags: str, conversation: Conversation | None = None) -> asyncio.subprocess.Process:
    settings = [f"{name}={value}" for name, value in {**_SETTINGS, "core.hooksPath": str(task.hooks)}.items()]
    arguments = [part for setting in settings for part in ("-c", setting)]
    repository = task.admission.repository
    environment = git_environment() | ({"GIT_PROTOCOL": task.protocol} if task.protocol else {})
    if conversation is not None:
        environment |= conversation.environment | overlay_environment(repository, conversation.objects)
    process = await asyncio.create_subprocess_exec(
        "git",
        *arguments,
        task.service.removeprefix("git-"),
        "--stateless-rpc",
        *flags,
        str(repository),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
        pass_fds=() if conversation is None else conversation.child_ends,
    )
    if conversation is not None:
        conversation.started()
    return process
