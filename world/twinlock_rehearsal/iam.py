"""IAM as the handlers need it: what is gone is None, policies are compared by what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

from twinlock.aws import policy
from twinlock.aws.session import Missing, Refused
from twinlock.errors import Incomplete

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinlock.provider.port import Clients


class _Writer(Protocol):
    """IAM with the arguments that writing takes: numbers and lists too."""

    def call(self, operation: str, **arguments: object) -> Mapping[str, object]: ...

    def pages(self, operation: str, key: str, **arguments: object) -> Sequence[object]: ...


class Iam:
    """IAM of one account."""

    def __init__(self, clients: Clients) -> None:
        """Take the AWS side of the clients.

        Raises:
            Incomplete: The provider reaches no AWS account.
        """
        if clients.iam is None or clients.account is None:
            raise Incomplete(
                "AWS was not reached.",
                "The provider has no connection to an account.",
                "Declare the resource with the AWS provider of its program.",
            )
        self.account = clients.account
        self._iam = cast("_Writer", clients.iam)  # boto3 takes any arguments; the port names those of reading

    def send(self, operation: str, **arguments: object) -> Mapping[str, object]:
        """Make one request, without the arguments that are None.

        Raises:
            Missing: What the request names does not exist.
            Refused: IAM refused.
        """
        return self._iam.call(operation, **{name: value for name, value in arguments.items() if value is not None})

    def get(self, operation: str, key: str, **arguments: object) -> Mapping[str, object] | None:
        """Return what stands under `key` in the answer, or None where what is asked for is gone.

        Raises:
            Refused: IAM refused.
        """
        try:
            answer = self.send(operation, **arguments)
        except Missing:
            return None
        found = answer.get(key) if key else answer
        if not isinstance(found, dict):
            raise Refused(f"{operation} gave no {key}")
        return found

    def remove(self, operation: str, **arguments: object) -> None:
        """Make one request that removes something; already gone is no error.

        Raises:
            Refused: IAM refused.
        """
        try:
            self.send(operation, **arguments)
        except Missing:
            return

    def list(self, operation: str, key: str, **arguments: object) -> Sequence[object] | None:
        """Return a whole list, or None where what it belongs to is gone.

        Raises:
            Refused: IAM refused.
        """
        try:
            return self._iam.pages(operation, key, **arguments)
        except Missing:
            return None


def names(elements: Sequence[object], key: str) -> list[str]:
    """Return one text of each of the objects of a list."""
    return [str(element[key]) for element in elements if isinstance(element, dict) and key in element]


def says(document: object) -> str:
    """Return a policy in the one form in which equal policies are equal texts; unchanged where it is no policy."""
    try:
        return policy.encode(policy.decode(document))
    except policy.Malformed:
        return str(document)


def tags(wanted: object) -> list[dict[str, str]] | None:
    """Return declared tags as IAM takes them."""
    return [{"Key": str(k), "Value": str(v)} for k, v in sorted(wanted.items())] if isinstance(wanted, dict) else None


def untagged(found: object) -> dict[str, str]:
    """Return tags as IAM gives them, as they are declared."""
    listed = found if isinstance(found, list) else []
    return {str(tag["Key"]): str(tag["Value"]) for tag in listed if isinstance(tag, dict)}
