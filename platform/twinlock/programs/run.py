"""One run of an integration suite: what is tested, with which suite, and for how long its environment may live."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinlock import names
from twinlock.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.model.integration import UnderTest

_SUFFIX = re.compile(r"[a-z0-9]{1,20}")
_IMAGE = re.compile(r"[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/[a-z0-9][a-z0-9._/-]*@sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Run:
    """One run.

    Attributes:
        name: `SERVICE-SUFFIX`; everything of the run carries it as its tag.
        artifact: The service's image by digest.
        suite: The suite's image by digest.
        expires_at: When the janitor destroys what is left.
    """

    name: str
    artifact: str
    suite: str
    expires_at: dt.datetime

    def tags(self, tested: UnderTest) -> Mapping[str, str]:
        """Return the tags of everything that belongs to the run."""
        return {
            names.RUN_TAG: self.name,
            names.OWNER_TAG: tested.testers,
            names.EXPIRES_TAG: self.expires_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            names.SERVICE_TAG: tested.service,
        }


def parse(tested: UnderTest, name: str, artifact: str, suite: str, started: str) -> Run:
    """Return the run that is described.

    Args:
        tested: Whose suite runs.
        name: The run's name.
        artifact: The service's image by digest.
        suite: The suite's image by digest.
        started: When the run began, in ISO 8601 with its offset from UTC.

    Raises:
        BadInput: One of them cannot be right.
    """
    prefix = f"{tested.service}-"
    if not name.startswith(prefix) or not _SUFFIX.fullmatch(name.removeprefix(prefix)):
        raise _bad("run", name, f"A run of {tested.service} is called {prefix}SUFFIX, in small letters and digits.")
    for key, image in (("artifact", artifact), ("suite", suite)):
        if not _IMAGE.fullmatch(image):
            raise _bad(key, image, "An image is named by registry and digest: ACCOUNT.dkr.ecr.../NAME@sha256:...")
    try:
        began = dt.datetime.fromisoformat(started)
    except ValueError:
        raise _bad("started", started, "It is not a time in ISO 8601.") from None
    if began.tzinfo is None:
        raise _bad("started", started, "It has no offset from UTC.")
    return Run(name, artifact, suite, began + dt.timedelta(seconds=tested.ttl_seconds))


def _bad(key: str, value: str, why: str) -> BadInput:
    return BadInput(f"twinlock:{key} is {value!r}.", why, f"Set it: `pulumi config set twinlock:{key} VALUE`.")
