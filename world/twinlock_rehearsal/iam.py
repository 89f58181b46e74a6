"""IAM as the handlers need it: what is gone is None, policies are compared by what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from twinlock.aws import policy
from twinlock.provider.difference import changes
from twinlock_rehearsal.aws import Service, not_reached, surplus, tag_changes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinlock.aws.session import AwsService
    from twinlock.engine.result import FieldChange
    from twinlock.provider.port import Clients, Properties


class Iam(Service):
    """IAM of one account."""

    def __init__(self, clients: Clients) -> None:
        """Take the AWS side of the clients.

        Raises:
            Incomplete: The provider reaches no AWS account.
        """
        if clients.iam is None or clients.account is None:
            raise not_reached()
        # boto3 takes any arguments; the port names those of reading
        super().__init__(cast("AwsService", clients.iam), clients.account, clients.region or "")


def retag(iam: Iam, noun: str, live: Properties, inputs: Properties, **named: object) -> None:
    """Make the tags of a thing exactly the declared; `named` says which one."""
    if inputs.get("tags") and inputs["tags"] != live.get("tags"):
        iam.send(f"tag_{noun}", Tags=tags(inputs["tags"]), **named)
    extra = surplus(live, inputs)
    if extra:
        iam.send(f"untag_{noun}", TagKeys=extra, **named)


def compared(live: Properties, declared: Properties) -> tuple[FieldChange, ...]:
    """Return what is declared otherwise, and the tags that nobody declared."""
    without = {name: value for name, value in declared.items() if name != "tags"}
    return (*changes(live, without), *tag_changes(live, declared))


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
