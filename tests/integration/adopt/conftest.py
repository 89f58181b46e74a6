"""An organization made by hand, through GitHub's REST API and IAM alone: twenty repositories, no two settings alike."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import boto3
import httpx
import pytest
from nacl.public import PublicKey, SealedBox

from twinlock_cli.app import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ACCOUNTS: Final = {
    "build": "444444444444",
    "integration": "111111111111",
    "production": "222222222222",
    "evidence": "333333333333",
}
TEAMS: Final = {
    "Platform": ("paula", "priya"),
    "auditors": ("uma", "ulf"),
    "web-developers": ("alice", "ahmed"),
    "web-reviewers": ("rita", "ruben", "rosa"),
    "qa": ("tess", "tariq"),
    "release-crew": ("lena", "luis"),
    "data-engineers": ("dora", "dan"),
    "guild": ("alice", "tess"),
}
OWNERS: Final = ("olga", "otto")
SEED: Final = {
    "organization": {"login": "acme", "plan": "enterprise", "name": "Acme"},
    "users": [
        *({"login": login, "role": "owner"} for login in OWNERS),
        *({"login": login, "role": "member"} for login in sorted({m for team in TEAMS.values() for m in team})),
        {"login": "mallory", "role": "outsider"},
    ],
    "apps": [],
    "aws": {"region": "eu-west-1", "accounts": [{"name": name, "id": id_} for name, id_ in ACCOUNTS.items()]},
}
SECONDS: Final = 30


@dataclass(frozen=True)
class Told:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:  # noqa: ANN401 - the JSON of `--format json`
        """Return what it printed, as JSON."""
        return json.loads(self.out)


@dataclass
class Organization:
    """A world with one organization, and a directory that is to become its platform.

    Attributes:
        ready: The world's ready file.
        root: The directory.
    """

    ready: Path
    root: Path
    _http: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False, timeout=30))

    def twinlock(self, *arguments: str) -> Told:
        """Run a command in this process."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(["-C", str(self.root), *arguments])
        return Told(code, out.getvalue(), err.getvalue())

    @property
    def world(self) -> Any:  # noqa: ANN401 - JSON
        """Where the world is, and everybody's tokens: once adopted, also the apps'."""
        own = self.root / ".twinlock" / "world.json"
        return json.loads((own if own.exists() else self.ready).read_bytes())

    def request(self, method: str, path: str, body: object = None, login: str = "olga") -> Any:  # noqa: ANN401 - JSON
        """Send a request to GitHub, as somebody, and return what it answers; it must agree."""
        headers = {"authorization": f"Bearer {self.world['github']['tokens'][login]}"}
        answer = self._http.request(method, f"{self.world['github']['url']}{path}", json=body, headers=headers)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def iam(self, purpose: str) -> Any:  # noqa: ANN401 - boto3 makes clients at run time
        """Return IAM of one account, as its administrator."""
        keys, make = self.world["aws"]["accounts"][purpose], boto3.client
        return make(
            "iam",
            region_name="eu-west-1",
            endpoint_url=self.world["aws"]["url"],
            aws_access_key_id=keys["access_key"],
            aws_secret_access_key=keys["secret_key"],
        )

    def repository(self, name: str, *, commit: bool = True, **settings: object) -> str:
        """Make a repository with a commit, and return its path."""
        self.request(
            "POST", "/orgs/acme/repos", {"name": name, "auto_init": commit, "visibility": "private", **settings}
        )
        return f"/repos/acme/{name}"

    def grant(self, repository: str, **permissions: str) -> None:
        """Give teams access to a repository; hyphens of their slugs are written as underscores."""
        for team, permission in permissions.items():
            path = f"/orgs/acme/teams/{team.replace('_', '-')}/repos/acme/{repository}"
            self.request("PUT", path, {"permission": permission})

    def commit(self, repository: str, path: str, text: str) -> None:
        """Commit a new file to the default branch."""
        body = {"message": f"Add {path}", "content": base64.b64encode(text.encode()).decode()}
        self.request("PUT", f"/repos/acme/{repository}/contents/{path}", body)

    def secret(self, place: str, name: str) -> None:
        """Set a secret, sealed as GitHub wants it."""
        key = self.request("GET", f"{place}/secrets/public-key")
        sealed = SealedBox(PublicKey(base64.b64decode(key["key"]))).encrypt(os.urandom(16))
        body = {"encrypted_value": base64.b64encode(sealed).decode(), "key_id": key["key_id"]}
        self.request("PUT", f"{place}/secrets/{name}", body)

    def team(self, slug: str) -> int:
        """Return a team's id."""
        return int(self.request("GET", f"/orgs/acme/teams/{slug}")["id"])

    def branch_ruleset(self, repository: str, name: str, *rules: object, **changed: object) -> None:
        """Make a ruleset for the default branch."""
        body = {
            "name": name,
            "target": "branch",
            "enforcement": "active",
            "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
            "rules": [{"type": "deletion"}, *rules],
        }
        self.request("POST", f"/repos/acme/{repository}/rulesets", body | changed)

    def dump(self) -> Any:  # noqa: ANN401 - JSON
        """Return all that the world holds."""
        return self.request("GET", "/_world/dump")


