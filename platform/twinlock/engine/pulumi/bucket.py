"""A bucket of S3, entered as a backend of Pulumi's is: by its address, and variables of the environment.

What botocore refuses, whoever asked words; nothing is retried beyond what botocore does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NO_PROFILE: Final = {"profile": (None, None, None, None), "config_file": (None, None, "/dev/null", None)}
_UNDERSTOOD: Final = frozenset({"region", "s3ForcePathStyle", "awssdk"})
"""Parameters of the address that say nothing of how the bucket is entered that is not done here."""
_THERE: Final = "PreconditionFailed"
_TOLD: Final = frozenset({_THERE, "NoSuchKey", "404"})
"""What is no refusal: there is one already, or there is none. The answer to HEAD has no body, so no code either."""


class Unavailable(Exception):  # noqa: N818 - what it is to whoever asked
    """The bucket did not do what it was asked; the message is AWS's."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket, or what is beneath one prefix of it.

    Attributes:
        url: `s3://NAME/PREFIX?region=...`, of which every parameter is understood.
        credentials: What it is entered with, as variables of the environment; where they name no key, botocore finds
            one as any other tool does.
    """

    url: str
    credentials: Mapping[str, str] = field(repr=False)

    @property
    def name(self) -> str:
        """The bucket's name."""
        return urlsplit(self.url).netloc

    def exists(self) -> bool:
        """Tell whether there is such a bucket.

        Raises:
            Unavailable: That is not told.
        """
        client = self._client()
        try:
            _asked(client.head_bucket, Bucket=self.name)
        except client.exceptions.ClientError:
            return False
        return True

    def get(self, key: str) -> bytes | None:
        """Return an object, or None where there is none.

        Raises:
            Unavailable: It cannot be read.
        """
        client = self._client()
        try:
            content: bytes = _asked(client.get_object, Bucket=self.name, Key=self._prefix + key)["Body"].read()
        except client.exceptions.NoSuchKey:
            return None
        return content

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin so.

        Raises:
            Unavailable: They cannot be listed.
        """
        client = self._client()
        more: dict[str, str] = {}
        while True:
            page = _asked(client.list_objects_v2, Bucket=self.name, Prefix=self._prefix + prefix, **more)
            yield from (entry["Key"].removeprefix(self._prefix) for entry in page.get("Contents", ()))
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def put_once(self, key: str, content: bytes) -> None:
        """Put an object, unless there is one already.

        Raises:
            Unavailable: It cannot be put.
        """
        client = self._client()
        try:
            _asked(client.put_object, Bucket=self.name, Key=self._prefix + key, Body=content, IfNoneMatch="*")
        except client.exceptions.ClientError:
            return  # it is there

    @property
    def _prefix(self) -> str:
        path = urlsplit(self.url).path.strip("/")
        return f"{path}/" if path else ""

    def _client(self) -> Any:  # noqa: ANN401 - botocore makes its clients as it runs
        from botocore.config import Config  # noqa: PLC0415 - heavy
        from botocore.session import Session  # noqa: PLC0415 - as above

        told = parse_qs(urlsplit(self.url).query)
        own_name = told.get("s3ForcePathStyle", ["false"])[0] != "true"
        endpoint = self.credentials.get("AWS_ENDPOINT_URL")
        # With the world's keys no profile of a person's is looked for: one that is gone would be an error.
        session = Session(session_vars=_NO_PROFILE if endpoint else None)
        return session.create_client(
            "s3",
            region_name=told.get("region", [None])[0] or self.credentials.get("AWS_REGION"),
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


def understood(url: str) -> bool:
    """Tell whether an address is one of S3's that is entered here as Pulumi enters it."""
    parts = urlsplit(url)
    return parts.scheme == "s3" and parse_qs(parts.query).keys() <= _UNDERSTOOD


def _asked(operation: Any, **arguments: object) -> Any:  # noqa: ANN401 - as `_client`
    """Return what an operation answers; that something is not there, or is there already, is for whoever asked.

    Raises:
        Unavailable: AWS cannot be reached, or refused.
        ClientError: There is no such key, or there is one already.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - as above

    try:
        return operation(**arguments)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _TOLD:
            raise
        raise Unavailable(str(error)) from None
    except BotoCoreError as error:
        raise Unavailable(str(error)) from None
