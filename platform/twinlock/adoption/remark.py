"""One line of an adoption's report."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Remark:
    """One line for people.

    Attributes:
        subject: What it is about: `acme/payments`, `acme/team:qa`.
        text: What to know, or to decide.
    """

    subject: str
    text: str
