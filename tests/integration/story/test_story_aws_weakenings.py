"""More of what an account's administrator may weaken in IAM, each found by name and corrected."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

HOST = "token.actions.githubusercontent.com"
PROVIDER = f"arn:aws:iam::222222222222:oidc-provider/{HOST}"
BOUNDARY = "arn:aws:iam::222222222222:policy/twinlock-boundary"
ROLE = "arn:aws:iam::222222222222:role/payments-release"
TRUST = ("role-trust", ROLE)
PERMISSIONS = ("role-permissions", ROLE)
EVERYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


def _open_for_all_values(statements: list[Any]) -> None:
    """Ask the same of the subject, but of each value there is: a token without that claim then has them all."""
    exact = statements[0]["Condition"]["StringEquals"]
    statements[0]["Condition"] = {"ForAllValues:StringEquals": exact}


def _drop_subject(statements: list[Any]) -> None:
    del statements[0]["Condition"]["StringEquals"][f"{HOST}:sub"]


def _drop_workflow(statements: list[Any]) -> None:
    del statements[0]["Condition"]["StringEquals"][f"{HOST}:job_workflow_ref"]


def _add_workflow(statements: list[Any]) -> None:
    exact = statements[0]["Condition"]["StringEquals"]
    held = exact[f"{HOST}:job_workflow_ref"]
    exact[f"{HOST}:job_workflow_ref"] = [*([held] if isinstance(held, str) else held), "acme/elsewhere/.github/x.yml@1"]


def _name_only_subject(statements: list[Any]) -> None:
    statements[0]["Condition"] = {
        "StringEquals": {f"{HOST}:aud": "sts.amazonaws.com", f"{HOST}:sub": "repo:acme/payments:environment:production"}
    }


def _let_an_account_in(statements: list[Any]) -> None:
    statements.append(
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::222222222222:root"}, "Action": "sts:AssumeRole"}
    )


def _let_everybody_in(statements: list[Any]) -> None:
    statements.append({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"})


def _stop_denying(acme: Any) -> None:  # noqa: ANN401 - the conftest's Platform
    acme.iam("production").delete_role_policy(RoleName="payments-release", PolicyName="twinlock-closed")


def _narrow_denial(acme: Any) -> None:  # noqa: ANN401 - as above
    some = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    acme.iam("production").put_role_policy(
        RoleName="payments-release",
        PolicyName="twinlock-closed",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [some]}),
    )


def _attach_own_policy(acme: Any) -> None:  # noqa: ANN401 - as above
    iam = acme.iam("production")
    arn = iam.create_policy(PolicyName="convenience", PolicyDocument=EVERYTHING)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="payments-release", PolicyArn=arn)


def _swap_boundary(acme: Any) -> None:  # noqa: ANN401 - as above
    iam = acme.iam("production")
    arn = iam.create_policy(PolicyName="wide", PolicyDocument=EVERYTHING)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="payments-release", PermissionsBoundary=arn)


def _delete_role(acme: Any) -> None:  # noqa: ANN401 - as above
    iam = acme.iam("build")
    for name in iam.list_role_policies(RoleName="payments-publish")["PolicyNames"]:
        iam.delete_role_policy(RoleName="payments-publish", PolicyName=name)
    iam.delete_role(RoleName="payments-publish")


def _set_audiences(acme: Any, *audiences: str) -> None:  # noqa: ANN401 - as above
    iam = acme.iam("production")
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER)
    iam.create_open_id_connect_provider(Url=f"https://{HOST}", ClientIDList=list(audiences))


def _plant_role(acme: Any) -> None:  # noqa: ANN401 - as above
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringLike": {f"{HOST}:sub": "repo:acme/*"}},
    }
    acme.iam("production").create_role(
        RoleName="backup",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


WEAKENINGS: dict[str, tuple[Callable[[Any], object], dict[tuple[str, str], str]]] = {
    "trust asks of every value there is": (
        lambda acme: acme.change_trust(_open_for_all_values),
        {TRUST: "sub is ForAllValues:StringEquals"},
    ),
    "trust no longer names the subject": (
        lambda acme: acme.change_trust(_drop_subject),
        {TRUST: "sub"},
    ),
    "trust no longer names the workflow": (
        lambda acme: acme.change_trust(_drop_workflow),
        {TRUST: "job_workflow_ref"},
    ),
    "trust names another workflow too": (
        lambda acme: acme.change_trust(_add_workflow),
        {TRUST: "acme/elsewhere/.github/x.yml@1"},
    ),
    "trust names the repository only by name": (
        lambda acme: acme.change_trust(_name_only_subject),
        {TRUST: "repo:acme/payments:environment:production"},
    ),
    "trust lets an account in": (
        lambda acme: acme.change_trust(_let_an_account_in),
        {TRUST: "AWS arn:aws:iam::222222222222:root"},
    ),
    "trust lets everybody in": (
        lambda acme: acme.change_trust(_let_everybody_in),
        {TRUST: "*"},
    ),
    "trust admits nobody": (
        lambda acme: acme.change_trust(lambda statements: statements[0].update(Effect="Deny")),
        {TRUST: "it no longer admits the declared"},
    ),
    "an inline policy added": (
        lambda acme: acme.iam("production").put_role_policy(
            RoleName="payments-release", PolicyName="more", PolicyDocument=EVERYTHING
        ),
        {PERMISSIONS: "inline policy more is not declared"},
    ),
    "an inline policy widened": (
        lambda acme: acme.iam("production").put_role_policy(
            RoleName="payments-release", PolicyName="release", PolicyDocument=EVERYTHING
        ),
        {PERMISSIONS: "inline policy release has other statements than declared"},
    ),
    "the denial of releases deleted": (
        _stop_denying,
        {PERMISSIONS: "inline policy twinlock-closed is missing"},
    ),
    "the denial of releases narrowed": (
        _narrow_denial,
        {PERMISSIONS: "inline policy twinlock-closed has other statements than declared"},
    ),
    "a policy of one's own attached": (
        _attach_own_policy,
        {PERMISSIONS: "attached is arn:aws:iam::222222222222:policy/convenience"},
    ),
    "another boundary": (
        _swap_boundary,
        {PERMISSIONS: "boundary is arn:aws:iam::222222222222:policy/wide"},
    ),
    "longer sessions": (
        lambda acme: acme.iam("production").update_role(RoleName="payments-release", MaxSessionDuration=43200),
        {PERMISSIONS: "max_session_seconds is 43200, must be 3600"},
    ),
    "the boundary itself widened": (
        lambda acme: acme.iam("production").create_policy_version(
            PolicyArn=BOUNDARY, PolicyDocument=EVERYTHING, SetAsDefault=True
        ),
        {("role-permissions", BOUNDARY): "its statements are not the declared ones"},
    ),
    "role deleted": (
        _delete_role,
        {("role-inventory", "arn:aws:iam::444444444444:role/payments-publish"): "it is missing"},
    ),
    "an audience added": (
        lambda acme: _set_audiences(acme, "elsewhere", "sts.amazonaws.com"),
        {("role-trust", PROVIDER): "audiences is elsewhere, sts.amazonaws.com"},
    ),
    "another audience": (
        lambda acme: _set_audiences(acme, "elsewhere"),
        {("role-trust", PROVIDER): "audiences is elsewhere, must be sts.amazonaws.com"},
    ),
    "the identity provider deleted": (
        lambda acme: acme.iam("production").delete_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER),
        {("role-trust", PROVIDER): "it is missing"},
    ),
    "a role that trusts GitHub": (
        _plant_role,
        {("role-inventory", "arn:aws:iam::222222222222:role/backup"): "nobody declared it"},
    ),
}


def test_weakenings_in_iam_are_found_and_corrected(together: Any, corrected: Callable[..., None]) -> None:  # noqa: ANN401 - the conftest's
    """Exactly these findings, naming what was weakened; reconcile corrects them, and a second reading is clean."""
    corrected(together)
