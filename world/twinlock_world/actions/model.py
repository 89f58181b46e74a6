"""The nouns of a workflow file. Texts may hold expressions, which are evaluated when their time comes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock_world.actions.cron import Cron
    from twinlock_world.actions.document import Place
    from twinlock_world.jsonvalue import JsonObject, JsonValue


@dataclass(frozen=True, slots=True)
class Filter:
    """Patterns that names must match, or must not; nothing where the file says nothing."""

    include: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None

    @property
    def given(self) -> bool:
        """Whether there is anything to match."""
        return self.include is not None or self.ignore is not None


@dataclass(frozen=True, slots=True)
class Input:
    """A value that whoever starts or calls the workflow gives."""

    name: str
    type: str
    required: bool
    default: JsonValue
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trigger:
    """One event that starts the workflow, and which occurrences of it."""

    event: str
    types: tuple[str, ...] | None = None
    branches: Filter = Filter()
    tags: Filter = Filter()
    paths: Filter = Filter()
    workflows: tuple[str, ...] = ()
    crons: tuple[Cron, ...] = ()
    inputs: tuple[Input, ...] = ()
    secrets: Mapping[str, bool] | None = None
    """A called workflow's secrets, and whether each is required."""
    outputs: Mapping[str, str] | None = None
    """A called workflow's outputs, as expressions."""


@dataclass(frozen=True, slots=True)
class Concurrency:
    """A group of which one at a time may run."""

    group: str
    cancel_in_progress: JsonValue


@dataclass(frozen=True, slots=True)
class Environment:
    """What a job deploys to."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step: it runs a script or uses an action."""

    name: str
    identifier: str
    uses: str
    run: str
    place: Place


@dataclass(frozen=True, slots=True)
class Strategy:
    """How a job is multiplied."""

    matrix: JsonValue
    fail_fast: JsonValue
    max_parallel: JsonValue


@dataclass(frozen=True, slots=True)
class Job:
    """One job of a file, which either has steps or calls another workflow."""

    key: str
    place: Place
    name: str | None
    needs: tuple[str, ...]
    condition: str
    runs_on: JsonValue
    permissions: Mapping[str, str] | None
    environment: Environment | None
    concurrency: Concurrency | None
    strategy: Strategy | None
    outputs: Mapping[str, str]
    continue_on_error: JsonValue
    timeout_minutes: JsonValue
    steps: tuple[Step, ...]
    uses: str
    inputs: JsonObject
    secrets: JsonObject | str
    raw: JsonObject
    """The job as it is written, for whoever executes it."""


@dataclass(frozen=True, slots=True)
class Workflow:
    """A whole file."""

    path: str
    name: str | None
    run_name: str | None
    triggers: Mapping[str, Trigger]
    permissions: Mapping[str, str] | None
    concurrency: Concurrency | None
    env: JsonObject
    defaults: JsonObject
    jobs: Mapping[str, Job]

    @property
    def title(self) -> str:
        """What the workflow is called where it gives itself no name."""
        return self.name or self.path
