"""What was there before the platform, taken over by the real engine: seen as it differs, never made anew."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest

from twinlock_cli.app import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from twinlock.engine.installation.place import Installation

PULUMI: Final = ("--engine", "pulumi", "--format", "json")
SECONDS: Final = 30
TEAMS: Final = {
    "Platform": ("paula", "priya"),
    "auditors": ("uma", "ulf"),
    "developers": ("alice", "ahmed"),
    "reviewers": ("rita", "ruben", "rosa"),
    "qa": ("tess", "tariq"),
    "release-crew": ("lena", "luis"),
}
ACCOUNTS: Final = {"build": "4" * 12, "integration": "1" * 12, "production": "2" * 12, "evidence": "3" * 12}


@dataclass
class Organization:
    """A world with an organization made by hand, and the directory that it is adopted into."""

    ready: Path
    root: Path
    _http: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False, timeout=30))

    def twinlock(self, *arguments: str) -> tuple[int, Any, str]:
        """Run a command in this process; return its code, what it printed as JSON, and what it said."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(["-C", str(self.root), *arguments])
        return code, json.loads(out.getvalue() or "null"), err.getvalue()

    def request(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """Send a request to GitHub as an owner; it must agree."""
        world = json.loads(self.ready.read_bytes())["github"]
        headers = {"authorization": f"Bearer {world['tokens']['olga']}"}
        answer = self._http.request(method, f"{world['url']}{path}", json=body, headers=headers)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


@pytest.fixture(scope="module")
def acme(installed: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Organization]:
    """Start a world, and make in it by hand what one service has, each thing otherwise than it is declared."""
    del installed
    place = tmp_path_factory.mktemp("adopted")
    people = {login for members in TEAMS.values() for login in members}
    users = [{"login": "olga", "role": "owner"}, {"login": "otto", "role": "owner"}]
    seed = {
        "organization": {"login": "acme", "plan": "enterprise"},
        "users": [*users, *({"login": login, "role": "member"} for login in sorted(people))],
        "apps": [],
        "aws": {"region": "eu-west-1", "accounts": [{"name": name, "id": id_} for name, id_ in ACCOUNTS.items()]},
    }
    (place / "seed.json").write_text(json.dumps(seed))
    options = {"--state": place / "state", "--seed": place / "seed.json", "--ready-file": place / "ready.json"}
    path = os.pathsep.join(each for each in sys.path if each)
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "twinlock_world",
                "serve",
                *(str(word) for pair in options.items() for word in pair),
            ],
            env={"PATH": os.environ["PATH"], "HOME": str(place), "PYTHONPATH": path},
            stdout=log,
            stderr=log,
        )
    deadline = time.monotonic() + SECONDS
    while not (place / "ready.json").exists() and process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.01)
    made = Organization(place / "ready.json", place / "platform")
    _make(made)
    yield made
    process.terminate()
    process.wait(SECONDS)


def _make(acme: Organization) -> None:
    for name, members in TEAMS.items():
        slug = acme.request("POST", "/orgs/acme/teams", {"name": name, "privacy": "closed"})["slug"]
        acme.request("DELETE", f"/orgs/acme/teams/{slug}/memberships/olga")
        for login in members:
            acme.request("PUT", f"/orgs/acme/teams/{slug}/memberships/{login}", {"role": "member"})
    merging = {"allow_squash_merge": False, "allow_merge_commit": True, "has_wiki": True}
    for name in ("payments", "payments-integration-tests"):
        acme.request("POST", "/orgs/acme/repos", {"name": name, "visibility": "internal", "auto_init": True, **merging})
    acme.request("PUT", "/orgs/acme/teams/developers/repos/acme/payments", {"permission": "admin"})
    ruleset = {
        "name": "protect main",
        "target": "branch",
        "enforcement": "active",
        "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
        "rules": [{"type": "deletion"}],
    }
    rulesets = "/repos/acme/payments/rulesets"
    acme.request("POST", rulesets, ruleset)
    acme.request("POST", rulesets, {**ruleset, "name": "zeal", "enforcement": "disabled"})
    production = "/repos/acme/payments/environments/production"
    acme.request("PUT", production, {"wait_timer": 5})
    acme.request("POST", f"{production}/variables", {"name": "AWS_REGION", "value": "us-east-1"})
    acme.request("PUT", "/repos/acme/payments/environments/staging", {})
    acme.request("PUT", "/repos/acme/payments/actions/permissions", {"enabled": True, "allowed_actions": "all"})


def test_an_organization_is_taken_over_as_it_is(acme: Organization) -> None:
    """`preview` replaces and deletes nothing, `up` does what it said, ids stay, and then nothing is left to do."""
    code, adopted, said = acme.twinlock("adopt", "acme", "--world", str(acme.ready), "--format", "json")
    assert (code, [each["service"] for each in adopted["services"]]) == (0, ["payments"]), said
    ids = _ids(acme)
    code, previewed, said = acme.twinlock("preview", *PULUMI)
    assert previewed is not None, said
    foreseen = _operations(previewed)
    assert foreseen["replace"] | foreseen["delete"] == set()
    taken = {"Team platform", "TeamMembers auditors", "Repository payments", "Repository payments-integration-tests"}
    assert not foreseen["create"] & {*taken, "OidcSubject payments", "ActionsOrganizationPermissions acme"}
    assert {"Team platform", "Repository payments", "Repository payments-integration-tests"} <= foreseen["update"]
    code, done, said = acme.twinlock("up", "--yes", *PULUMI)
    assert code == 0, said
    changed = _operations(done)
    assert changed["replace"] | changed["delete"] == set()
    assert {
        "RepositoryRuleset payments:default-branch",
        "RulesetInventory payments",
        "EnvironmentInventory payments",
        "EnvironmentProtection payments:production",
        "ActionsEnvironmentVariable payments:production:AWS_REGION",
        "RepositoryAccess payments",
        "ActionsRepositoryPermissions payments",
    } <= changed["update"]
    outcomes = {each["repository"]: each["outcome"] for each in done["seeds"]}
    proposed = dict.fromkeys(("payments", "payments-integration-tests"), "Proposed")
    assert outcomes == {"delivery-pipelines": "Seeded", **proposed}
    assert _ids(acme) == ids
    code, again, said = acme.twinlock("preview", *PULUMI)
    assert (code, _operations(again)) == (0, {kind: set() for kind in ("create", "update", "replace", "delete")}), said
    code, audited, _ = acme.twinlock("audit", "--format", "json")
    assert {each["control"] for each in audited["findings"]} == {"code-owners", "managed-files"}


def _ids(acme: Organization) -> dict[str, int]:
    """Return the ids of what was there before."""
    teams = {each["slug"]: each["id"] for each in acme.request("GET", "/orgs/acme/teams")}
    names = ("payments", "payments-integration-tests")
    rulesets = sorted(each["id"] for each in acme.request("GET", "/repos/acme/payments/rulesets"))
    return teams | {name: acme.request("GET", f"/repos/acme/{name}")["id"] for name in names} | {"first": rulesets[0]}


def _operations(document: Any) -> dict[str, set[str]]:  # noqa: ANN401 - JSON
    """Return what is done with what: by operation, `type name`."""
    found: dict[str, set[str]] = {kind: set() for kind in ("create", "update", "replace", "delete")}
    for stack in document["stacks"]:
        for change in stack["changes"]:
            found[change["operation"]].add(f"{change['type'].rpartition(':')[2]} {change['name']}")
    return found
