"""Which operation of which service a signed request asks for, and its parameters.

A request is read as moto will read it, or not at all: what names its operation twice, or names a host of its own, could
be judged as one thing and served as another, so whoever is held to policies may not send it. Called by `enforcement`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, unquote

from twinlock_world.aws.call import Refusal, RefusedError, form

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock_world.aws.call import Call, Request
    from twinlock_world.jsonvalue import JsonObject, JsonValue

_PREFIXES: Final = {"monitoring": "cloudwatch", "email": "ses", "tagging": "tag"}
"""Services that IAM calls otherwise than the scope of their signatures."""

_FORM: Final = "application/x-www-form-urlencoded"
_OWN_HOSTS: Final = frozenset({"127.0.0.1", "localhost"})
AMBIGUOUS: Final = Refusal(400, "InvalidRequest", "The request does not name one operation.")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request takes place."""

    account: str
    region: str

    def arn(self, service: str, tail: str) -> str:
        """Return the ARN of something in this account and region."""
        return tail if tail.startswith("arn:") else f"arn:aws:{service}:{self.region}:{self.account}:{tail}"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Attributes:
        service: As IAM calls it.
        name: As the API calls it; empty where the protocol does not name it.
        parameters: A JSON protocol's document, or the fields of a query protocol.
        path: For REST, decoded.
        query: For REST.
        headers: In lower case.
        method: HTTP's.
    """

    service: str
    name: str
    parameters: JsonObject
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]

    def text(self, name: str) -> str:
        """Return a parameter that is a text; empty where there is none."""
        value = self.parameters.get(name)
        return value if isinstance(value, str) else ""

    def named(self, name: str, parameters: JsonObject | None = None) -> Operation:
        """Return the same operation with a name, and with what its path says."""
        return replace(self, name=name, parameters={**self.parameters, **(parameters or {})})

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a parameter that is a list of texts, as JSON or as numbered fields."""
        value = self.parameters.get(name)
        if isinstance(value, list | tuple):
            return tuple(item for item in value if isinstance(item, str))
        return tuple(
            item for field, item in self.parameters.items() if isinstance(item, str) and _is_member(field, name)
        )


def read(call: Call, request: Request) -> Operation:
    """Return what a request asks for.

    Raises:
        RefusedError: It can be read in more than one way, or in none.
    """
    host = request.headers.get("host", "").partition(":")[0]
    query = {name: values[0] for name, values in parse_qs(request.query, keep_blank_values=True).items()}
    is_form = request.headers.get("content-type", "").startswith(_FORM) and call.service != "s3"
    target = request.headers.get("x-amz-target")
    named = [bool(target), "Action" in query, is_form and "Action" in form(request)]
    if host not in _OWN_HOSTS or sum(named) > 1 or (call.service == "s3" and any(named)) or (is_form and query):
        raise RefusedError(AMBIGUOUS)
    parameters: JsonObject = form(request) if is_form else _document(request.body) if target else query
    return Operation(
        service=_PREFIXES.get(call.service, call.service),
        name=call.action if any(named) else "",
        parameters=parameters,
        method=request.method,
        path=unquote(request.raw_path),
        query=query,
        headers=request.headers,
    )


def _document(body: bytes) -> JsonObject:
    try:
        found: JsonValue = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise RefusedError(Refusal(400, "SerializationException", "The request is no JSON.")) from error
    return found if isinstance(found, dict) else {}


def _is_member(field: str, name: str) -> bool:
    """Tell whether a field of a query protocol is an element of a list: `Ids.1`, `Ids.member.1`."""
    rest = field.removeprefix(f"{name}.").removeprefix("member.")
    return field.startswith(f"{name}.") and rest.isdigit()
