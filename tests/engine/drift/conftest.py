"""Somebody who changes things by hand, and an estate that a team would write with the official provider alone."""

from __future__ import annotations

import base64
import json
import re
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_github as github
import pytest
from nacl.public import PublicKey, SealedBox

from twinlock.engine.port import Stack
from twinlock.model.declaration import Where
from twinlock.names import CONTROLLER_APP
from twinlock.programs.providers import github_providers
from twinlock.provider.resources import RulesetInventory
from twinlock.provider.world_file import connection
from twinlock_cli import compose, world_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from twinlock.engine.installation.place import Installation
    from twinlock.engine.pulumi.engine import PulumiEngine
    from twinlock.engine.result import Change
    from twinlock.provider.connection import Connection

REPOSITORY = "/repos/acme/payments"
PLACEHOLDER = re.compile(r"\{(\w+):([\w.-]+)\}")
"""`{ruleset:default-branch}`: an id."""
VOLATILE = re.compile(r"(_at|url|^id|^node_id|^_links|^sha|Used|Date|Id)$")
"""What an answer has that differs by itself, or between a thing and the same thing made anew."""


def _key() -> str:
    parts = (b"ssh-ed25519", secrets.token_bytes(32))
    encoded = base64.b64encode(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).decode()
    return f"ssh-ed25519 {encoded}"


