"""Rendered workflows: valid, hardened, without steering inputs, and naming exactly what the Estate names."""

from __future__ import annotations

import re
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from twinlock import names
from twinlock.model.account import Purpose

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twinlock.model.estate import Estate
    from twinlock.scaffold.tree import Tree

TOOLS = Path(sys.executable).parent
PIPELINES = names.PIPELINES_REPOSITORY
REPOSITORIES = [PIPELINES, "payments", "payments-integration-tests", "platform", "quiet", "quiet-integration-tests"]


def workflows(tree: Tree) -> dict[str, Any]:
    """Return the parsed workflows of a tree, by path."""
    yaml = YAML(typ="safe")
    return {
        path: yaml.load(file.content) for path, file in tree.files.items() if path.startswith(f"{names.WORKFLOWS}/")
    }


def jobs(tree: Tree) -> Iterator[tuple[str, str, Any]]:
    """Yield `(path, name, job)` of every job of a tree."""
    for path, workflow in workflows(tree).items():
        for name, job in workflow["jobs"].items():
            yield path, name, job


def steps(tree: Tree) -> Iterator[tuple[str, Any]]:
    """Yield `(path, step)` of every step of a tree."""
    for path, _, job in jobs(tree):
        for step in job.get("steps", []):
            yield path, step


def roles(tree: Tree, path: str) -> list[str]:
    """Return the roles that a reusable workflow assumes."""
    return [
        step["with"]["role-to-assume"]
        for where, step in steps(tree)
        if where == path and "role-to-assume" in step.get("with", {})
    ]


@pytest.mark.parametrize("repository", REPOSITORIES)
def test_actionlint_finds_nothing(rendered: Path, repository: str) -> None:
    """Every workflow is valid, expressions and triggers included."""
    paths = sorted(str(path) for path in (rendered / repository / names.WORKFLOWS).iterdir())
    done = subprocess.run([TOOLS / "actionlint", *paths], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0)


