"""Sealing and carrying out: which stacks can be planned now, in which order they run, and what is refused."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from twinlock import desired, manifest, sealing
from twinlock.custody import Custody
from twinlock.engine.port import Stack, ignore
from twinlock.engine.result import Change, Operation, Result
from twinlock.engine.sealed_plan import NO_CHECKPOINT, PlannedStack
from twinlock.errors import BadInput, Incomplete
from twinlock.ledger.journal import Journal
from twinlock.manifest import edit, examples
from twinlock.model.organization import Duty
from twinlock.provision import Waiting
from twinlock.scaffold.seed import AlreadySeeded

if TYPE_CHECKING:
    from pathlib import Path

    from twinlock.engine.port import Listener
    from twinlock.model.estate import Estate
    from twinlock.model.repository import Repository
    from twinlock.sealing import Sealed

TEAMS = {"authors": Duty.AUTHOR, "reviewers": Duty.REVIEWER, "testers": Duty.TESTER, "releasers": Duty.RELEASER}
ALL = ("organization/platform", "repositories/platform", "repositories/payments", "protections/payments")
AGAIN = "Preview again, and have the new plan approved."


def stack(program: str, group: str) -> Stack:
    """Return a stack without a program."""
    return Stack(program, group, lambda: None)


class FakeEngine:
    """Plans what it is told, and remembers what it carried out."""

    version = "3.256.0"

    def __init__(self, making: dict[str, Operation] | None = None) -> None:
        self.making = making or {}
        self.checkpoints: dict[str, bytes] = {}
        self.told: list[str] = []
        self.files: list[tuple[Path, int]] = []

    def preview(self, stack: Stack, listener: Listener = ignore, *, plan: Path | None = None) -> Result:
        """Save a plan."""
        assert plan is not None
        self.files.append((plan, stat.S_IMODE(plan.stat().st_mode)))
        plan.write_text(f"plan of {stack.id}")
        return self._result(stack, listener)

    def up(self, stack: Stack, listener: Listener = ignore, *, plan: Path | None = None) -> Result:
        """Remember the plan."""
        assert plan is not None
        self.files.append((plan, stat.S_IMODE(plan.stat().st_mode)))
        self.told.append(plan.read_text())
        return self._result(stack, listener)

    def checkpoint(self, stack: Stack) -> bytes | None:
        """Return what was set."""
        return self.checkpoints.get(stack.id)

    def _result(self, stack: Stack, listener: Listener) -> Result:
        change = Change(f"urn:{stack.id}", "type", "name", self.making.get(stack.id, Operation.SAME))
        listener(stack.id, change)
        return Result(stack.id, (change,))


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    """Return the estate of one service, in a checkout with one commit."""
    taken = set(manifest.parse(_founding()).people)
    teams = {role: f"payments-{role}" for role in TEAMS}
    crew = examples.crew("payments", teams, taken)
    files = _founding()
    files["platform.yaml"] = edit.add_teams(
        files["platform.yaml"].decode(), {teams[role]: duty for role, duty in TEAMS.items()}
    ).encode()
    files["roster.yaml"] = edit.add_people(files["roster.yaml"].decode(), "acme", crew).encode()
    files["services/payments.yaml"] = examples.service_yaml("payments", teams).encode()
    (tmp_path / "acme" / "services").mkdir(parents=True)
    for name, content in files.items():
        (tmp_path / "acme" / name).write_bytes(content)
    git(tmp_path / "acme", "init", "--quiet", "--initial-branch=main")
    commit(tmp_path / "acme")
    return desired.derive(manifest.parse(files))


def _founding() -> dict[str, bytes]:
    return {
        "platform.yaml": examples.platform_yaml("acme", "a" * 40).encode(),
        "roster.yaml": examples.roster_yaml("acme", examples.founders()).encode(),
    }


def git(root: Path, *arguments: str) -> None:
    """Run git, with no configuration but its own."""
    people = {f"GIT_{role}_{what}": "test" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **people}
    subprocess.run(["git", *arguments], cwd=root, env=environment, check=True)


def commit(root: Path) -> None:
    """Commit everything."""
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message=Change")


def checkpoint(*names: str) -> bytes:
    """Return a checkpoint with some resources."""
    return json.dumps(
        {"version": 3, "checkpoint": {"latest": {"resources": [{"urn": name} for name in names]}}}
    ).encode()


class Sealer:
    """Seals and carries out in one directory."""

    def __init__(self, root: Path, estate: Estate) -> None:
        self.root = root / "acme"
        self.estate = estate
        self.custody = Custody(Journal(root / "journal.jsonl", who="test"), root / "copies")
        self.seeded: list[str] = []

    def seal(self, engine: FakeEngine) -> Sealed:
        """Seal what the engine plans."""
        return sealing.seal(self.root, self.estate, engine, self.custody, stack)

    def carry_out(self, engine: FakeEngine, sealed: Sealed, approved: str | None = None) -> None:
        """Carry a plan out."""
        sealing.carry_out(
            self.root, self.estate, engine, stack, self._seed, sealed.plan, name="a.tlplan", approved=approved
        )

    def _seed(self, repository: Repository) -> AlreadySeeded:
        self.seeded.append(repository.name)
        return AlreadySeeded("c0ffee")


@pytest.fixture
def sealer(tmp_path: Path, estate: Estate) -> Sealer:
    """Return what seals and carries out."""
    return Sealer(tmp_path, estate)


@pytest.mark.parametrize(
    ("making", "planned", "waiting"),
    [
        ({}, ALL, ()),
        (dict.fromkeys(ALL, Operation.UPDATE), ALL, ()),
        ({"protections/payments": Operation.CREATE}, ALL, ()),
        (dict.fromkeys(ALL, Operation.CREATE), ALL[:3], (Waiting(ALL[3], ALL[0]),)),
        ({"repositories/payments": Operation.CREATE}, ALL[:3], (Waiting(ALL[3], ALL[2]),)),
        ({"repositories/payments": Operation.REPLACE}, ALL[:3], (Waiting(ALL[3], ALL[2]),)),
    ],
)
def test_a_stack_waits_for_what_it_reads(
    sealer: Sealer, making: dict[str, Operation], planned: tuple[str, ...], waiting: tuple[Waiting, ...]
) -> None:
    """What would still be made has no name to look up: protections are planned in a later stage."""
    sealed = sealer.seal(FakeEngine(making))
    assert tuple(each.stack for each in sealed.plan.stacks) == planned
    assert tuple(result.stack for result in sealed.previewed.results) == planned
    assert sealed.previewed.waiting == waiting


def test_a_plan_is_bound_to_the_checkpoints_it_was_made_on(sealer: Sealer) -> None:
    """Each by its digest, and a stack that is not there by that."""
    engine = FakeEngine()
    sealer.custody.end(ALL[0], checkpoint("a"))
    engine.checkpoints[ALL[0]] = checkpoint("a")
    first, second, *_ = sealer.seal(engine).plan.stacks
    assert (first.plan, second.plan) == (b"plan of organization/platform", b"plan of repositories/platform")
    assert (len(first.checkpoint), second.checkpoint) == (64, NO_CHECKPOINT)


def test_no_plan_is_made_on_a_forged_checkpoint(sealer: Sealer) -> None:
    """A plan would bind the forgery, and whoever approves it would approve that."""
    engine = FakeEngine()
    sealer.custody.end(ALL[0], checkpoint("a"))
    engine.checkpoints[ALL[0]] = checkpoint("a", "b")
    with pytest.raises(Incomplete) as refused:
        sealer.seal(engine)
    assert refused.value.why == "Its checkpoint was changed outside a run: added b."
    assert engine.files == []


def test_the_sealed_stacks_run_as_planned_and_in_order(sealer: Sealer) -> None:
    """Repositories are seeded before what protects them; a stack that is not in the plan does not run."""
    engine = FakeEngine()
    sealer.carry_out(engine, sealer.seal(engine))
    assert engine.told == [f"plan of {each}" for each in ALL]
    assert sealer.seeded == ["delivery-pipelines", "payments", "payments-integration-tests"]
    sealed = sealer.seal(FakeEngine({"repositories/platform": Operation.CREATE}))
    later = FakeEngine()
    sealer.carry_out(later, sealed)
    assert later.told == [f"plan of {each}" for each in ALL[:3]]


def test_saved_plans_are_private_and_go_away(sealer: Sealer) -> None:
    """They hold what will be done, and encrypted secrets."""
    engine = FakeEngine()
    sealer.carry_out(engine, sealer.seal(engine))
    assert len(engine.files) == 2 * len(ALL)
    assert {mode for _, mode in engine.files} == {0o600}
    assert [path for path, _ in engine.files if path.parent.exists()] == []


def test_nothing_runs_of_a_plan_that_is_for_something_else(sealer: Sealer) -> None:
    """Another approved seal, another checkpoint, another tree and base, and a stack nobody declares."""
    engine = FakeEngine()
    sealed = sealer.seal(engine)
    strange = replace(sealed.plan, stacks=(*sealed.plan.stacks, PlannedStack("repositories/other", NO_CHECKPOINT, b"")))
    with pytest.raises(BadInput) as refused:
        sealer.carry_out(engine, sealed, approved="0" * 64)
    assert refused.value.why == f"Since it was sealed, the saved plan was {sealed.plan.seal} and is {'0' * 64}."
    with pytest.raises(BadInput) as refused:
        sealer.carry_out(engine, replace(sealed, plan=strange))
    assert str(refused.value) == (
        f"a.tlplan was not carried out.\nThe manifest declares no stack repositories/other.\n{AGAIN}"
    )
    engine.checkpoints[ALL[1]] = checkpoint("a")
    with pytest.raises(BadInput, match="was not carried out") as refused:
        sealer.carry_out(engine, sealed)
    assert refused.value.why.startswith(f"Since it was sealed, the checkpoint of {ALL[1]} was none and is ")
    engine.checkpoints.clear()
    (sealer.root / "README.md").write_text("another tree\n")
    with pytest.raises(BadInput, match="No plan can be bound"):
        sealer.carry_out(engine, sealed)
    commit(sealer.root)
    with pytest.raises(BadInput) as refused:
        sealer.carry_out(engine, sealed)
    assert refused.value.why.startswith("Since it was sealed, the git tree was ")
    assert (engine.told, sealer.seeded) == ([], [])
