"""AWS on loopback: moto's services behind an edge that knows its callers.

Why an edge: moto alone answers anybody. A key that it doesn't know lands in a default account, so a client with the
keys of an earlier run would write where nobody looks. Here a request is served only if a key of a seeded account
signed it. Everything is memory: a new process starts empty and with new keys. Importing moto takes most of the
server's start, so the server imports this module in a thread of its own.
"""

from __future__ import annotations

import contextlib
import hmac
import io
import json
import socket
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import moto.core.request
from moto.iam.models import get_account_id_from
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from twinlock_world.aws import call as calls
from twinlock_world.aws import holdings, long_poll, published, services, state, sts
from twinlock_world.aws.caller import Caller
from twinlock_world.aws.decisions import Decisions
from twinlock_world.aws.enforcement import Enforcement
from twinlock_world.aws.long_poll import Bell
from twinlock_world.aws.registry import LAYERS, Registry
from twinlock_world.aws.roles import Roles
from twinlock_world.aws.sessions import Sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from wsgiref.types import StartResponse, WSGIEnvironment

    from twinlock_world.aws.tasks.ecs import Ecs
    from twinlock_world.aws.tasks.fleet import Settings
    from twinlock_world.aws.web_identity import Issuer
    from twinlock_world.faults import Fault, Faults
    from twinlock_world.jsonvalue import JsonObject

_ADMINISTRATOR: Final = "administrator"
_EVERYTHING: Final = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
_FIRST_FAILURE: Final = 400
_POLL_SECONDS: Final = 0.1  # how long a stop may go unnoticed


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of an account's administrator."""

    account: str
    access_key: str
    secret_key: str = field(repr=False)


