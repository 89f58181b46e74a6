"""What the demo does to a provisioned platform: weakenings, each as an owner could make it in passing.

They go through GitHub's REST API and IAM alone, with an owner's token and an administrator's keys, as any script of
theirs would. Each names the control that must find it and the subject it must be found on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from twinlock import names
from twinlock.errors import Incomplete

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from twinlock.aws.session import Iam
    from twinlock.github.client import Answer, GitHubClient
    from twinlock.model.finding import Finding


class Reach(Protocol):
    """What somebody with an owner's rights reaches."""

    @property
    def organization(self) -> str:
        """The organization's login."""

    @property
    def github(self) -> GitHubClient:
        """GitHub, as an owner."""

    def iam(self, purpose: str) -> Iam:
        """IAM of one account, as its administrator."""

    def account(self, purpose: str) -> str:
        """The account's twelve digits."""


@dataclass(frozen=True, slots=True)
class Weakening:
    """One weakening.

    Attributes:
        title: What is done, for people.
        control: Slug of the control that must find it.
        subject: What it must be found on.
        mentions: What the finding must say of it; two weakenings of one subject are told apart by that.
        act: Does it.
    """

    title: str
    control: str
    subject: str
    mentions: tuple[str, ...]
    act: Callable[[Reach], None]

    def is_found_by(self, findings: Iterable[Finding]) -> bool:
        """Return whether a finding of the right control on the right subject says what was done."""
        return any(
            (finding.control, finding.subject) == (self.control, self.subject)
            and all(mention in finding.message for mention in self.mentions)
            for finding in findings
        )


def weakenings(organization: str, accounts: dict[str, str], service: str) -> Sequence[Weakening]:
    """Return the weakenings of one service's platform.

    Args:
        organization: The organization's login.
        accounts: Account ids by purpose.
        service: The service.
    """
    application = f"{organization}/{service}"
    tests = f"{organization}/{names.integration_tests_repository(service)}"
    release = names.role_arn(accounts["production"], names.release_role(service))
    integration = names.role_arn(accounts["integration"], names.integration_role(service))
    intruder = names.role_arn(accounts["production"], INTRUDER)
    production = f"{application}:environment/{names.PRODUCTION_ENVIRONMENT}"
    branch = f"{application}:ruleset/{names.BRANCH_RULESET}"
    return (
        Weakening(
            "branch ruleset disabled",
            "branch-ruleset",
            branch,
            ("enforcement is disabled",),
            _disable_ruleset(application),
        ),
        Weakening(
            "bypass actor added", "branch-ruleset", branch, ("bypass is OrganizationAdmin",), _add_bypass(application)
        ),
        Weakening(
            "tag ruleset deleted, an empty one of the same name in its place",
            "tag-ruleset",
            f"{application}:ruleset/{names.TAG_PROTECTION_RULESET}",
            ("update is off", "deletion is off"),
            _hollow_tag_ruleset(application),
        ),
        Weakening(
            "all reviewers removed from production",
            "environment-protection",
            production,
            ("reviewers is none",),
            _remove_reviewers(application),
        ),
        Weakening(
            "self-review allowed; branch policy * added",
            "environment-protection",
            production,
            ("prevent_self_review is off", "branch *"),
            _open_environment(application),
        ),
        Weakening(
            "outside collaborator with admin",
            "repository-access",
            tests,
            (f"{OUTSIDER}: admin",),
            _invite_outsider(tests),
        ),
        Weakening(
            "a developer added to the testers",
            "team-members",
            f"{organization}/team:{names.default_team(service, 'testers')}",
            ("members is",),
            _add_member(organization, service),
        ),
        Weakening(
            "all actions allowed",
            "actions-policy",
            application,
            ("allowed_actions is all",),
            _allow_actions(application),
        ),
        Weakening(
            "release trust widened to repo:ORG/*",
            "role-trust",
            release,
            (f"repo:{organization}/*",),
            _widen_trust(service),
        ),
        Weakening(
            "AdministratorAccess on the integration role; boundary removed",
            "role-permissions",
            integration,
            ("AdministratorAccess", "boundary is none"),
            _elevate(service),
        ),
        Weakening(
            "new role that trusts the GitHub provider", "role-inventory", intruder, ("nobody declared it",), _plant_role
        ),
    )


INTRUDER = "nightly-maintenance"
OUTSIDER = "mallory"


def _ruleset(reach: Reach, repository: str, name: str) -> dict[str, Any]:
    listed = _done(reach.github.get_all(f"/repos/{repository}/rulesets"))
    found = next(ruleset for ruleset in listed if ruleset["name"] == name)
    return dict(_done(reach.github.get(f"/repos/{repository}/rulesets/{found['id']}")))


def _disable_ruleset(repository: str) -> Callable[[Reach], None]:
    def act(reach: Reach) -> None:
        ruleset = _ruleset(reach, repository, names.BRANCH_RULESET)
        _done(reach.github.put(f"/repos/{repository}/rulesets/{ruleset['id']}", {"enforcement": "disabled"}))

    return act


