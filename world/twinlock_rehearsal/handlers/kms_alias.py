"""`aws.kms.Alias`: the name by which a key is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.provider.port import Created
from twinlock_rehearsal.aws import Row, rows
from twinlock_rehearsal.handlers._aws import AwsHandler

if TYPE_CHECKING:
    from twinlock.provider.port import Properties

_NAME, _TARGET = "name", "targetKeyId"


class Alias(AwsHandler):
    """Handles aliases; the id is the name, with its `alias/`."""

    type: ClassVar[str] = "aws:kms/alias:Alias"
    replaces: ClassVar[frozenset[str]] = frozenset({_NAME})
    service: ClassVar[str] = "kms"
    inputs: ClassVar[frozenset[str]] = frozenset({_NAME, _TARGET})
    required: ClassVar[tuple[str, ...]] = (_NAME, _TARGET)

    def find(self, inputs: Properties) -> str | None:
        """Return the name where there is such an alias."""
        name = str(inputs[_NAME])
        return None if self._alias(name) is None else name

    def create(self, inputs: Properties) -> Created:
        """Create it."""
        name = str(inputs[_NAME])
        self._aws.send("create_alias", AliasName=name, TargetKeyId=inputs[_TARGET])
        return Created(name, {**inputs, **(self.read(name, inputs) or {})})

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return it as it is live."""
        del inputs
        found = self._alias(id)
        if found is None:
            return None
        key = str(found.get("TargetKeyId"))
        return {
            "arn": found.get("AliasArn"),
            "region": self._aws.region,
            _NAME: id,
            _TARGET: key,
            "targetKeyArn": self._aws.arn("kms", f"key/{key}"),
        }

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Let it name another key."""
        self._aws.send("update_alias", AliasName=id, TargetKeyId=inputs[_TARGET])
        return {**live, **inputs}

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Delete it; the key stays."""
        del live
        self._aws.remove("delete_alias", AliasName=id)

    def _alias(self, name: str) -> Row | None:
        found = rows(list(self._aws.list("list_aliases", "Aliases") or ()))
        return next((row for row in found if row.get("AliasName") == name), None)


HANDLER = Alias
