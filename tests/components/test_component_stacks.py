"""The Pulumi projects in `stacks/`: the same programs, configured by root and group, for plain `pulumi up`."""

from __future__ import annotations

import dataclasses
import json
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from twinlock import names, programs
from twinlock.desired import derive
from twinlock.engine.port import Stack
from twinlock.errors import BadInput, Incomplete
from twinlock.manifest import examples
from twinlock.model.declaration import Where
from twinlock.programs import stack_config

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinlock.model.declaration import Declaration
    from twinlock.model.estate import Estate

    Declare = Callable[..., Any]

STACKS = Path(__file__).parents[2] / "stacks"
PROGRAMS = (*programs.NAMES, "integration")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a platform directory as `init` and `new` write it, with a world that runs nowhere."""
    teams = {role: f"payments-{role}" for role in ("authors", "reviewers", "testers", "releasers")}
    duties = {role: role.removesuffix("s") for role in teams}
    declared = "".join(f"  {slug}: {{duty: {duties[role]}}}\n" for role, slug in teams.items())
    people = [*examples.founders(), *examples.crew("payments", teams, ())]
    (tmp_path / "platform.yaml").write_text(examples.platform_yaml("acme", "3f6c" * 10) + declared)
    (tmp_path / "roster.yaml").write_text(examples.roster_yaml("acme", people))
    (tmp_path / "services").mkdir()
    (tmp_path / "services" / "payments.yaml").write_text(examples.service_yaml("payments", teams))
    accounts = {"build": "4", "integration": "1", "production": "2", "evidence": "3"}
    world = {
        "github": {"url": "http://127.0.0.1:1", "tokens": {names.CONTROLLER_APP: "t"}},
        "aws": {
            "url": "http://127.0.0.1:2",
            "accounts": {
                purpose: {"id": digit * 12, "access_key": "a", "secret_key": "s"} for purpose, digit in accounts.items()
            },
        },
        "pid": 1,
    }
    (tmp_path / ".twinlock").mkdir()
    (tmp_path / ".twinlock" / "world.json").write_text(json.dumps(world))
    return tmp_path


def project(program: str, config: dict[str, str]) -> Callable[[], object]:
    """Return what `pulumi up` does in a project: run its main module with the stack's configuration."""

    def main() -> object:
        pulumi.runtime.set_all_config({f"twinlock:{key}": value for key, value in config.items()})
        return runpy.run_path(str(STACKS / program), run_name="__main__")

    return main


def run_config(root: Path) -> dict[str, str]:
    """Return the configuration of an integration run."""
    image = "444444444444.dkr.ecr.eu-west-1.amazonaws.com/payments@sha256:" + "0" * 64
    return {
        "root": str(root),
        "group": "payments",
        "run": "payments-r1",
        "artifact": image,
        "suite": image,
        "started": "2026-03-01T10:00:00Z",
    }


@pytest.mark.parametrize(
    ("program", "group", "type_"),
    [
        ("organization", "platform", "github:index/team:Team"),
        ("repositories", "payments", "github:index/repository:Repository"),
        ("protections", "payments", "github:index/repositoryRuleset:RepositoryRuleset"),
        ("integration", "payments", "aws:ec2/vpc:Vpc"),
    ],
)
def test_project_declares_its_program(  # noqa: PLR0917 - the parameters are what a user configures
    declare: Declare, root: Path, references: dict[str, object], program: str, group: str, type_: str
) -> None:
    """The main module needs nothing but the stack's configuration."""
    recorded = declare(project(program, {**run_config(root), "group": group}), references)
    assert recorded.of(type_)
    assert recorded.inputs("pulumi:providers:twinlock").get("twinlock", {}).get("githubUrl", "http://127.0.0.1:1") == (
        "http://127.0.0.1:1"
    )


@pytest.mark.parametrize("program", PROGRAMS)
def test_project_is_called_as_the_engine_calls_it(program: str) -> None:
    """Both engines find each other's outputs under one name, and the main module stays five lines."""
    lines = (STACKS / program / "Pulumi.yaml").read_text().splitlines()
    assert f"name: {Stack(program, 'g', lambda: None).project}" in lines
    assert "runtime: python" in lines
    main = (STACKS / program / "__main__.py").read_text().splitlines()
    assert main[2:] == ["from twinlock.programs.stack_config import declare", "", f'declare("{program}")']


