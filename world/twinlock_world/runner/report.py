"""What act says while it executes a job, as steps, outputs and a log. Pure.

act writes one JSON document a line. Only messages go into the log, with every secret of the job taken out once more:
act itself masks messages, but not all of its other fields.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from twinlock_world.github.workflows.jobs import JobResult, StepResult
from twinlock_world.runner.derive import OUTPUTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from twinlock_world.actions.model import Step

_RESULTS: Final = frozenset({"success", "failure", "skipped", "cancelled"})
_MASK: Final = "***"
_SHORTEST_SECRET: Final = 3


@dataclass(slots=True)
class Report:
    """Collects what act says of one job."""

    steps: Sequence[Step]
    secrets: Iterable[str]
    _log: list[str] = field(default_factory=list)
    _results: dict[int, str] = field(default_factory=dict)
    _outputs: dict[str, str] = field(default_factory=dict)
    _conclusion: str = ""

    def note(self, line: str) -> None:
        """Add a line of the world's own to the log."""
        self._log.append(f"{line}\n")

    def add(self, line: str) -> None:
        """Take one line of act's."""
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            self._log.append(line)
            return
        if not isinstance(said, dict):
            return
        at = self._step(said.get("stepID"))
        if said.get("stage") == "Main" and said.get("stepResult") in _RESULTS and at is not None:
            self._results[at] = str(said["stepResult"])
        if said.get("command") == "set-output" and said.get("stepID") == [OUTPUTS]:
            value = str(said.get("arg"))
            if not self._holds_secret(value):  # as GitHub: an output that may hold a secret is dropped
                self._outputs[str(said.get("name"))] = value
        if said.get("jobResult") in _RESULTS:
            self._conclusion = str(said["jobResult"])
        message = str(said.get("msg", ""))
        self._log.append(message if message.endswith("\n") else f"{message}\n")

    def result(self, conclusion: str = "", message: str | None = None) -> JobResult:
        """Return how the job ended; without a word of act's it failed."""
        ended = conclusion or self._conclusion or "failure"
        missing = "skipped" if ended != "cancelled" else "cancelled"
        steps = [StepResult(step.name, self._results.get(at, missing)) for at, step in enumerate(self.steps)]
        return JobResult(ended, self._outputs, steps, self._masked("".join(self._log)), message)

    def _step(self, path: object) -> int | None:
        """The number of a step of the job itself: act names it by its own id, or by its place."""
        if not isinstance(path, list) or len(path) != 1:
            return None
        name = str(path[0])
        if name.isdigit():
            return int(name)
        return next((at for at, step in enumerate(self.steps) if step.identifier == name), None)

    def _holds_secret(self, value: str) -> bool:
        return _MASK in value or any(len(secret) >= _SHORTEST_SECRET and secret in value for secret in self.secrets)

    def _masked(self, text: str) -> str:
        for secret in self.secrets:
            for part in (secret, *secret.splitlines()):
                if len(part) >= _SHORTEST_SECRET:
                    text = text.replace(part, _MASK)
        return text