def _pull_request(approvals: int) -> dict[str, object]:
    return {
        "type": "pull_request",
        "parameters": {
            "required_approving_review_count": approvals,
            "dismiss_stale_reviews_on_push": False,
            "require_code_owner_review": False,
            "require_last_push_approval": False,
            "required_review_thread_resolution": False,
        },
    }


def _make_teams(acme: Organization) -> None:
    for name, members in TEAMS.items():
        made = acme.request("POST", "/orgs/acme/teams", {"name": name, "privacy": "closed"})
        for login in members:
            acme.request("PUT", f"/orgs/acme/teams/{made['slug']}/memberships/{login}", {"role": "member"})
    acme.request("PATCH", "/orgs/acme/teams/guild", {"privacy": "secret"})
    acme.request("PUT", "/orgs/acme/teams/qa/memberships/tess", {"role": "maintainer"})


def _make_services(acme: Organization) -> None:
    """Make eight repositories of five services."""
    path = acme.repository("payments", description="Takes card payments.", allow_merge_commit=False)
    acme.grant("payments", web_developers="push", web_reviewers="maintain", qa="pull", platform="admin")
    check = {"strict_required_status_checks_policy": True, "required_status_checks": [{"context": "ci/test"}]}
    acme.branch_ruleset("payments", "main", _pull_request(3), {"type": "required_status_checks", "parameters": check})
    reviewers = [{"type": "Team", "id": acme.team("release-crew")}]
    acme.request("PUT", f"{path}/environments/production", {"reviewers": reviewers, "wait_timer": 5})
    acme.request("POST", f"{path}/environments/production/variables", {"name": "AWS_REGION", "value": "us-east-1"})

    path = acme.repository("payments-integration-tests", allow_forking=True)
    acme.grant("payments-integration-tests", qa="maintain")

    path = acme.repository("orders", visibility="internal", allow_squash_merge=False, has_wiki=True)
    acme.grant("orders", web_developers="push", guild="triage")
    protection = {
        "required_status_checks": None,
        "enforce_admins": True,
        "required_pull_request_reviews": {"required_approving_review_count": 1},
        "restrictions": None,
    }
    acme.request("PUT", f"{path}/branches/main/protection", protection)
    acme.request("PUT", f"{path}/environments/staging", {})
    acme.secret(f"{path}/environments/staging", "DATABASE_PASSWORD")
    acme.request("PUT", f"{path}/collaborators/mallory", {"permission": "push"})
    kind = b"ssh-ed25519"
    blob = len(kind).to_bytes(4, "big") + kind + (32).to_bytes(4, "big") + os.urandom(32)
    key = f"ssh-ed25519 {base64.b64encode(blob).decode()}"
    acme.request("POST", f"{path}/keys", {"title": "deployer", "key": key, "read_only": False})
    acme.request("POST", f"{path}/hooks", {"config": {"url": "https://chat.example/orders", "content_type": "json"}})

    acme.request("PUT", f"{path}/actions/permissions/access", {"access_level": "organization"})
    token = {"default_workflow_permissions": "write", "can_approve_pull_request_reviews": True}
    acme.request("PUT", f"{path}/actions/permissions/workflow", token)
    acme.branch_ruleset("orders", "reviews", _pull_request(2))
    acme.branch_ruleset("orders", "history", {"type": "required_linear_history"})

    path = acme.repository("orders-integration-tests", visibility="internal")
    acme.grant("orders-integration-tests", qa="push")
    acme.request("PUT", f"{path}/environments/integration", {"wait_timer": 10})

    path = acme.repository("catalog", visibility="public", has_projects=True, has_discussions=True)
    acme.grant("catalog", data_engineers="admin")
    acme.request("PUT", f"{path}/topics", {"names": ["shop", "search"]})
    acme.branch_ruleset("catalog", "default-branch", enforcement="disabled")
    acme.commit("catalog", "CODEOWNERS", "* @acme/data-engineers\n")
    acme.commit(
        "catalog", ".github/workflows/build.yml", "on: push\njobs: {build: {runs-on: ubuntu-24.04, steps: []}}\n"
    )
    acme.repository("catalog-integration-tests", visibility="public", delete_branch_on_merge=True)

    path = acme.repository(
        "search", allow_merge_commit=False, allow_squash_merge=False, homepage="https://find.example"
    )
    acme.grant("search", web_developers="maintain", web_reviewers="pull")
    acme.request(
        "PUT", f"{path}/actions/oidc/customization/sub", {"use_default": False, "include_claim_keys": ["repo"]}
    )
    tags = {"include": ["refs/tags/v*"], "exclude": []}
    acme.branch_ruleset("search", "release-tags-protection", target="tag", conditions={"ref_name": tags})
    acme.request("POST", f"{path}/branches/main/rename", {"new_name": "master"})
    acme.request("POST", f"{path}/actions/variables", {"name": "STAGE", "value": "production"})
    acme.secret(f"{path}/actions", "TOKEN")
    acme.request("PUT", f"{path}/actions/permissions", {"enabled": False})

    acme.repository("billing", commit=False)
    acme.grant("billing", web_developers="push")


