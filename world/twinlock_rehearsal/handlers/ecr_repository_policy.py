"""`aws.ecr.RepositoryPolicy`: who of other accounts may use a repository of images."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.provider.port import Created
from twinlock_rehearsal.handlers._aws import AwsHandler
from twinlock_rehearsal.iam import says

if TYPE_CHECKING:
    from twinlock.provider.port import Properties


class RepositoryPolicy(AwsHandler):
    """Handles them; the id is the repository's name, and there is one at most."""

    type: ClassVar[str] = "aws:ecr/repositoryPolicy:RepositoryPolicy"
    replaces: ClassVar[frozenset[str]] = frozenset({"repository"})
    service: ClassVar[str] = "ecr"
    inputs: ClassVar[frozenset[str]] = frozenset({"repository", "policy"})
    required: ClassVar[tuple[str, ...]] = ("repository", "policy")

    def find(self, inputs: Properties) -> str | None:
        """Return the repository's name where it has a policy."""
        name = str(inputs["repository"])
        return None if self.read(name, inputs) is None else name

    def create(self, inputs: Properties) -> Created:
        """Set it."""
        name = str(inputs["repository"])
        return Created(name, self.update(name, {"registryId": self._aws.account}, inputs))

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return it as it is live."""
        del inputs
        found = self._aws.get("get_repository_policy", "", repositoryName=id)
        if found is None:
            return None
        return {
            "repository": id,
            "policy": says(found["policyText"]),
            "registryId": found.get("registryId", self._aws.account),
            "region": self._aws.region,
        }

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Set it anew."""
        self._aws.send("set_repository_policy", repositoryName=id, policyText=inputs["policy"])
        return {**live, **inputs, "region": self._aws.region}

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Delete it; the repository then belongs to its own account alone."""
        del live
        self._aws.remove("delete_repository_policy", repositoryName=id)

    def _wanted(self, inputs: Properties) -> dict[str, object]:
        return {**inputs, "policy": says(inputs["policy"])}


HANDLER = RepositoryPolicy
