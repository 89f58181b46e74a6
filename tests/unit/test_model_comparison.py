"""The comparison of live with desired by the model's marks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock.model.comparison import Difference, Relation, differences, worded
from twinlock.model.marks import AtLeast, AtMost, Evaluated, Exact, Identity, Ignored, Subset, Superset
from twinlock.model.policy import Condition, Effect, Statement
from twinlock.model.ruleset import Enforcement


@dataclass(frozen=True, slots=True)
class Inner:
    """A noun within a noun."""

    depth: Annotated[int, AtLeast]


@dataclass(frozen=True, slots=True)
class Noun:
    """One field of each mark."""

    key: Annotated[str, Identity]
    text: Annotated[str, Ignored]
    policy: Annotated[str, Evaluated]
    exact: Annotated[int, Exact]
    least: Annotated[int, AtLeast]
    most: Annotated[int, AtMost]
    subset: Annotated[frozenset[str], Subset]
    superset: Annotated[frozenset[str], Superset]
    inner: Inner | None


LETTERS = st.frozensets(st.sampled_from("abc"), max_size=3)
SMALL = st.integers(0, 3)
NOUNS = st.builds(
    Noun,
    key=st.just("k"),
    text=st.text(max_size=2),
    policy=st.text(max_size=2),
    exact=SMALL,
    least=SMALL,
    most=SMALL,
    subset=LETTERS,
    superset=LETTERS,
    inner=st.none() | st.builds(Inner, depth=SMALL),
)


@given(NOUNS)
def test_equal_nouns_do_not_differ(noun: Noun) -> None:
    """A noun compared with itself has no difference."""
    assert list(differences(noun, noun)) == []


@given(NOUNS, NOUNS)
def test_every_compared_field_differs_exactly_once_or_is_equal(desired: Noun, live: Noun) -> None:
    """Each unequal compared field yields one difference, and no other field any."""
    found = [difference.path for difference in differences(desired, live)]
    unequal = {
        name
        for name in ("exact", "least", "most", "subset", "superset", "inner")
        if getattr(desired, name) != getattr(live, name)
    }
    assert sorted({path.split(".")[0] for path in found}) == sorted(unequal)
    assert len(found) == len(set(found))


@given(NOUNS, NOUNS)
def test_what_is_stricter_one_way_is_weaker_the_other(desired: Noun, live: Noun) -> None:
    """A stricter field becomes weaker when the two sides change places: nothing is stricter both ways."""
    stricter = {d.path for d in differences(desired, live) if d.relation is Relation.STRICTER}
    weaker = {d.path for d in differences(live, desired) if d.relation is Relation.WEAKER}
    assert stricter <= weaker


@given(NOUNS, NOUNS, NOUNS)
def test_stricter_is_transitive(low: Noun, middle: Noun, high: Noun) -> None:
    """If middle is nowhere weaker than low, and high nowhere than middle, then high is nowhere weaker than low."""

    def holds(desired: Noun, live: Noun) -> bool:
        return all(d.relation is Relation.STRICTER for d in differences(desired, live))

    if holds(low, middle) and holds(middle, high):
        assert holds(low, high)


@pytest.mark.parametrize(
    ("field", "desired", "live", "relation"),
    [
        ("exact", 1, 2, Relation.WEAKER),
        ("exact", 2, 1, Relation.WEAKER),
        ("least", 1, 2, Relation.STRICTER),
        ("least", 2, 1, Relation.WEAKER),
        ("most", 1, 2, Relation.WEAKER),
        ("most", 2, 1, Relation.STRICTER),
        ("subset", {"a"}, {"a", "b"}, Relation.WEAKER),
        ("subset", {"a"}, set(), Relation.STRICTER),
        ("subset", {"a"}, {"b"}, Relation.WEAKER),
        ("superset", {"a"}, {"a", "b"}, Relation.STRICTER),
        ("superset", {"a"}, set(), Relation.WEAKER),
        ("superset", {"a"}, {"b"}, Relation.WEAKER),
        ("inner", Inner(1), None, Relation.WEAKER),
        ("inner", None, Inner(1), Relation.STRICTER),
    ],
)
def test_each_mark(field: str, desired: object, live: object, relation: Relation) -> None:
    """Each mark calls weaker and stricter what its docstring says."""
    base: dict[str, Any] = {"key": "k", "text": "", "policy": "", "exact": 0, "least": 0, "most": 0, "inner": None}
    base |= {"subset": frozenset(), "superset": frozenset()}

    def noun(value: object) -> Noun:
        return Noun(**(base | {field: frozenset(value) if isinstance(value, set) else value}))

    (difference,) = differences(noun(desired), noun(live))
    assert (difference.path, difference.relation) == (field, relation)


def test_a_nested_field_has_a_dotted_path() -> None:
    """A difference within a noun names the way to it."""
    noun = Noun("k", "", "", 0, 0, 0, frozenset(), frozenset(), Inner(2))
    live = Noun("k", "", "", 0, 0, 0, frozenset(), frozenset(), Inner(1))
    assert list(differences(noun, live)) == [Difference("inner.depth", Relation.WEAKER, "2", "1")]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "none"),
        (frozenset(), "none"),
        ((), "none"),
        (True, "on"),
        (False, "off"),
        (Enforcement.ACTIVE, "active"),
        (frozenset({"b", "a"}), "a, b"),
        (("b", "a"), "b, a"),
        (3, "3"),
        (Inner(2), "depth 2"),
        (
            frozenset({Statement(Effect.ALLOW, actions=frozenset({"s3:*"}), resources=frozenset({"*"}))}),
            "Allow actions s3:* resources *",
        ),
        (
            Statement(Effect.DENY, conditions=frozenset({Condition("Bool", "k", frozenset({"true"}))})),
            "Deny where Bool k true",
        ),
    ],
)
def test_values_are_worded_for_people(value: object, text: str) -> None:
    """A value of the model reads without Python's quoting, and the same each time."""
    assert worded(value) == text
