"""What became of an attempt: each rule's outcome in GitHub's words, and whether it may go on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twinlock_world.policy.rule import ActiveRule


class Outcome(Enum):
    """What a rule said: it holds, it doesn't, or it doesn't and the actor may pass it by."""

    PASS = "pass"  # noqa: S105 - a word of rule suites, no secret
    FAIL = "fail"
    BYPASS = "bypass"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One rule's outcome; `problems` are GitHub's sentences about what is wrong, empty when nothing is."""

    rule: ActiveRule
    outcome: Outcome
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """All rules' outcomes, in the rules' order."""

    evaluations: tuple[Evaluation, ...]

    @property
    def refusals(self) -> tuple[Evaluation, ...]:
        """The rules that forbid the attempt."""
        return tuple(found for found in self.evaluations if found.rule.binding and found.outcome is Outcome.FAIL)

    @property
    def bypassed(self) -> tuple[Evaluation, ...]:
        """The rules that would forbid it, were it not for who attempts."""
        return tuple(found for found in self.evaluations if found.rule.binding and found.outcome is Outcome.BYPASS)

    @property
    def allowed(self) -> bool:
        """Whether the ref may change."""
        return not self.refusals

    @property
    def problems(self) -> tuple[str, ...]:
        """What forbids the attempt, each sentence once."""
        return tuple(dict.fromkeys(text for found in self.refusals for text in found.problems))

    @property
    def bypassed_problems(self) -> tuple[str, ...]:
        """What was passed by, each sentence once."""
        return tuple(dict.fromkeys(text for found in self.bypassed for text in found.problems))
