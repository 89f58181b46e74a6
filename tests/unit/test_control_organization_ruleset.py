"""The control `organization-ruleset`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twinlock.model.observed import Absent, Seen, Unread

if TYPE_CHECKING:
    from tests.unit.conftest import Case

SLUG = "organization-ruleset"


def test_without_rulesets_there_is_nothing_to_say(clean: Case) -> None:
    """None is declared."""
    assert clean.verdicts(SLUG) == []


def test_each_ruleset_is_a_finding_of_its_own(clean: Case) -> None:
    """Whatever it rules, nobody declared it."""
    case = clean.organization(rulesets=Seen(frozenset({"b", "a"})))
    assert case.findings(SLUG) == [(SLUG, "acme:ruleset/a"), (SLUG, "acme:ruleset/b")]


@pytest.mark.parametrize(("live", "reason"), [(Unread("403"), "403"), (Absent(), "the organization is gone")])
def test_what_was_not_read_is_unknown(clean: Case, live: Unread | Absent, reason: str) -> None:
    """A list that was not read is not an empty one."""
    assert clean.organization(rulesets=live).unknowns(SLUG) == [("acme", reason)]