@pytest.mark.parametrize("repository", REPOSITORIES)
def test_zizmor_finds_nothing(rendered: Path, repository: str) -> None:
    """Not one finding, pedantic ones included; a workflow that it cannot read is an error."""
    done = subprocess.run(
        [
            *(TOOLS / "zizmor", "--offline", "--persona=pedantic", "--strict-collection", "--no-progress"),
            *("--no-ignores", "--format=json", "--quiet", rendered / repository),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.returncode) == ("[]", 0)


@pytest.mark.parametrize("repository", REPOSITORIES)
def test_every_workflow_is_least_privilege(trees: Mapping[str, Tree], repository: str) -> None:
    """Nothing at the top, grants per job, a time limit on every job that runs."""
    for path, workflow in workflows(trees[repository]).items():
        assert workflow["permissions"] == {}, path
    for path, name, job in jobs(trees[repository]):
        assert job["permissions"], (path, name)
        assert "write" not in job["permissions"].get("contents", ""), (path, name)
        assert "uses" in job or 0 < job["timeout-minutes"] <= 120, (path, name)


@pytest.mark.parametrize("repository", REPOSITORIES)
def test_no_expression_reaches_a_shell(trees: Mapping[str, Tree], repository: str) -> None:
    """Scripts get values by environment variables only, and parse as bash."""
    for path, step in steps(trees[repository]):
        if "run" in step:
            assert "${{" not in step["run"], (path, step["name"])
            checked = subprocess.run(["bash", "-n"], input=step["run"], capture_output=True, text=True, check=False)
            assert (checked.stderr, checked.returncode) == ("", 0), (path, step["name"])


@pytest.mark.parametrize("repository", REPOSITORIES)
def test_actions_are_pinned_and_allowed(trees: Mapping[str, Tree], estate: Estate, repository: str) -> None:
    """Each action stands at a full commit id, with its version beside it, and is one that the policy allows."""
    allowed = estate.organization.actions.patterns
    for path, file in trees[repository].files.items():
        if not path.startswith(names.WORKFLOWS):
            continue
        for line in file.content.decode().splitlines():
            if used := re.match(r"\s*(?:- )?uses: (\S+)(.*)", line):
                action, comment = used.groups()
                assert re.fullmatch(r"[^@]+@[0-9a-f]{40}", action), (path, line)
                assert any(fnmatchcase(action, pattern) for pattern in allowed), (path, line)
                ours = action.startswith(f"acme/{PIPELINES}/")
                assert ours or re.fullmatch(r" # v\d+\.\d+\.\d+", comment), (path, line)


def test_checkouts_leave_no_token_behind(trees: Mapping[str, Tree]) -> None:
    """No checkout keeps its credentials, and none chooses a ref but the commit of the run."""
    for tree in trees.values():
        for path, step in steps(tree):
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False, path
                assert step["with"].get("ref", "${{ github.sha }}") == "${{ github.sha }}", path


def test_a_job_with_an_identity_runs_no_code_of_the_repository(trees: Mapping[str, Tree]) -> None:
    """What may ask for an identity checks nothing out, installs nothing and restores no cache."""
    found = 0
    for path, name, job in jobs(trees[PIPELINES]):
        if "id-token" not in job["permissions"]:
            continue
        found += 1
        for step in job["steps"]:
            action = step.get("uses", "").partition("@")[0]
            assert action not in {"actions/checkout", "actions/setup-python", "actions/cache"}, (path, name)
            script = step.get("run", "")
            assert not re.search(r"(?<![-\w])(?:pip|python|npm|make|docker|bash|sh|source|eval)\s", script), (
                path,
                name,
            )
    assert found == 3


def test_no_step_uses_a_cache(trees: Mapping[str, Tree]) -> None:
    """No cache is saved or restored anywhere."""
    for tree in trees.values():
        for path, step in steps(tree):
            assert "cache" not in step.get("uses", ""), path
            assert not [key for key in step.get("with", {}) if "cache" in key], path


def test_reusable_workflows_take_nothing(trees: Mapping[str, Tree]) -> None:
    """They are called, and only called, without inputs and without secrets."""
    for path, workflow in workflows(trees[PIPELINES]).items():
        assert workflow["on"] == {"workflow_call": None}, path


def test_nothing_steers_a_run_but_the_image_under_test(trees: Mapping[str, Tree]) -> None:
    """The one value that a person or an app gives is the digest to test; it goes through a variable and is checked."""
    steering = re.compile(
        r"\binputs\.|\bsecrets\.|\bvars\.|github\.(?:head_ref|ref_name)|github\.event\.(?!repository\.name)"
    )
    found = {
        (path, line.strip())
        for path, file in trees[PIPELINES].files.items()
        for line in file.content.decode().splitlines()
        if steering.search(line)
    }
    assert found == {(names.INTEGRATION_WORKFLOW, "DIGEST: ${{ github.event.inputs.digest }}")}


CALLERS = {
    ("payments", names.PULL_REQUEST_WORKFLOW): {"pull_request": None},
    ("payments", names.BUILD_WORKFLOW): {"push": {"branches": ["main"]}},
    ("payments", names.RELEASE_WORKFLOW): {"push": {"branches": ["main"]}},
    ("payments-integration-tests", names.PULL_REQUEST_WORKFLOW): {"pull_request": None},
    ("payments-integration-tests", names.INTEGRATION_WORKFLOW): {
        "workflow_dispatch": {
            "inputs": {
                "digest": {
                    "description": "Digest of the image to test (sha256:...)",
                    "required": True,
                    "type": "string",
                }
            }
        }
    },
}


def test_callers_are_thin(trees: Mapping[str, Tree], estate: Estate) -> None:
    """Each workflow of a service calls its namesake at `pipelines.commit`, hands it nothing and does nothing else."""
    commit = estate.declaration.platform.pipelines.commit
    found = {}
    for repository in ("payments", "payments-integration-tests"):
        for path, workflow in workflows(trees[repository]).items():
            found[repository, path] = workflow["on"]
            (job,) = workflow["jobs"].values()
            assert set(job) == {"name", "permissions", "uses"}, path
            assert job["uses"] == names.workflow_reference("acme", path, commit)
            assert path in trees[PIPELINES].files
            assert workflow["concurrency"]["group"], path
    assert found == CALLERS


def test_a_caller_grants_what_the_called_jobs_ask_for(trees: Mapping[str, Tree]) -> None:
    """The caller's grants are the union of the called jobs': less would fail, more would be idle power."""
    for repository in ("payments", "payments-integration-tests"):
        for path, _, caller in jobs(trees[repository]):
            needed: dict[str, str] = {}
            for where, _, job in jobs(trees[PIPELINES]):
                if where == path:
                    needed |= job["permissions"]
            assert caller["permissions"] == needed, path


def test_workflows_are_those_that_aws_trusts(trees: Mapping[str, Tree], estate: Estate) -> None:
    """For each role that trusts a workflow, that workflow exists, assumes exactly it, and names its environment."""
    found = 0
    for purpose, account in estate.accounts.items():
        for role in account.roles:
            for statement in role.trust:
                claims = {c.key.rpartition(":")[2]: c.values for c in statement.conditions}
                if "job_workflow_ref" not in claims:
                    continue
                found += 1
                (reference,) = claims["job_workflow_ref"]
                owner, repository, path = reference.partition("@")[0].split("/", 2)
                assert (owner, repository) == ("acme", PIPELINES)
                (subject,) = claims["sub"]
                caller = subject.split("}")[0].removeprefix("{acme/")
                called = [job for where, _, job in jobs(trees[caller]) if where == path]
                assert [job["uses"] for job in called] == [reference]
                assert [resolved(arn, caller) for arn in roles(trees[PIPELINES], path)] == [role.arn]
                environments = {
                    job["environment"]
                    for where, _, job in jobs(trees[PIPELINES])
                    if where == path and "environment" in job
                }
                assert environments == set(claims.get("environment", ())), purpose
                assert environments <= {environment.name for environment in estate.repositories[caller].environments}
    assert found == 6


def resolved(arn: str, repository: str) -> str:
    """Return a role as the workflow would compute it in a repository."""
    service = repository.removesuffix(names.integration_tests_repository(""))
    return arn.replace("${{ github.event.repository.name }}", repository).replace(
        "${{ steps.run.outputs.service }}", service
    )


def test_accounts_and_region_are_the_declared_ones(trees: Mapping[str, Tree], estate: Estate) -> None:
    """Every account id in the pipelines is a declared one, and every credential step is held to its account."""
    declared = estate.declaration.platform.accounts
    text = "".join(trees[PIPELINES].files[path].content.decode() for path in workflows(trees[PIPELINES]))
    assert set(re.findall(r"\b\d{12}\b", text)) == {
        declared[purpose] for purpose in (Purpose.BUILD, Purpose.INTEGRATION, Purpose.PRODUCTION)
    }
    held = [
        (step["with"]["role-to-assume"].split(":")[4], step["with"]["allowed-account-ids"], step["with"]["aws-region"])
        for _, step in steps(trees[PIPELINES])
        if "role-to-assume" in step.get("with", {})
    ]
    assert held == [(account, account, "eu-west-1") for account, _, _ in held]


@pytest.mark.parametrize("repository", REPOSITORIES)
def test_check_names_leave_the_gate_alone(trees: Mapping[str, Tree], repository: str) -> None:
    """No job bears the name of the required check, which only the gate app may post."""
    for path, name, job in jobs(trees[repository]):
        assert names.GATE_CHECK not in {name, job["name"]}, path
