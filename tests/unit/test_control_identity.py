"""The control `identity`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from twinlock.model.observed import Absent, Seen, Unread

if TYPE_CHECKING:
    from tests.unit.conftest import Case

SLUG = "identity"


def test_as_first_seen_says_nothing(clean: Case) -> None:
    """The ids that were first seen are no news, and a name that is new has nothing to differ from."""
    assert clean.verdicts(SLUG) == []


@pytest.mark.parametrize(
    ("kind", "name", "subject"),
    [
        ("organizations", "acme", "acme"),
        ("repositories", "payments", "acme/payments"),
        ("teams", "payments-testers", "acme/team:payments-testers"),
        ("accounts", "Tess", "acme/account:Tess"),
        ("apps", "gate-app", "acme/app:gate-app"),
    ],
)
def test_another_id_behind_a_name_is_a_finding(clean: Case, kind: str, name: str, subject: str) -> None:
    """Whatever carries the name now is something else, of each kind of thing."""
    case = clean.first_seen(**{kind: {name: 4}})
    assert case.findings(SLUG) == [(SLUG, subject)]
    number = clean.live.first_seen.of(kind)[name]
    finding = case.finding(SLUG)
    assert finding.message == f"its id is {number}, first seen as 4"
    assert (finding.desired, finding.live) == ("id 4", f"id {number}")


def test_the_case_of_a_login_makes_no_other_person(clean: Case) -> None:
    """GitHub ignores it, so a login that is written otherwise is the same name still."""
    assert clean.first_seen(accounts={"tess": 31}).verdicts(SLUG) == []
    assert clean.first_seen(accounts={"tess": 32}).findings(SLUG) == [(SLUG, "acme/account:tess")]


def test_a_name_that_nothing_carries_is_left_to_other_controls(clean: Case) -> None:
    """What is missing is not something else."""
    assert clean.first_seen(teams={"gone": 4}).verdicts(SLUG) == []


@pytest.mark.parametrize(("live", "reason"), [(Unread("403"), "403"), (Absent(), "the organization is gone")])
def test_without_ids_nothing_is_known(clean: Case, live: Unread | Absent, reason: str) -> None:
    """Ids that were not read are unknown, never the same."""
    assert clean.organization(identities=live).unknowns(SLUG) == [("acme", reason)]


def test_what_is_new_is_not_judged_by_what_it_is(clean: Case) -> None:
    """A declared name that appears for the first time may have any id."""
    identities = clean.live.organization.identities
    assert isinstance(identities, Seen)
    more = replace(identities.value, teams={**identities.value.teams, "payments-reviewers": 6})
    assert clean.organization(identities=Seen(more)).verdicts(SLUG) == []
