"""The embedded engine against a real world process: every handled type, drift, and SIGKILL at every write."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws
import pulumi_github
import pytest

from twinlock.engine.port import Stack
from twinlock.engine.result import Operation, Result
from twinlock.errors import Incomplete
from twinlock.github.http import HttpGitHub
from twinlock.model.declaration import Where
from twinlock_rehearsal.connections import Connections
from twinlock_rehearsal.engine import EmbeddedEngine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twinlock.aws.session import Iam
    from twinlock.github.client import Answer, GitHubClient
    from twinlock.provider.port import Clients

ACCOUNT = "111111111111"
SEED = {
    "organization": {"login": "acme", "plan": "enterprise", "name": "Acme"},
    "users": [{"login": "olga", "role": "owner"}],
    "apps": [{"slug": "gate", "permissions": {"checks": "write", "metadata": "read"}}],
    "aws": {"region": "eu-west-1", "accounts": [{"name": "first", "id": ACCOUNT}]},
}


@dataclass(frozen=True, slots=True)
class World:
    """A running world."""

    url: str
    token: str = field(repr=False)
    aws: str
    access_key: str
    secret_key: str = field(repr=False)

    @property
    def github(self) -> GitHubClient:
        """GitHub, as an owner."""
        return HttpGitHub(self.url, self.token, holder="olga", target=Where.WORLD)

    @property
    def iam(self) -> Iam:
        """IAM of the account."""
        clients = Connections().to("pulumi:providers:aws", self._aws_inputs)
        assert clients.iam is not None
        return clients.iam

    @property
    def _aws_inputs(self) -> dict[str, object]:
        return {
            "accessKey": self.access_key,
            "secretKey": self.secret_key,
            "region": "eu-west-1",
            "allowedAccountIds": [ACCOUNT],
            "endpoints": [{"iam": self.aws}],
        }

    def on_github(self) -> pulumi.ResourceOptions:
        """Declare the GitHub provider."""
        provider = pulumi_github.Provider("github", base_url=f"{self.url}/", owner="acme", token=self.token)
        return pulumi.ResourceOptions(provider=provider)

    def on_aws(self) -> pulumi.ResourceOptions:
        """Declare the AWS provider."""
        provider = pulumi_aws.Provider(
            "aws-first",
            access_key=self.access_key,
            secret_key=self.secret_key,
            region="eu-west-1",
            allowed_account_ids=[ACCOUNT],
            endpoints=[{"iam": self.aws, "sts": self.aws}],
            skip_credentials_validation=True,
            skip_metadata_api_check=True,
        )
        return pulumi.ResourceOptions(provider=provider)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Start a world for this module; its tests use names of their own."""
    root = tmp_path_factory.mktemp("world")
    (root / "seed.json").write_text(json.dumps(SEED))
    ready = root / "ready.json"
    arguments = ["serve", "--state", str(root / "state"), "--seed", str(root / "seed.json"), "--ready-file", str(ready)]
    sources = Path(__file__).parents[2] / "world"
    with subprocess.Popen(
        [sys.executable, "-m", "twinlock_world", *arguments],
        env={"PYTHONPATH": str(sources), "PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            yield _when_ready(process, ready)
        finally:
            process.terminate()


def _when_ready(process: subprocess.Popen[bytes], ready: Path) -> World:
    while not ready.exists():
        assert process.poll() is None, process.stdout and process.stdout.read()
        os.sched_yield()
    found = json.loads(ready.read_text())
    keys = found["aws"]["accounts"]["first"]
    token = found["github"]["tokens"]["olga"]
    return World(found["github"]["url"], token, found["aws"]["url"], keys["access_key"], keys["secret_key"])


def operations(result: Result) -> list[tuple[str, Operation]]:
    """Return names and operations of what changed."""
    return [(change.name, change.operation) for change in result.changed]


def trust(principal: str) -> str:
    """Return a trust policy."""
    statement = {"Effect": "Allow", "Action": ["sts:AssumeRole"], "Principal": {"Service": principal}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def policy(*actions: str) -> str:
    """Return a policy."""
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}
    )


def github_program(world: World, name: str) -> Stack:
    """Declare one resource of each of GitHub's handled types."""

    def declare() -> None:
        options = world.on_github()
        parent = pulumi_github.Team(f"{name}-all", name=f"{name}-all", privacy="closed", opts=options)
        team = pulumi_github.Team(
            name, name=name, description="d", privacy="closed", parent_team_id=parent.id, opts=options
        )
        repository = pulumi_github.Repository(
            name, name=name, visibility="private", has_wiki=False, topics=["x", "y"], opts=options
        )
        gate = pulumi_github.get_github_app_output("gate", opts=pulumi.InvokeOptions(provider=options.provider))
        pulumi_github.RepositoryRuleset(
            "main",
            name="main",
            repository=repository.name,
            target="branch",
            enforcement="active",
            bypass_actors=[{"actor_id": 1, "actor_type": "OrganizationAdmin", "bypass_mode": "always"}],
            conditions={"ref_name": {"includes": ["~DEFAULT_BRANCH"], "excludes": []}},
            rules={
                "deletion": True,
                "update": True,
                "update_allows_fetch_and_merge": True,
                "pull_request": {
                    "required_approving_review_count": 2,
                    "dismiss_stale_reviews_on_push": True,
                    "require_code_owner_review": True,
                    "require_last_push_approval": True,
                    "required_review_thread_resolution": True,
                    "allowed_merge_methods": ["squash"],
                    "required_reviewers": [
                        {
                            "file_patterns": ["*.tf"],
                            "minimum_approvals": 1,
                            "reviewer": {"id": team.id.apply(int), "type": "Team"},
                        }
                    ],
                },
                "required_status_checks": {
                    "strict_required_status_checks_policy": True,
                    "do_not_enforce_on_create": False,
                    "required_checks": [{"context": "gate", "integration_id": gate.id.apply(int)}],
                },
            },
            opts=options,
        )
        pulumi_github.ActionsRepositoryPermissions(
            "actions",
            repository=repository.name,
            enabled=True,
            allowed_actions="selected",
            allowed_actions_config={"github_owned_allowed": True, "patterns_alloweds": ["a/b@*", "c/d@*"]},
            sha_pinning_required=True,
            opts=options,
        )
        pulumi_github.WorkflowRepositoryPermissions(
            "workflow",
            repository=repository.name,
            default_workflow_permissions="read",
            can_approve_pull_request_reviews=False,
            opts=options,
        )
        pulumi_github.ActionsRepositoryAccessLevel(
            "access", repository=repository.name, access_level="organization", opts=options
        )
        pulumi.export("id", repository.repo_id)

    return Stack("repositories", name, declare)


def aws_program(world: World, name: str, *, seconds: int = 3600) -> Stack:
    """Declare one resource of each of AWS's handled types."""

    def declare() -> None:
        options = world.on_aws()
        identity = pulumi_aws.iam.OpenIdConnectProvider(
            "oidc", url=f"https://{name}.example", client_id_lists=["one", "two"], opts=options
        )
        boundary = pulumi_aws.iam.Policy(
            "boundary", name=f"{name}-boundary", policy=policy("s3:*", "sqs:*"), opts=options
        )
        role = pulumi_aws.iam.Role(
            "role",
            name=name,
            assume_role_policy=trust("ecs-tasks.amazonaws.com"),
            permissions_boundary=boundary.arn,
            max_session_duration=seconds,
            opts=options,
        )
        inline = pulumi_aws.iam.RolePolicy(
            "inline", name="inline", role=role.name, policy=policy("sqs:SendMessage"), opts=options
        )
        pulumi_aws.iam.RolePoliciesExclusive("inlines", role_name=role.name, policy_names=[inline.name], opts=options)
        pulumi_aws.iam.RolePolicyAttachmentsExclusive(
            "attached", role_name=role.name, policy_arns=[boundary.arn], opts=options
        )
        pulumi.export("oidc", identity.arn)

    return Stack("organization", name, declare)


def test_every_type_of_github_settles(world: World, tmp_path: Path) -> None:
    """Created, then nothing to do; each weakening is found and put right; destroyed, nothing is left."""
    engine, program, github = EmbeddedEngine(tmp_path), github_program(world, "settles"), world.github
    first = engine.up(program)
    assert all(change.operation in {Operation.CREATE, Operation.UPDATE} for change in first.changed)
    assert engine.up(program).changed == ()
    (listed,) = list_of(github.get_all("/repos/acme/settles/rulesets"))
    ruleset = f"/repos/acme/settles/rulesets/{listed['id']}"
    team = github.get("/orgs/acme/teams/settles")
    assert isinstance(team.body, dict)
    for answer in (
        github.put(ruleset, {"enforcement": "disabled", "rules": [], "bypass_actors": []}),
        github.patch("/orgs/acme/teams/settles", {"description": "other"}),
        github.patch("/repos/acme/settles", {"has_wiki": True}),
        github.put("/repos/acme/settles/topics", {"names": ["z"]}),
        github.put("/repos/acme/settles/actions/permissions", {"enabled": True, "allowed_actions": "all"}),
        github.put(
            "/repos/acme/settles/actions/permissions/workflow",
            {"default_workflow_permissions": "write", "can_approve_pull_request_reviews": True},
        ),
        github.put("/repos/acme/settles/actions/permissions/access", {"access_level": "none"}),
    ):
        assert answer.ok, answer
    assert sorted(change.name for change in engine.preview(program).changed) == [
        "access",
        "actions",
        "main",
        "settles",
        "settles",
        "workflow",
    ]
    engine.up(program)
    assert engine.up(program).changed == ()
    engine.destroy(program)
    assert github.get("/repos/acme/settles").status == 404
    assert github.get("/orgs/acme/teams/settles").status == 404


def test_the_organizations_settings_settle(world: World, tmp_path: Path) -> None:
    """Settings that are always there are set, corrected, and given back."""

    def declare() -> None:
        options = world.on_github()
        pulumi_github.ActionsOrganizationPermissions(
            "actions",
            enabled_repositories="all",
            allowed_actions="selected",
            allowed_actions_config={"github_owned_allowed": False, "patterns_alloweds": ["a/b@*"]},
            sha_pinning_required=True,
            opts=options,
        )
        pulumi_github.ActionsOrganizationWorkflowPermissions(
            "workflow",
            organization_slug="acme",
            default_workflow_permissions="write",
            can_approve_pull_request_reviews=False,
            opts=options,
        )

    engine, program, github = EmbeddedEngine(tmp_path), Stack("organization", "settings", declare), world.github
    assert operations(engine.up(program)) == [("actions", Operation.CREATE), ("workflow", Operation.CREATE)]
    assert engine.up(program).changed == ()
    github.put("/orgs/acme/actions/permissions/selected-actions", {"patterns_allowed": ["*/*"]})
    (drifted,) = engine.up(program).changed
    assert [(change.path, change.before, change.after) for change in drifted.fields] == [
        ("allowedActionsConfig.patternsAlloweds", "*/*", "a/b@*")
    ]
    engine.destroy(program)
    found = github.get("/orgs/acme/actions/permissions").body
    assert isinstance(found, dict)
    assert found["allowed_actions"] == "all"


def test_every_type_of_aws_settles(world: World, tmp_path: Path) -> None:
    """Created, then nothing to do; each weakening is found and put right; destroyed, nothing is left."""
    engine, program, iam = EmbeddedEngine(tmp_path), aws_program(world, "settles"), world.iam
    first = engine.up(program)
    assert {change.name: change.operation.value for change in first.changed} == {
        "oidc": "create",
        "boundary": "create",
        "role": "create",
        "inline": "create",
        "attached": "update",
    }
    assert engine.up(program).changed == ()
    iam.call("update_assume_role_policy", RoleName="settles", PolicyDocument=trust("ec2.amazonaws.com"))
    iam.call("delete_role_permissions_boundary", RoleName="settles")
    iam.call("put_role_policy", RoleName="settles", PolicyName="inline", PolicyDocument=policy("*"))
    iam.call("put_role_policy", RoleName="settles", PolicyName="extra", PolicyDocument=policy("*"))
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    iam.call("attach_role_policy", RoleName="settles", PolicyArn=arn)
    oidc = f"arn:aws:iam::{ACCOUNT}:oidc-provider/settles.example"
    iam.call("delete_open_id_connect_provider", OpenIDConnectProviderArn=oidc)
    audiences: Any = ["one", "three"]
    iam.call("create_open_id_connect_provider", Url="https://settles.example", ClientIDList=audiences)
    changed = {change.name: [each.path for each in change.fields] for change in engine.preview(program).changed}
    assert changed == {
        "oidc": ["clientIdLists"],
        "role": ["assumeRolePolicy", "permissionsBoundary"],
        "inline": ["policy"],
        "inlines": ["policyNames"],
        "attached": ["policyArns"],
    }
    engine.up(program)
    assert engine.up(program).changed == ()
    assert operations(engine.up(aws_program(world, "settles", seconds=7200))) == [("role", Operation.UPDATE)]
    engine.destroy(program)
    assert "settles" not in str(iam.pages("list_roles", "Roles"))
    assert "settles" not in str(iam.pages("list_policies", "Policies", Scope="Local"))


def test_a_policy_is_changed_more_often_than_iam_keeps_versions(world: World, tmp_path: Path) -> None:
    """IAM keeps five versions of a managed policy; the oldest makes room."""
    engine = EmbeddedEngine(tmp_path)
    for action in ("s3:A", "s3:B", "s3:C", "s3:D", "s3:E", "s3:F", "s3:G"):

        def declare(action: str = action) -> None:
            options = world.on_aws()
            pulumi_aws.iam.Policy("often", name="often", policy=policy(action), opts=options)

        assert len(engine.up(Stack("organization", "often", declare)).changed) == 1


def test_a_role_that_exists_already_is_refused(world: World, tmp_path: Path) -> None:
    """A role that this stack did not create is not taken over."""
    world.iam.call("create_role", RoleName="taken", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    with pytest.raises(Incomplete) as refused:
        EmbeddedEngine(tmp_path).up(aws_program(world, "taken"))
    assert str(refused.value) == (
        "organization/taken: aws:iam/role:Role role was not compared with what is live.\n"
        "It exists already, and this stack did not create it. It was found as taken.\n"
        "Rename or remove the one or the other, then run the same command again."
    )


def test_what_is_not_a_policy_is_an_error_of_one_resource(world: World, tmp_path: Path) -> None:
    """What AWS refuses is told in AWS's words, with the resource and the stack."""

    def declare() -> None:
        options = world.on_aws()
        pulumi_aws.iam.Policy("wrong", name="wrong", policy="{}", opts=options)

    with pytest.raises(Incomplete) as refused:
        EmbeddedEngine(tmp_path).up(Stack("organization", "wrong", declare))
    assert refused.value.what == "organization/wrong: aws:iam/policy:Policy wrong was not created."
    assert refused.value.why.startswith("AWS says: MalformedPolicyDocument")


def test_a_world_that_is_down_is_an_error(world: World, tmp_path: Path) -> None:
    """Nobody listens: one error that names the stack, the resource and the mend."""
    gone = World("http://127.0.0.1:1", world.token, world.aws, world.access_key, world.secret_key)

    def declare() -> None:
        # One resource: which of several independent ones comes first is the SDK's affair.
        pulumi_github.Team("nowhere-all", name="nowhere-all", privacy="closed", opts=gone.on_github())

    with pytest.raises(Incomplete) as refused:
        EmbeddedEngine(tmp_path).preview(Stack("repositories", "nowhere", declare))
    assert refused.value.what == (
        "repositories/nowhere: github:index/team:Team nowhere-all was not compared with what is live."
    )
    assert refused.value.mend == "Start the world: `twinlock world up --detach`."


class Deadly:
    """A GitHub client that kills its process before or after one of its writes."""

    def __init__(self, inner: GitHubClient, at: int) -> None:
        self._inner = inner
        self._left = at

    @property
    def calls(self) -> int:
        """How many requests were made."""
        return self._inner.calls

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Read."""
        return self._inner.get(path, params)

    def get_all(self, path: str, params: Mapping[str, str] | None = None, *, key: str | None = None) -> Answer:
        """Read a list."""
        return self._inner.get_all(path, params, key=key)

    def post(self, path: str, body: object = None) -> Answer:
        """Write."""
        return self._write("post", path, body)

    def put(self, path: str, body: object = None) -> Answer:
        """Write."""
        return self._write("put", path, body)

    def patch(self, path: str, body: object = None) -> Answer:
        """Write."""
        return self._write("patch", path, body)

    def delete(self, path: str, body: object = None) -> Answer:
        """Write."""
        return self._write("delete", path, body)

    def _write(self, method: str, path: str, body: object) -> Answer:
        self._tick()
        answer: Answer = getattr(self._inner, method)(path, body)
        self._tick()
        return answer

    def _tick(self) -> None:
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1


class ToDeadly(Connections):
    """Connects to the world through a deadly client."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self._at = at
        self._made: dict[int, Clients] = {}

    def to(self, type_: str, inputs: Mapping[str, object]) -> Clients:
        """Return the clients, GitHub's wrapped once."""
        clients = super().to(type_, inputs)
        assert clients.github is not None
        made = type(clients)(github=Deadly(clients.github, self._at), organization=clients.organization)
        return self._made.setdefault(id(clients), made)


def killed(root: Path, program: Stack, at: int, *, destroy: bool = False) -> bool:
    """Run a stack in a process that is killed at one of its writes; return whether it came so far."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            engine = EmbeddedEngine(root, connections=ToDeadly(at))
            (engine.destroy if destroy else engine.up)(program)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def test_a_run_killed_anywhere_is_finished_by_the_next(world: World, tmp_path: Path) -> None:
    """SIGKILL before or after a write of the first run, then `up`: the world is as after an uninterrupted run.

    Every third moment is tried, which meets each kind of write before and after.
    """
    EmbeddedEngine(tmp_path / "whole").up(github_program(world, "whole"))
    expected = shape(world, "whole")
    tried = []
    for point in itertools.count(1, 3):
        name = f"killed-{point}"
        program = github_program(world, name)
        if not killed(tmp_path / name, program, point):
            break
        engine = EmbeddedEngine(tmp_path / name)
        engine.up(program)
        assert engine.up(program).changed == ()
        assert shape(world, name) == expected, f"killed at {point}"
        tried.append(point)
    assert len(tried) > 5


def test_a_destroy_killed_anywhere_is_finished_by_the_next(world: World, tmp_path: Path) -> None:
    """SIGKILL after each deletion: the next run deletes the rest."""
    program = github_program(world, "ended")
    for point in (1, 4, 9):
        EmbeddedEngine(tmp_path).up(program)
        assert killed(tmp_path, program, point, destroy=True)
        EmbeddedEngine(tmp_path).destroy(program)
        assert world.github.get("/repos/acme/ended").status == 404
        assert world.github.get("/orgs/acme/teams/ended-all").status == 404


def shape(world: World, name: str) -> str:
    """Return all that the world says of a program's resources, without numbers, times and the name."""
    github = world.github
    repository = f"/repos/acme/{name}"
    rulesets = [
        github.get(f"{repository}/rulesets/{each['id']}").body
        for each in list_of(github.get_all(f"{repository}/rulesets"))
    ]
    teams = [github.get(f"/orgs/acme/teams/{team}").body for team in (name, f"{name}-all")]
    settings = [
        github.get(f"{repository}/actions/permissions{each}").body
        for each in ("", "/selected-actions", "/workflow", "/access")
    ]
    text = json.dumps(_plain([github.get(repository).body, rulesets, teams, settings]), sort_keys=True)
    return text.replace(name, "NAME")


def _plain(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        volatile = ("id", "node_id", "size", "_links")
        return {
            key: _plain(each)
            for key, each in value.items()
            if key not in volatile and not key.endswith(("_at", "url", "_count"))
        }
    return [_plain(each) for each in value] if isinstance(value, list) else value


def list_of(answer: Answer) -> list[dict[str, Any]]:
    """Return a list that GitHub gave."""
    assert isinstance(answer.body, list)
    return answer.body
