"""Conditions of policies: every operator, and the traps that AWS documents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock_world.aws.policy.condition import holds
from twinlock_world.aws.policy.document import Condition
from twinlock_world.aws.policy.pattern import like, plain

CONTEXT = {
    "team": ("Red",),
    "tags": ("a", "b"),
    "size": ("10",),
    "when": ("2026-11-01T12:00:00Z",),
    "from": ("10.0.3.7",),
    "mfa": ("true",),
    "key": ("QUJD",),
    "arn": ("arn:aws:iam::111111111111:role/ci/app",),
    "odd": ("a*c",),
    "aws:principaltag/team": ("R?d",),
}


@pytest.mark.parametrize(
    ("operator", "key", "values", "expected"),
    [
        ("StringEquals", "team", ["Blue", "Red"], True),
        ("StringEquals", "TEAM", ["Red"], True),
        ("StringEquals", "team", ["red"], False),
        ("StringEquals", "team", ["R*"], False),
        ("StringEquals", "odd", ["a*c"], True),
        ("StringNotEquals", "team", ["Blue", "Red"], False),
        ("StringNotEquals", "team", ["Blue"], True),
        ("StringEqualsIgnoreCase", "team", ["rED"], True),
        ("StringNotEqualsIgnoreCase", "team", ["rED"], False),
        ("StringLike", "team", ["R?d"], True),
        ("StringLike", "team", ["*e"], False),
        ("StringNotLike", "team", ["R*"], False),
        ("NumericEquals", "size", ["10.0"], True),
        ("NumericNotEquals", "size", ["10"], False),
        ("NumericLessThan", "size", ["10"], False),
        ("NumericLessThanEquals", "size", ["10"], True),
        ("NumericGreaterThan", "size", ["9"], True),
        ("NumericGreaterThanEquals", "size", ["11"], False),
        ("NumericLessThan", "team", ["10"], False),
        ("DateEquals", "when", ["2026-11-01T13:00:00+01:00"], True),
        ("DateNotEquals", "when", ["2026-11-01"], True),
        ("DateLessThan", "when", ["2026-11-02"], True),
        ("DateLessThanEquals", "when", ["1793534400"], True),
        ("DateGreaterThan", "when", ["1793534400000"], False),
        ("DateGreaterThanEquals", "when", ["2027-01-01T00:00:00Z"], False),
        ("Bool", "mfa", ["True"], True),
        ("Bool", "mfa", ["false"], False),
        ("BinaryEquals", "key", ["QUJD"], True),
        ("BinaryEquals", "key", ["QUJE"], False),
        ("IpAddress", "from", ["192.0.2.0/24", "10.0.0.0/16"], True),
        ("IpAddress", "from", ["::/0"], False),
        ("NotIpAddress", "from", ["10.0.0.0/16"], False),
        ("ArnEquals", "arn", ["arn:aws:iam::*:role/ci/*"], True),
        ("ArnLike", "arn", ["arn:aws:iam::111111111111:role/??/app"], True),
        ("ArnLike", "arn", ["arn:aws:*:::role/ci/app"], False),
        ("ArnNotEquals", "arn", ["arn:aws:iam::111111111111:role/*"], False),
        ("ArnNotLike", "arn", ["arn:aws:iam::2*:role/*"], True),
        ("Null", "team", ["false"], True),
        ("Null", "team", ["true"], False),
        ("Null", "none", ["true"], True),
        ("StringLike", "team", ["${aws:PrincipalTag/team}"], False),
        ("StringEquals", "team", ["${none, 'Red'}"], True),
        ("StringEquals", "team", ["${none}"], False),
        ("StringLike", "odd", ["a${*}c"], True),
        ("StringLike", "team", ["R${*}d"], False),
    ],
)
def test_each_operator(operator: str, key: str, values: list[str], *, expected: bool) -> None:
    """Values of the policy are alternatives; keys have no case; a variable's value is literal."""
    assert holds(Condition(operator, key, tuple(values)), CONTEXT) is expected


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("StringEquals", False),
        ("StringLike", False),
        ("Bool", False),
        ("StringNotEquals", True),
        ("NotIpAddress", True),
        ("StringEqualsIfExists", True),
        ("StringNotEqualsIfExists", True),
        ("ForAllValues:StringEquals", True),
        ("ForAllValues:StringLikeIfExists", True),
        ("ForAnyValue:StringEquals", False),
        ("ForAnyValue:StringNotEquals", False),
        ("ForAnyValue:StringEqualsIfExists", True),
    ],
)
def test_a_missing_key(operator: str, *, expected: bool) -> None:
    """It satisfies what is negated, what asks for it only if it exists, and `ForAllValues`: the trap."""
    assert holds(Condition(operator, "none", ("x",)), CONTEXT) is expected


