"""The AWS of a task: ECR, CloudWatch Logs and IAM as moto holds them, asked as the task's execution role.

On Fargate the image is pulled and the log written by AWS itself, with the execution role's rights; so every step is
judged by that role's policies, and a refusal stops the task with the words that Fargate has for it. Source:
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html and
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from moto.backends import get_backend

from twinlock_world.aws import registry
from twinlock_world.aws.call import RefusedError
from twinlock_world.aws.needs.need import Need
from twinlock_world.aws.tasks import image as images
from twinlock_world.aws.tasks.order import CannotStartError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from moto.ecr.models import Repository

    from twinlock_world.aws.registry import Registry
    from twinlock_world.aws.tasks.identities import Identities
    from twinlock_world.aws.tasks.order import Log
    from twinlock_world.aws.tasks.state import Identity

_PULL: Final = "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref"
_AUTH: Final = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
    "unable to retrieve ecr registry auth: service call has been retried 1 time(s): AccessDeniedException:"
)
_LOGGER: Final = "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times:"


class MotoCloud:
    """AWS behind the port `Cloud`."""

    def __init__(
        self, lock: threading.Lock, layers: Registry, identities: Identities, now: Callable[[], datetime]
    ) -> None:
        """Stand before the memory that `lock` guards."""
        self._lock = lock
        self._layers = layers
        self._identities = identities
        self._now = now

    def pull(self, identity: Identity, image: str) -> images.Image:
        """Return an image, pulled as the execution role.

        Raises:
            CannotStartError: There is none, or the role may not have it.
        """
        reference = images.parse(image)
        if reference is None:
            raise CannotStartError(f"{_PULL} {image}: this world has no registry but its own ECR")
        with self._lock:
            self._may(identity, _AUTH, Need("ecr:GetAuthorizationToken"))
            arn = f"arn:aws:ecr:{reference.region}:{reference.account}:repository/{reference.repository}"
            where = f"https://{reference.registry}/v2/{reference.repository}"
            forbidden = f"{_PULL} {image}: unexpected status from HEAD request to {where}/manifests/{reference.name}"
            self._may(identity, f"{forbidden}: 403 Forbidden", Need("ecr:BatchGetImage", arn), told=False)
            found: Repository | None = get_backend("ecr")[reference.account][reference.region].repositories.get(
                reference.repository
            )
            held = None if found is None else registry.find_image(found, reference.name)
            if found is None or held is None:
                raise CannotStartError(f"{_PULL} {image}: {image}: not found")
            forbidden = f"CannotPullContainerError: unexpected status from GET request to {where}/blobs: 403 Forbidden"
            self._may(identity, forbidden, Need("ecr:GetDownloadUrlForLayer", arn), told=False)
            return self._whole(found, str(held.image_manifest))

    def open_log(self, identity: Identity, log: Log) -> None:
        """Make a task's log stream, as the execution role.

        Raises:
            CannotStartError: There is no group for it, or the role may not.
        """
        arn = f"arn:aws:logs:{log.region}:{identity.account}:log-group:{log.group}"
        with self._lock:
            logs = get_backend("logs")[identity.account][log.region]
            if log.create and log.group not in logs.groups:
                self._may(
                    identity, f"{_LOGGER} failed to create Cloudwatch log group:", Need("logs:CreateLogGroup", arn)
                )
                logs.create_log_group(log.group, {})
            create = Need("logs:CreateLogStream", f"{arn}:log-stream:{log.stream}")
            self._may(identity, f"{_LOGGER} failed to create Cloudwatch log stream: AccessDeniedException:", create)
            if log.group not in logs.groups:
                missing = "ResourceNotFoundException: The specified log group does not exist."
                raise CannotStartError(f"{_LOGGER} failed to create Cloudwatch log stream: {missing} : exit status 1")
            logs.create_log_stream(log.group, log.stream)

    def write_log(self, identity: Identity, log: Log, lines: Sequence[str]) -> None:
        """Add lines to a log stream; lines for one that is gone, or that the role may not write, are lost."""
        arn = f"arn:aws:logs:{log.region}:{identity.account}:log-group:{log.group}:log-stream:{log.stream}"
        now = int(self._now().timestamp() * 1000)
        events = [{"timestamp": now, "message": line} for line in lines if line]
        # Whatever moto stumbles over: a program is not ended because nobody can read it.
        with self._lock, suppress(Exception):
            self._identities.require(identity, [Need("logs:PutLogEvents", arn)])
            get_backend("logs")[identity.account][log.region].put_log_events(log.group, log.stream, events)

    def ended(self, identity: Identity) -> None:
        """Let the network interface of a stopped task go, so that its subnet and its groups can."""
        with self._lock, suppress(StopIteration):
            self._identities.ended(identity)
            ecs: Any = get_backend("ecs")[identity.account][identity.region]  # moto's own classes
            ec2: Any = get_backend("ec2")[identity.account][identity.region]
            task = next(task for tasks in ecs.tasks.values() for arn, task in tasks.items() if arn == identity.arn)
            task.desired_status = "STOPPED"
            details = [detail for attachment in task.attachments for detail in attachment["details"]]
            for interface in (detail["value"] for detail in details if detail["name"] == "networkInterfaceId"):
                ec2.enis.pop(interface, None)

    def _whole(self, repository: Repository, manifest: str) -> images.Image:
        try:
            described = json.loads(manifest)
            names = [part["digest"] for part in (described["config"], *described["layers"])]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            why = "image manifest does not contain descriptor matching platform 'linux/amd64'"
            raise CannotStartError(f"CannotPullContainerError: {why}") from error
        blobs = [self._layers.layer(repository, name) for name in names]
        missing = next((name for name, blob in zip(names, blobs, strict=True) if blob is None), None)
        if missing is not None:
            raise CannotStartError(f"CannotPullContainerError: failed to copy: {missing}: not found")
        config, *layers = [blob for blob in blobs if blob is not None]
        try:
            return images.read(config, layers)
        except images.ImageError as error:
            raise CannotStartError(f"CannotPullContainerError: {error}") from error

    def _may(self, identity: Identity, words: str, need: Need, *, told: bool = True) -> None:
        """Let a step pass that the execution role may take; a registry does not tell why, other services do."""
        try:
            self._identities.require(identity, [need])
        except RefusedError as error:
            raise CannotStartError(f"{words} {error.refusal.message}" if told else words) from error