def _make_others(acme: Organization) -> None:
    """Make twelve repositories that are no services."""
    acme.repository("Website.io", visibility="public")
    acme.repository(".github")
    acme.repository("x")
    acme.repository("platform")
    acme.repository("docs", has_wiki=True)
    acme.repository("handbook", visibility="internal", allow_rebase_merge=False)
    acme.repository("gateway", allow_auto_merge=True)
    acme.repository("inventory-integration-tests")
    acme.repository("service-template", is_template=True)
    for name, visibility in (("legacy-billing", "private"), ("legacy-shop", "internal"), ("ledger", "public")):
        acme.request("PATCH", acme.repository(name, visibility=visibility), {"archived": True})


def _make_roles(acme: Organization) -> None:
    production = acme.iam("production")
    provider = production.create_open_id_connect_provider(
        Url="https://token.actions.githubusercontent.com",
        ClientIDList=["sts.amazonaws.com"],
        ThumbprintList=["f" * 40],
    )["OpenIDConnectProviderArn"]
    for name in ("payments-release", "deploy-by-hand"):
        statement = {
            "Effect": "Allow",
            "Principal": {"Federated": provider},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
                "StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/*"},
            },
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        production.create_role(RoleName=name, AssumeRolePolicyDocument=document)


@pytest.fixture(scope="module")
def new_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Path]]:
    """Return a function that starts a world with nothing but its people, and returns its ready file."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> Path:
        place = tmp_path_factory.mktemp("world")
        seed, ready = place / "seed.json", place / "ready.json"
        seed.write_text(json.dumps(SEED))
        options = {"--state": place / "state", "--seed": seed, "--ready-file": ready}
        words = [str(word) for pair in options.items() for word in pair]
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(place),
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }
        with (place / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "twinlock_world", "serve", *words], env=environment, stdout=log, stderr=log
            )
        started.append(process)
        deadline = time.monotonic() + SECONDS
        while not ready.exists() and process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.01)
        assert ready.exists(), (place / "log").read_text()
        return ready

    yield start
    for process in started:
        process.terminate()
        process.wait(SECONDS)


@pytest.fixture(scope="module")
def acme(new_world: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory) -> Organization:
    """Return the organization as people made it."""
    made = Organization(new_world(), tmp_path_factory.mktemp("adopted"))
    _make_teams(made)
    _make_services(made)
    _make_others(made)
    _make_roles(made)
    return made
