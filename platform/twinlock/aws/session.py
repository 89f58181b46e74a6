"""AWS services of one account, over botocore: explicit credentials, bounded time, a count of the calls.

Nothing ambient is used: no environment variable, no profile and no instance metadata decides which account is read.
On the cloud the caller obtains temporary credentials for the auditor's role and passes them here.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING, Protocol

from twinlock.errors import Incomplete
from twinlock.model.declaration import Where

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from botocore.session import Session


@dataclass(frozen=True, slots=True)
class Credentials:
    """Keys of one account; the secrets stay out of every `repr`.

    Attributes:
        access_key: Public half.
        secret_key: Secret half.
        session_token: For temporary credentials.
    """

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


class Missing(Exception):  # noqa: N818 - IAM's own word is NoSuchEntity
    """AWS says that it does not exist."""


class Refused(Exception):  # noqa: N818 - as above
    """AWS did not give the answer.

    Attributes:
        reason: One line: AWS's code and message.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Iam(Protocol):
    """IAM of one account."""

    @property
    def calls(self) -> int:
        """How many requests were sent so far."""

    def call(self, operation: str, **arguments: str) -> Mapping[str, object]:
        """Make one request (`get_role`, `RoleName=...`).

        Raises:
            Missing: What the request names does not exist.
            Refused: IAM refused or failed.
            Incomplete: AWS cannot be reached, or refuses the keys.
        """

    def pages(self, operation: str, key: str, **arguments: str) -> Sequence[object]:
        """Make a request through all its pages and return the elements under `key`.

        Raises:
            Missing: As `call`.
            Refused: As `call`.
            Incomplete: As `call`.
        """


class AwsService(Protocol):
    """One service of one account, read and written."""

    def call(self, operation: str, **arguments: object) -> Mapping[str, object]:
        """Make one request; see `Iam.call`."""

    def pages(self, operation: str, key: str, **arguments: object) -> Sequence[object]:
        """Make a request through all its pages; see `Iam.pages`."""


class AwsServices(Protocol):
    """The services of one account."""

    def __call__(self, service: str) -> AwsService:
        """Return a service by botocore's name (`ec2`)."""


_MISSING = frozenset(
    {
        "404",  # S3's answer to HEAD has no body, and so no code
        "NoSuchBucket",
        "NoSuchEntity",
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchTagSet",
        "NotFoundException",
        "ServerSideEncryptionConfigurationNotFoundError",
        "AWS.SimpleQueueService.NonExistentQueue",
        "ClusterNotFoundException",
        "QueueDoesNotExist",
        "RepositoryNotFoundException",
        "RepositoryPolicyNotFoundException",
        "ResourceNotFoundException",
    }
)
"""How services say that something does not exist; EC2's codes all end in `_NOT_FOUND`."""
_NOT_FOUND = ".NotFound"

_BAD_KEYS = frozenset(
    {"InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredToken", "UnrecognizedClientException", "AuthFailure"}
)
_MEND = {
    Where.WORLD: "Start the world afresh: `twinlock world up --detach`, then `twinlock up`.",
    Where.CLOUD: "Check the auditor's role and the network, then run the same command again.",
}


@cache
def _session() -> Session:
    """Return what makes all clients, and reads AWS's descriptions of itself once; it has no credentials of its own."""
    # It takes a fifth of a second to import, which commands that never reach AWS need not pay.
    from botocore.session import Session  # noqa: PLC0415

    from twinlock.aws.descriptions import Descriptions  # noqa: PLC0415

    session = Session()
    session.register_component("data_loader", Descriptions())
    return session


def prepare() -> None:
    """Load ahead what clients need, for a process that others are forked from; nothing is sent."""
    BotoIam(Credentials("none", "none"), region="us-east-1", target=Where.WORLD, endpoint="http://127.0.0.1:1")


