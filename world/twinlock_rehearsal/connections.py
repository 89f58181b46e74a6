"""From a program's providers to the clients that handlers work through; no address but loopback passes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

from twinlock.errors import Incomplete
from twinlock.github.http import unheard
from twinlock.model.declaration import Where
from twinlock.provider.clients import connect
from twinlock_rehearsal.loopback import require_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twinlock.provider.port import Clients, Properties

PROVIDER = "pulumi:providers:"
"""What the types of providers begin with."""


class Connector(Protocol):
    """From providers to clients."""

    def to(self, type_: str, inputs: Properties) -> Clients:
        """Return the clients of a provider of this type, given its inputs.

        Raises:
            Incomplete: It cannot be connected.
        """


class Connections:
    """Clients by provider. Equal providers share one, so that connections live on from stack to stack."""

    def __init__(self, notice: Callable[[str], None] = unheard) -> None:
        """Connect to nothing yet.

        Args:
            notice: Hears, in one line, for what a long wait is.
        """
        self._notice = notice
        self._open: dict[str, Clients] = {}

    def to(self, type_: str, inputs: Properties) -> Clients:
        """Return the clients of a provider.

        Raises:
            Incomplete: Its address is not on loopback, it lacks what it must have, or is of an unknown package.
        """
        package = type_.removeprefix(PROVIDER)
        translate = _PACKAGES.get(package)
        if translate is None:
            raise Incomplete(
                f"The provider {package} was not connected.",
                f"The embedded engine knows {', '.join(sorted(_PACKAGES))}.",
                "Run the program with Pulumi's engine.",
            )
        given = translate(inputs)
        key = json.dumps(given, sort_keys=True)
        if key not in self._open:
            self._open[key] = connect(given, Where.WORLD, self._notice)
        return self._open[key]


def _github(inputs: Properties) -> Mapping[str, object]:
    url = require_loopback(inputs.get("baseUrl"), "GitHub").rstrip("/")
    return {
        "githubUrl": url,
        "githubToken": inputs.get("token"),
        "organization": inputs.get("owner") or inputs.get("organization"),
    }


def _aws(inputs: Properties) -> Mapping[str, object]:
    accounts = _parsed(inputs.get("allowedAccountIds"))
    endpoints = _parsed(inputs.get("endpoints"))
    first = endpoints[0] if endpoints else None
    return {
        "awsEndpoint": require_loopback(first.get("iam") if isinstance(first, dict) else None, "AWS"),
        "awsAccessKey": inputs.get("accessKey"),
        "awsSecretKey": inputs.get("secretKey"),
        "awsSessionToken": inputs.get("token"),
        "awsRegion": inputs.get("region"),
        "awsAccountId": accounts[0] if accounts else None,
    }


def _twinlock(inputs: Properties) -> Mapping[str, object]:
    if "githubUrl" in inputs:
        require_loopback(inputs["githubUrl"], "GitHub")
    if "awsEndpoint" in inputs or "githubUrl" not in inputs:
        require_loopback(inputs.get("awsEndpoint"), "AWS")
    return inputs


_PACKAGES: Mapping[str, Callable[[Properties], Mapping[str, object]]] = {
    "aws": _aws,
    "github": _github,
    "twinlock": _twinlock,
}


def _parsed(value: object) -> list[object]:
    """Return a list that the SDK sends as JSON text, as it does with all but strings of a provider."""
    parsed = json.loads(value) if isinstance(value, str) else value
    return parsed if isinstance(parsed, list) else []
