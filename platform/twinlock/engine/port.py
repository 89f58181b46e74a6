"""The port that provisioning talks to. Two adapters: the embedded engine (world) and Pulumi (cloud)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from twinlock.engine.imports import Existing
    from twinlock.engine.result import Change, Result
    from twinlock.errors import TwinlockError


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider that a program declares.

    Attributes:
        package: `github`, `aws` or `twinlock`.
        name: Its logical name.
        inputs: Its inputs in Pulumi's spelling, credentials among them.
        secret: The inputs that are secrets.
    """

    package: str
    name: str
    inputs: Mapping[str, object] = field(repr=False)
    secret: frozenset[str] = frozenset()


def _none() -> tuple[Provider, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Stack:
    """One stack to run: a Pulumi project and stack name, and the program that declares it.

    Attributes:
        program: `state`, `organization`, `repositories`, `protections` or `integration`.
        group: The stack's name: a service, or `platform`; the organization's own stack is `organization/platform`.
        declare: The inline program: declares every resource, exports outputs with `pulumi.export`.
        fingerprint: What the program is made of, in digest: with the same one, and the same answers from what it reads,
            it declares the same. None where nobody knows; it is then run each time.
        providers: Returns every provider that the program may declare; asked where it is not run.
        imports: What it takes over instead of creating, where its state does not hold it yet.
    """

    program: str
    group: str
    declare: Callable[[], None]
    fingerprint: str | None = None
    providers: Callable[[], tuple[Provider, ...]] = _none
    imports: tuple[Existing, ...] = ()

    @property
    def project(self) -> str:
        """The Pulumi project name."""
        return f"twinlock-{self.program}"

    @property
    def id(self) -> str:
        """`program/group`, as people see it."""
        return f"{self.program}/{self.group}"

    @property
    def reference(self) -> str:
        """How another stack names this one in a `pulumi.StackReference`."""
        return stack_reference(self.program, self.group)


def stack_reference(program: str, group: str) -> str:
    """Return the fully qualified name under which a stack's outputs are read."""
    return f"organization/twinlock-{program}/{group}"


class Listener(Protocol):
    """Hears each step as it is done; a silent one is `ignore`."""

    def __call__(self, stack: str, change: Change) -> None:
        """Take note of one step."""


def ignore(stack: str, change: Change) -> None:
    """Take no note."""
    del stack, change


class Observer(Protocol):
    """Hears how the stacks of a run come along; one that wants to know nothing is `Unobserved`."""

    def planned(self, stacks: Sequence[str]) -> None:
        """Take note of the stacks that are going to run, in their order."""

    def begun(self, stack: str) -> None:
        """Take note that one begins."""

    def ended(self, stack: str, result: Result) -> None:
        """Take note that one is through."""

    def failed(self, stack: str, error: TwinlockError) -> None:
        """Take note that one could not be completed."""


class Unobserved:
    """Takes no note."""

    def planned(self, stacks: Sequence[str]) -> None:
        """Take no note."""

    def begun(self, stack: str) -> None:
        """Take no note."""

    def ended(self, stack: str, result: Result) -> None:
        """Take no note."""

    def failed(self, stack: str, error: TwinlockError) -> None:
        """Take no note."""


class Engine(Protocol):
    """Runs stacks.

    Every method raises `twinlock.errors.Incomplete` when the run could not be completed (unreachable, refused,
    locked by another run), naming the stack, the resource and the mend; what was done until then is in the state,
    and the next run finishes it.
    """

    def preview(self, stack: Stack, listener: Listener = ignore) -> Result:
        """Return what `up` would do, compared with live, and change nothing."""

    def up(self, stack: Stack, listener: Listener = ignore) -> Result:
        """Make live equal to what the stack declares."""

    def destroy(self, stack: Stack, listener: Listener = ignore) -> Result:
        """Delete what the stack's state holds, in reverse order."""

    def cancel(self) -> None:
        """End the runs that are under way in other threads, each after its present step, with its state written."""

    def outputs(self, program: str, group: str) -> Mapping[str, object] | None:
        """Return a stack's outputs as of its last run, or None where it has never run."""
