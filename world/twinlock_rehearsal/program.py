"""Run one Pulumi program in this process, on Pulumi's mock seam.

Every run has a context, an event loop and settings of its own, so that many stacks run one after the other. The SDK
calls its monitor from a pool of threads; here the call is made at once, in the one thread, so that resources come in
the order of the program and an interruption is met where it happens.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
import selectors
import sys
import warnings
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pulumi.runtime
from pulumi.runtime import settings
from pulumi.runtime.mocks import MockEngine

from twinlock.errors import Incomplete
from twinlock_rehearsal.monitor import Monitor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twinlock.engine.port import Stack
    from twinlock.provider.values import Properties
    from twinlock_rehearsal.registration import Deployment


_COLLECTED_AFTER = 100_000
"""Objects made before the youngest generation is looked through; Python's own figure is 700."""


def run(stack: Stack, deployment: Deployment, *, preview: bool) -> Properties:
    """Run a stack's program against a deployment and return the stack's outputs.

    Raises:
        Incomplete: The program waits for an output that nothing gives.
        Exception: Whatever the program or the deployment raised first.
    """
    return contextvars.copy_context().run(_run, stack, deployment, preview)


def _run(stack: Stack, deployment: Deployment, preview: bool) -> Properties:  # noqa: FBT001 - for `Context.run`
    loop = asyncio.SelectorEventLoop(_NeverWaits())
    loop.set_default_executor(_AtOnce())
    loop.set_exception_handler(_ignore)
    asyncio.set_event_loop(loop)
    monitor = Monitor(deployment)
    failure: list[BaseException] = []

    def declare() -> None:
        try:
            stack.declare()
        except BaseException as error:
            failure.append(error)
            raise

    try:
        pulumi.runtime.reset_options(project=stack.project, stack=stack.group, preview=preview)
        pulumi.runtime.configure(
            settings.Settings(
                project=stack.project,
                stack=stack.group,
                monitor=monitor,
                engine=MockEngine(None),
                dry_run=preview,
                organization="organization",
            )
        )
        with _unhurried_collector(), _without_positions():
            loop.run_until_complete(pulumi.runtime.run_in_stack(declare))
    except _Stuck:
        raise failure[0] if failure else _waits_for_ever(stack) from None
    finally:
        _finish(loop)
        asyncio.set_event_loop(None)
        loop.close()
    return monitor.outputs


@contextmanager
def _unhurried_collector() -> Iterator[None]:
    """Collect rarely: a program makes many small objects that live until it ends, and looking through them is waste."""
    before = gc.get_threshold()
    gc.set_threshold(_COLLECTED_AFTER, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def _without_positions() -> Iterator[None]:
    """Spare the SDK from recording where each resource was declared; no engine of ours shows it."""
    before: int | None = getattr(sys, "tracebacklimit", None)
    sys.tracebacklimit = 1
    try:
        yield
    finally:
        if before is None:
            del sys.tracebacklimit
        else:
            sys.tracebacklimit = before


def _finish(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel what a failed program left waiting; what it would have awaited is never begun, on purpose."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="coroutine .* was never awaited", category=RuntimeWarning)
        loop.run_until_complete(_cancel_others())


async def _cancel_others() -> None:
    waiting = asyncio.all_tasks() - {asyncio.current_task()}
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


def _ignore(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Say nothing about tasks that nobody waits for: the first failure is raised by itself."""
    del loop, context


class _Stuck(Exception):  # noqa: N818 - what the program is
    """A program waits for what never comes."""


class _NeverWaits(selectors.DefaultSelector):
    """Refuses to wait without end.

    Everything here is done at once, so a loop with nothing left to do would wait for ever: a resource's constructor
    that fails half-way leaves outputs behind that nobody resolves.
    """

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise _Stuck
        return super().select(timeout)


def _waits_for_ever(stack: Stack) -> Incomplete:
    return Incomplete(
        f"{stack.id} was not completed.",
        "Its program waits for an output that nothing gives.",
        "Correct the program; what was done until then is in the state.",
    )


class _AtOnce(ThreadPoolExecutor):
    """Runs each call where it is submitted; a loop takes no other kind of executor for its default."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401 - as the base
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - carried to whoever awaits the call
            future.set_exception(error)
        return future
