"""Platforms on worlds of their own, driven by the command line; and an owner who reaches them without our clients."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import boto3
import httpx
import pytest

from twinlock_cli.app import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OWNER = "olga"
ENVIRONMENT = "/repos/acme/payments/environments/production"
OUTSIDER = {
    "organization": {"login": "acme"},
    "users": [{"login": "mallory", "role": "outsider"}],
    "apps": [],
    "aws": {"region": "eu-west-1", "accounts": []},
}


Place: TypeAlias = tuple[str, str]
"""A control and a subject."""
Together: TypeAlias = "dict[str, tuple[Callable[[Platform], object], dict[Place, str]]]"
"""Weakenings by title: what is done, and at which places it is found with which words."""


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
        if purpose not in self._made:
            keys, make = self.world["aws"]["accounts"][purpose], boto3.client
            self._made[purpose] = make(
                "iam",
                region_name="eu-west-1",
                endpoint_url=self.world["aws"]["url"],
                aws_access_key_id=keys["access_key"],
                aws_secret_access_key=keys["secret_key"],
            )
        return self._made[purpose]

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

    def change_environment(self, path: str = ENVIRONMENT, **changed: object) -> None:
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
        platform = Platform(tmp_path_factory.mktemp("story") / "acme")
        assert run(["init", str(platform.root), "--org", "acme"]) == 0
        assert platform.twinlock("new", "payments").code == 0
        made.append(platform)
        assert platform.twinlock("world", "up", "--detach").code == 0
        return platform

    yield make
    for platform in made:
        platform.down()


@pytest.fixture(scope="session")
def _platforms() -> list[Platform]:
    return []


@pytest.fixture
def provisioned(_platforms: list[Platform], new_platform: Callable[[], Platform]) -> Platform:
    """Return a provisioned platform that is as declared; tests share it as long as each leaves it so."""
    if not _platforms or not _platforms[-1].clean:
        platform = new_platform()
        platform.request("POST", "/_world/seed", OUTSIDER)
        assert platform.twinlock("up", "--yes").code == 0
        _platforms.append(platform)
    return _platforms[-1]


@pytest.fixture
def corrected(provisioned: Platform) -> Callable[[Together], None]:
    """Return the life of weakenings: made by an owner, found by reconcile's audit, corrected, and seen to be gone."""

    def live(together: Together) -> None:
        provisioned.clean = False
        expected: dict[Place, str] = {}
        for act, places in together.values():
            act(provisioned)
            expected |= places
        passed = provisioned.twinlock("reconcile", "--once", "--yes", "--format", "json")
        assert passed.err == "target: world (acme)\n"
        before, after = passed.document["before"], passed.document["after"]
        found = {(finding["control"], finding["subject"]): finding["message"] for finding in before["findings"]}
        assert found.keys() == expected.keys(), found
        assert [(found[place], word) for place, word in expected.items() if word not in found[place]] == []
        assert (len(before["findings"]), before["unknowns"]) == (len(expected), [])
        assert (after["findings"], after["unknowns"]) == ([], [])
        assert (passed.code, passed.document["outcome"]) == (0, "corrected")
        assert {(gone["control"], gone["subject"]) for gone in passed.document["corrected"]} == expected.keys()
        provisioned.remove_quarantined()
        provisioned.clean = True

    return live


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test the module's weakenings, as many together as concern no subject twice: each pass takes seconds."""
    if "together" not in metafunc.fixturenames:
        return
    groups: list[Together] = []
    for title, (act, places) in metafunc.module.WEAKENINGS.items():
        free = (g for g in groups if not any(places.keys() & others.keys() for _, others in g.values()))
        group = next(free, None)
        if group is None:
            groups.append(group := {})
        group[title] = (act, places)
    metafunc.parametrize("together", groups, ids=["; ".join(group) for group in groups])
