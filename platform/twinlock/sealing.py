"""Seal what `up` would do, and carry out exactly that: plans made by one person, let happen by another.

A program cannot be planned while what it looks up does not exist: a new service is planned in stages, each sealed and
approved. A stack is planned unless one that it reads from would still make something; that one comes first. The
engine's plans lie in private files, only while it reads and writes them.
"""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from twinlock import planned
from twinlock.engine import checkpoint
from twinlock.engine.port import ignore
from twinlock.engine.sealed_plan import NO_CHECKPOINT, PlannedStack, SealedPlan, require_unchanged
from twinlock.errors import BadInput, Incomplete
from twinlock.provision import REPOSITORIES, Provisioned, Run, Waiting, awaited, makes, steps

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from twinlock.custody import Custody
    from twinlock.engine.port import Listener, Stack
    from twinlock.engine.result import Result
    from twinlock.model.estate import Estate
    from twinlock.provision import Seeder, SeedOutcome


class PlanningEngine(Protocol):
    """An engine whose plans can be saved and carried out (`twinlock.engine.pulumi.engine.PulumiEngine`)."""

    @property
    def version(self) -> str:
        """The engine's version."""

    def preview(self, stack: Stack, listener: Listener = ignore, *, plan: Path | None = None) -> Result:
        """Return what `up` would do, and save its plan."""

    def up(self, stack: Stack, listener: Listener = ignore, *, plan: Path | None = None) -> Result:
        """Do what a plan says, and nothing else."""

    def checkpoint(self, stack: Stack) -> bytes | None:
        """Return a stack's checkpoint; None where there is none."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed plan, and what it is about.

    Attributes:
        plan: The plan.
        previewed: What would be done in each of its stacks, and which wait for a later stage.
    """

    plan: SealedPlan
    previewed: Provisioned


def seal(  # noqa: PLR0913 - the collaborators of one use case, each a port
    root: Path,
    estate: Estate,
    engine: PlanningEngine,
    custody: Custody,
    stack: Callable[[str, str], Stack],
    *,
    groups: Collection[str] = (),
    listener: Listener = ignore,
) -> Sealed:
    """Plan every stack that can be planned now; nothing is changed.

    Raises:
        BadInput: The platform directory is no clean checkout of git.
        Incomplete: A stack could not be previewed, or its checkpoint is none that a run has left.
    """
    origin = planned.origin(root, engine.version)
    plans: list[PlannedStack] = []
    results: list[Result] = []
    waiting: list[Waiting] = []
    making: set[str] = set()
    for run in steps(estate, groups):
        if not isinstance(run, Run):
            continue
        name, first = run.stack, awaited(run, making)
        if first is not None:
            waiting.append(Waiting(name, first))
            making.add(name)
            continue
        known = stack(run.program, run.group)
        content = engine.checkpoint(known)
        checkpoint.require_trusted(name, *custody.examine(name, content))
        with _private() as path:
            result = engine.preview(known, listener, plan=path)
            plans.append(PlannedStack(name, _digest(content), path.read_bytes()))
        results.append(result)
        if makes(result):
            making.add(name)
    return Sealed(SealedPlan(origin, tuple(plans)), Provisioned(tuple(results), waiting=tuple(waiting)))


def carry_out(  # noqa: PLR0913, PLR0917 - as `seal`
    root: Path,
    estate: Estate,
    engine: PlanningEngine,
    stack: Callable[[str, str], Stack],
    seed: Seeder,
    plan: SealedPlan,
    *,
    name: str,
    approved: str | None = None,
    listener: Listener = ignore,
) -> Provisioned:
    """Run the stacks of a sealed plan, each as it was planned, and seed the repositories among them.

    Args:
        root: The platform directory.
        estate: What must exist.
        engine: What runs the stacks.
        stack: Makes the stack of a program and a group.
        seed: Gives a repository its first commit.
        plan: The plan.
        name: What to call the plan in messages.
        approved: The seal that somebody approved, if that is known.
        listener: Hears each change.

    Raises:
        BadInput: Something that the plan is bound to is another now; nothing was changed.
        TwinlockError: A step could not be completed, or would do what was not planned; the steps before it stand.
    """
    plans = {each.stack: each.plan for each in plan.stacks}
    order = steps(estate)
    declared = {step.stack: step for step in order if isinstance(step, Run)}
    strange = [each for each in plans if each not in declared]
    if strange:
        raise BadInput(
            f"{name} was not carried out.",
            f"The manifest declares no stack {strange[0]}.",
            "Preview again, and have the new plan approved.",
        )
    present = {each: _digest(engine.checkpoint(stack(run.program, run.group))) for each, run in declared.items()}
    require_unchanged(plan, planned.present(root, engine.version, present), name, approved)
    results: list[Result] = []
    seeds: list[tuple[str, SeedOutcome]] = []
    for step in order:
        if isinstance(step, Run):
            content = plans.get(step.stack)
            if content is not None:
                with _private() as path:
                    path.write_bytes(content)
                    results.append(engine.up(stack(step.program, step.group), listener, plan=path))
        elif f"{REPOSITORIES}/{step.group}" in plans:
            seeds += [(repository.name, seed(repository)) for repository in estate.group(step.group)]
    return Provisioned(tuple(results), tuple(seeds))


def _digest(content: bytes | None) -> str:
    return NO_CHECKPOINT if content is None else checkpoint.digest(content)


@contextlib.contextmanager
def _private() -> Iterator[Path]:
    """Yield a file that only its owner can read, and that is gone afterwards.

    Raises:
        Incomplete: It cannot be made.
    """
    try:
        directory = tempfile.TemporaryDirectory(prefix="twinlock-plan-")
    except OSError as error:
        raise Incomplete(
            "The plan was not kept.", f"The system says: {error.strerror}.", "Make room, then run it again."
        ) from None
    with directory as place:
        path = Path(place) / "plan.json"
        # The engine keeps the mode of a file that is there; one that it makes is for everybody to read.
        path.touch(mode=0o600)
        yield path
