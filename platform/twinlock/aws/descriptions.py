"""What botocore is told of AWS: its own description of IAM.

Left alone it would look through the descriptions of every service, which takes longer than to read the one that is
wanted, and take others from AWS_DATA_PATH and ~/.aws/models.
"""

from __future__ import annotations

from typing import Any

from botocore.loaders import Loader

SERVICE = "iam"


class Descriptions(Loader):
    """Loads what botocore ships, for one service."""

    def __init__(self) -> None:
        super().__init__(extra_search_paths=[self.BUILTIN_DATA_PATH], include_default_search_paths=False)

    def list_available_services(self, type_name: Any) -> list[str]:  # noqa: ANN401, ARG002 - botocore's signature
        """Name the one service."""
        return [SERVICE]
