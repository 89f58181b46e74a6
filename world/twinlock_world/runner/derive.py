"""From a job's order to the one-job workflow that act executes.

act knows neither environments nor permissions, and of the contexts only some; what it would get wrong is put into the
expressions themselves. What the orchestrator has decided already (`if`, `needs`, `strategy`) is left out. A last step
hands the job's outputs over. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.actions import values
from twinlock_world.actions.expression import rewrite, rewrite_bare

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock_world.github.workflows.jobs import JobOrder
    from twinlock_world.jsonvalue import JsonObject, JsonValue

LABEL: Final = "world"
OUTPUTS: Final = "world-outputs"
"""The id of the last step."""
_DECIDED: Final = frozenset(
    {"needs", "if", "strategy", "permissions", "environment", "concurrency", "continue-on-error", "outputs", "name"}
)
_WHOLE: Final = ("inputs", "needs", "matrix", "strategy", "vars")
_OF_THE_RUN: Final = (
    "actor_id",
    "base_ref",
    "head_ref",
    "ref",
    "ref_name",
    "ref_type",
    "repository_id",
    "repository_owner_id",
    "repository_visibility",
    "run_attempt",
    "run_id",
    "run_number",
    "sha",
    "triggering_actor",
    "workflow",
    "workflow_ref",
    "workflow_sha",
)
_UNMODELLED: Final = ("container", "services")


class UnmodelledError(Exception):
    """A job asks for what this runner cannot do; the text names it."""


def derive(order: JobOrder) -> JsonObject:
    """Return the workflow that executes a job.

    Raises:
        UnmodelledError: The job runs in a container.
    """
    for name in _UNMODELLED:
        if order.job.raw.get(name):
            raise UnmodelledError(
                f"This world runs no containers: `{name}` of the job {order.job.key} is not modelled."
            )
    contexts = {name: order.contexts[name] for name in _WHOLE}
    github = values.as_object(order.contexts["github"])
    names = {"github": {name: values.as_text(github.get(name)) for name in _OF_THE_RUN}}
    kept = {name: value for name, value in order.job.raw.items() if name not in _DECIDED}
    job = values.as_object(_rewritten(kept, contexts, names))
    steps = [*values.as_array(job.get("steps"))]
    if order.job.outputs:
        steps.append(_outputs({name: rewrite(text, contexts, names) for name, text in order.job.outputs.items()}))
    return {
        "name": order.workflow,
        "on": values.as_text(github.get("event_name")),
        "env": _rewritten(order.env, contexts, names),
        "defaults": _rewritten(order.defaults, contexts, names),
        "jobs": {order.job.key: {**job, "name": order.name, "runs-on": LABEL, "steps": steps}},
    }


def _outputs(texts: Mapping[str, str]) -> JsonObject:
    lines = [
        f"{{ echo '{name}<<WORLD_END'; printenv OUTPUT_{at}; echo 'WORLD_END'; }} >> \"${{GITHUB_OUTPUT}}\""
        for at, name in enumerate(texts)
    ]
    env: JsonObject = {f"OUTPUT_{at}": text for at, text in enumerate(texts.values())}
    return {
        "id": OUTPUTS,
        "name": "Hand over outputs",
        "if": "always()",
        "shell": "bash",
        "env": env,
        "run": "\n".join(lines),
    }


def _rewritten(
    value: JsonValue, contexts: Mapping[str, JsonValue], names: Mapping[str, Mapping[str, str]], key: str = ""
) -> JsonValue:
    if isinstance(value, str):
        if key == "if" and "${{" not in value:
            return rewrite_bare(value, contexts, names)
        return rewrite(value, contexts, names)
    if values.is_object(value):
        return {name: _rewritten(item, contexts, names, name) for name, item in values.as_object(value).items()}
    if values.is_array(value):
        return [_rewritten(item, contexts, names) for item in values.as_array(value)]
    return value
