"""Plans that bind, with the real engine: a service in stages, and each of the five reasons for which one is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from twinlock.engine import sealed_plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from twinlock.engine.sealed_plan import SealedPlan

PULUMI = ("--engine", "pulumi")
STAGE = ["organization/platform", "repositories/platform", "repositories/payments"]


@dataclass(frozen=True)
class Staged:
    """A platform that was provisioned by sealed plans.

    Attributes:
        platform: The platform.
        answers: What each seal and each up answered, in the order of the stages.
        plans: The plans of both stages.
        last: The file of a plan made after them; nothing has changed since.
    """

    platform: Any
    answers: tuple[Any, ...]
    plans: tuple[SealedPlan, ...]
    last: Path

    def up(self, file: Path, *more: str) -> Any:  # noqa: ANN401 - the conftest's
        """Carry a plan out."""
        return self.platform.twinlock("up", "--yes", *PULUMI, "--plan", str(file), *more)

    def plan(self) -> SealedPlan:
        """Return the last plan."""
        return sealed_plan.read(self.last.read_bytes(), "last")

    def sealed_again(self, plan: SealedPlan) -> Path:
        """Write a plan under a seal of its own, as somebody could who forges one."""
        path = self.last.with_name("forged.tlplan")
        path.write_bytes(sealed_plan.write(plan))
        return path


def commit(root: Path) -> None:
    """Commit everything in a platform directory."""
    people = {f"GIT_{role}_{what}": "test" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **people}
    for words in ("init --quiet --initial-branch=main", "add --all", "commit --quiet --message=Change"):
        subprocess.run(["git", *words.split()], cwd=root, env=environment, check=True)


@pytest.fixture(scope="module")
def staged(installed: Any, new_platform: Callable[[], Any]) -> Staged:  # noqa: ANN401 - the conftest's
    """Provision a platform from nothing by sealed plans alone."""
    del installed
    platform = new_platform()
    root = platform.root
    answers: list[Any] = []
    plans = []
    for stage in ("one", "two"):
        commit(root)
        file = root / f"{stage}.tlplan"
        answers.append(platform.twinlock("preview", *PULUMI, "--seal", str(file), "--format", "json"))
        assert answers[-1].code == 0, answers[-1].err
        plans.append(sealed_plan.read(file.read_bytes(), stage))
        seal = answers[-1].document["seal"]
        words = ("--plan", str(file), "--approved", seal, "--format", "json")
        answers.append(platform.twinlock("up", "--yes", *PULUMI, *words))
        assert answers[-1].code == 0, answers[-1].err
    assert platform.twinlock("preview", *PULUMI, "--seal", str(root / "last.tlplan")).code == 0
    return Staged(platform, tuple(answers), tuple(plans), root / "last.tlplan")


def changes(answer: Any) -> dict[str, int]:  # noqa: ANN401 - the conftest's
    """Return how many resources of each stack change."""
    return {stack["stack"]: len(stack["changes"]) for stack in answer.document["stacks"]}


def test_a_service_comes_to_be_in_stages(staged: Staged) -> None:
    """What looks up teams and repositories waits for them; each stage does what was planned, and all is as declared."""
    first, done, second, last = staged.answers
    made = changes(first)
    assert (list(made), min(made.values()) > 0, changes(done)) == (STAGE, True, made)
    waiting = [{"stack": "protections/payments", "first": "organization/platform"}]
    assert (first.document["waiting"], second.document["waiting"]) == (waiting, [])
    protected = changes(second)
    assert protected == dict.fromkeys(STAGE, 0) | {"protections/payments": protected["protections/payments"]}
    assert (protected["protections/payments"] > 0, changes(last)) == (True, protected)
    audited = staged.platform.twinlock("audit", "--format", "json")
    assert (audited.code, audited.document["findings"], audited.document["unknowns"]) == (0, [], [])


def test_no_secret_is_in_a_sealed_plan(staged: Staged) -> None:
    """Neither a token of the world, nor a key of an account, nor the passphrase: not in the file, not unpacked."""
    world = staged.platform.world
    secrets = [account["secret_key"] for account in world["aws"]["accounts"].values()]
    secrets += [*world["github"]["tokens"].values(), (staged.platform.root / ".twinlock/pulumi/passphrase").read_text()]
    texts = [each.plan.decode() for plan in staged.plans for each in plan.stacks]
    texts += [path.read_text() for path in staged.platform.root.glob("*.tlplan")]
    assert len(texts) >= len(STAGE) + 4 + 2
    assert all("ciphertext" in text for text in texts[: len(STAGE)])
    assert [secret for secret in secrets for text in texts if secret in text] == []


def test_another_plan_than_the_approved_one_is_refused(staged: Staged) -> None:
    """The first of the five: the seal is another, or the file was changed under its seal."""
    seal, other = staged.plan().seal, "0" * 64
    refused = staged.up(staged.last, "--approved", other)
    assert (refused.code, refused.err.splitlines()[1:]) == (
        2,
        [
            f"error: {staged.last} was not carried out.",
            f"  why: Since it was sealed, the saved plan was {seal} and is {other}.",
            " mend: Take the plan that was approved.",
        ],
    )
    changed = staged.last.with_name("changed.tlplan")
    document = json.loads(staged.last.read_bytes())
    changed.write_text(json.dumps({**document, "stacks": document["stacks"][1:]}))
    refused = staged.up(changed)
    assert refused.code == 2
    assert "It was changed since it was sealed: its content does not have the digest that it states." in refused.err


def test_a_forged_checkpoint_is_refused(staged: Staged) -> None:
    """The second: what the plan starts from is another; and no new plan is made on it."""
    path = staged.platform.root / "state/.pulumi/stacks/twinlock-repositories/payments.json"
    content = path.read_bytes()
    document = json.loads(content)
    document["checkpoint"]["latest"]["resources"].pop()
    path.write_text(json.dumps(document))
    try:
        refused = staged.up(staged.last)
        again = staged.platform.twinlock("preview", *PULUMI, "--seal", str(staged.last.with_name("again.tlplan")))
    finally:
        path.write_bytes(content)
    planned = {each.stack: each.checkpoint for each in staged.plan().stacks}["repositories/payments"]
    assert refused.code == 2
    assert f"Since it was sealed, the checkpoint of repositories/payments was {planned} and is " in refused.err
    assert (again.code, "Its checkpoint was changed outside a run: removed urn:pulumi:" in again.err) == (3, True)


@pytest.mark.parametrize(
    ("forged", "said", "mend"),
    [
        ({"tree": "0" * 40}, "the git tree", "Check out what was planned."),
        ({"base": "0" * 40}, "the commit that it stands on", "Preview again, and have the new plan approved."),
        ({"manifest": "0" * 64}, "the manifest", "Preview again, and have the new plan approved."),
        ({"engine": "3.0.0"}, "the engine's version", "engine install --version 3.0.0`."),
    ],
    ids=["tree", "base", "manifest", "engine"],
)
def test_a_plan_of_something_else_is_refused(staged: Staged, forged: dict[str, str], said: str, mend: str) -> None:
    """The other three: each is named with what was planned and what there is, and how to go on."""
    ((name, value),) = forged.items()
    plan = staged.plan()
    refused = staged.up(staged.sealed_again(replace(plan, origin=replace(plan.origin, **forged))))
    assert refused.code == 2
    why, mended = refused.err.splitlines()[-2:]
    start, end = f"  why: Since it was sealed, {said} was {value} and is ", f"{getattr(plan.origin, name)}."
    # A plan may stand on HEAD or on its parent: both are told, in the order of their names.
    assert (why.startswith(start), why.endswith(end) or name == "base", end[:-1] in why) == (True, True, True)
    assert mend in mended


def test_what_drifted_after_the_plan_is_not_done_without_another(staged: Staged) -> None:
    """Pulumi holds the run to the plan; the property is named and its value is not."""
    path = "/orgs/acme/actions/permissions/workflow"
    staged.platform.request("PUT", path, {"default_workflow_permissions": "write"})
    file = staged.platform.root / "drifted.tlplan"
    try:
        staged.last.replace(file)
        # A process of its own: Pulumi's SDK leaves the coroutine of a program whose engine has stopped.
        words = ["-C", str(staged.platform.root), "up", "--yes", *PULUMI, "--plan", str(file)]
        refused = subprocess.run(
            [sys.executable, "-m", "twinlock_cli", *words], capture_output=True, text=True, check=False
        )
    finally:
        staged.platform.request("PUT", path, {"default_workflow_permissions": "read"})
        assert staged.platform.twinlock("preview", *PULUMI, "--seal", str(staged.last)).code == 0
    assert (refused.returncode, refused.stdout, refused.stderr.splitlines()[-2:]) == (
        3,
        "",
        [
            "  why: That was not planned: its defaultWorkflowPermissions is another than planned.",
            " mend: Find out what changed since. Then preview again, and have the new plan approved.",
        ],
    )


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("preview", "--seal", "x.tlplan"), "Only Pulumi's plans can be sealed."),
        (("up", "--yes", "--plan", "x.tlplan"), "Only Pulumi's plans can be sealed."),
        (("up", "--yes", "--approved", "0"), "`--approved` names a plan's seal, and there is no plan."),
        (("up", "payments", "--yes", *PULUMI, "--plan", "x.tlplan"), "A plan says itself what it is about."),
        (("up", "--yes", *PULUMI, "--plan", "/nowhere/x.tlplan"), "The system says: No such file or directory."),
    ],
    ids=["seal", "plan", "approved", "service", "missing"],
)
def test_options_that_contradict_each_other_are_refused(staged: Staged, words: tuple[str, ...], why: str) -> None:
    """Before anything is asked or run."""
    refused = staged.platform.twinlock(*words)
    assert (refused.code, f"  why: {why}\n" in refused.err) == (2, True)
