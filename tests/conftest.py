"""What tests of every folder may use: GitHub's OpenAPI, and platforms on worlds of their own.

A platform is driven by the command line, and an owner reaches its world without our clients.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import io
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3
import httpx
import hypothesis
import jsonschema_rs
import pytest

from twinlock_cli.app import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

hypothesis.settings.register_profile("twinlock", deadline=None)  # how long an example takes is no matter of these
hypothesis.settings.load_profile("twinlock")

OWNER: Final = "olga"
PRODUCTION: Final = "/repos/acme/payments/environments/production"
DOCUMENT: Final = Path(__file__).parent / "conformance" / "openapi.json.gz"
PARAMETER: Final = re.compile(r"\{[^}]*\}")
FAILURE: Final = 400
UNDOCUMENTED: Final = frozenset(
    {
        "GET /_downloads/{}/{}",  # where logs and artifacts lead to: GitHub keeps them in storage elsewhere
        "POST /graphql",  # another API's door
    }
)
"""Operations whose answers are not held against the document, each with the reason."""
TOLERATED: Final = (
    ("evaluation_result", "null is not"),  # the description of the field says that it may be null
    ("GET /app/installations 200 0/account", ""),  # asks for a user and an enterprise at once
    ("deployments/{}/statuses 200", '"waiting" is not'),  # the state that its webhook's document knows, and this not
    ("GET /orgs/{}/audit-log", "/events"),  # calls names of events objects
    ("restrictions/apps", "description: null is not of type"),  # an app need not have one, says the app's own schema
)
"""Where GitHub's document contradicts itself, each with the reason: part of the place, part of the complaint."""


@dataclass
class OpenApi:
    """GitHub's description of its REST API, version 2022-11-28, and a validator for each answer that was seen."""

    operations: dict[str, dict[str, Any]]
    registry: jsonschema_rs.Registry
    validators: dict[tuple[str, int], jsonschema_rs.Draft202012Validator] = field(default_factory=dict)

    def problems(self, method: str, template: str, status: int, body: object) -> list[str]:
        """Return what of an answer GitHub would not answer so; `template` is the route's, by names."""
        name = f"{method} {PARAMETER.sub('{}', template)}"
        answers = self.operations.get(name)
        if name in UNDOCUMENTED:
            return []
        if answers is None:
            return [f"{name} is no operation of GitHub's"]
        if status >= FAILURE:
            return [] if isinstance(body, dict) and isinstance(body.get("message"), str) else [f"{name}: no message"]
        if str(status) not in answers:
            return [f"{name} never answers {status}"]
        schema = answers[str(status)]
        if schema is None:
            return []
        if (name, status) not in self.validators:
            self.validators[name, status] = jsonschema_rs.Draft202012Validator(schema, registry=self.registry)
        errors = self.validators[name, status].iter_errors(body)
        found = [f"{name} {status} {'/'.join(map(str, e.instance_path))}: {e.message[:200]}" for e in errors]
        return [text for text in found if not any(where in text and why in text for where, why in TOLERATED)]


