"""Workflow files: what is read, and in which words the others are refused."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock_world.actions.document import read
from twinlock_world.actions.workflow import WorkflowError, parse

PATH = ".github/workflows/ci.yml"
GOOD = """
name: ci
on:
  push: {branches: [main], paths-ignore: ['docs/**']}
  workflow_dispatch:
    inputs:
      digest: {description: d, required: true, type: string}
permissions: {contents: read, id-token: write, issues: none}
concurrency: {group: "ci-${{ github.ref }}", cancel-in-progress: true}
jobs:
  build:
    runs-on: [self-hosted, linux]
    environment: {name: production, url: https://x}
    strategy: {matrix: {os: [a, b]}, fail-fast: false}
    steps:
      - {id: one, run: "echo yes"}
      - uses: actions/checkout@v4
  call:
    needs: build
    uses: ./.github/workflows/other.yml
    with: {a: 1}
    secrets: inherit
"""


def test_a_file_is_read() -> None:
    """Its keys keep their meaning, whatever YAML 1.1 would make of `on`."""
    found = parse(GOOD, PATH)
    assert (found.title, set(found.triggers), found.permissions) == (
        "ci",
        {"push", "workflow_dispatch"},
        {"contents": "read", "id-token": "write"},
    )
    assert found.triggers["push"].branches.include == ("main",)
    assert found.triggers["workflow_dispatch"].inputs[0].required
    build, call = found.jobs["build"], found.jobs["call"]
    assert (build.runs_on, [step.name for step in build.steps]) == (
        ["self-hosted", "linux"],
        ["Run echo yes", "Run actions/checkout@v4"],
    )
    assert build.environment is not None
    assert (build.environment.name, build.steps[0].identifier) == ("production", "one")
    assert (call.needs, call.uses, call.inputs, call.secrets) == (
        ("build",),
        "./.github/workflows/other.yml",
        {"a": 1},
        "inherit",
    )


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("on: push\njobs: [\n", 3, "You have an error in your yaml syntax on line 3"),
        (
            "on: push\njobs:\n  a:\n    runs-on: x\n    steps: [{run: x}]\n    nonsense: 1\n",
            6,
            "(Line: 6, Col: 5): Unexpected value 'nonsense'",
        ),
        ("on: pushes\njobs: {a: {runs-on: x, steps: [{run: x}]}}", 1, "(Line: 1, Col: 5): Unexpected value 'pushes'"),
        ("jobs: {a: {runs-on: x, steps: [{run: x}]}}", 1, "(Line: 1, Col: 1): Required property is missing: on"),
        (
            "on: push\njobs:\n  a:\n    needs: b\n    runs-on: x\n    steps: [{run: x}]",
            3,
            "(Line: 3, Col: 3): Job 'a' depends on unknown job 'b'.",
        ),
        ("on: push\njobs:\n  a:\n    steps: [{run: x}]", 4, "(Line: 4, Col: 5): Required property is missing: runs-on"),
        (
            "on: push\nname: a\nname: b\njobs: {a: {runs-on: x, steps: [{run: x}]}}",
            3,
            "(Line: 3, Col: 1): 'name' is already defined",
        ),
        (
            "on: push\npermissions: {id-token: read}\njobs: {a: {runs-on: x, steps: [{run: x}]}}",
            2,
            "(Line: 2, Col: 25): Unexpected value 'read'",
        ),
        (
            "on: push\njobs:\n  a:\n    if: ${{ nope( }}\n    runs-on: x\n    steps: [{run: x}]",
            4,
            "(Line: 4, Col: 9): Unrecognized function: 'nope'",
        ),
        (
            "on: {push: {branches: [a], branches-ignore: [b]}}\njobs: {a: {runs-on: x, steps: [{run: x}]}}",
            1,
            "(Line: 1, Col: 12): you may only define one of `branches` and `branches-ignore`",
        ),
        (
            "on: {schedule: [{cron: '0 0 * *'}]}\njobs: {a: {runs-on: x, steps: [{run: x}]}}",
            1,
            "(Line: 1, Col: 24): Invalid cron string: '0 0 * *' has not five fields",
        ),
        (
            "on: {schedule: [{cron: '0 0 * * *', timezone: Mars/Olympus}]}\njobs: {a: {runs-on: x, steps: [{run: x}]}}",
            1,
            "(Line: 1, Col: 24): Invalid cron string: there is no time zone 'Mars/Olympus'",
        ),
    ],
)
def test_a_wrong_file_is_refused_at_its_place(text: str, line: int, message: str) -> None:
    """With the line, and the sentence that GitHub shows."""
    with pytest.raises(WorkflowError) as caught:
        parse(text, PATH)
    sentence = caught.value.message.removeprefix(f"The workflow is not valid. {PATH} ")
    assert (caught.value.line, sentence) == (line, message)


def test_an_alias_bomb_is_refused() -> None:
    """It is counted as it would unfold."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 10)}]" for at in range(1, 9)]
    with pytest.raises(WorkflowError, match="Maximum object size exceeded"):
        parse("\n".join(lines), PATH)


def test_jobs_that_wait_for_each_other_are_refused() -> None:
    """A circle has no first job."""
    with pytest.raises(WorkflowError, match="cycle"):
        parse("on: push\njobs: {a: {needs: b, uses: ./x}, b: {needs: a, uses: ./x}}", PATH)


@given(st.text(max_size=200))
def test_any_text_is_a_workflow_or_none(text: str) -> None:
    """Never another error."""
    with suppress(WorkflowError):
        parse(text, PATH)


@given(
    st.lists(st.sampled_from([*GOOD.splitlines(), "  - x", "a: &b", "*b", "\t", "? [", "on: {push: }"]), max_size=30)
)
def test_any_mixture_of_lines_is_a_workflow_or_none(lines: list[str]) -> None:
    """Also what looks like one."""
    with suppress(WorkflowError):
        parse("\n".join(lines), PATH)


@pytest.mark.parametrize(
    ("written", "value"),
    [("", None), ("~", None), ("true", True), ("1", 1), ("1.5", 1.5), ("'1'", "1"), ('""', ""), ("yes", "yes")],
)
def test_plain_values_have_their_types_and_quoted_ones_are_text(written: str, value: object) -> None:
    """YAML's core schema: what is written plainly is a number, a truth or nothing where it looks so."""
    assert read(f"key: {written}\n").json() == {"key": value}
