"""What ends with time: sessions and tokens, by the world's clock."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from botocore.config import Config
from tests.world.aws.conftest import ISSUER, Cloud, allow, document, federated, refusal

from twinlock_world.oidc.key import KeptKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world.conftest import RunningWorld


def test_a_session_ends_when_its_time_is_over(start_world: Callable[..., RunningWorld]) -> None:
    """Each protocol has its own word for it; a token that was good before is refused too."""
    world = start_world()
    world.request("GET", "/.well-known/jwks", login=None)
    world.aws("iam").create_open_id_connect_provider(
        Url=f"https://{ISSUER}", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["f" * 40]
    )
    cloud = Cloud(world, KeptKey(world.state / "oidc-key.json"), itertools.count())
    role, token = cloud.role(federated(), policies={"all": document(allow("*"))}), cloud.token()
    keys = cloud.federate(role, token, DurationSeconds=900)["Credentials"]
    world.request("POST", "/_world/clock", document={"advance": 890})
    cloud.client("sqs", keys).list_queues()
    assert refusal(cloud.federate, role=role, token=token)[:2] == (400, "ExpiredTokenException")
    world.request("POST", "/_world/clock", document={"advance": 11})
    once = Config(retries={"max_attempts": 1})
    expired = "The security token included in the request is expired"
    answers = {
        service: refusal(getattr(cloud.client(service, keys, config=once), call))
        for service, call in (
            ("sts", "get_caller_identity"),
            ("sqs", "list_queues"),
            ("s3", "list_buckets"),
            ("ec2", "describe_vpcs"),
            ("lambda", "list_functions"),
        )
    }
    assert answers == {
        "sts": (403, "ExpiredToken", expired),
        "sqs": (400, "ExpiredTokenException", expired),
        "s3": (400, "ExpiredToken", "The provided token has expired."),
        "ec2": (400, "RequestExpired", "Request has expired."),
        "lambda": (403, "ExpiredTokenException", expired),
    }