@pytest.fixture(scope="session")
def openapi() -> OpenApi:
    """Return GitHub's OpenAPI, its operations by method and path."""
    document = json.loads(gzip.decompress(DOCUMENT.read_bytes()))
    operations = {PARAMETER.sub("{}", name): answers for name, answers in document["operations"].items()}
    return OpenApi(operations, jsonschema_rs.Registry([("urn:github", document["definitions"])]))


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
class Platform:
    """A platform directory with one service, and the world that runs for it.

    Attributes:
        root: The directory.
        clean: The last test left it as declared.
    """

    root: Path
    clean: bool = True
    _http: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False, timeout=30))
    _made: dict[str, Any] = field(default_factory=dict)

    def twinlock(self, *arguments: str) -> Told:
        """Run a command in this process."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(["-C", str(self.root), *arguments])
        return Told(code, out.getvalue(), err.getvalue())

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command as a process of its own, without a terminal."""
        return subprocess.Popen(
            [sys.executable, "-m", "twinlock_cli", "-C", str(self.root), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self._environment(),
            text=True,
        )

    @property
    def world(self) -> Any:  # noqa: ANN401 - JSON
        """What `.twinlock/world.json` says."""
        return json.loads((self.root / ".twinlock" / "world.json").read_bytes())

    def request(self, method: str, path: str, body: object = None, login: str = OWNER) -> Any:  # noqa: ANN401 - JSON
        """Send a request to GitHub, as an owner, and return what it answers; it must agree."""
        headers = {"authorization": f"Bearer {self.world['github']['tokens'][login]}"}
        answer = self._http.request(method, f"{self.world['github']['url']}{path}", json=body, headers=headers)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def iam(self, purpose: str) -> Any:  # noqa: ANN401 - boto3 makes clients at run time
        """Return IAM of one account, as its administrator."""
        return self.aws("iam", purpose)

    def aws(self, service: str, purpose: str) -> Any:  # noqa: ANN401 - as above
        """Return a service of one account, as its administrator."""
        if f"{service} {purpose}" not in self._made:
            keys = self.world["aws"]["accounts"][purpose]
            make: Callable[..., Any] = boto3.client  # its overloads know service names only as literals
            self._made[f"{service} {purpose}"] = make(
                service,
                region_name="eu-west-1",
                endpoint_url=self.world["aws"]["url"],
                aws_access_key_id=keys["access_key"],
                aws_secret_access_key=keys["secret_key"],
            )
        return self._made[f"{service} {purpose}"]

    def account(self, purpose: str) -> str:
        """Return the twelve digits of an account."""
        return str(self.world["aws"]["accounts"][purpose]["id"])

    def ruleset(self, name: str, repository: str = "payments") -> Any:  # noqa: ANN401 - JSON
        """Return a ruleset of a repository."""
        path = f"/repos/acme/{repository}/rulesets"
        number = next(ruleset["id"] for ruleset in self.request("GET", path) if ruleset["name"] == name)
        return self.request("GET", f"{path}/{number}")

    def change_ruleset(self, name: str, /, **changed: object) -> None:
        """Change some fields of a ruleset of the application."""
        self.request("PUT", f"/repos/acme/payments/rulesets/{self.ruleset(name)['id']}", changed)

    def change_rule(self, type_: str, **parameters: object) -> None:
        """Change some parameters of one rule of the application's branch ruleset, or remove the rule."""
        rules = self.ruleset("default-branch")["rules"]
        others = [rule for rule in rules if rule["type"] != type_]
        if parameters:
            was = next(rule for rule in rules if rule["type"] == type_)
            others.append({"type": type_, "parameters": {**was["parameters"], **parameters}})
        self.change_ruleset("default-branch", rules=others)

    def commit(self, path: str, content: bytes | None) -> bytes | None:
        """Set or delete a file on the application's default branch, its ruleset off meanwhile; return what was there.

        An owner can do that. What stands on the branch afterwards is another question than what the ruleset says.
        """
        address = f"/repos/acme/payments/contents/{path}"
        directory, _, name = path.rpartition("/")
        beside = self.request("GET", f"/repos/acme/payments/contents/{directory}")
        held = next((entry["sha"] for entry in beside if entry["name"] == name), None)
        was = None if held is None else base64.b64decode(self.request("GET", address)["content"])
        body = {"message": "Change a file", **({} if held is None else {"sha": held})}
        self.change_ruleset("default-branch", enforcement="disabled")
        if content is None:
            self.request("DELETE", address, body)
        else:
            self.request("PUT", address, body | {"content": base64.b64encode(content).decode()})
        self.change_ruleset("default-branch", enforcement="active")
        return was

    def change_environment(self, path: str = PRODUCTION, **changed: object) -> None:
        """Change some settings of an environment, leaving its others as they are."""
        live = self.request("GET", path)
        rules = [rule for rule in live["protection_rules"] if rule["type"] == "required_reviewers"]
        reviewers = [entry for rule in rules for entry in rule["reviewers"]]
        kept = {
            "prevent_self_review": any(rule["prevent_self_review"] for rule in rules),
            "reviewers": [{"type": entry["type"], "id": entry["reviewer"]["id"]} for entry in reviewers],
            "can_admins_bypass": live["can_admins_bypass"],
            "deployment_branch_policy": live["deployment_branch_policy"],
        }
        self.request("PUT", path, {**kept, **changed})

    def change_trust(self, change: Callable[[list[Any]], object]) -> None:
        """Change the statements of the release role's trust policy."""
        iam = self.iam("production")
        document = iam.get_role(RoleName="payments-release")["Role"]["AssumeRolePolicyDocument"]
        change(document["Statement"])
        iam.update_assume_role_policy(RoleName="payments-release", PolicyDocument=json.dumps(document))

    def remove_quarantined(self) -> None:
        """Remove the roles in the production account that were put under quarantine, as a person would."""
        iam = self.iam("production")
        for role in iam.list_roles()["Roles"]:
            name = role["RoleName"]
            if "twinlock-quarantine" in (policies := iam.list_role_policies(RoleName=name)["PolicyNames"]):
                for policy in policies:
                    iam.delete_role_policy(RoleName=name, PolicyName=policy)
                iam.delete_role(RoleName=name)

    def dump(self) -> Any:  # noqa: ANN401 - JSON
        """Return all that the world holds, without what differs between two worlds in which the same was done."""
        return self.request("GET", "/_world/dump?normalised=true")

    def _environment(self) -> dict[str, str]:
        temporary = self.root.parent / "tmp"
        temporary.mkdir(exist_ok=True)
        cache = {"PYTHONPYCACHEPREFIX": sys.pycache_prefix} if sys.pycache_prefix else {}
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root.parent),
            "TMPDIR": str(temporary),
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            **cache,
        }

    def down(self) -> None:
        """Stop the world and forget it."""
        self._http.close()
        self.twinlock("world", "down")
        shutil.rmtree(self.root.parent, ignore_errors=True)


@pytest.fixture(scope="session")
def new_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Platform]]:
    """Return a function that makes a platform `acme` with the service `payments`, and starts its world."""
    made: list[Platform] = []

    def make() -> Platform:
        platform = Platform(tmp_path_factory.mktemp("platform") / "acme")
        assert run(["init", str(platform.root), "--org", "acme"]) == 0
        assert platform.twinlock("new", "payments").code == 0
        made.append(platform)
        assert platform.twinlock("world", "up", "--detach").code == 0
        return platform

    yield make
    for platform in made:
        platform.down()
