"""The control `repository-inventory`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twinlock.model.live import Listed
from twinlock.model.observed import Absent, Seen, Unread

if TYPE_CHECKING:
    from tests.unit.conftest import Case

SLUG = "repository-inventory"
BILLING = {"payments": 1001, "billing": 1002}


def _listing(case: Case, *listed: Listed) -> Case:
    return case.first_seen(repositories=BILLING).organization(repositories=Seen(listed))


def test_what_was_never_declared_is_none_of_its_business(clean: Case) -> None:
    """Other repositories of the organization are not twinlock's."""
    assert clean.verdicts(SLUG) == []


def test_a_repository_that_is_declared_no_longer_is_a_finding(clean: Case) -> None:
    """A service taken out of the manifest leaves it behind, and nothing looks after it."""
    case = _listing(clean, Listed("billing", 1002, archived=False))
    assert case.findings(SLUG) == [(SLUG, "acme/billing")]
    assert case.finding(SLUG).message == "nobody declares it any longer"


def test_renaming_it_does_not_hide_it(clean: Case) -> None:
    """It is known by its id, and found under the name it has now."""
    case = _listing(clean, Listed("tools", 1002, archived=False))
    assert case.findings(SLUG) == [(SLUG, "acme/tools")]


def test_under_a_declared_name_it_is_another_controls_matter(clean: Case) -> None:
    """It stands where a declared repository stood, which `identity` finds."""
    assert _listing(clean, Listed("payments", 1002, archived=False)).verdicts(SLUG) == []


def test_archived_or_deleted_it_is_at_rest(clean: Case) -> None:
    """Nobody can change it any more; and another repository may have its name."""
    assert _listing(clean, Listed("billing", 1002, archived=True)).verdicts(SLUG) == []
    assert _listing(clean).verdicts(SLUG) == []
    assert _listing(clean, Listed("billing", 1003, archived=False)).verdicts(SLUG) == []


@pytest.mark.parametrize(("live", "reason"), [(Unread("403"), "403"), (Absent(), "the organization is gone")])
def test_what_was_not_read_is_unknown(clean: Case, live: Unread | Absent, reason: str) -> None:
    """Without the list nobody knows what is left."""
    assert clean.organization(repositories=live).unknowns(SLUG) == [("acme", reason)]
