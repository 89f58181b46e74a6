"""IAM's state as one document, written by the AWS SDK and read by `/_world/dump`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from twinlock_world.aws.state import document

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world.conftest import RunningWorld


def test_a_dump_shows_all_of_iam(start_world: Callable[..., RunningWorld]) -> None:
    """Roles with everything on them, policies and providers, by account; the administrator is not part of it."""
    world = start_world()
    assert world.request("GET", "/_world/status").json()["aws"]["empty_since_start"] is True
    iam = world.aws("iam")
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]}
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    assert world.request("GET", "/_world/status").json()["aws"]["empty_since_start"] is True
    policy = iam.create_policy(PolicyName="edge", PolicyDocument=json.dumps(deny), Tags=[{"Key": "b", "Value": "2"}])
    boundary = policy["Policy"]["Arn"]
    iam.create_role(
        RoleName="worker",
        AssumeRolePolicyDocument=json.dumps(trust),
        Description="Works",
        MaxSessionDuration=7200,
        PermissionsBoundary=boundary,
        Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}],
    )
    iam.put_role_policy(RoleName="worker", PolicyName="inline", PolicyDocument=json.dumps(deny))
    iam.attach_role_policy(RoleName="worker", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    iam.create_open_id_connect_provider(
        Url="https://issuer.example", ClientIDList=["b", "a"], ThumbprintList=["f" * 40]
    )
    assert world.request("GET", "/_world/status").json()["aws"]["empty_since_start"] is False
    found = world.request("GET", "/_world/dump?normalised=true").json()["aws"]
    assert found == {
        "111111111111": {
            "oidc_providers": {
                "arn:aws:iam::111111111111:oidc-provider/issuer.example": {
                    "audiences": ["a", "b"],
                    "host": "issuer.example",
                    "tags": {},
                    "thumbprints": ["f" * 40],
                }
            },
            "policies": {
                boundary: {"description": "", "document": deny, "name": "edge", "path": "/", "tags": {"b": "2"}},
            },
            "roles": {
                "worker": {
                    "arn": "arn:aws:iam::111111111111:role/worker",
                    "attached": ["arn:aws:iam::aws:policy/AdministratorAccess"],
                    "boundary": boundary,
                    "description": "Works",
                    "inline": {"inline": deny},
                    "max_session_duration": 7200,
                    "path": "/",
                    "tags": {"a": "1", "b": "2"},
                    "trust": trust,
                }
            },
        },
        "222222222222": {"oidc_providers": {}, "policies": {}, "roles": {}},
    }


def test_a_policy_is_dumped_as_its_default_version(world: RunningWorld) -> None:
    """What a policy says now counts, not what it once said."""
    iam = world.aws("iam")
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    texts = [json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": sid, **statement}]}) for sid in ("Old", "New")]
    arn = iam.create_policy(PolicyName="turned", PolicyDocument=texts[0])["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=texts[1], SetAsDefault=True)
    shown = world.request("GET", "/_world/dump").json()["aws"]["111111111111"]["policies"][arn]
    assert shown["document"] == json.loads(texts[1])


@given(st.text(max_size=60))
def test_what_is_no_json_stays_text(text: str) -> None:
    """Two texts of one document are equal; a text that is none is shown as it stands."""
    assert document(json.dumps({"key": text})) == document(json.dumps({"key": text}, indent=2)) == {"key": text}
    assert document("{" + text.replace("}", "")) == "{" + text.replace("}", "")