class Aws:
    """The accounts of one process, and the WSGI application that serves them."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._keys: dict[str, Keys] = {}
        self._services = DomainDispatcherApplication(create_backend_app)
        self._lock = threading.Lock()
        self._written = False
        self._faults: Faults | None = None
        self.requests = 0
        self.unserved: Counter[str] = Counter()
        self.decisions = Decisions()
        self._sessions = Sessions()
        self._enforcement = Enforcement(self.decisions, now)
        self._roles = Roles(self._sessions, self.decisions, now)
        self._registry = Registry(now)
        self._bell = Bell()
        self._make_ecs: Callable[[], Ecs] | None = None
        self._ecs: Ecs | None = None

    @property
    def empty_since_start(self) -> bool:
        """Whether no caller has changed anything since this process started."""
        return not self._written

    def federate(self, name: str, issuer: Issuer) -> None:
        """Let tokens of an issuer be verified; accounts choose by their OIDC providers whether they count."""
        self._roles.federate(name, issuer)

    def suffer(self, faults: Faults) -> None:
        """Let faults befall requests from now on."""
        self._faults = faults

    def run_tasks(self, settings: Settings, url: str) -> None:
        """Run tasks of ECS on this machine from now on; `url` is where these accounts are served."""
        self._make_ecs = lambda: self._tasks(settings, url)

    def stop_tasks(self) -> None:
        """End every task."""
        if self._ecs is not None:
            self._ecs.stop()

    def ensure_account(self, account: str) -> Keys:
        """Return the keys of an account's administrator, making the account where there is none."""
        with self._lock:
            if account not in self._keys:
                backend = holdings.iam(account)
                backend.create_user(holdings.PARTITION, _ADMINISTRATOR)
                backend.put_user_policy(_ADMINISTRATOR, _ADMINISTRATOR, _EVERYTHING)
                made = backend.create_access_key(_ADMINISTRATOR)
                self._keys[account] = Keys(account, made.access_key_id, made.secret_access_key)
                if "moto.organizations.models" in sys.modules:
                    self._gather()
            return self._keys[account]

    def state(self) -> dict[str, JsonObject]:
        """Return what every seeded account holds, by account id."""
        with self._lock:
            return {
                account: {**state.snapshot(holdings.iam(account)), "regions": services.snapshot(account)}
                for account in sorted(self._keys)
            }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request; one at a time, since moto's memory has no locks of its own."""
        request = _read(environ)
        fault = self._faults.befalling(calls.named(request)) if self._faults else None
        if fault is not None and not fault.carried_out:
            return _failed(fault, request, environ)(environ, start_response)
        with self._lock:
            self.requests += 1
            response = self._answer(request, environ)
        patience = long_poll.impatient(request)
        until = time.monotonic() + (0 if patience is None else patience.seconds)
        while patience is not None and long_poll.found_nothing(response) and self._bell.wait(until):
            with self._lock:
                response = self._answer(request, environ)
        if fault is not None:
            response = _failed(fault, request, environ)
        return response(environ, start_response)

    def _answer(self, request: calls.Request, environ: WSGIEnvironment) -> Response:
        try:
            return self._serve(request, environ)
        except calls.RefusedError as error:
            return _refused(error.refusal, request)
        except Exception as error:  # noqa: BLE001 - whatever moto stumbles over, the caller gets an answer of AWS's kind
            return self._unserved(request, error)

    def _serve(self, request: calls.Request, environ: WSGIEnvironment) -> Response:
        federated = calls.federated(request)
        if federated:
            return self._for_token(federated, request)
        linked = self._by_link(request)
        if linked is not None:
            return linked
        call = calls.parse(request)
        caller = self._authenticate(call, request)
        if (call.service, call.action) == ("sts", sts.ASSUME_ROLE):
            return _xml(self._roles.assume(caller, request, call.region))
        administrator = self._keys.get(caller.account)
        if administrator is None or call.access_key != administrator.access_key:
            self._enforcement.require(caller, call, request, lambda: _rest_operation(call.service, environ))
        answer = self._without_moto(caller.account, call, request)
        return self._by_moto(caller, call, request, environ) if answer is None else answer

    def _by_moto(self, caller: Caller, call: calls.Call, request: calls.Request, environ: WSGIEnvironment) -> Response:
        if call.service == "iam" and published.concerns_aws_policies(request.body):
            published.load(holdings.iam(caller.account))
        if call.service == "ecr":
            _replace_body(environ, self._registry.amend(caller.account, call, request))
        patience = long_poll.impatient(request)
        _replace_body(environ, None if patience is None else patience.body)
        response = Response.from_app(self._services, environ, buffered=True)
        if response.status_code < _FIRST_FAILURE and call.service == "ecs" and self._ecs is not None:
            response.set_data(self._ecs.told(caller.account, call, request, response.get_data()))
        if response.status_code < _FIRST_FAILURE and not calls.reads(call, request):
            self._written = True
            if call.service == "sqs":
                self._bell.ring()
            if (call.service, call.action) == ("organizations", "CreateOrganization"):
                self._gather()
        return response

    def _without_moto(self, account: str, call: calls.Call, request: calls.Request) -> Response | None:
        """Refuse what AWS refuses everybody, and answer what moto cannot."""
        match call.service:
            case "ecr":
                return _json(self._registry.answer(account, call, request))
            case "ecs" if self._make_ecs is not None:
                if self._ecs is None:
                    self._ecs = self._make_ecs()
                return _json(self._ecs.answer(account, call, request))
            case "ecs" if call.action in {"RunTask", "StartTask"}:
                message = "This world runs no tasks: serve it with --tasks"
                raise calls.RefusedError(calls.Refusal(501, "NotImplemented", message))
            case "iam":
                from twinlock_world.aws import audiences  # noqa: PLC0415 - loaded with the service that it is about

                changed = audiences.answer(account, call, request)
                self._written |= changed is not None
                return None if changed is None else _xml(changed)
            case "kms":
                from twinlock_world.aws import key_state  # noqa: PLC0415 - loaded with the service that it is about

                key_state.check(account, call, request)
            case "s3":
                from twinlock_world.aws import object_lock, subresource  # noqa: PLC0415 - as above

                subresource.check(request)
                object_lock.check(request)
                retention = object_lock.retention(request)
                return None if retention is None else _xml(retention)
            case _:
                pass
        return None

    def _by_link(self, request: calls.Request) -> Response | None:
        """Answer at an address that nobody can guess, and that is therefore enough: a layer's, or a task's keys'."""
        if request.method != "GET":
            return None
        if request.raw_path.startswith(LAYERS):
            layer = self._registry.download(request.raw_path)
            return (
                Response(b"", 404) if layer is None else Response(layer, 200, content_type="application/octet-stream")
            )
        if self._ecs is not None and request.raw_path.startswith(self._ecs.credentials_path):
            return _json(self._ecs.credentials(request.raw_path)) or Response(b"", 404)
        return None

    def _for_token(self, action: str, request: calls.Request) -> Response:
        if action != sts.WEB_IDENTITY:  # there is nobody here who could sign an assertion
            raise calls.RefusedError(calls.Refusal(403, "AccessDenied", f"Not authorized to perform sts:{action}"))
        return _xml(self._roles.with_web_identity(request))

    def _authenticate(self, call: calls.Call, request: calls.Request) -> Caller:
        """Return who signed a request.

        Raises:
            RefusedError: Nobody who may.
        """
        session = self._sessions.find(call.access_key)
        account = get_account_id_from(call.access_key) if session is None else session.account
        key = holdings.iam(account).access_keys.get(call.access_key) if account in self._keys or session else None
        if key is None or key.status != "Active":
            raise calls.RefusedError(calls.UNKNOWN_KEY)
        if not calls.is_genuine(call, request, key.secret_access_key):
            raise calls.RefusedError(calls.WRONG_SIGNATURE)
        if session is None:
            holder = holdings.find_user(account, key.user_name or "")
        else:
            if not hmac.compare_digest(
                request.headers.get("x-amz-security-token", "").encode(), session.token.encode()
            ):
                raise calls.RefusedError(calls.UNKNOWN_KEY)
            if self._now() >= session.expires:
                raise calls.RefusedError(calls.EXPIRED)
            holder = holdings.find_role(account, session.role)
        if holder is None:
            raise calls.RefusedError(calls.UNKNOWN_KEY)
        return Caller(account, holder, session)

    def _gather(self) -> None:
        """Let the seeded accounts belong to the organization that one of them has."""
        from twinlock_world.aws.organization import gather  # noqa: PLC0415 - few worlds have an organization

        gather(self._keys)

    def _tasks(self, settings: Settings, url: str) -> Ecs:
        from twinlock_world.aws.tasks.ecs import Ecs  # noqa: PLC0415 - loaded with ECS and EC2, when one is first used
        from twinlock_world.aws.tasks.fleet import Fleet  # noqa: PLC0415 - as above
        from twinlock_world.aws.tasks.identities import Identities  # noqa: PLC0415 - as above
        from twinlock_world.aws.tasks.moto_cloud import MotoCloud  # noqa: PLC0415 - as above

        identities = Identities(self._roles, self._enforcement, url, self._now)
        cloud = MotoCloud(self._lock, self._registry, identities, self._now)
        return Ecs(Fleet(cloud, settings, self._now), identities)

    def _unserved(self, request: calls.Request, error: Exception) -> Response:
        name = calls.named(request)
        self.unserved[name] += 1
        if isinstance(error, NotImplementedError):
            return _refused(calls.Refusal(501, "NotImplemented", f"This world has no {name}"), request)
        from twinlock_world.aws.misuse import misuse  # noqa: PLC0415 - seldom needed

        refusal = misuse(calls.parse(request), request)
        if refusal is not None:
            return _refused(refusal, request)
        failure = f"moto failed on {name} with {type(error).__name__}"
        return _refused(calls.Refusal(500, "InternalFailure", failure), request)


