"""Provision an estate: organization, then per group repositories, seed and protections.

A repository is seeded after it exists and before its rulesets do, so that nobody ever needs to bypass one. The order
is data; `up` walks it forwards, `destroy` backwards. What does not need each other can be under way at once.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from twinlock.engine.port import Unobserved, ignore
from twinlock.engine.result import Operation, Result
from twinlock.engine.schedule import carried_out
from twinlock.errors import TwinlockError
from twinlock.names import PLATFORM_GROUP

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Sequence

    from twinlock.engine.port import Engine, Listener, Observer, Stack
    from twinlock.engine.result import Change
    from twinlock.model.estate import Estate
    from twinlock.model.repository import Repository
    from twinlock.scaffold.pull_request import OtherBranch, Proposed
    from twinlock.scaffold.seed import AlreadySeeded, HasOtherCommits, Seeded

    SeedOutcome: TypeAlias = Seeded | AlreadySeeded | HasOtherCommits | Proposed | OtherBranch

ORGANIZATION, REPOSITORIES, PROTECTIONS = "organization", "repositories", "protections"
"""The programs, in the order in which they are provisioned."""
_UNOBSERVED = Unobserved()


class Seeder(Protocol):
    """Gives a repository its first commit."""

    def __call__(self, repository: Repository) -> SeedOutcome:
        """Push the rendered tree, if the repository has no commits; to one taken over, propose the managed files.

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
        from twinlock.scaffold.pull_request import Proposed  # noqa: PLC0415 - the scaffold is not needed to preview
        from twinlock.scaffold.seed import Seeded  # noqa: PLC0415 - as above

        seeded = any(
            isinstance(outcome, Seeded) or (isinstance(outcome, Proposed) and outcome.new) for _, outcome in self.seeds
        )
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


def needs(step: Step) -> frozenset[Step]:
    """Return the steps that must be through before a step begins."""
    organization = Run(ORGANIZATION, PLATFORM_GROUP)
    match step:
        case Seed(group):
            return frozenset({Run(REPOSITORIES, group)})
        case Run(program="repositories"):
            return frozenset({organization})
        case Run(program="protections", group=group):
            # Every service calls the platform's pipelines.
            both = {PLATFORM_GROUP, group}
            return frozenset({organization, *(Run(REPOSITORIES, each) for each in both), *map(Seed, both)})
    return frozenset()


def preview(  # noqa: PLR0913 - as `up`
    estate: Estate,
    engine: Engine,
    stack: Callable[[str, str], Stack],
    *,
    groups: Collection[str] = (),
    listener: Listener = ignore,
    staged: bool = False,
    observer: Observer = _UNOBSERVED,
    jobs: int = 1,
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
        observer: Hears how the stacks come along.
        jobs: How many stacks at once.

    Raises:
        Incomplete: A stack could not be previewed.
    """
    runs = [step for step in steps(estate, groups) if isinstance(step, Run)]
    heard = _Heard(listener, observer, runs)
    making: set[str] = set()

    def act(run: Run) -> Result | Waiting:
        first = awaited(run, making) if staged else None
        if first is not None:
            making.add(run.stack)
            return Waiting(run.stack, first)
        result = heard.through(run, lambda: engine.preview(stack(run.program, run.group), heard))
        if makes(result):
            making.add(run.stack)
        return result

    done = carried_out(
        runs,
        # Nothing is made, so that only what is told of one stack may have to wait for another.
        lambda run: needs(run) if staged and run.program == PROTECTIONS else (),
        act,
        jobs=jobs,
        cancel=engine.cancel,
    )
    results = tuple(each for each in done if isinstance(each, Result))
    return Provisioned(results, waiting=tuple(each for each in done if isinstance(each, Waiting)))


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
    observer: Observer = _UNOBSERVED,
    jobs: int = 1,
) -> Provisioned:
    """Make live equal to the estate, step by step.

    Args:
        estate: What must exist.
        engine: What runs the stacks.
        stack: Makes the stack of a program and a group.
        seed: Gives a repository its first commit.
        groups: Only these; see `steps`.
        listener: Hears each change, one at a time.
        observer: Hears how the stacks come along.
        jobs: How many steps at once.

    Raises:
        TwinlockError: A step could not be completed; the steps before it stand, and the next `up` goes on from there.
    """
    order = steps(estate, groups)
    heard = _Heard(listener, observer, [step for step in order if isinstance(step, Run)])

    def act(step: Step) -> Result | tuple[tuple[str, SeedOutcome], ...]:
        if isinstance(step, Run):
            return heard.through(step, lambda: engine.up(stack(step.program, step.group), heard))
        return tuple((repository.name, seed(repository)) for repository in estate.group(step.group))

    done = carried_out(order, needs, act, jobs=jobs, cancel=engine.cancel)
    seeds = (seeded for each in done if not isinstance(each, Result) for seeded in each)
    return Provisioned(tuple(each for each in done if isinstance(each, Result)), tuple(seeds))


def destroy(  # noqa: PLR0913 - as `up`
    estate: Estate,
    engine: Engine,
    stack: Callable[[str, str], Stack],
    *,
    listener: Listener = ignore,
    observer: Observer = _UNOBSERVED,
    jobs: int = 1,
) -> Provisioned:
    """Delete everything that was provisioned, in reverse order.

    Raises:
        Incomplete: A stack could not be destroyed; what was destroyed before it is gone, and a rerun goes on.
    """
    runs = [step for step in reversed(steps(estate)) if isinstance(step, Run)]
    heard = _Heard(listener, observer, runs)
    results = carried_out(
        runs,
        lambda run: [each for each in runs if run in needs(each)],
        lambda run: heard.through(run, lambda: engine.destroy(stack(run.program, run.group), heard)),
        jobs=jobs,
        cancel=engine.cancel,
    )
    return Provisioned(results)


class _Heard:
    """Tells a listener and an observer, one thing at a time, from whichever thread."""

    def __init__(self, listener: Listener, observer: Observer, runs: Sequence[Run]) -> None:
        self._listener = listener
        self._observer = observer
        self._lock = threading.Lock()
        observer.planned([run.stack for run in runs])

    def __call__(self, stack: str, change: Change) -> None:
        with self._lock:
            self._listener(stack, change)

    def through(self, run: Run, act: Callable[[], Result]) -> Result:
        """Run one stack, and tell when it begins and how it ends."""
        with self._lock:
            self._observer.begun(run.stack)
        try:
            result = act()
        except TwinlockError as error:
            with self._lock:
                self._observer.failed(run.stack, error)
            raise
        with self._lock:
            self._observer.ended(run.stack, result)
        return result