@pytest.mark.parametrize(
    ("operator", "values", "expected"),
    [
        ("ForAllValues:StringEquals", ["a", "b", "c"], True),
        ("ForAllValues:StringEquals", ["a"], False),
        ("ForAnyValue:StringEquals", ["b", "z"], True),
        ("ForAnyValue:StringEquals", ["z"], False),
        ("ForAllValues:StringNotEquals", ["z"], True),
        ("ForAllValues:StringNotEquals", ["a"], False),
        ("ForAnyValue:StringNotEquals", ["a"], True),
        ("ForAnyValue:StringNotEquals", ["a", "b"], False),
        ("foranyvalue:stringlike", ["B*", "?"], True),
    ],
)
def test_several_values(operator: str, values: list[str], *, expected: bool) -> None:
    """Each value of the request is compared with all of the policy's."""
    assert holds(Condition(operator, "tags", tuple(values)), CONTEXT) is expected


@pytest.mark.parametrize(
    ("operator", "value"),
    [
        ("StringMatches", "x"),
        ("NumericEquals", "ten"),
        ("DateLessThan", "soon"),
        ("IpAddress", "10.0.0.0/99"),
        ("Bool", "maybe"),
        ("BinaryEquals", "?"),
        ("Null", "perhaps"),
        ("ForAllValues:Null", "true"),
    ],
)
def test_what_is_not_understood_is_neither(operator: str, value: str) -> None:
    """The decision then errs against the caller."""
    key = {"N": "size", "D": "when", "I": "from", "B": "mfa"}.get(operator[0], "team")
    assert holds(Condition(operator, "key" if operator == "BinaryEquals" else key, (value,)), CONTEXT) is None


@given(st.text("ab*?", max_size=12), st.text("ab", max_size=12))
def test_wildcards_mean_what_they_say(pattern: str, text: str) -> None:
    """The quick search finds what trying everything finds."""

    def slow(pattern: str, text: str) -> bool:
        if not pattern:
            return not text
        if pattern[0] == "*":
            return slow(pattern[1:], text) or bool(text and slow(pattern, text[1:]))
        return bool(text) and pattern[0] in {"?", text[0]} and slow(pattern[1:], text[1:])

    assert like(pattern, text) is slow(pattern, text)


def test_a_hostile_pattern_takes_no_time() -> None:
    """Many stars over a text that nearly fits are no way to stop the server."""
    assert not like("*a" * 500 + "b", "a" * 2000)
    assert not like("*?a" * 500 + "b", "a" * 2000)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*", True),
        ("arn:aws:logs:*:*:log-group:app:*", True),
        ("arn:aws:logs:eu-west-1:1*1:log-group:*", True),
        ("arn:aws:logs:eu-west-?:*:*", True),
        ("arn:aws:*:log-group:app:a/b", False),
        ("arn:aws:logs:eu-west-1:111111111111:log-group:app", False),
        ("arn:aws:logs:*:*:log-group:app", False),
    ],
)
def test_an_arn_is_compared_part_by_part(pattern: str, *, expected: bool) -> None:
    """A star ends at a colon but for the last part; only a pattern without an ARN's form is compared as a whole."""
    assert plain(pattern).matches_arn("arn:aws:logs:eu-west-1:111111111111:log-group:app:a/b") is expected
