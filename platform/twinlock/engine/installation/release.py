"""What an installation consists of, and how each executable shows that it is what it is called."""

from __future__ import annotations

import re
from dataclasses import dataclass

from twinlock.errors import BadInput

VERSION = "3.256.0"
"""Pulumi's release that is installed by default: the one that can also be built from Go modules."""

GITHUB = "6.15.0"
"""The GitHub provider's: its SDK's, which programs are written against."""

AWS = "7.51.1"
"""AWS's: its SDK's. On the world it may be absent: the world has its own."""

OLDEST = (3, 181, 0)
"""The first that destroys with an inline program. Source: https://github.com/pulumi/pulumi/releases/tag/v3.181.0."""

PULUMI, PROVIDER = "pulumi", "pulumi-resource-github"
PROVIDER_AWS = "pulumi-resource-aws"
LANGUAGE, EXECUTOR = "pulumi-language-python", "pulumi-language-python-exec"
"""What plain `pulumi up` in `stacks/` needs besides; inline programs do without."""

_VERSION = re.compile(r"v?(\d{1,6})\.(\d{1,6})\.(\d{1,6})")


@dataclass(frozen=True, slots=True)
class Question:
    """What an executable is asked, and what it must answer.

    Attributes:
        name: The executable.
        arguments: What it is asked with.
        answer: A pattern that its whole answer matches.
    """

    name: str
    arguments: tuple[str, ...]
    answer: re.Pattern[str]


QUESTIONS = (
    Question(PULUMI, ("version",), re.compile(r"v(\d+\.\d+\.\d+)")),
    Question(PROVIDER, ("-version",), re.compile(rf"v?{re.escape(GITHUB)}")),
)
"""Every executable that an installation must have."""

OPTIONAL = (Question(PROVIDER_AWS, ("-version",), re.compile(rf"v?{re.escape(AWS)}")),)
"""Those it may have, and is asked about where it does."""


def parsed(version: str) -> str:
    """Return a version as `major.minor.patch`.

    Raises:
        BadInput: It is none, or too old.
    """
    found = _VERSION.fullmatch(version.strip())
    if found is None:
        raise BadInput(f"The version {version!r} is none.", "A version is three numbers.", f"As in {VERSION}.")
    if tuple(map(int, found.groups())) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise BadInput(
            f"Pulumi {version} is too old.",
            f"Inline programs can destroy their stacks since {oldest}.",
            f"Use {VERSION}, or any since {oldest}.",
        )
    return ".".join(found.groups())
