"""More of what an owner may weaken on GitHub, each found by name and corrected."""

from __future__ import annotations

import base64
import secrets
import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

APPLICATION = "/repos/acme/payments"
ENVIRONMENT = f"{APPLICATION}/environments/production"
BRANCH = ("branch-ruleset", "acme/payments:ruleset/default-branch")
PRODUCTION = ("environment-protection", "acme/payments:environment/production")
CONSTANTS = ("variables-and-secrets", "acme/payments:environment/production")
ACCESS = ("repository-access", "acme/payments")
OWNERS = ("code-owners", "acme/payments")
ACTIONS = ("actions-policy", "acme/payments")
RELEASE = ("role-trust", "arn:aws:iam::222222222222:role/payments-release")
PUBLISH = ("role-trust", "arn:aws:iam::444444444444:role/payments-publish")
ORGANIZATION_ACTIONS = ("actions-policy", "acme")
TESTERS = ("team-members", "acme/team:payments-testers")


def _remove_gates(acme: Any) -> None:  # noqa: ANN401 - the conftest's Platform
    path = f"{ENVIRONMENT}/deployment_protection_rules"
    for rule in acme.request("GET", path)["custom_deployment_protection_rules"]:
        acme.request("DELETE", f"{path}/{rule['id']}")


def _add_reviewer(acme: Any, login: str) -> None:  # noqa: ANN401 - as above
    team = acme.request("GET", "/orgs/acme/teams/payments-releasers")["id"]
    person = acme.request("GET", f"/users/{login}")["id"]
    acme.change_environment(reviewers=[{"type": "Team", "id": team}, {"type": "User", "id": person}])


def _grant(acme: Any, team: str, permission: str) -> None:  # noqa: ANN401 - as above
    acme.request("PUT", f"/orgs/acme/teams/{team}/repos/acme/payments", {"permission": permission})


def _public_key() -> str:
    parts = (b"ssh-ed25519", secrets.token_bytes(32))
    return f"ssh-ed25519 {base64.b64encode(b''.join(struct.pack('>I', len(p)) + p for p in parts)).decode()}"


