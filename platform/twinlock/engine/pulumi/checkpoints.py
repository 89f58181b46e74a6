"""Reads checkpoints where Pulumi keeps them, without an engine: on this machine's disk, or in a bucket.

Custody compares them before and after each run, and people ask for them where no engine is installed; starting one
twice for each stack would take longer than many a run. Source of the paths: `pkg/backend/diy/state.go` in
pulumi/pulumi.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import parse_qs, urlsplit

from twinlock.errors import Incomplete

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from twinlock.engine.port import Stack

STACKS: Final = ".pulumi/stacks"
_META: Final = ".pulumi/meta.yaml"
"""Says that stacks are kept by project."""
_NO_PROFILE: Final = {"profile": (None, None, None, None), "config_file": (None, None, "/dev/null", None)}
_UNDERSTOOD: Final = frozenset({"region", "s3ForcePathStyle", "awssdk"})
"""Parameters of a bucket's address that change nothing else of how it is reached than is done here."""


class Checkpoints(Protocol):
    """Where checkpoints are."""

    def read(self, stack: Stack) -> bytes | None:
        """Return a stack's checkpoint, or None where there is none.

        Raises:
            Incomplete: It cannot be read.
        """

    def copy(self, into: Path) -> None:
        """Copy every checkpoint into a directory that Pulumi takes for a backend of its own.

        Raises:
            Incomplete: They cannot be copied.
        """


@dataclass(frozen=True, slots=True)
class OnDisk:
    """Beneath a directory.

    Attributes:
        directory: The one that the backend's address names.
    """

    directory: Path

    def path(self, stack: Stack) -> Path:
        """Return the file of a stack's checkpoint."""
        return self.directory / _key(stack)

    def read(self, stack: Stack) -> bytes | None:
        """Return a stack's checkpoint, or None where there is none.

        Raises:
            Incomplete: It cannot be read.
        """
        path = self.path(stack)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unread(stack, f"The system says of {path}: {error.strerror}", "Make it readable") from None

    def copy(self, into: Path) -> None:
        """Copy the directory.

        Raises:
            Incomplete: It cannot be copied.
        """
        try:
            if self.directory.is_dir():
                shutil.copytree(self.directory, into)
        except (OSError, shutil.Error) as error:
            raise _uncopied(error) from None


@dataclass(frozen=True, slots=True)
class InBucket:
    """In a bucket of S3.

    Attributes:
        url: The backend's address, of which every parameter is understood.
        credentials: What the bucket is entered with, as variables of the environment; where they name no key, botocore
            finds one as any other tool does.
    """

    url: str
    credentials: Mapping[str, str] = field(repr=False)

    def read(self, stack: Stack) -> bytes | None:
        """Return a stack's checkpoint, or None where there is none.

        Raises:
            Incomplete: It cannot be read.
        """
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - only for such a backend

        bucket, prefix = self._place()
        client = self._client()
        try:
            content: bytes = client.get_object(Bucket=bucket, Key=f"{prefix}{_key(stack)}")["Body"].read()
        except client.exceptions.NoSuchKey:
            return None
        except (BotoCoreError, ClientError) as error:
            raise _unread(stack, f"AWS says: {error}", f"See to the bucket {bucket}") from None
        return content

    def copy(self, into: Path) -> None:
        """Copy the objects that are checkpoints, and no history of theirs.

        Raises:
            Incomplete: They cannot be copied.
        """
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - as above

        bucket, prefix = self._place()
        client = self._client()
        try:
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}{STACKS}/")
            keys = [entry["Key"].removeprefix(prefix) for page in pages for entry in page.get("Contents", ())]
            for key in (_META, *keys):
                path = (into / key).resolve()
                # Whoever writes the bucket names its objects, and must not so write beside the copy.
                if path.is_relative_to(into.resolve()) and (key == _META or key.endswith(".json")):
                    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                    path.write_bytes(client.get_object(Bucket=bucket, Key=f"{prefix}{key}")["Body"].read())
        except client.exceptions.NoSuchKey:
            return  # nothing was ever kept there
        except (BotoCoreError, ClientError, OSError) as error:
            raise _uncopied(error) from None

    def _place(self) -> tuple[str, str]:
        """Return the bucket, and what stands before each key."""
        parts = urlsplit(self.url)
        prefix = parts.path.strip("/")
        return parts.netloc, f"{prefix}/" if prefix else ""

    def _client(self) -> Any:  # noqa: ANN401 - botocore makes its clients as it runs
        from botocore.config import Config  # noqa: PLC0415 - heavy
        from botocore.session import Session  # noqa: PLC0415 - as above

        told = parse_qs(urlsplit(self.url).query)
        region = told.get("region", [None])[0] or self.credentials.get("AWS_REGION")
        own_name = told.get("s3ForcePathStyle", ["false"])[0] != "true"
        endpoint = self.credentials.get("AWS_ENDPOINT_URL")
        # With the world's keys no profile of a person's is looked for: one that is gone would be an error.
        session = Session(session_vars=_NO_PROFILE if endpoint else None)
        return session.create_client(
            "s3",
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id=self.credentials.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=self.credentials.get("AWS_SECRET_ACCESS_KEY"),
            aws_session_token=self.credentials.get("AWS_SESSION_TOKEN"),
            config=Config(
                s3={"addressing_style": "auto" if own_name else "path"},
                connect_timeout=5,
                read_timeout=30,
                retries={"max_attempts": 3, "mode": "standard"},
                proxies={} if endpoint else None,
            ),
        )


def reader(url: str, state: Path | None, credentials: Mapping[str, str]) -> OnDisk | InBucket | None:
    """Return what reads a backend's checkpoints; None where only Pulumi can.

    Args:
        url: The backend's address.
        state: Its directory, where it is one on this machine.
        credentials: What it is entered with.
    """
    if state is not None:
        return OnDisk(state)
    parts = urlsplit(url)
    if parts.scheme == "s3" and parse_qs(parts.query).keys() <= _UNDERSTOOD:
        return InBucket(url, credentials)
    return None


def _key(stack: Stack) -> str:
    return f"{STACKS}/{stack.project}/{stack.group}.json"


def _unread(stack: Stack, why: str, mend: str) -> Incomplete:
    return Incomplete(
        f"The checkpoint of {stack.id} was not read.", f"{why}.", f"{mend}, then run the same command again."
    )


def _uncopied(error: Exception) -> Incomplete:
    return Incomplete("The state was not copied.", f"The system says: {error}.", "Run the same command again.")
