"""The errors of a run: each names the stack, the resource and the mend."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from twinlock.aws.policy import Malformed as MalformedPolicy
from twinlock.aws.session import Missing, Refused
from twinlock.errors import Incomplete
from twinlock.github.fields import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

_AGAIN = "Run the same command again; it goes on where this run stopped."


@contextmanager
def naming(stack: str, type_: str, name: str, done: str) -> Iterator[None]:
    """Let whatever a handler meets be reported as one error about its resource.

    Args:
        stack: The stack.
        type_: The resource's type.
        name: Its name.
        done: What was to be done with it (`created`).

    Raises:
        Incomplete: What is inside could not do its work.
    """
    try:
        with understood():
            yield
    except Incomplete as error:
        what = f"{stack}: {type_} {name} was not {done}."
        raise Incomplete(what, error.why if not error.what else f"{error.what} {error.why}", error.mend) from None


@contextmanager
def understood() -> Iterator[None]:
    """Let whatever a handler meets be one kind of error; one that says only why leaves `what` empty.

    Raises:
        Incomplete: What is inside could not do its work.
    """
    try:
        yield
    except (Malformed, MalformedPolicy) as error:
        raise Incomplete("", f"An answer was not understood: {error.reason}.", _AGAIN) from None
    except (Missing, Refused) as error:
        raise Incomplete("", f"AWS says: {str(error).rstrip('.')}.", _AGAIN) from None
