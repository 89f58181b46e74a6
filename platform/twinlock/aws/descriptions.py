"""What botocore is told of AWS: its own descriptions of the services that are used.

Left alone it would look through the descriptions of every service, which takes longer than to read the one that is
wanted, and take others from AWS_DATA_PATH and ~/.aws/models.
"""

from __future__ import annotations

from typing import Any

from botocore.loaders import Loader

SERVICES = ("ec2", "ecr", "ecs", "iam", "kms", "logs", "s3", "sqs")


class Descriptions(Loader):
    """Loads what botocore ships, for these services."""

    def __init__(self) -> None:
        super().__init__(extra_search_paths=[self.BUILTIN_DATA_PATH], include_default_search_paths=False)

    def list_available_services(self, type_name: Any) -> list[str]:  # noqa: ANN401, ARG002 - botocore's signature
        """Name the services."""
        return list(SERVICES)
