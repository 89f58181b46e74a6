"""What a normalised dump drops, what it renames, and what it leaves alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock_world.normalise import normalise

if TYPE_CHECKING:
    from twinlock_world.jsonvalue import JsonValue

NAMES: Final = {7: "acme", 1001: "payments"}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"id": 3, "node_id": "X", "created_at": "now", "name": "kept"}, {"name": "kept"}),
        ({"config": {"url": "http://127.0.0.1:4321/hook"}}, {"config": {"url": "{world}/hook"}}),
        (
            "repo:acme@7/payments@1001:environment:production",
            "repo:acme@{acme}/payments@{payments}:environment:production",
        ),
        ("repo:acme@8/payments@10010:*", "repo:acme@8/payments@10010:*"),
        ({"issuer:repository_id": "1001"}, {"issuer:repository_id": "{payments}"}),
        ({"issuer:repository_id": ["1001", "1002"]}, {"issuer:repository_id": ["{payments}", "1002"]}),
        ({"issuer:repository_owner_id": "7"}, {"issuer:repository_owner_id": "{acme}"}),
        ({"version": "7", "valid": "7", "count": 7}, {"version": "7", "valid": "7", "count": 7}),
        ({"x_id": "7" * 5000, "sub": "a@" + "7" * 5000}, {"x_id": "7" * 5000, "sub": "a@" + "7" * 5000}),
        ([None, True, 1.5, ["someone@example.org"]], [None, True, 1.5, ["someone@example.org"]]),
    ],
)
def test_volatile_values_go_and_ids_become_names(document: JsonValue, expected: JsonValue) -> None:
    """What depends on order, time or port is dropped or named; everything else stays."""
    assert normalise(document, NAMES) == expected


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_normalising_twice_is_normalising_once(document: JsonValue) -> None:
    """A normalised dump holds nothing more to normalise."""
    once = normalise(document, NAMES)
    assert normalise(once, NAMES) == once
