"""The expression language: values, operators, functions, and what is refused."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock_world.actions.expression import (
    ExpressionError,
    Scope,
    evaluate,
    holds,
    interpolate,
    rewrite,
    rewrite_bare,
)
from twinlock_world.actions.functions import Status

if TYPE_CHECKING:
    from twinlock_world.jsonvalue import JsonValue

SCOPE = Scope(
    {
        "github": {"ref": "refs/heads/main", "event": {"commits": [{"id": "a"}, {"id": "b"}], "Number": 7}},
        "needs": {"one": {"result": "success", "outputs": {"x": "1"}}, "two": {"result": "failure", "outputs": {}}},
        "inputs": {"dry": False, "name": "it's"},
    }
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 == 1.0", True),
        ("'A' == 'a'", True),
        ("'1' == 1", True),
        ("null == 0", True),
        ("'' == 0", True),
        ("'x' == 0", False),
        ("true == 1", True),
        ("github.REF == 'refs/heads/main'", True),
        ("github['event'].number", 7),
        ("github.event.commits.*.id", ["a", "b"]),
        ("join(github.event.commits.*.id, '-')", "a-b"),
        ("needs.*.result", ["success", "failure"]),
        ("contains(needs.*.result, 'failure')", True),
        ("github.event.commits[1].id", "b"),
        ("github.event.commits[5].id", None),
        ("github.missing.deeper", None),
        ("inputs.dry || 'yes'", "yes"),
        ("inputs.name && 5", 5),
        ("!inputs.dry", True),
        ("!!inputs.dry", False),
        ("2 > 1 && 'b' > 'A'", True),
        ("'x' > 1", False),
        ("0x10 + ''", ExpressionError),
        ("0x10", 16),
        ("-1.5e1", -15),
        ("'it''s'", "it's"),
        ("format('{0}-{{{1}}}', 'a', 2)", "a-{2}"),
        ("format('{2}', 1)", ExpressionError),
        ("startsWith('Hello', 'he')", True),
        ("endsWith('Hello', 'LO')", True),
        ("fromJSON('{\"a\": [1, 2]}').a[1]", 2),
        ("fromJSON('nonsense')", ExpressionError),
        ("toJSON(needs.one.outputs)", '{\n  "x": "1"\n}'),
        ("case(false, 1, true, 2, 3)", 2),
        ("case(false, 1, false, 2, 3)", 3),
        ("hashFiles('**')", ""),
        ("success()", ExpressionError),
        ("unknown()", ExpressionError),
        ("secrets.X", ExpressionError),
        ("1 ==", ExpressionError),
        ("(1", ExpressionError),
        ("a b", ExpressionError),
        ("contains('a')", ExpressionError),
        ("#", ExpressionError),
        ("(" * 60 + "1" + ")" * 60, ExpressionError),
    ],
)
def test_an_expression_has_the_value_that_github_gives_it(text: str, value: JsonValue | type[Exception]) -> None:
    """Loose equality, names without regard to case, null for what is missing, an error for what is no expression."""
    if isinstance(value, type):
        with pytest.raises(value):
            evaluate(text, SCOPE)
    else:
        assert evaluate(text, SCOPE) == value


def test_not_a_number_equals_nothing() -> None:
    """A text that is no number is none in every comparison."""
    assert evaluate("'x' < 1", SCOPE) is False
    found = evaluate("NaN", SCOPE)
    assert isinstance(found, float)
    assert math.isnan(found)


def test_a_text_keeps_what_is_around_its_expressions() -> None:
    """Alone an expression keeps its type; within a text it becomes text."""
    assert interpolate("${{ inputs.dry }}", SCOPE) is False
    assert interpolate("a ${{ inputs.dry }} ${{ '}}' }} z", SCOPE) == "a false }} z"
    assert interpolate("${{ needs.one.outputs.x }}-${{ 1.50 }}", SCOPE) == "1-1.5"


@pytest.mark.parametrize(
    ("condition", "status", "expected"),
    [
        ("", Status(success=True), True),
        ("", Status(success=False, failure=True), False),
        ("github.ref == 'refs/heads/main'", Status(success=False), False),
        ("always()", Status(success=False, failure=True), True),
        ("failure()", Status(success=False, failure=True), True),
        ("${{ !cancelled() && inputs.dry == false }}", Status(success=False), True),
        ("!cancelled()", Status(success=False, cancelled=True), False),
        ("${{ false }} == false", Status(success=True), True),
    ],
)
def test_a_condition_implies_success_unless_it_asks(condition: str, status: Status, expected: bool) -> None:  # noqa: FBT001 - a row of the table
    """As on GitHub, text around a fence makes a condition always true."""
    assert holds(condition, Scope(SCOPE.contexts, status)) is expected


def test_contexts_are_written_into_expressions() -> None:
    """So that whoever evaluates them later sees the same, quotes included."""
    text = rewrite("a ${{ inputs.name }} ${{ github.ref }} ${{ steps.x.outputs.inputs }}", SCOPE.contexts | {}, {})
    assert text.count("fromJSON(") == 2
    values: dict[str, JsonValue] = {"inputs": {"name": "it's"}}
    text = rewrite("a ${{ inputs.name }} ${{ github.ref }}", values, {"github": {"ref": "r'1"}})
    assert interpolate(text, Scope({})) == "a it's r'1"
    assert rewrite_bare("inputs.name == 'x' && !steps.inputs.y", values, {}) == (
        "fromJSON('{\"name\": \"it''s\"}').name == 'x' && !steps.inputs.y"
    )


@given(st.text(max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    """It has a value, or it is no expression."""
    try:
        evaluate(text, SCOPE)
        interpolate("${{" + text + "}}", SCOPE)
    except ExpressionError:
        pass


_LEAF = st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=8)


@given(
    st.recursive(
        _LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    )
)
def test_json_goes_through_unchanged(value: JsonValue) -> None:
    """What toJSON writes, fromJSON reads."""
    assert evaluate("fromJSON(toJSON(x.y))", Scope({"x": {"y": value}})) == value
