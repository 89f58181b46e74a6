"""How a program's providers reach GitHub and the AWS accounts: addresses and credentials, read at the edge."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.model.account import Purpose


@dataclass(frozen=True, slots=True)
class GitHubConnection:
    """GitHub as one identity sees it.

    Attributes:
        url: Root of the REST API (`https://api.github.com`, or the world's address).
        organization: Login of the organization.
        token: The identity's secret.
    """

    url: str
    organization: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AwsConnection:
    """One AWS account.

    Attributes:
        account_id: Its twelve digits; the provider refuses to work in any other account.
        region: Where its regional resources live.
        endpoint: Address of the local AWS; None on the cloud.
        access_key: Public half of the keys; None where the provider finds them by itself.
        secret_key: Secret half of them.
        session_token: What goes with keys that are a session's, such as a job's.
        role_arn: The role to assume on the cloud; None in the world.
    """

    account_id: str
    region: str
    endpoint: str | None = None
    access_key: str | None = None
    secret_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)
    role_arn: str | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """Everything a program connects to.

    Attributes:
        github: GitHub.
        aws: AWS accounts by purpose.
    """

    github: GitHubConnection
    aws: Mapping[Purpose, AwsConnection]


def github_inputs(github: GitHubConnection) -> dict[str, object]:
    """Return the inputs of a twinlock provider of GitHub; `githubToken` is a secret."""
    return {"githubUrl": github.url, "githubToken": github.token, "organization": github.organization}


def aws_inputs(account: AwsConnection) -> dict[str, object]:
    """Return the inputs of a twinlock provider of one account; `awsSecretKey` and `awsSessionToken` are secrets."""
    inputs = {
        "awsAccountId": account.account_id,
        "awsRegion": account.region,
        "awsEndpoint": account.endpoint,
        "awsAccessKey": account.access_key,
        "awsSecretKey": account.secret_key,
        "awsSessionToken": account.session_token,
        "awsRoleArn": account.role_arn,
    }
    return {name: value for name, value in inputs.items() if value is not None}