@pytest.mark.parametrize(("program", "missing"), [("repositories", "root"), ("integration", "group")])
def test_missing_configuration_says_how_to_set_it(declare: Declare, root: Path, program: str, missing: str) -> None:
    """Pulumi prints the message of a `RunError` without a traceback."""
    config = {key: value for key, value in run_config(root).items() if key != missing}
    with pytest.raises(pulumi.RunError) as raised:
        declare(project(program, config))
    assert str(raised.value) == (
        f"twinlock:{missing} is not set.\n"
        "The stack test of twinlock-test does not say it.\n"
        f"Set it: `pulumi config set twinlock:{missing} VALUE`."
    )


def test_a_project_beneath_its_platform_directory_needs_no_configuration(
    declare: Declare, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The root is the nearest directory above with a manifest, and the stack is called after its group."""
    place = root / "stacks" / "repositories"
    place.mkdir(parents=True)
    monkeypatch.chdir(place)
    monkeypatch.setattr(pulumi, "get_stack", lambda: "payments")
    recorded = declare(project("repositories", {}))
    assert set(recorded.of("github:index/repository:Repository")) == {
        "payments",
        "payments-integration-tests",
    }


def test_a_root_is_named_from_the_project(declare: Declare, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A configuration that is committed holds no path of one machine."""
    place = root / "elsewhere"
    place.mkdir()
    monkeypatch.chdir(place)
    assert declare(project("repositories", {"root": "..", "group": "payments"})).of(
        "github:index/repository:Repository"
    )


def test_run_of_an_unknown_service_is_refused(declare: Declare, root: Path) -> None:
    """A typing error names the services."""
    with pytest.raises(pulumi.RunError) as raised:
        declare(project("integration", {**run_config(root), "group": "paymnts"}))
    assert str(raised.value) == (
        "There is no service 'paymnts'.\n"
        "The services of this platform are: payments.\n"
        "Set it: `pulumi config set twinlock:group SERVICE`."
    )


def test_project_without_a_world_says_how_to_start_one(declare: Declare, root: Path) -> None:
    """A rehearsal needs a world, and never falls back to the cloud."""
    (root / ".twinlock" / "world.json").unlink()
    with pytest.raises(pulumi.RunError, match="There is no world"):
        declare(project("repositories", {"root": str(root), "group": "payments"}))


def test_damaged_or_foreign_world_file_is_refused(root: Path, estate: Estate) -> None:
    """Outside input is parsed strictly, and only loopback is believed."""
    path = root / ".twinlock" / "world.json"
    foreign = path.read_text().replace("http://127.0.0.1:1", "http://192.0.2.1:1")
    for content in (foreign, "{}", "[", ""):
        path.write_text(content)
        with pytest.raises(BadInput):
            stack_config.connection(estate, root, {})


def test_cloud_takes_its_token_from_the_environment_and_each_account_by_role(
    declaration: Declaration, tmp_path: Path
) -> None:
    """No key is configured anywhere."""
    platform = dataclasses.replace(declaration.platform, target=Where.CLOUD)
    estate = derive(dataclasses.replace(declaration, platform=platform))
    reached = stack_config.connection(estate, tmp_path, {stack_config.TOKEN_VARIABLE: "of-the-controller"})
    assert (reached.github.url, reached.github.token) == ("https://api.github.com", "of-the-controller")
    assert sorted((account.account_id, account.role_arn, account.access_key) for account in reached.aws.values()) == [
        (account, f"arn:aws:iam::{account}:role/twinlock-apply", None)
        for account in ("111111111111", "222222222222", "444444444444")
    ]
    with pytest.raises(Incomplete) as raised:
        stack_config.connection(estate, tmp_path, {})
    assert str(raised.value) == (
        "GitHub was not reached.\n"
        "The environment holds no TWINLOCK_GITHUB_TOKEN.\n"
        "Set TWINLOCK_GITHUB_TOKEN to an installation token of twinlock-controller."
    )