class BotoService:
    """One service over botocore; safe to use from several threads."""

    def __init__(
        self, service: str, credentials: Credentials, *, region: str, target: Where, endpoint: str | None = None
    ) -> None:
        """Prepare a client; nothing is sent yet.

        Args:
            service: Its name in botocore.
            credentials: The account's keys.
            region: Region of the requests' signatures.
            target: Where this AWS is, which decides how errors are mended.
            endpoint: Address of the local AWS; None for the cloud.

        Raises:
            Incomplete: The target is the world and no endpoint is named: the cloud would be asked instead.
        """
        if target is Where.WORLD and endpoint is None:
            raise Incomplete("AWS was not asked.", "The world's AWS has no address.", _MEND[Where.WORLD])
        from botocore.config import Config  # noqa: PLC0415 - as in `_session`

        self._target = target
        self._calls = 0
        self._lock = threading.Lock()
        self._client = _session().create_client(
            service,
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id=credentials.access_key,
            aws_secret_access_key=credentials.secret_key,
            aws_session_token=credentials.session_token,
            config=Config(
                connect_timeout=5,
                read_timeout=15,
                retries={"max_attempts": 2, "mode": "standard"},
                max_pool_connections=8,
                proxies={} if target is Where.WORLD else None,
            ),
        )

    @property
    def calls(self) -> int:
        """How many requests were sent so far."""
        return self._calls

    def call(self, operation: str, **arguments: object) -> Mapping[str, object]:
        """Make one request; see `Iam.call`.

        Raises:
            Missing: What the request names does not exist.
            Refused: AWS refused or failed.
            Incomplete: AWS cannot be reached, or refuses the keys.
        """
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - as in the constructor

        with self._lock:
            self._calls += 1
        try:
            answer: Mapping[str, object] = getattr(self._client, operation)(**arguments)
        except ClientError as error:
            raise self._translated(error.response.get("Error", {})) from None
        except BotoCoreError as error:
            raise Incomplete(
                f"AWS did not answer {operation}.",
                f"It cannot be reached: {type(error).__name__}.",
                _MEND[self._target],
            ) from None
        return answer

    def pages(self, operation: str, key: str, **arguments: object) -> Sequence[object]:
        """Make a request through all its pages; see `Iam.pages`.

        Raises:
            Missing: As `call`.
            Refused: As `call`, or an answer without the list.
            Incomplete: As `call`.
        """
        found: list[object] = []
        following = dict(arguments)
        while True:
            answer = self.call(operation, **following)
            page = answer.get(key)
            if not isinstance(page, list):
                raise Refused(f"{operation} gave no {key}")
            found += page
            marker = answer.get("Marker")
            if not answer.get("IsTruncated"):
                return found
            if not isinstance(marker, str) or marker == following.get("Marker"):
                raise Refused(f"{operation} does not say where its next page begins")
            following["Marker"] = marker

    def _translated(self, error: Mapping[str, object]) -> Exception:
        code, message = str(error.get("Code", "")), " ".join(str(error.get("Message", "")).split())
        if code in _MISSING or code.endswith(_NOT_FOUND):
            return Missing(message)
        if code in _BAD_KEYS:
            return Incomplete("AWS refused the request.", f"It does not accept the keys: {code}.", _MEND[self._target])
        return Refused(f"{code}: {message}")


class BotoIam(BotoService):
    """IAM of one account."""

    def __init__(self, credentials: Credentials, *, region: str, target: Where, endpoint: str | None = None) -> None:
        """Prepare a client; see `BotoService`.

        Raises:
            Incomplete: As `BotoService`.
        """
        super().__init__("iam", credentials, region=region, target=target, endpoint=endpoint)


class BotoServices:
    """The services of one account, each opened when it is first asked for; safe to use from several threads."""

    def __init__(self, credentials: Credentials, *, region: str, target: Where, endpoint: str | None = None) -> None:
        """Take what clients are made of; see `BotoService`."""
        self._make = partial(BotoService, credentials=credentials, region=region, target=target, endpoint=endpoint)
        self._open: dict[str, BotoService] = {}
        self._lock = threading.Lock()

    def __call__(self, service: str) -> BotoService:
        """Return a service by botocore's name.

        Raises:
            Incomplete: As `BotoService`.
        """
        # botocore's session makes one client at a time.
        with self._lock:
            if service not in self._open:
                self._open[service] = self._make(service)
            return self._open[service]
