"""The control `oidc-subject`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twinlock.model.observed import Absent, Seen, Unread

if TYPE_CHECKING:
    from tests.unit.conftest import Case

SLUG = "oidc-subject"


def test_githubs_own_form_says_nothing(clean: Case) -> None:
    """Repository, then what the run is of."""
    assert clean.verdicts(SLUG) == []


@pytest.mark.parametrize("claims", [("repo",), ("context", "repo"), ("repo", "context", "actor"), ()])
def test_any_other_form_is_a_finding(clean: Case, claims: tuple[str, ...]) -> None:
    """Fewer claims, more, or another order make subjects that no trust policy was written for."""
    case = clean.organization(subject_claims=Seen(claims))
    assert case.findings(SLUG) == [(SLUG, "acme")]
    words = ", ".join(claims) or "none"
    assert case.finding(SLUG).message == f"the template of OIDC subjects is {words}, must be repo, context"


@pytest.mark.parametrize(("live", "reason"), [(Unread("403"), "403"), (Absent(), "the organization is gone")])
def test_what_was_not_read_is_unknown(clean: Case, live: Unread | Absent, reason: str) -> None:
    """A template that was not read may be any."""
    assert clean.organization(subject_claims=live).unknowns(SLUG) == [("acme", reason)]
