"""What a control says: findings, unknowns, notes; and what was evaluated at all."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TypeAlias


class Severity(enum.Enum):
    """How much a failed control endangers a promise."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Finding:
    """A control that fails on one subject.

    Attributes:
        control: The control's slug.
        subject: What it fails on (`acme/payments:ruleset/default-branch`, an ARN).
        severity: How bad it is.
        message: One sentence: all differences of this subject.
        desired: What must be, as text.
        live: What is, as text.
        remediation: What to do.
    """

    control: str
    subject: str
    severity: Severity
    message: str
    desired: str
    live: str
    remediation: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A subject that could not be judged.

    Attributes:
        control: The control's slug.
        subject: What could not be judged.
        reason: One line: why.
    """

    control: str
    subject: str
    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something stricter than desired, or made harmless.

    Attributes:
        control: The control's slug.
        subject: What it is about.
        message: One sentence.
        softens: A correction would soften it: reconcile stops and names `manifest_key`.
        manifest_key: The manifest key to raise, where there is one.
    """

    control: str
    subject: str
    message: str
    softens: bool = False
    manifest_key: str | None = None


Verdict: TypeAlias = Finding | Unknown | Note