def _trust() -> str:
    provider = "arn:aws:iam::222222222222:oidc-provider/token.actions.githubusercontent.com"
    subject = {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/*"}}
    allowed = {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Condition": subject}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**allowed, "Principal": {"Federated": provider}}]})


WORDS: Mapping[str, Callable[[], Any]] = {"{null}": lambda: None, "{key}": _key, "{trust}": _trust}
"""What TOML cannot say, or must not hold."""


class Hand:
    """Somebody with an owner's token and an administrator's keys, who changes things by hand."""

    def __init__(self, platform: Any) -> None:  # noqa: ANN401 - the conftest's Platform
        self._platform = platform
        self._held: dict[str, bytes] = {}

    def does(self, acts: Iterable[Mapping[str, Any]]) -> None:
        """Do what lines of the table say: requests, calls of the platform's own ways to change things, or of IAM."""
        for act in acts:
            match act:
                case {"request": [method, path, *body]}:
                    self._platform.request(method, self._resolved(path), *map(self._resolved_in, body))
                case {"secret": path}:
                    self._seal(path)
                case {"default_branch": name}:
                    tip = self._platform.request("GET", f"{REPOSITORY}/commits/main")["sha"]
                    self._platform.request("POST", f"{REPOSITORY}/git/refs", {"ref": f"refs/heads/{name}", "sha": tip})
                    self._platform.request("PATCH", REPOSITORY, {"default_branch": name})
                case {"iam": purpose, "call": call, "with": arguments}:
                    getattr(self._platform.iam(purpose), call)(**self._resolved_in(arguments))
                case {"commit": path}:
                    content = act["content"].encode() if "content" in act else self._held[path]
                    self._held[path] = self._platform.commit(path, content)
                case {"call": call}:
                    getattr(self._platform, call)(*act.get("of", ()), **self._resolved_in(act.get("with", {})))

    def looks(self, watch: str, *, exactly: bool = False) -> object:
        """Return what there is to be seen.

        Args:
            watch: `PATH` of GitHub, `PATH PART.OF.IT`, or `role:PURPOSE NAME`.
            exactly: With ids and times, by which alone it is told that a secret was overwritten.
        """
        place, _, part = watch.partition(" ")
        if place.startswith("role:"):
            return self._role(place.removeprefix("role:"), part)
        try:
            body = self._platform.request("GET", self._resolved(place))
        except (AssertionError, StopIteration):
            return "gone"
        for name in part.split(".") if part else ():
            body = body[name]
        return body if exactly else _still(body)

    def _role(self, purpose: str, name: str) -> object:
        iam = self._platform.iam(purpose)
        try:
            role = iam.get_role(RoleName=name)["Role"]
        except iam.exceptions.NoSuchEntityException:
            return "gone"
        names = iam.list_role_policies(RoleName=name)["PolicyNames"]
        inline = {each: iam.get_role_policy(RoleName=name, PolicyName=each)["PolicyDocument"] for each in names}
        return _still([role, inline, iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]])

    def _seal(self, path: str) -> None:
        key = self._platform.request("GET", f"{path.rpartition('/')[0]}/public-key")
        sealed = base64.b64encode(SealedBox(PublicKey(base64.b64decode(key["key"]))).encrypt(b"another")).decode()
        self._platform.request("PUT", path, {"key_id": key["key_id"], "encrypted_value": sealed})

    def _resolved(self, text: str) -> str:
        return PLACEHOLDER.sub(lambda found: str(self._number(found[1], found[2])), text)

    def _resolved_in(self, value: Any) -> Any:  # noqa: ANN401 - JSON
        if isinstance(value, dict):
            return {name: self._resolved_in(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._resolved_in(each) for each in value]
        if isinstance(value, str) and value in WORDS:
            return WORDS[value]()
        whole = PLACEHOLDER.fullmatch(value) if isinstance(value, str) else None
        return value if whole is None else self._number(whole[1], whole[2])

    def _number(self, kind: str, name: str) -> int:
        """Return the id of something by its name."""
        if kind == "ruleset":
            return int(self._platform.ruleset(name)["id"])
        if kind == "gate":
            path = f"{REPOSITORY}/environments/production/deployment_protection_rules"
            listed = self._platform.request("GET", path)["custom_deployment_protection_rules"]
            return next(int(each["id"]) for each in listed if each["app"]["slug"] == name)
        if kind in {"orgruleset", "orghook"}:
            listed = self._platform.request("GET", f"/orgs/acme/{kind.removeprefix('org')}s")
            return next(int(each["id"]) for each in listed if each["name"] == name)
        path = {"team": "/orgs/acme/teams", "app": "/apps"}[kind]
        return int(self._platform.request("GET", f"{path}/{name}")["id"])


def _still(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a document without what differs by itself; a list has no order."""
    if isinstance(value, dict):
        return {name: _still(each) for name, each in value.items() if each != "" and not VOLATILE.search(name)}
    if isinstance(value, list):
        return sorted((_still(each) for each in value), key=lambda each: json.dumps(each, sort_keys=True))
    return str(value)


class Official:
    """A platform of official resources alone, on a world of its own."""

    def __init__(self, platform: Any) -> None:  # noqa: ANN401 - the conftest's Platform
        self.platform = platform
        loaded = compose.load(platform.root)
        self._reached = connection(compose.world(loaded), loaded.estate, CONTROLLER_APP)
        self._engine = compose.pulumi(loaded)

    def up(self) -> None:
        """Provision it."""
        self._engine.up(self._stack(self._reached))

    def sees(self, token: str | None = None) -> dict[str, str]:
        """Return what refresh and program see: `TYPE NAME FIELD`, and the values on both sides."""
        result = self._engine.preview(self._stack(self._with(token)))
        seen: dict[str, str] = {}
        for change in (*result.drifted, *result.changed):
            for field, values in _told(change):
                seen[field] = f"{seen.get(field, '')} {values}"
        return seen

    def inventory(self, token: str | None = None) -> Stack:
        """Return a stack of twinlock's inventory of the rulesets alone."""
        reached = self._with(token)
        listed = self.platform.request("GET", f"{REPOSITORY}/rulesets")

        def program() -> None:
            own = github_providers(reached, Where.WORLD)[1]
            rulesets = {each["name"]: str(each["id"]) for each in listed}
            opts = pulumi.ResourceOptions(provider=own)
            RulesetInventory("payments", repository="payments", rulesets=rulesets, opts=opts)

        return Stack("inventory", "payments", program)

    @property
    def engine(self) -> PulumiEngine:
        """The engine."""
        return self._engine

    def without_administration(self) -> str:
        """Return the token of an app that reads all, and writes no settings."""
        permissions = dict.fromkeys(world_seed.PERMISSIONS[CONTROLLER_APP], "read")
        app = {"slug": "blindfolded", "permissions": permissions}
        nothing = {"users": [], "aws": {"region": "eu-west-1", "accounts": []}}
        seed = {"organization": {"login": "acme"}, "apps": [app], **nothing}
        return str(self.platform.request("POST", "/_world/seed", seed)["github"]["tokens"]["blindfolded"])

    def _with(self, token: str | None) -> Connection:
        if token is None:
            return self._reached
        return replace(self._reached, github=replace(self._reached.github, token=token))

    def _stack(self, reached: Connection) -> Stack:
        def program() -> None:
            declare(pulumi.ResourceOptions(provider=github_providers(reached, Where.WORLD)[0]))

        return Stack("official", "payments", program)


def _told(change: Change) -> list[tuple[str, str]]:
    name = f"{change.type.rpartition(':')[2]} {change.name}"
    if not change.fields:
        return [(name, change.operation.value)]
    return [(f"{name} {each.path.partition('[')[0]}", f"{each.before} -> {each.after}") for each in change.fields]


def declare(opts: pulumi.ResourceOptions) -> None:
    """Declare what twinlock declares for `payments`, as far as there are official resources."""
    github.ActionsOrganizationPermissions(
        "acme",
        enabled_repositories="all",
        allowed_actions="selected",
        allowed_actions_config={"github_owned_allowed": False, "patterns_alloweds": ["actions/checkout@*"]},
        sha_pinning_required=True,
        opts=opts,
    )
    github.ActionsOrganizationOidcSubjectClaimCustomizationTemplate(
        "acme", include_claim_keys=["repo", "context"], opts=opts
    )
    github.Membership("lena", username="lena", role="member", opts=opts)
    testers = github.Team("payments-testers", name="payments-testers", privacy="closed", opts=opts)
    releasers = github.Team("payments-releasers", name="payments-releasers", privacy="closed", opts=opts)
    developers = github.Team("payments-developers", name="payments-developers", privacy="closed", opts=opts)
    github.Team("audit", name="audit", privacy="closed", opts=opts)
    for login in ("tess", "tariq"):
        github.TeamMembership(login, team_id=testers.id, username=login, role="member", opts=opts)
    github.TeamMembers(
        "payments-developers", team_id=developers.id, members=[{"username": "alice"}, {"username": "ahmed"}], opts=opts
    )
    repository = github.Repository(
        "payments",
        name="payments",
        visibility="private",
        auto_init=True,
        has_issues=True,
        allow_forking=False,
        vulnerability_alerts=True,
        opts=opts,
    )
    name = repository.name
    github.BranchDefault("payments", repository=name, branch="main", opts=opts)
    owners = github.RepositoryFile(
        "payments",
        repository=name,
        branch="main",
        file=".github/CODEOWNERS",
        content="* @acme/payments-testers\n",
        opts=opts,
    )
    github.RepositoryCollaborators(
        "payments",
        repository=name,
        teams=[
            {"team_id": "payments-testers", "permission": "pull"},
            {"team_id": "payments-developers", "permission": "push"},
            {"team_id": "payments-releasers", "permission": "pull"},
        ],
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[testers, developers, releasers])),
    )
    _protect(name, releasers, pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[owners])))
    github.ActionsRepositoryPermissions(
        "payments",
        repository=name,
        enabled=True,
        allowed_actions="selected",
        allowed_actions_config={"github_owned_allowed": False, "patterns_alloweds": ["actions/checkout@*"]},
        sha_pinning_required=True,
        opts=opts,
    )
    github.WorkflowRepositoryPermissions(
        "payments",
        repository=name,
        default_workflow_permissions="read",
        can_approve_pull_request_reviews=False,
        opts=opts,
    )
    github.ActionsRepositoryAccessLevel("payments", repository=name, access_level="none", opts=opts)
    github.ActionsRepositoryOidcSubjectClaimCustomizationTemplate(
        "payments", repository=name, use_default=True, opts=opts
    )


def _protect(repository: pulumi.Input[str], releasers: github.Team, opts: pulumi.ResourceOptions) -> None:
    refs = {"branch": "~DEFAULT_BRANCH", "tag": "refs/tags/v*"}
    rules: dict[str, tuple[str, Any]] = {
        "default-branch": (
            "branch",
            {
                "deletion": True,
                "non_fast_forward": True,
                "pull_request": {"required_approving_review_count": 2, "require_code_owner_review": True},
            },
        ),
        "release-tags-creation": ("tag", {"creation": True}),
        "release-tags-protection": ("tag", {"update": True, "deletion": True, "non_fast_forward": True}),
    }
    for name, (target, held) in rules.items():
        github.RepositoryRuleset(
            name,
            name=name,
            repository=repository,
            target=target,
            enforcement="active",
            conditions={"ref_name": {"includes": [refs[target]], "excludes": []}},
            rules=held,
            opts=opts,
        )
    github.BranchProtectionV3("main", repository=repository, branch="main", enforce_admins=True, opts=opts)
    production = github.RepositoryEnvironment(
        "production",
        repository=repository,
        environment="production",
        prevent_self_review=True,
        can_admins_bypass=False,
        reviewers=[{"teams": [releasers.id.apply(int)]}],
        deployment_branch_policy={"protected_branches": False, "custom_branch_policies": True},
        opts=opts,
    )
    within = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[production]))
    github.RepositoryEnvironmentDeploymentPolicy(
        "production", repository=repository, environment="production", branch_pattern="main", opts=within
    )
    github.ActionsEnvironmentVariable(
        "production:AWS_REGION",
        repository=repository,
        environment="production",
        variable_name="AWS_REGION",
        value="eu-west-1",
        opts=within,
    )
    github.ActionsEnvironmentSecret(
        "production:TOKEN",
        repository=repository,
        environment="production",
        secret_name="TOKEN",  # noqa: S106 - a secret's name
        value="first",
        opts=within,
    )


@pytest.fixture(scope="module")
def hand() -> type[Hand]:
    """Return what changes things by hand on a platform."""
    return Hand


@pytest.fixture(scope="module")
def official(installed: Installation, new_platform: Callable[[], Any]) -> Official:
    """Return an estate of official resources alone, provisioned, beside it what has no official resource."""
    del installed
    made = Official(new_platform())
    made.up()
    gates = "environments/production/deployment_protection_rules"
    gate = {"integration_id": "{app:twinlock-gate}"}
    Hand(made.platform).does([{"request": ["POST", f"{REPOSITORY}/{gates}", gate]}])
    return made
