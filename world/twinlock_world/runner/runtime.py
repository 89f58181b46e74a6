"""What a running job asks the world for besides the API: an identity, and a place for artifacts.

A job proves itself by its token, which names it. The identity needs `id-token: write`. Artifacts are uploaded by the
world's own stand-in for the upload action; the protocol of GitHub's own client is not modelled.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, unquote

from twinlock_world.asgi import ClientGoneError, Head, TooLargeError, read_body, respond
from twinlock_world.github.errors import GitHubError
from twinlock_world.github.repository import get_repository
from twinlock_world.github.site import Site
from twinlock_world.github.workflows import files
from twinlock_world.github.workflows.artifacts import artifacts_of, keep_artifact
from twinlock_world.github.workflows.jobs import identity_of, job_of_token
from twinlock_world.github.workflows.runs import run_of
from twinlock_world.oidc.subject import SubjectError

if TYPE_CHECKING:
    from twinlock_world.asgi import Receive, Scope, Send
    from twinlock_world.github.workflows.engine import Engine
    from twinlock_world.jsonvalue import JsonValue
    from twinlock_world.oidc.issuer import Issuer
    from twinlock_world.store import Record

PREFIX: Final = "/_runtime/"
_LARGEST: Final = 512 * 1024 * 1024
_ARTIFACTS: Final = f"{PREFIX}artifacts"


class Runtime:
    """The ASGI application of the paths below `/_runtime/`."""

    def __init__(self, engine: Engine, issuer: Issuer) -> None:
        self._engine = engine
        self._issuer = issuer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request of a job."""
        head = Head.of(scope)
        try:
            content = await read_body(receive, limit=_LARGEST)
            status, body = self._answer(head, content)
        except ClientGoneError:
            return
        except TooLargeError:
            status, body = 413, {"message": "Payload Too Large"}
        except GitHubError as error:
            status, body = error.status, error.body()
        if isinstance(body, bytes):
            await respond(send, status, {"content-type": "application/zip"}, body)
            return
        await respond(send, status, {"content-type": "application/json"}, json.dumps(body).encode())

    def _answer(self, head: Head, content: bytes) -> tuple[int, JsonValue | bytes]:
        token = head.headers.get("authorization", "").partition(" ")[2].strip()
        job = job_of_token(self._engine.store, token)
        if job is None:
            raise GitHubError(401, "Bad credentials")
        query = {name: found[0] for name, found in parse_qs(head.query).items()}
        if head.raw_path == f"{PREFIX}token" and head.method == "GET":
            return self._token(job, query.get("audience"))
        if head.raw_path == _ARTIFACTS and head.method == "GET":
            return 200, self._list(job)
        if head.raw_path.startswith(f"{_ARTIFACTS}/"):
            name = unquote(head.raw_path.removeprefix(f"{_ARTIFACTS}/"))
            if head.method == "PUT":
                return self._keep(job, name, content, query)
            if head.method == "GET":
                return self._read(job, name)
        raise GitHubError(404, "Not Found")

    def _token(self, job: Record, audience: str | None) -> tuple[int, JsonValue]:
        engine = self._engine
        identity = identity_of(engine.store, engine.git, engine.urls, job)
        if identity is None:
            raise GitHubError(403, "The job has no permission to ask for an identity: it needs `id-token: write`.")
        try:
            return 200, {"value": self._issuer.token(identity, audience)}
        except SubjectError as error:
            raise GitHubError(400, str(error)) from error

    def _keep(self, job: Record, name: str, content: bytes, query: dict[str, str]) -> tuple[int, JsonValue]:
        days = query.get("retention", "90")
        with self._engine.store.transaction():
            site, run = self._place(job)
            limit = int(days) if days.isascii() and days.isdigit() and len(days) < 4 else 90  # noqa: PLR2004 - days
            made = keep_artifact(site, run, name, content, days=limit or 90)
        return 201, {"id": made.id, "size": len(content), "digest": made.fields.text("digest")}

    def _list(self, job: Record) -> JsonValue:
        site, run = self._place(job)
        return [{"id": found.id, "name": found.fields.text("name")} for found in artifacts_of(site, run)]

    def _read(self, job: Record, name: str) -> tuple[int, bytes]:
        site, run = self._place(job)
        found = next((each for each in artifacts_of(site, run) if each.fields.text("name") == name), None)
        data = None if found is None else files.read(site.git, files.ARTIFACTS, found.id)
        if data is None:
            raise GitHubError(404, "Artifact not found for name: " + name)
        return 200, data

    def _place(self, job: Record) -> tuple[Site, Record]:
        engine = self._engine
        run = run_of(engine.store, job)
        repository = None if run is None else get_repository(engine.store, run.parent or 0)
        if run is None or repository is None:
            raise GitHubError(404, "Not Found")
        return Site(engine.store, engine.git, engine.urls, repository), run
