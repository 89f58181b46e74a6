"""Provision an estate: organization, then per group repositories, seed and protections.

A repository is seeded after it exists and before its rulesets do, so that nobody ever needs to bypass one. The order
is data; `up` walks it forwards, `destroy` backwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from twinlock.engine.port import ignore
from twinlock.engine.result import Operation
from twinlock.names import PLATFORM_GROUP

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container

    from twinlock.engine.port import Engine, Listener, Stack
    from twinlock.engine.result import Result
    from twinlock.model.estate import Estate
    from twinlock.model.repository import Repository
    from twinlock.scaffold.seed import AlreadySeeded, HasOtherCommits, Seeded

    SeedOutcome: TypeAlias = Seeded | AlreadySeeded | HasOtherCommits

ORGANIZATION, REPOSITORIES, PROTECTIONS = "organization", "repositories", "protections"
"""The programs, in the order in which they are provisioned."""


class Seeder(Protocol):
    """Gives a repository its first commit."""

    def __call__(self, repository: Repository) -> SeedOutcome:
        """Push the rendered tree, if the repository has no commits.

        Raises:
            TwinlockError: git is missing, or the repository cannot be reached or refused the push.
        """


@dataclass(frozen=True, slots=True)
class Run:
    """Run one stack.

    Attributes:
        program: Which program.
        group: Which group.
    """

    program: str
    group: str

    @property
    def stack(self) -> str:
        """`program/group`."""
        return f"{self.program}/{self.group}"


@dataclass(frozen=True, slots=True)
class Seed:
    """Seed the repositories of one group.

    Attributes:
        group: Which group.
    """

    group: str


Step: TypeAlias = Run | Seed


@dataclass(frozen=True, slots=True)
class Waiting:
    """A stack that cannot be previewed yet.

    Attributes:
        stack: `program/group`.
        first: The stack that has to be provisioned before: the program looks up what it will make.
    """

    stack: str
    first: str


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What was done, or would be.

    Attributes:
        results: One per stack, in the order they ran.
        seeds: What became of each repository's first commit: `(repository, outcome)`.
        waiting: The stacks that could not be previewed yet.
    """

    results: tuple[Result, ...]
    seeds: tuple[tuple[str, SeedOutcome], ...] = ()
    waiting: tuple[Waiting, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything was, or would be, done."""
        from twinlock.scaffold.seed import Seeded  # noqa: PLC0415 - the scaffold is not needed to preview

        seeded = any(isinstance(outcome, Seeded) for _, outcome in self.seeds)
        return seeded or bool(self.waiting) or any(result.changed for result in self.results)


def steps(estate: Estate, groups: Collection[str] = ()) -> tuple[Step, ...]:
    """Return the steps in order.

    Args:
        estate: What must exist.
        groups: Only these, with the organization and the platform's own repositories before them; all if empty.
    """
    order: list[Step] = [Run(ORGANIZATION, PLATFORM_GROUP)]
    for group in estate.groups:
        if groups and group not in groups and group != PLATFORM_GROUP:
            continue
        order += [Run(REPOSITORIES, group), Seed(group)]
        if any(repository.protected for repository in estate.group(group)):
            order.append(Run(PROTECTIONS, group))
    return tuple(order)


def preview(  # noqa: PLR0913 - the collaborators of one use case, each a port
    estate: Estate,
    engine: Engine,
    stack: Callable[[str, str], Stack],
    *,
    groups: Collection[str] = (),
    listener: Listener = ignore,
    staged: bool = False,
) -> Provisioned:
    """Return what `up` would do; nothing is changed, and nothing is seeded.

    Args:
        estate: What must exist.
        engine: What runs the stacks.
        stack: Makes the stack of a program and a group.
        groups: As of `steps`.
        listener: Hears each change.
        staged: Whether the engine looks up what programs ask for as it is now, so that a stack waits where another
            that it reads from would still make something.

    Raises:
        Incomplete: A stack could not be previewed.
    """
    results: list[Result] = []
    waiting: list[Waiting] = []
    making: set[str] = set()
    for run in steps(estate, groups):
        if not isinstance(run, Run):
            continue
        first = awaited(run, making) if staged else None
        if first is not None:
            waiting.append(Waiting(run.stack, first))
            making.add(run.stack)
            continue
        results.append(engine.preview(stack(run.program, run.group), listener))
        if makes(results[-1]):
            making.add(run.stack)
    return Provisioned(tuple(results), waiting=tuple(waiting))


def awaited(run: Run, making: Container[str]) -> str | None:
    """Return the first stack that a run reads from and that would still make something, or None.

    Protections look up teams by name and read repositories' ids, and in a preview neither is there before it is made.
    """
    if run.program != PROTECTIONS:
        return None
    read = (f"{ORGANIZATION}/{PLATFORM_GROUP}", f"{REPOSITORIES}/{PLATFORM_GROUP}", f"{REPOSITORIES}/{run.group}")
    return next((each for each in read if each in making), None)


def makes(result: Result) -> bool:
    """Tell whether a run makes something that was not there, or that is another afterwards."""
    return any(change.operation in {Operation.CREATE, Operation.REPLACE} for change in result.changes)


def up(  # noqa: PLR0913 - the collaborators of one use case, each a port
    estate: Estate,
    engine: Engine,
    stack: Callable[[str, str], Stack],
    seed: Seeder,
    *,
    groups: Collection[str] = (),
    listener: Listener = ignore,
) -> Provisioned:
    """Make live equal to the estate, step by step.

    Raises:
        TwinlockError: A step could not be completed; the steps before it stand, and the next `up` goes on from there.
    """
    results: list[Result] = []
    seeds: list[tuple[str, SeedOutcome]] = []
    for step in steps(estate, groups):
        if isinstance(step, Run):
            results.append(engine.up(stack(step.program, step.group), listener))
        else:
            seeds += [(repository.name, seed(repository)) for repository in estate.group(step.group)]
    return Provisioned(tuple(results), tuple(seeds))


def destroy(
    estate: Estate, engine: Engine, stack: Callable[[str, str], Stack], *, listener: Listener = ignore
) -> Provisioned:
    """Delete everything that was provisioned, in reverse order.

    Raises:
        Incomplete: A stack could not be destroyed; what was destroyed before it is gone, and a rerun goes on.
    """
    runs = [step for step in reversed(steps(estate)) if isinstance(step, Run)]
    return Provisioned(tuple(engine.destroy(stack(run.program, run.group), listener) for run in runs))
