"""What handlers of EC2's resource types have in common: ids that EC2 gives, and tags beside them.

EC2 has no names. What an interrupted creation left behind is found by what makes it the same thing: what it lies in,
and its tags.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.aws.session import Refused
from twinlock_rehearsal.aws import Row, as_list, as_map, rows, surplus
from twinlock_rehearsal.handlers._aws import TAGS, AwsHandler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.provider.port import Properties


class Ec2Handler(AwsHandler):
    """Handles resources of EC2; the id is EC2's.

    Attributes:
        kind: EC2's name of the type, in tags and ARNs.
    """

    service: ClassVar[str] = "ec2"
    kind: ClassVar[str]

    def _specified(self, inputs: Properties) -> list[dict[str, object]] | None:
        """Return declared tags as EC2 takes them with a creation."""
        tags = as_list(inputs.get(TAGS))
        return [{"ResourceType": self.kind, "Tags": tags}] if tags else None

    def _first(self, operation: str, key: str, **arguments: object) -> Row | None:
        """Return the first of what is described, or None where there is none."""
        return next(iter(self._aws.rows(operation, key, **arguments)), None)

    def _retag(self, id_: str, live: Properties, inputs: Properties) -> None:
        """Make the tags exactly the declared."""
        if inputs.get(TAGS) and inputs[TAGS] != live.get(TAGS):
            self._aws.send("create_tags", Resources=[id_], Tags=as_list(inputs[TAGS]))
        extra = surplus(live, inputs)
        if extra:
            self._aws.send("delete_tags", Resources=[id_], Tags=[{"Key": key} for key in extra])

    def _described(self, found: Row, id_: str) -> dict[str, object]:
        """Return the outputs that every type of EC2 has."""
        return self._common(self._aws.arn("ec2", f"{self.kind}/{id_}"), as_map(found.get("Tags")))


def matching(**values: object) -> list[dict[str, object]]:
    """Return filters as EC2 takes them: `vpc_id="vpc-1"`."""
    return [{"Name": name.replace("_", "-"), "Values": [str(value)]} for name, value in values.items()]


def tagged(inputs: Properties) -> list[dict[str, object]] | None:
    """Return filters for what carries exactly declared tags; None where there are none to tell it by."""
    tags = inputs.get(TAGS)
    if not isinstance(tags, dict) or not tags:
        return None
    return [{"Name": f"tag:{key}", "Values": [str(value)]} for key, value in sorted(tags.items())]


def required(found: Mapping[str, object] | None, what: str) -> Mapping[str, object]:
    """Return an answer that must be there.

    Raises:
        Refused: It is not.
    """
    if found is None:
        raise Refused(f"EC2 gave no {what}")
    return found


def successful(answer: Row) -> Row:
    """Return an answer about several things of which none failed; EC2 answers 200 all the same.

    Raises:
        Refused: One failed.
    """
    for failed in rows(answer.get("Unsuccessful")):
        error = failed.get("Error")
        told = error if isinstance(error, dict) else {}
        raise Refused(f"{told.get('Code', 'EC2 failed')}: {told.get('Message', '')}")
    return answer