def _add_bypass(repository: str) -> Callable[[Reach], None]:
    def act(reach: Reach) -> None:
        ruleset = _ruleset(reach, repository, names.BRANCH_RULESET)
        actor = {"actor_id": 1, "actor_type": "OrganizationAdmin", "bypass_mode": "always"}
        body = {"bypass_actors": [*ruleset["bypass_actors"], actor]}
        _done(reach.github.put(f"/repos/{repository}/rulesets/{ruleset['id']}", body))

    return act


def _hollow_tag_ruleset(repository: str) -> Callable[[Reach], None]:
    def act(reach: Reach) -> None:
        ruleset = _ruleset(reach, repository, names.TAG_PROTECTION_RULESET)
        _done(reach.github.delete(f"/repos/{repository}/rulesets/{ruleset['id']}"))
        kept = ("name", "target", "enforcement", "conditions")
        hollow = {**{key: ruleset[key] for key in kept}, "rules": [], "bypass_actors": []}
        _done(reach.github.post(f"/repos/{repository}/rulesets", hollow))

    return act


def _environment(reach: Reach, repository: str) -> dict[str, Any]:
    """Return what GitHub would have to be sent to leave the production environment as it is."""
    live = _done(reach.github.get(f"/repos/{repository}/environments/{names.PRODUCTION_ENVIRONMENT}"))
    rules = {rule["type"]: rule for rule in live["protection_rules"]}
    reviewers = rules.get("required_reviewers", {"prevent_self_review": False, "reviewers": []})
    return {
        "wait_timer": rules.get("wait_timer", {}).get("wait_timer", 0),
        "prevent_self_review": reviewers["prevent_self_review"],
        "reviewers": [{"type": entry["type"], "id": entry["reviewer"]["id"]} for entry in reviewers["reviewers"]],
        "can_admins_bypass": live["can_admins_bypass"],
        "deployment_branch_policy": live["deployment_branch_policy"],
    }


def _remove_reviewers(repository: str) -> Callable[[Reach], None]:
    def act(reach: Reach) -> None:
        body = {**_environment(reach, repository), "reviewers": []}
        _done(reach.github.put(f"/repos/{repository}/environments/{names.PRODUCTION_ENVIRONMENT}", body))

    return act


def _open_environment(repository: str) -> Callable[[Reach], None]:
    def act(reach: Reach) -> None:
        path = f"/repos/{repository}/environments/{names.PRODUCTION_ENVIRONMENT}"
        _done(reach.github.put(path, {**_environment(reach, repository), "prevent_self_review": False}))
        _done(reach.github.post(f"{path}/deployment-branch-policies", {"name": "*", "type": "branch"}))

    return act


def _invite_outsider(repository: str) -> Callable[[Reach], None]:
    def act(reach: Reach) -> None:
        _done(reach.github.put(f"/repos/{repository}/collaborators/{OUTSIDER}", {"permission": "admin"}))

    return act


def _add_member(organization: str, service: str) -> Callable[[Reach], None]:
    def act(reach: Reach) -> None:
        teams = f"/orgs/{organization}/teams"
        developers = _done(reach.github.get_all(f"{teams}/{names.default_team(service, 'developers')}/members"))
        login = min(member["login"] for member in developers)
        testers = names.default_team(service, "testers")
        _done(reach.github.put(f"{teams}/{testers}/memberships/{login}", {"role": "member"}))

    return act


def _allow_actions(repository: str) -> Callable[[Reach], None]:
    def act(reach: Reach) -> None:
        body = {"enabled": True, "allowed_actions": "all"}
        _done(reach.github.put(f"/repos/{repository}/actions/permissions", body))

    return act


def _widen_trust(service: str) -> Callable[[Reach], None]:
    def act(reach: Reach) -> None:
        document = _trust(reach, "production", f"repo:{reach.organization}/*")
        reach.iam("production").call(
            "update_assume_role_policy", RoleName=names.release_role(service), PolicyDocument=document
        )

    return act


def _elevate(service: str) -> Callable[[Reach], None]:
    def act(reach: Reach) -> None:
        iam, role = reach.iam("integration"), names.integration_role(service)
        iam.call("attach_role_policy", RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        iam.call("delete_role_permissions_boundary", RoleName=role)

    return act


def _plant_role(reach: Reach) -> None:
    document = _trust(reach, "production", f"repo:{reach.organization}/*")
    reach.iam("production").call("create_role", RoleName=INTRUDER, AssumeRolePolicyDocument=document)


def _trust(reach: Reach, purpose: str, subject: str) -> str:
    condition = {
        "StringEquals": {f"{names.OIDC_HOST}:aud": names.OIDC_AUDIENCE},
        "StringLike": {f"{names.OIDC_HOST}:sub": subject},
    }
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": names.oidc_provider_arn(reach.account(purpose))},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _done(answer: Answer) -> Any:  # noqa: ANN401 - GitHub's JSON
    if not answer.ok:
        raise Incomplete(
            "A weakening could not be made.",
            f"GitHub answered {answer.status}: {answer.message}",
            "Start the demo again.",
        )
    return answer.body
