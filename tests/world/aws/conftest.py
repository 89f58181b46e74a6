"""What tests of AWS share: trusts, tokens signed with the world's own key, sessions and their refusals."""

from __future__ import annotations

import itertools
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pytest
from botocore import UNSIGNED
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from twinlock_world.oidc.key import KeptKey

if TYPE_CHECKING:
    import httpx
    from tests.world.conftest import RunningWorld

ACCOUNT: Final = "111111111111"
ISSUER: Final = "token.actions.githubusercontent.com"
PROVIDER: Final = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"


def document(*statements: dict[str, Any]) -> str:
    """Return a policy of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a statement that denies."""
    return {**allow(action, resource, **more), "Effect": "Deny"}


def federated(condition: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a statement of a trust policy for jobs."""
    found = {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        **more,
    }
    return found if condition is None else {**found, "Condition": condition}


def trusted(principal: str | list[str], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a statement of a trust policy for principals of AWS."""
    return {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole", **more}


@dataclass(frozen=True)
class Sent:
    """A request that no SDK sends."""

    service: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Cloud:
    """The AWS side of a running world, with what tests do there."""

    world: RunningWorld
    key: KeptKey
    numbers: Any = field(default_factory=itertools.count)

    def name(self, what: str) -> str:
        """Return a name that no other test uses."""
        return f"{what}-{next(self.numbers)}-{uuid.uuid4().hex[:6]}"

    def role(self, *trust: dict[str, Any], policies: dict[str, str] | None = None, **settings: Any) -> str:  # noqa: ANN401 - boto3
        """Make a role, and return its ARN."""
        iam, name = self.world.aws("iam"), self.name("role")
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(*trust), **settings)
        for policy, text in (policies or {}).items():
            iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=text)
        return str(made["Role"]["Arn"])

    def token(self, **claims: object) -> str:
        """Return a token of a job, with some claims changed; nothing takes one away."""
        now = int(time.time())
        job: dict[str, Any] = {
            "aud": "sts.amazonaws.com",
            "exp": now + 300,
            "iat": now,
            "iss": f"https://{ISSUER}",
            "nbf": now - 600,
            "sub": "repo:acme@1/app@2:ref:refs/heads/main",
            "ref": "refs/heads/main",
            "repository": "acme/app",
            "repository_id": "2",
            "job_workflow_ref": "acme/pipelines/.github/workflows/build.yml@refs/heads/main",
            **claims,
        }
        return self.key.sign({name: value for name, value in job.items() if value is not None})

    def federate(self, role: str, token: str | None = None, **asked: Any) -> Any:  # noqa: ANN401 - boto3
        """Assume a role as a job does, unsigned."""
        sts = self.world.aws("sts", config=Config(signature_version=UNSIGNED, parameter_validation=False))
        return sts.assume_role_with_web_identity(
            RoleArn=role, WebIdentityToken=token or self.token(), **{"RoleSessionName": "job", **asked}
        )

    def client(self, service: str, credentials: dict[str, str], **changed: Any) -> Any:  # noqa: ANN401 - boto3
        """Return an SDK client of a session."""
        return self.world.aws(
            service,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
            **changed,
        )

    def session(self, *policies: str, **settings: Any) -> dict[str, str]:  # noqa: ANN401 - boto3
        """Return the keys of a session of a new role that holds these policies."""
        role = self.role(
            trusted(f"arn:aws:iam::{ACCOUNT}:root"),
            policies={f"inline-{at}": text for at, text in enumerate(policies)},
            **settings,
        )
        made = self.world.aws("sts").assume_role(RoleArn=role, RoleSessionName="tester")
        found: dict[str, str] = made["Credentials"]
        return found

    def send(self, keys: dict[str, str], sent: Sent) -> httpx.Response:
        """Sign any request with a session's keys, well-formed or not, and send it."""
        address = f"{self.world.ready['aws']['url']}{sent.path}"
        request = AWSRequest(sent.method, address, data=sent.body, headers=sent.headers)
        credentials = Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        signer = S3SigV4Auth if sent.service == "s3" else SigV4Auth
        signer(credentials, sent.service, "eu-west-1").add_auth(request)
        headers = dict(request.headers.items())
        return self.world.client.request(sent.method, address, headers=headers, content=sent.body)

    def last_refusal(self) -> dict[str, Any]:
        """Return what the world's log says of the newest refusal."""
        found: dict[str, Any] = self.world.request("GET", "/_world/aws/decisions").json()[0]
        return found


@pytest.fixture(scope="session")
def cloud(world: RunningWorld) -> Cloud:
    """Return the AWS side of the shared world, whose first account knows GitHub's issuer."""
    world.request("GET", "/.well-known/jwks", login=None)
    world.aws("iam").create_open_id_connect_provider(
        Url=f"https://{ISSUER}", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["f" * 40]
    )
    return Cloud(world, KeptKey(world.state / "oidc-key.json"))


def refusal(call: Any, **arguments: object) -> tuple[int, str, str]:  # noqa: ANN401 - boto3
    """Return status, code and message of a call that must fail."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response
    return error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Code"], error["Error"]["Message"]
