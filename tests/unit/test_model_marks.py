"""The marks on the model's fields: every field has one, and each kind of noun can be weakened in every field."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any

import pytest

from twinlock.model.access import Access
from twinlock.model.actions import ActionsPolicy
from twinlock.model.code_owners import CodeOwners
from twinlock.model.environment import Environment
from twinlock.model.marks import Exact, Mark, Subset, marked_fields
from twinlock.model.organization import Team
from twinlock.model.policy import ManagedPolicy, Role
from twinlock.model.repository import Settings
from twinlock.model.ruleset import PullRequestRule, Ruleset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.unit.conftest import Change, Nouns

COMPARED = (
    Access,
    ActionsPolicy,
    CodeOwners,
    Environment,
    ManagedPolicy,
    PullRequestRule,
    Role,
    Ruleset,
    Settings,
    Team,
)
SKIPPED = {Mark.IDENTITY, Mark.EVALUATED, Mark.IGNORED}


@pytest.mark.parametrize("noun", COMPARED, ids=lambda noun: noun.__name__)
def test_every_field_has_a_mark(noun: type[Any]) -> None:
    """A field of a compared noun that has no mark would be passed over in silence; none is."""
    assert all(field.mark is not None or field.noun is not None for field in marked_fields(noun))


def test_a_field_without_a_mark_is_refused() -> None:
    """A new field that nobody marked fails at the first comparison, by name."""

    @dataclass(frozen=True, slots=True)
    class Unmarked:
        kept: Annotated[bool, Exact]
        forgotten: bool

    with pytest.raises(TypeError, match=r"^Unmarked\.forgotten has no comparison mark$"):
        marked_fields(Unmarked)


def test_two_marks_are_none() -> None:
    """A field with two marks says two things, so it counts as unmarked."""

    @dataclass(frozen=True, slots=True)
    class Torn:
        field: Annotated[frozenset[str], Exact, Subset]

    with pytest.raises(TypeError, match=r"^Torn\.field has no comparison mark$"):
        marked_fields(Torn)


def test_every_marked_field_is_weakened_by_the_matrix(
    nouns: Nouns, changes_of: Callable[[object], Iterable[tuple[bool, Change]]]
) -> None:
    """The mutation matrix of the controls' tests reaches every field that carries a guarantee."""
    for name, noun in ((field.name, getattr(nouns, field.name)) for field in fields(nouns)):
        weakened = {change.path for weaker, change in changes_of(noun) if weaker}
        for field in marked_fields(type(noun)):
            if field.mark not in SKIPPED and not (name == "tag_ruleset" and field.name == "pull_request"):
                assert any(path.split(".")[0] == field.name for path in weakened), f"{name}.{field.name}"
