"""A service of an AWS account as the handlers need it: what is gone is None, tags are maps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

from twinlock.aws.session import Missing, Refused
from twinlock.engine.result import FieldChange
from twinlock.errors import Incomplete

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinlock.aws.session import AwsService
    from twinlock.provider.port import Clients, Properties

Row = Mapping[str, object]
"""One object of an answer."""


class Service:
    """One service of one account."""

    def __init__(self, service: AwsService, account: str, region: str) -> None:
        """Take the service, and the place that ARNs name."""
        self._service = service
        self.account = account
        self.region = region

    @classmethod
    def of(cls, clients: Clients, name: str) -> Self:
        """Return a service of the account that clients reach.

        Raises:
            Incomplete: The provider reaches no AWS account.
        """
        if clients.aws is None or clients.account is None:
            raise not_reached()
        return cls(clients.aws(name), clients.account, clients.region or "")

    def send(self, operation: str, **arguments: object) -> Row:
        """Make one request, without the arguments that are None.

        Raises:
            Missing: What the request names does not exist.
            Refused: AWS refused.
        """
        return self._service.call(operation, **{name: value for name, value in arguments.items() if value is not None})

    def get(self, operation: str, key: str, **arguments: object) -> Row | None:
        """Return what stands under `key` in the answer, or None where what is asked for is gone.

        Raises:
            Refused: AWS refused.
        """
        try:
            answer = self.send(operation, **arguments)
        except Missing:
            return None
        found = answer.get(key) if key else answer
        if not isinstance(found, dict):
            raise Refused(f"{operation} gave no {key}")
        return found

    def rows(self, operation: str, key: str, **arguments: object) -> list[Row]:
        """Return the objects in the list under `key`; none where what they belong to is gone.

        Raises:
            Refused: AWS refused.
        """
        try:
            found = self.send(operation, **arguments).get(key)
        except Missing:
            return []
        return rows(found)

    def remove(self, operation: str, **arguments: object) -> None:
        """Make one request that removes something; already gone is no error.

        Raises:
            Refused: AWS refused.
        """
        try:
            self.send(operation, **arguments)
        except Missing:
            return

    def list(self, operation: str, key: str, **arguments: object) -> Sequence[object] | None:
        """Return a whole list, or None where what it belongs to is gone.

        Raises:
            Refused: AWS refused.
        """
        try:
            return self._service.pages(operation, key, **arguments)
        except Missing:
            return None

    def arn(self, service: str, tail: str) -> str:
        """Return the ARN of something in this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{tail}"


def not_reached() -> Incomplete:
    """Return the error of a provider without an account."""
    return Incomplete(
        "AWS was not reached.",
        "The provider has no connection to an account.",
        "Declare the resource with the AWS provider of its program.",
    )


def rows(found: object) -> list[Row]:
    """Return the objects of a list; none where it is no list."""
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []


def as_list(tags: object) -> list[dict[str, str]] | None:
    """Return declared tags as most services take them; None where there are none."""
    return [{"Key": key, "Value": value} for key, value in sorted(_declared(tags).items())] or None


def as_map(found: object) -> dict[str, str]:
    """Return tags as a service gives them, as they are declared."""
    if isinstance(found, Mapping):
        return {str(key): str(value) for key, value in found.items()}
    spelt = ({name.lower(): str(value) for name, value in tag.items()} for tag in rows(found))
    return {tag["key"]: tag.get("value", "") for tag in spelt}


def tag_changes(live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
    """Return what differs between tags: each declared one, and each that nobody declared.

    AWS's own (`aws:`) belong to nobody here.
    """
    found, wanted = _declared(live.get("tags")), _declared(inputs.get("tags"))
    return tuple(
        FieldChange(f"tags.{key}", found.get(key, "none"), wanted.get(key, "none"))
        for key in sorted(found.keys() | wanted.keys())
        if found.get(key) != wanted.get(key) and not key.startswith("aws:")
    )


def surplus(live: Properties, inputs: Properties) -> list[str]:
    """Return the tags that nobody declared."""
    wanted = _declared(inputs.get("tags"))
    return [key for key in sorted(_declared(live.get("tags"))) if key not in wanted and not key.startswith("aws:")]


def _declared(tags: object) -> dict[str, str]:
    return {str(key): str(value) for key, value in tags.items()} if isinstance(tags, Mapping) else {}