WEAKENINGS: dict[str, tuple[Callable[[Any], object], dict[tuple[str, str], str]]] = {
    "branch ruleset deleted": (
        lambda acme: acme.request("DELETE", f"{APPLICATION}/rulesets/{acme.ruleset('default-branch')['id']}"),
        {BRANCH: "it is missing"},
    ),
    "branch ruleset only evaluated": (
        lambda acme: acme.change_ruleset("default-branch", enforcement="evaluate"),
        {BRANCH: "enforcement is evaluate, must be active"},
    ),
    "approvals lowered": (
        lambda acme: acme.change_rule("pull_request", required_approving_review_count=1),
        {BRANCH: "pull_request.approvals is 1, must be 2"},
    ),
    "code owners' review no longer needed": (
        lambda acme: acme.change_rule("pull_request", require_code_owner_review=False),
        {BRANCH: "pull_request.code_owner_review is off, must be on"},
    ),
    "last push no longer approved by another": (
        lambda acme: acme.change_rule("pull_request", require_last_push_approval=False),
        {BRANCH: "pull_request.last_push_approval is off, must be on"},
    ),
    "stale reviews kept": (
        lambda acme: acme.change_rule("pull_request", dismiss_stale_reviews_on_push=False),
        {BRANCH: "pull_request.dismiss_stale_reviews is off, must be on"},
    ),
    "threads may stay open": (
        lambda acme: acme.change_rule("pull_request", required_review_thread_resolution=False),
        {BRANCH: "pull_request.resolve_threads is off, must be on"},
    ),
    "merge commits allowed": (
        lambda acme: acme.change_rule("pull_request", allowed_merge_methods=["merge", "squash"]),
        {BRANCH: "pull_request.merge_methods is merge, squash"},
    ),
    "required reviewers removed": (
        lambda acme: acme.change_rule("pull_request", required_reviewers=[]),
        {BRANCH: "pull_request.required_reviewers is none"},
    ),
    "pull requests no longer needed": (
        lambda acme: acme.change_rule("pull_request"),
        {BRANCH: "pull_request is"},
    ),
    "required check removed": (
        lambda acme: acme.change_rule("required_status_checks"),
        {BRANCH: "checks is none"},
    ),
    "required check from any app": (
        lambda acme: acme.change_rule("required_status_checks", required_status_checks=[{"context": "twinlock/gate"}]),
        {BRANCH: "checks is twinlock/gate"},
    ),
    "required check of an outdated branch": (
        lambda acme: acme.change_rule("required_status_checks", strict_required_status_checks_policy=False),
        {BRANCH: "strict_checks is off, must be on"},
    ),
    "deletion allowed": (
        lambda acme: acme.change_rule("deletion"),
        {BRANCH: "deletion is off, must be on"},
    ),
    "force pushes allowed": (
        lambda acme: acme.change_rule("non_fast_forward"),
        {BRANCH: "non_fast_forward is off, must be on"},
    ),
    "include narrowed": (
        lambda acme: acme.change_ruleset(
            "default-branch", conditions={"ref_name": {"include": ["refs/heads/other"], "exclude": []}}
        ),
        {BRANCH: "include is refs/heads/other, must be ~DEFAULT_BRANCH"},
    ),
    "default branch excluded": (
        lambda acme: acme.change_ruleset(
            "default-branch", conditions={"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": ["refs/heads/main"]}}
        ),
        {BRANCH: "exclude is refs/heads/main"},
    ),
    "a team may bypass the creation of tags": (
        lambda acme: acme.change_ruleset(
            "release-tags-creation",
            bypass_actors=[{"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}],
        ),
        {("tag-ruleset", "acme/payments:ruleset/release-tags-creation"): "bypass is"},
    ),
    "tags of releases may move": (
        lambda acme: acme.change_ruleset("release-tags-protection", rules=[{"type": "deletion"}]),
        {("tag-ruleset", "acme/payments:ruleset/release-tags-protection"): "update is off, must be on"},
    ),
    "a permissive ruleset beside": (
        lambda acme: acme.request(
            "POST",
            f"{APPLICATION}/rulesets",
            {
                "name": "convenience",
                "target": "branch",
                "enforcement": "active",
                "conditions": {"ref_name": {"include": ["~ALL"], "exclude": []}},
                "rules": [{"type": "non_fast_forward"}],
            },
        ),
        {("branch-ruleset", "acme/payments:ruleset/convenience"): "nobody declared it"},
    ),
    "branch ruleset renamed": (
        lambda acme: acme.change_ruleset("default-branch", name="renamed"),
        {BRANCH: "it is missing", ("branch-ruleset", "acme/payments:ruleset/renamed"): "nobody declared it"},
    ),
    "environment deleted": (
        lambda acme: acme.request("DELETE", ENVIRONMENT),
        {PRODUCTION: "it is missing", CONSTANTS: "the variable ROLE_ARN is missing"},
    ),
    "an environment's variable names another role": (
        lambda acme: acme.request("PATCH", f"{ENVIRONMENT}/variables/ROLE_ARN", {"value": "arn:aws:iam::1:role/other"}),
        {CONSTANTS: "the variable ROLE_ARN is arn:aws:iam::1:role/other, must be arn:aws:iam::222222222222:role/"},
    ),
    "undeclared environment": (
        lambda acme: acme.request("PUT", f"{APPLICATION}/environments/hotfix", {}),
        {("environment-protection", "acme/payments:environment/hotfix"): "nobody declared it"},
    ),
    "gate app removed from the environment": (
        _remove_gates,
        {PRODUCTION: "gates is none, must be twinlock-gate"},
    ),
    "administrators may bypass the environment": (
        lambda acme: acme.change_environment(can_admins_bypass=True),
        {PRODUCTION: "admins_bypass is on, must be off"},
    ),
    "a person added to the reviewers": (
        lambda acme: _add_reviewer(acme, "alice"),
        {PRODUCTION: "User alice"},
    ),
    "any protected branch may deploy": (
        lambda acme: acme.change_environment(
            deployment_branch_policy={"protected_branches": True, "custom_branch_policies": False}
        ),
        {PRODUCTION: "protected_branches_only is on, must be off"},
    ),
    "any branch may deploy": (
        lambda acme: acme.change_environment(deployment_branch_policy=None),
        {PRODUCTION: "branches is none"},
    ),
    "any branch may use the integration environment": (
        lambda acme: acme.change_environment(
            "/repos/acme/payments-integration-tests/environments/integration", deployment_branch_policy=None
        ),
        {("environment-protection", "acme/payments-integration-tests:environment/integration"): "branches is none"},
    ),
    "team's permission raised": (
        lambda acme: _grant(acme, "payments-developers", "admin"),
        {ACCESS: "payments-developers: admin"},
    ),
    "reviewers' permission taken away": (
        lambda acme: acme.request("DELETE", "/orgs/acme/teams/payments-reviewers/repos/acme/payments"),
        {ACCESS: "teams is", OWNERS: "payments-reviewers cannot push"},
    ),
    "testers may push to the application": (
        lambda acme: _grant(acme, "payments-testers", "push"),
        {ACCESS: "payments-testers: push"},
    ),
    "a declared team of another duty granted": (
        lambda acme: _grant(acme, "audit", "pull"),
        {ACCESS: "audit: pull"},
    ),
    "a member made a collaborator": (
        lambda acme: acme.request("PUT", f"{APPLICATION}/collaborators/alice", {"permission": "maintain"}),
        {ACCESS: "alice: maintain"},
    ),
    "deploy key added": (
        lambda acme: acme.request(
            "POST", f"{APPLICATION}/keys", {"title": "ci", "key": _public_key(), "read_only": False}
        ),
        {ACCESS: "deploy_keys is ci"},
    ),
    "webhook added": (
        lambda acme: acme.request(
            "POST", f"{APPLICATION}/hooks", {"config": {"url": "https://listener.example/hook"}, "events": ["push"]}
        ),
        {ACCESS: "webhooks is"},
    ),
    "team deleted": (
        lambda acme: acme.request("DELETE", "/orgs/acme/teams/payments-releasers"),
        {
            ("team-members", "acme/team:payments-releasers"): "it is missing",
            ACCESS: "teams is",
            ("repository-access", "acme/payments-integration-tests"): "teams is",
            PRODUCTION: "reviewers is",
        },
    ),
    "member removed from a team": (
        lambda acme: acme.request("DELETE", "/orgs/acme/teams/payments-reviewers/memberships/rita"),
        {("team-members", "acme/team:payments-reviewers"): "members is"},
    ),
    "member made maintainer of a team": (
        lambda acme: acme.request("PUT", "/orgs/acme/teams/payments-testers/memberships/tess", {"role": "maintainer"}),
        {TESTERS: "maintainers is tess"},
    ),
    "outsider invited into a team": (
        lambda acme: acme.request("PUT", "/orgs/acme/teams/payments-testers/memberships/mallory", {"role": "member"}),
        {TESTERS: "mallory"},
    ),
    "team made secret": (
        lambda acme: acme.request("PATCH", "/orgs/acme/teams/payments-testers", {"privacy": "secret"}),
        {TESTERS: "privacy is secret"},
    ),
    "team put under another": (
        lambda acme: acme.request(
            "PATCH",
            "/orgs/acme/teams/payments-testers",
            {"parent_team_id": acme.request("GET", "/orgs/acme/teams/payments-developers")["id"]},
        ),
        {
            TESTERS: "parent is payments-developers",
            ("team-members", "acme/team:payments-developers"): "members is",
        },
    ),
    "organization allows all actions": (
        lambda acme: acme.request(
            "PUT", "/orgs/acme/actions/permissions", {"enabled_repositories": "all", "allowed_actions": "all"}
        ),
        {ORGANIZATION_ACTIONS: "allowed_actions is all"},
    ),
    "organization's token may write": (
        lambda acme: acme.request(
            "PUT",
            "/orgs/acme/actions/permissions/workflow",
            {"default_workflow_permissions": "write", "can_approve_pull_request_reviews": False},
        ),
        # The repositories have said for themselves what theirs may do.
        {ORGANIZATION_ACTIONS: "token is write"},
    ),
    "actions need not be pinned": (
        lambda acme: acme.request(
            "PUT",
            f"{APPLICATION}/actions/permissions",
            {"enabled": True, "allowed_actions": "selected", "sha_pinning_required": False},
        ),
        {ACTIONS: "sha_pinning is off, must be on"},
    ),
    "verified creators' actions allowed": (
        lambda acme: acme.request(
            "PUT",
            f"{APPLICATION}/actions/permissions/selected-actions",
            {"github_owned_allowed": False, "verified_allowed": True, "patterns_allowed": ["*/*"]},
        ),
        {ACTIONS: "verified is on, must be off"},
    ),
    "workflows may approve pull requests": (
        lambda acme: acme.request(
            "PUT",
            f"{APPLICATION}/actions/permissions/workflow",
            {"default_workflow_permissions": "read", "can_approve_pull_request_reviews": True},
        ),
        {ACTIONS: "approve_pull_requests is on, must be off"},
    ),
    "token may write": (
        lambda acme: acme.request(
            "PUT",
            f"{APPLICATION}/actions/permissions/workflow",
            {"default_workflow_permissions": "write", "can_approve_pull_request_reviews": False},
        ),
        {ACTIONS: "token is write"},
    ),
    "workflows callable from the whole organization": (
        lambda acme: acme.request("PUT", f"{APPLICATION}/actions/permissions/access", {"access_level": "organization"}),
        {ACTIONS: "access_level is organization"},
    ),
    "OIDC subject made of another claim": (
        lambda acme: acme.request(
            "PUT",
            f"{APPLICATION}/actions/oidc/customization/sub",
            {"use_default": False, "include_claim_keys": ["repository_owner"]},
        ),
        {RELEASE: "the OIDC subject of payments is customised", PUBLISH: "the OIDC subject of payments is customised"},
    ),
    "OIDC subject without ids": (
        lambda acme: acme.request(
            "PUT",
            f"{APPLICATION}/actions/oidc/customization/sub",
            {"use_default": True, "use_immutable_subject": False},
        ),
        {RELEASE: "sub is", PUBLISH: "sub is"},
    ),
    "Actions turned off": (
        lambda acme: acme.request("PUT", f"{APPLICATION}/actions/permissions", {"enabled": False}),
        {ACTIONS: "enabled is off, must be on"},
    ),
}


def test_weakenings_on_github_are_found_and_corrected(together: Any, corrected: Callable[..., None]) -> None:  # noqa: ANN401 - the conftest's
    """Exactly these findings, naming what was weakened; reconcile corrects them, and a second reading is clean."""
    corrected(together)
