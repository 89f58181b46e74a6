"""What an error of the engine or of a provider means to a person: its words without their wrappings, and the mend.

Sources of the wrappings: `helper/logging` and `helper/schema` of the Terraform plugin SDK, go-multierror, `deploy/
step.go` in pulumi/pulumi's `pkg`. Of the causes: `ErrorResponse.Error` in google/go-github, hashicorp/go-retryablehttp,
`provider.server.servicer`, and Go's own texts of what the system says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

AGAIN: Final = "Run the same command again; it goes on where this run stopped."
ECHO: Final = re.compile(r"logging/\S+\.go:\d+: ")
"""How a line begins that repeats another error for a log."""

_WRAPPINGS: Final = (
    re.compile(r"^refreshing urn:pulumi:\S*?::\S*?::\S*?::\S*?: "),
    re.compile(r"^[\w./-]+\.go:\d+: [\w.]+: "),
    re.compile(r"^\d+ errors? occurred:\s+\* "),
    re.compile(r": provider=\w+@\S+$"),
)
_MEND: Final = re.compile(r"^(?P<why>.*?) ?Mend: (?P<mend>.+)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something failed, and what to do about it."""

    why: str
    mend: str


_KNOWN: Final = (
    (
        re.compile(r"\b401 Bad credentials|\b401 Unauthorized"),
        "GitHub does not accept the token: it has expired or was revoked.",
        (
            "Make fresh tokens, on a world by `twinlock world up --detach`. "
            "Then run the same command again; it goes on where this run stopped."
        ),
    ),
    (
        re.compile(r"\balready_exists\b|already exists on this account|[Nn]ame must be unique"),
        "GitHub says that the name is taken: {said}",
        (
            "Run the same command again: what this run has made is then taken over. "
            "If it is refused again, somebody else made it: rename or remove the one or the other."
        ),
    ),
    (
        re.compile(r"error reading from server|transport is closing|\bUnavailable\b|provider.*exited"),
        "The provider ended in the middle of its work: {said}",
        (
            "Run the same command again; it begins with new processes, goes on where this run stopped, and takes over "
            "what was made nevertheless."
        ),
    ),
    (
        re.compile(r"code: -\d+"),
        "The engine was ended by a signal.",
        "Run the same command again; it goes on where this run stopped, and takes over what was made nevertheless.",
    ),
    (
        re.compile(r"no space left on device|disk quota exceeded|file too large"),
        "The disk is full: {said}",
        "Make room, then run the same command again; it goes on where this run stopped.",
    ),
    (
        re.compile(r"rate limit"),
        "GitHub's rate limit is used up: {said}",
        "Wait until GitHub allows more, then run the same command again; it goes on where this run stopped.",
    ),
    (
        re.compile(r"giving up after \d+ attempt|connection refused"),
        "GitHub failed again and again, or is not there: {said}",
        (
            "See whether it is there, on a world by `twinlock world status`. "
            "Then run the same command again; it goes on where this run stopped."
        ),
    ),
    (
        re.compile(r"unexpected EOF|\bEOF\b|connection reset by peer|broken pipe"),
        "The connection to GitHub was lost in the middle of an answer: {said}",
        "Run the same command again; it goes on where this run stopped, and takes over what was made nevertheless.",
    ),
)


def cause(message: str) -> Cause:
    """Return the cause that a message tells, or the message where it tells none that is known."""
    said = " ".join(unwrapped(message).split())
    ours = _MEND.match(said)
    if ours is not None:
        return Cause(ours["why"], ours["mend"])
    for pattern, why, mend in _KNOWN:
        if pattern.search(said):
            return Cause(why.replace("{said}", f"{said.rstrip('.')}."), mend)
    return Cause(f"The engine says: {said}", AGAIN)


def unwrapped(message: str) -> str:
    """Return a message without what its way through the engine has put around it."""
    text = message.strip()
    for _ in _WRAPPINGS:
        for wrapping in _WRAPPINGS:
            text = wrapping.sub("", text, count=1)
    return text
