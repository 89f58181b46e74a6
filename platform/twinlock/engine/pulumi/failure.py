"""The errors of a run: each names the stack, the resource and the mend, and holds no secret."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from twinlock.engine.pulumi.cause import cause, unwrapped
from twinlock.engine.pulumi.progress import first, named
from twinlock.errors import Incomplete

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinlock.engine.port import Stack
from twinlock.engine.pulumi.progress import Problem

_PLAN: Final = re.compile(r"violates plan: |is not allowed by the plan: |^(?=expected resource operations for )")
"""Source: `resource/deploy/{step_generator,step_executor,deployment_executor}.go` in pulumi/pulumi's `pkg`."""
_PROPERTY: Final = re.compile(r"properties changed: [=+~-]*([A-Za-z_][\w.]*)")
_PROGRAM = "python inline source runtime error: "
_TRACEBACK = "Traceback (most recent call last)"
_SIGNAL: Final = re.compile(r"code: -\d+$")
"""How the SDK tells of an engine that a signal has ended."""
_LINES = 3
"""What, why and mend: an error of ours, as a program raised it."""


def told(stack: Stack, done: str, problems: list[Problem], written: str) -> Incomplete:
    """Return the error that the engine's own errors tell.

    Args:
        stack: The stack.
        done: What was to be done with it (`applied`).
        problems: What the engine reported.
        written: What it wrote, where it reported nothing.
    """
    problem = first(problems)
    if problem is None:
        found = cause(_concealed(stack, _last(written)))
        return Incomplete(f"{stack.id} was not {done}.", found.why, found.mend)
    message = _concealed(stack, unwrapped(problem.message))
    if message.startswith(_PROGRAM):
        lines = message.removeprefix(_PROGRAM).partition(_TRACEBACK)[0].strip().splitlines()
        if len(lines) == _LINES:
            return Incomplete(*lines)
        return Incomplete(f"{stack.id} was not {done}.", f"Its program failed: {' '.join(lines)}", "Mend the program.")
    subject = named(problem.urn)
    what = f"{stack.id}: {subject} was not {done}." if subject else f"{stack.id} was not {done}."
    broken = _PLAN.search(message)
    if broken is not None:
        return _unplanned(what, message[broken.end() :] or message)
    found = cause(message)
    return Incomplete(what, found.why, found.mend)


def _unplanned(what: str, reason: str) -> Incomplete:
    """Return the error of what a saved plan does not hold; of a property the name alone: its value may be secret."""
    named_property = _PROPERTY.match(reason)
    told_of = f"its {named_property[1]} is another than planned" if named_property else " ".join(reason.split())
    return Incomplete(
        what,
        f"That was not planned: {told_of}.",
        "Find out what changed since. Then preview again, and have the new plan approved.",
    )


def held(stack: Stack) -> Incomplete:
    """Return the error of a stack that another run of Pulumi holds."""
    return Incomplete(
        f"{stack.id} was not begun.",
        "Another run of Pulumi holds its state.",
        "Wait until it is through, then run the same command again.",
    )


def silent(stack: Stack, patience: float, waited_for: Sequence[str]) -> Incomplete:
    """Return the error of a run that was ended because nothing happened."""
    waiting = "; ".join(waited_for) or "nothing that it names"
    return Incomplete(
        f"{stack.id} was ended: for {patience:.0f} s nothing happened.",
        f"It waited for: {waiting}.",
        "Run the same command again: it begins with new processes, and goes on where this run stopped.",
    )


def _concealed(stack: Stack, text: str) -> str:
    """Return a text without the secrets of the stack's providers."""
    for provider in stack.providers():
        for name in provider.secret:
            secret = provider.inputs.get(name)
            if isinstance(secret, str) and secret:
                text = text.replace(secret, "[secret]")
    return text


def _last(written: str) -> str:
    """Return the last line that says what went wrong."""
    lines = [line.strip() for line in written.splitlines() if line.strip()]
    errors = [line for line in lines if "error:" in line or _SIGNAL.match(line)]
    return (errors or lines or ["The engine gave no reason."])[-1].removeprefix("stderr: ")
