"""Run the steps of a plan, those that do not need each other at once, with the outcome in the plan's own order.

Called by `provision`. After a failure nothing more begins, and what has begun is let finish: a stack that is cut off
half-way is worth less than one that is through.
"""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from twinlock.errors import TwinlockError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Sequence

S = TypeVar("S", bound="Hashable")
T = TypeVar("T")
P = ParamSpec("P")


def carried_out(
    steps: Sequence[S],
    needs: Callable[[S], Collection[object]],
    act: Callable[[S], T],
    *,
    jobs: int = 1,
    cancel: Callable[[], None] = lambda: None,
) -> tuple[T, ...]:
    """Carry out every step, and return what each gave, in the order of the steps.

    Args:
        steps: The steps; each stands after those it needs.
        needs: What must be through before a step begins; what is not among the steps is taken to be.
        act: Carries one out.
        jobs: How many at once; with one, all happens in the calling thread.
        cancel: Ends what is under way; called where a person interrupts.

    Raises:
        Exception: The first failure, in the order of the steps.
    """
    known = frozenset(steps)
    waiting = {step: known.intersection(needs(step)) for step in steps}
    given: dict[S, T] = {}
    failed: dict[S, Exception] = {}
    running: dict[Future[T], S] = {}
    with ThreadPoolExecutor(jobs, "stack") if jobs > 1 else _Here() as executor:
        try:
            while True:
                ready = [] if failed else [step for step, needed in waiting.items() if needed <= given.keys()]
                for step in ready[: max(jobs, 1) - len(running)]:
                    del waiting[step]
                    running[executor.submit(act, step)] = step
                if not running:
                    break
                for done in wait(running, return_when=FIRST_COMPLETED).done:
                    step, error = running.pop(done), done.exception()
                    if isinstance(error, Exception):
                        failed[step] = error
                    else:
                        given[step] = done.result()
        except BaseException:
            cancel()
            raise
    if failed:
        raise _first([failed[step] for step in steps if step in failed])
    return tuple(given[step] for step in steps)


def _first(failures: Sequence[Exception]) -> Exception:
    """Return the first of several failures, which names the others."""
    first, *others = failures
    told = [error.what for error in others if isinstance(error, TwinlockError)]
    if not told or not isinstance(first, TwinlockError):
        return first
    return type(first)(first.what, f"{first.why} Besides: {' '.join(told)}", first.mend)


class _Here(Executor):
    """Carries out in the calling thread, where an interruption reaches what is under way by itself."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Carry one out, to its end."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - it is raised again where the result is asked for
            future.set_exception(error)
        return future
