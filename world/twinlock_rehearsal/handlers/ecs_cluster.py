"""`aws.ecs.Cluster`: where tasks run."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.provider.port import Created
from twinlock_rehearsal.aws import as_map, rows, surplus
from twinlock_rehearsal.handlers._aws import TAGS, AwsHandler
from twinlock_rehearsal.handlers._ecs import ecs_tags

if TYPE_CHECKING:
    from twinlock.provider.port import Properties

_SETTINGS = "settings"


class Cluster(AwsHandler):
    """Handles clusters; the id is the ARN. A deleted one stays known to AWS for a while, as inactive."""

    type: ClassVar[str] = "aws:ecs/cluster:Cluster"
    replaces: ClassVar[frozenset[str]] = frozenset({"name"})
    service: ClassVar[str] = "ecs"
    inputs: ClassVar[frozenset[str]] = frozenset({"name", _SETTINGS, TAGS})
    required: ClassVar[tuple[str, ...]] = ("name",)

    def find(self, inputs: Properties) -> str | None:
        """Return the ARN where there is such a cluster."""
        arn = self._aws.arn("ecs", f"cluster/{inputs['name']}")
        return None if self.read(arn, inputs) is None else arn

    def create(self, inputs: Properties) -> Created:
        """Create it."""
        self._aws.send(
            "create_cluster",
            clusterName=inputs["name"],
            settings=inputs.get(_SETTINGS),
            tags=ecs_tags(inputs),
        )
        arn = self._aws.arn("ecs", f"cluster/{inputs['name']}")
        return Created(arn, {**inputs, **(self.read(arn, inputs) or {})})

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return it as it is live."""
        del inputs
        known = self._aws.rows("describe_clusters", "clusters", clusters=[id], include=["SETTINGS", "TAGS"])
        found = next((cluster for cluster in known if cluster.get("status") != "INACTIVE"), None)
        if found is None:
            return None
        return {
            **self._common(id, as_map(found.get("tags"))),
            "name": found["clusterName"],
            _SETTINGS: [dict(setting) for setting in rows(found.get("settings"))],
        }

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Change settings and tags."""
        differs = self._differing(live, inputs)
        if _SETTINGS in differs:
            self._aws.send("update_cluster", cluster=id, settings=inputs[_SETTINGS])
        if TAGS in differs:
            extra = surplus(live, inputs)
            if extra:
                self._aws.send("untag_resource", resourceArn=id, tagKeys=extra)
            if inputs.get(TAGS):
                self._aws.send("tag_resource", resourceArn=id, tags=ecs_tags(inputs))
        return {**live, **inputs}

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Delete it."""
        if self.read(id, live) is not None:
            self._aws.remove("delete_cluster", cluster=id)


HANDLER = Cluster