class Listener:
    """The AWS listener: a threaded server on a socket that is already bound."""

    def __init__(self, aws: Aws, bound: socket.socket) -> None:
        host, port = bound.getsockname()
        self._server = make_server(host, port, aws, threaded=True, request_handler=_Handler, fd=bound.fileno())
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": _POLL_SECONDS}, name="aws", daemon=True
        )

    def start(self) -> None:
        """Answer requests from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no new request, and return when the listener is gone."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class _Handler(MotoRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes: the second would wait for a delayed acknowledgement

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - the name is werkzeug's
        """Say nothing: requests hold keys, and standard error is the user's."""


def _read(environ: WSGIEnvironment) -> calls.Request:
    """Take the request in whole, and let moto read the same bytes but no account of the caller's choice."""
    arrived = moto.core.request.Request(environ)
    body = arrived.get_data(cache=False)
    request = calls.Request(
        method=arrived.method,
        raw_path=arrived.raw_path,
        query=arrived.query_string.decode("latin-1"),
        headers={name.lower(): value for name, value in arrived.headers.items()},
        body=body,
    )
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ.pop("HTTP_X_MOTO_ACCOUNT_ID", None)
    return request


def _failed(fault: Fault, request: calls.Request, environ: WSGIEnvironment) -> Response:
    """Return the answer that a fault gives, or end the connection; werkzeug takes that for a client that went."""
    if fault.lost:
        with contextlib.suppress(OSError):
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        raise ConnectionAbortedError
    return _refused(calls.failure(fault.status or 500), request)


def _xml(body: bytes) -> Response:
    return Response(body, 200, content_type="text/xml")


def _json(document: JsonObject | None) -> Response | None:
    if document is None:
        return None
    return Response(json.dumps(document), 200, content_type="application/x-amz-json-1.1")


def _replace_body(environ: WSGIEnvironment, body: bytes | None) -> None:
    if body is not None:
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))


def _rest_operation(service: str, environ: WSGIEnvironment) -> tuple[str, dict[str, str]]:
    """Return the operation of a REST protocol and what its path says, as moto will find them."""
    from moto.core.routing import get_service_router  # noqa: PLC0415 - few services need it

    try:
        found, values = get_service_router(service).match(moto.core.request.Request(environ))
    except Exception:  # noqa: BLE001 - no such service, no such path: whichever way moto puts it
        return "", {}
    return str(found.name), {name: str(value) for name, value in values.items()}


def _refused(refusal: calls.Refusal, request: calls.Request) -> Response:
    refusal = calls.spelt(refusal, request)
    content_type, body = calls.render(refusal, request)
    headers = {"x-amzn-errortype": refusal.code}
    return Response(body, refusal.status, headers, content_type=content_type)
