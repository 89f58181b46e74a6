"""`aws.ecr.Repository`: where images of one name are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from twinlock.provider.port import Created
from twinlock_rehearsal.aws import Row, as_list, as_map, surplus
from twinlock_rehearsal.handlers._aws import TAGS, AwsHandler

if TYPE_CHECKING:
    from twinlock.provider.port import Properties

_FORCE, _MUTABILITY, _SCANNING = "forceDelete", "imageTagMutability", "imageScanningConfiguration"


class Repository(AwsHandler):
    """Handles repositories of images; the id is the name."""

    type: ClassVar[str] = "aws:ecr/repository:Repository"
    replaces: ClassVar[frozenset[str]] = frozenset({"name"})
    service: ClassVar[str] = "ecr"
    inputs: ClassVar[frozenset[str]] = frozenset({"name", _FORCE, _MUTABILITY, _SCANNING, TAGS})
    required: ClassVar[tuple[str, ...]] = ("name",)
    defaults: ClassVar[Mapping[str, object]] = {_MUTABILITY: "MUTABLE", _SCANNING: {"scanOnPush": False}}
    unseen: ClassVar[frozenset[str]] = frozenset({_FORCE})

    def find(self, inputs: Properties) -> str | None:
        """Return the name where there is such a repository."""
        name = str(inputs["name"])
        return None if self._repository(name) is None else name

    def create(self, inputs: Properties) -> Created:
        """Create it."""
        name = str(inputs["name"])
        self._aws.send(
            "create_repository",
            repositoryName=name,
            imageTagMutability=inputs.get(_MUTABILITY),
            imageScanningConfiguration=inputs.get(_SCANNING),
            tags=as_list(inputs.get(TAGS)),
        )
        return Created(name, {**inputs, **(self.read(name, inputs) or {})})

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return it as it is live."""
        found = self._repository(id)
        if found is None:
            return None
        arn = str(found["repositoryArn"])
        scanning = found.get(_SCANNING)
        return {
            **self._common(arn, as_map(self._aws.send("list_tags_for_resource", resourceArn=arn).get(TAGS))),
            "name": id,
            _MUTABILITY: found.get(_MUTABILITY, "MUTABLE"),
            _SCANNING: {"scanOnPush": isinstance(scanning, Mapping) and bool(scanning.get("scanOnPush"))},
            "registryId": found["registryId"],
            "repositoryUrl": found["repositoryUri"],
            _FORCE: inputs.get(_FORCE, False),
        }

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Change settings and tags."""
        wanted, differs = self._wanted(inputs), self._differing(live, inputs)
        if _MUTABILITY in differs:
            mutability = wanted[_MUTABILITY]
            self._aws.send("put_image_tag_mutability", repositoryName=id, imageTagMutability=mutability)
        if _SCANNING in differs:
            scanning = wanted[_SCANNING]
            self._aws.send("put_image_scanning_configuration", repositoryName=id, imageScanningConfiguration=scanning)
        if TAGS in differs:
            extra = surplus(live, inputs)
            if extra:
                self._aws.send("untag_resource", resourceArn=live["arn"], tagKeys=extra)
            if inputs.get(TAGS):
                self._aws.send("tag_resource", resourceArn=live["arn"], tags=as_list(inputs[TAGS]))
        return {**live, **inputs}

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Delete it; with images in it only where that is declared."""
        self._aws.remove("delete_repository", repositoryName=id, force=bool(live.get(_FORCE)))

    def _repository(self, name: str) -> Row | None:
        return next(iter(self._aws.rows("describe_repositories", "repositories", repositoryNames=[name])), None)


HANDLER = Repository
