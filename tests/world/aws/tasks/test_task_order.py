"""Orders: what a definition and its overrides ask for, and what is not run at all."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock_world.aws.tasks.order import CannotStartError, Definition, Log, Order, read

CONTAINER: dict[str, Any] = {"name": "main", "image": "i"}
SCALAR = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
FLAT = SCALAR | st.lists(SCALAR, max_size=2) | st.dictionaries(st.sampled_from(["name", "value"]), SCALAR)
NAMES = ["name", "image", "command", "environment", "logConfiguration", "containerOverrides", "stopTimeout"]
JSON = FLAT | st.dictionaries(st.sampled_from(NAMES), FLAT | st.lists(FLAT, max_size=2))


def order(container: dict[str, Any], overrides: Any = None) -> Order:  # noqa: ANN401 - JSON
    """Return the order of one container."""
    return read(Definition([container], "task-role", "execution-role"), overrides, "id", "eu-west-1")


def test_a_definition_is_an_order() -> None:
    """Everything that is said is taken over."""
    options = {"awslogs-group": "/g", "awslogs-stream-prefix": "p"}
    found = order(
        {
            **CONTAINER,
            "entryPoint": ["e"],
            "command": ["c"],
            "environment": [{"name": "A", "value": "1"}],
            "workingDirectory": "/w",
            "stopTimeout": 500,
            "logConfiguration": {"logDriver": "awslogs", "options": options},
        }
    )
    log = Log("/g", "eu-west-1", "p/main/id", create=False)
    assert found == Order("main", "i", ("e",), ("c",), {"A": "1"}, "/w", 120, log, "task-role", "execution-role")


def test_overrides_stand_before_the_definition() -> None:
    """Command, variables and roles; those for another container are not this one's."""
    defined = {**CONTAINER, "command": ["c"], "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}]}
    mine = {"name": "main", "command": ["o"], "environment": [{"name": "B", "value": "2"}]}
    other = {"name": "other", "command": ["x"]}
    found = order(defined, {"containerOverrides": [other, mine], "taskRoleArn": "r", "executionRoleArn": "e"})
    assert found == Order("main", "i", None, ("o",), {"A": "1", "B": "2"}, None, 30, None, "r", "e")


@pytest.mark.parametrize(
    ("container", "reason"),
    [
        ({"secrets": [{}]}, "this world does not run `secrets` of a container"),
        ({"healthCheck": {"command": ["x"]}}, "this world does not run `healthCheck` of a container"),
        ({"logConfiguration": {"logDriver": "fluentd"}}, "this world does not run the log driver fluentd"),
        ({"environment": [{"name": "A=B", "value": ""}]}, "the task definition is not valid: environment: 'A=B' is no name of a variable, or holds none of its values"),  # noqa: E501 - one sentence
        ({"command": "x"}, "the task definition is not valid: command: 'x' is not an array"),
    ],
)  # fmt: skip
def test_what_is_not_run(container: dict[str, Any], reason: str) -> None:
    """It is refused by name, since a task without it would be another."""
    with pytest.raises(CannotStartError) as caught:
        order({**CONTAINER, **container})
    assert str(caught.value) == f"ResourceInitializationError: {reason}"


def test_one_container_at_a_time() -> None:
    """A task of several is refused whole."""
    with pytest.raises(CannotStartError, match="tasks of more than one container"):
        read(Definition([CONTAINER, CONTAINER], "", ""), {}, "id", "eu-west-1")


@given(JSON, JSON)
def test_any_document_is_read_or_refused(container: Any, overrides: Any) -> None:  # noqa: ANN401 - JSON
    """Nothing else comes of it."""
    with contextlib.suppress(CannotStartError):
        read(Definition([container], "", ""), overrides, "id", "eu-west-1")
