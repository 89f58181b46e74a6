"""`aws.kms.Key`: a key that never leaves KMS; deleting it only begins a wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.provider.port import Created
from twinlock_rehearsal.aws import surplus
from twinlock_rehearsal.handlers._aws import TAGS, AwsHandler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.provider.port import Properties

_DESCRIPTION, _ROTATION, _WINDOW = "description", "enableKeyRotation", "deletionWindowInDays"


class Key(AwsHandler):
    """Handles keys; the id is what AWS calls it."""

    type: ClassVar[str] = "aws:kms/key:Key"
    service: ClassVar[str] = "kms"
    inputs: ClassVar[frozenset[str]] = frozenset({_DESCRIPTION, _ROTATION, _WINDOW, TAGS})
    required: ClassVar[tuple[str, ...]] = ()
    defaults: ClassVar[Mapping[str, object]] = {_DESCRIPTION: "", _ROTATION: False}
    unseen: ClassVar[frozenset[str]] = frozenset({_WINDOW})

    def find(self, inputs: Properties) -> str | None:
        """Return nothing: a key has no name by which it could stand there already."""
        del inputs
        return None

    def create(self, inputs: Properties) -> Created:
        """Create it."""
        answer = self._aws.get(
            "create_key", "KeyMetadata", Description=inputs.get(_DESCRIPTION), Tags=_tags(inputs.get(TAGS))
        )
        key = str((answer or {})["KeyId"])
        self._rotate(key, inputs)
        return Created(key, {**inputs, **(self.read(key, inputs) or {})})

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return it as it is live; one that waits for its deletion is gone."""
        found = self._aws.get("describe_key", "KeyMetadata", KeyId=id)
        if found is None or found.get("KeyState") == "PendingDeletion":
            return None
        tags = {
            str(row["TagKey"]): str(row["TagValue"]) for row in self._aws.rows("list_resource_tags", "Tags", KeyId=id)
        }
        return {
            **self._common(str(found["Arn"]), tags),
            "keyId": id,
            _DESCRIPTION: found.get("Description", ""),
            _ROTATION: bool(self._aws.send("get_key_rotation_status", KeyId=id).get("KeyRotationEnabled")),
            _WINDOW: inputs.get(_WINDOW),
        }

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Change its rotation, its description and its tags."""
        differs = self._differing(live, inputs)
        if _ROTATION in differs:
            self._rotate(id, inputs)
        if _DESCRIPTION in differs:
            self._aws.send("update_key_description", KeyId=id, Description=self._wanted(inputs)[_DESCRIPTION])
        if TAGS in differs:
            extra = surplus(live, inputs)
            if extra:
                self._aws.send("untag_resource", KeyId=id, TagKeys=extra)
            if inputs.get(TAGS):
                self._aws.send("tag_resource", KeyId=id, Tags=_tags(inputs[TAGS]))
        return {**live, **inputs}

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Begin the wait after which it is gone for good."""
        self._aws.remove("schedule_key_deletion", KeyId=id, PendingWindowInDays=live.get(_WINDOW))

    def _rotate(self, key: str, inputs: Properties) -> None:
        rotated = self._wanted(inputs)[_ROTATION]
        self._aws.send("enable_key_rotation" if rotated else "disable_key_rotation", KeyId=key)


def _tags(declared: object) -> list[dict[str, str]] | None:
    """Return declared tags as KMS alone takes them."""
    pairs = sorted(declared.items()) if isinstance(declared, dict) else []
    return [{"TagKey": str(key), "TagValue": str(value)} for key, value in pairs] or None


HANDLER = Key
