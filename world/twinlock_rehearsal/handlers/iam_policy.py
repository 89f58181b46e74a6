"""`aws.iam.Policy`: a customer managed policy; IAM keeps up to five versions of its document."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.aws.session import Refused
from twinlock.provider.port import Created, Failure
from twinlock_rehearsal.iam import Iam, compared, names, retag, says, tags, untagged

if TYPE_CHECKING:
    from twinlock.engine.result import FieldChange
    from twinlock.provider.port import Clients, Properties

_INPUTS = {"name", "policy", "path", "description", "tags"}
_MOST_VERSIONS = 5


class Policy:
    """Handles managed policies; the id is the ARN."""

    type: ClassVar[str] = "aws:iam/policy:Policy"
    replaces: ClassVar[frozenset[str]] = frozenset({"name", "path", "description"})
    adopts: ClassVar[bool] = False

    def __init__(self, clients: Clients) -> None:
        self._iam = Iam(clients)

    def check(self, inputs: Properties) -> tuple[Failure, ...]:
        """Return which inputs are missing or unknown."""
        missing = tuple(Failure(name, "is missing") for name in ("name", "policy") if name not in inputs)
        return (*missing, *(Failure(name, "is not known here") for name in inputs if name not in _INPUTS))

    def find(self, inputs: Properties) -> str | None:
        """Return the ARN where there is such a policy."""
        arn = f"arn:aws:iam::{self._iam.account}:policy{inputs.get('path', '/')}{inputs['name']}"
        return None if self._iam.get("get_policy", "Policy", PolicyArn=arn) is None else arn

    def create(self, inputs: Properties) -> Created:
        """Create it."""
        found = self._iam.get(
            "create_policy",
            "Policy",
            PolicyName=inputs["name"],
            PolicyDocument=inputs["policy"],
            Path=inputs.get("path"),
            Description=inputs.get("description"),
            Tags=tags(inputs.get("tags")),
        )
        if found is None:
            raise Refused("create_policy gave no Policy")
        return Created(str(found["Arn"]), {**inputs, "arn": found["Arn"], "policyId": found["PolicyId"]})

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return it with the version of its document that counts."""
        del inputs
        found = self._iam.get("get_policy", "Policy", PolicyArn=id)
        if found is None:
            return None
        version = self._iam.get(
            "get_policy_version", "PolicyVersion", PolicyArn=id, VersionId=found["DefaultVersionId"]
        )
        return {
            "name": found["PolicyName"],
            "path": found.get("Path", "/"),
            "description": found.get("Description", ""),
            "policy": says(version["Document"]) if version else "",
            "tags": untagged(found.get("Tags")),
            "arn": id,
            "policyId": found["PolicyId"],
        }

    def diff(self, live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
        """Return what is declared otherwise."""
        return compared(live, {**inputs, "policy": says(inputs["policy"])})

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Make its document a new version, in the place of the oldest where there is room for no more."""
        if says(inputs["policy"]) != live.get("policy"):
            versions = self._versions(id)
            if len(versions) + 1 >= _MOST_VERSIONS:
                self._iam.remove("delete_policy_version", PolicyArn=id, VersionId=versions[0])
            self._iam.send("create_policy_version", PolicyArn=id, PolicyDocument=inputs["policy"], SetAsDefault=True)
        retag(self._iam, "policy", live, inputs, PolicyArn=id)
        return {**live, **inputs}

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Delete it with all its versions."""
        del live
        for version in self._versions(id):
            self._iam.remove("delete_policy_version", PolicyArn=id, VersionId=version)
        self._iam.remove("delete_policy", PolicyArn=id)

    def _versions(self, arn: str) -> list[str]:
        """Return the versions that do not count, the oldest first."""
        found = self._iam.list("list_policy_versions", "Versions", PolicyArn=arn) or ()
        other = [version for version in found if isinstance(version, dict) and not version.get("IsDefaultVersion")]
        return sorted(names(other, "VersionId"), key=lambda name: int(name.removeprefix("v")))


HANDLER = Policy
