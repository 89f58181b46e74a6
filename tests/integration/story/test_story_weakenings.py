"""The issue's table: what an owner weakens is found by name and corrected, one weakening at a time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

BRANCH = "acme/payments:ruleset/default-branch"
PRODUCTION = "acme/payments:environment/production"
RELEASE = "arn:aws:iam::222222222222:role/payments-release"
ENVIRONMENT = "/repos/acme/payments/environments/production"


def _hollow_tag_ruleset(acme: Any) -> None:  # noqa: ANN401 - as above
    was = acme.ruleset("release-tags-protection")
    acme.request("DELETE", f"/repos/acme/payments/rulesets/{was['id']}")
    hollow = {name: was[name] for name in ("name", "target", "enforcement", "conditions")}
    acme.request("POST", "/repos/acme/payments/rulesets", {**hollow, "rules": [], "bypass_actors": []})


def _open_environment(acme: Any) -> None:  # noqa: ANN401 - as above
    acme.change_environment(prevent_self_review=False)
    acme.request("POST", f"{ENVIRONMENT}/deployment-branch-policies", {"name": "*", "type": "branch"})


def _wide_trust(account: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{account}:oidc-provider/token.actions.githubusercontent.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
            "StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/*"},
        },
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _elevate(acme: Any) -> None:  # noqa: ANN401 - as above
    iam = acme.iam("integration")
    iam.attach_role_policy(RoleName="payments-integration", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    iam.delete_role_permissions_boundary(RoleName="payments-integration")


TABLE = {
    "branch ruleset disabled": (
        lambda acme: acme.change_ruleset("default-branch", enforcement="disabled"),
        ("branch-ruleset", BRANCH),
        "enforcement is disabled",
    ),
    "bypass actor added": (
        lambda acme: acme.change_ruleset(
            "default-branch",
            bypass_actors=[{"actor_id": 1, "actor_type": "OrganizationAdmin", "bypass_mode": "always"}],
        ),
        ("branch-ruleset", BRANCH),
        "bypass is",
    ),
    "tag ruleset deleted, an empty one of the same name in its place": (
        _hollow_tag_ruleset,
        ("tag-ruleset", "acme/payments:ruleset/release-tags-protection"),
        "deletion is",
    ),
    "all reviewers removed from production": (
        lambda acme: acme.change_environment(reviewers=[]),
        ("environment-protection", PRODUCTION),
        "reviewers is",
    ),
    "self-review allowed; branch policy * added": (
        _open_environment,
        ("environment-protection", PRODUCTION),
        "prevent_self_review is",
    ),
    "outside collaborator with admin": (
        lambda acme: acme.request(
            "PUT", "/repos/acme/payments-integration-tests/collaborators/mallory", {"permission": "admin"}
        ),
        ("repository-access", "acme/payments-integration-tests"),
        "mallory: admin",
    ),
    "a developer added to the testers": (
        lambda acme: acme.request("PUT", "/orgs/acme/teams/payments-testers/memberships/alice", {"role": "member"}),
        ("team-members", "acme/team:payments-testers"),
        "members is alice, ",
    ),
    "all actions allowed": (
        lambda acme: acme.request(
            "PUT", "/repos/acme/payments/actions/permissions", {"enabled": True, "allowed_actions": "all"}
        ),
        ("actions-policy", "acme/payments"),
        "allowed_actions is all",
    ),
    "release trust widened to repo:acme/*": (
        lambda acme: acme.iam("production").update_assume_role_policy(
            RoleName="payments-release", PolicyDocument=_wide_trust("222222222222")
        ),
        ("role-trust", RELEASE),
        "sub",
    ),
    "AdministratorAccess on the integration role; boundary removed": (
        _elevate,
        ("role-permissions", "arn:aws:iam::111111111111:role/payments-integration"),
        "AdministratorAccess",
    ),
    "new role that trusts the GitHub provider": (
        lambda acme: acme.iam("production").create_role(
            RoleName="nightly-maintenance", AssumeRolePolicyDocument=_wide_trust("222222222222")
        ),
        ("role-inventory", "arn:aws:iam::222222222222:role/nightly-maintenance"),
        "nobody declared it",
    ),
}


@pytest.mark.parametrize(("act", "place", "word"), TABLE.values(), ids=TABLE.keys())
def test_a_weakening_is_found_by_control_and_subject_and_corrected(
    act: Callable[..., object],
    place: tuple[str, str],
    word: str,
    provisioned: Any,  # noqa: ANN401 - the conftest's Platform
) -> None:
    """The audit exits 1 with exactly the one finding, naming what was weakened; reconcile and a new audit exit 0."""
    provisioned.clean = False
    act(provisioned)

    found = provisioned.twinlock("audit", "--format", "json")
    assert found.code == 1
    assert [(finding["control"], finding["subject"]) for finding in found.document["findings"]] == [place]
    assert word in found.document["findings"][0]["message"]
    assert found.document["unknowns"] == []

    told = provisioned.twinlock("reconcile", "--once", "--yes")
    assert (told.code, told.out.splitlines()[-1]) == (0, "1 corrected, and seen corrected by reading again.")

    after = provisioned.twinlock("audit", "--format", "json")
    assert after.code == 0
    assert (after.document["findings"], after.document["unknowns"]) == ([], [])
    provisioned.remove_quarantined()
    provisioned.clean = True
