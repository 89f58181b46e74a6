"""The control `repository-settings`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from twinlock.model.observed import Seen, Unread
from twinlock.model.repository import Visibility

if TYPE_CHECKING:
    from tests.unit.conftest import Case, Change, Nouns

SLUG = "repository-settings"
SUBJECT = "acme/payments"


def test_as_declared_says_nothing(clean: Case) -> None:
    """Settings as declared give no finding, unknown or note."""
    assert clean.verdicts(SLUG) == []


@pytest.mark.weaker("settings")
def test_each_weakening_is_one_finding(clean: Case, nouns: Nouns, change: Change) -> None:
    """Any other value of any setting yields exactly one finding."""
    assert clean.repository(settings=Seen(change(nouns.settings))).findings(SLUG) == [(SLUG, SUBJECT)]


def test_a_public_repository_is_a_finding(clean: Case, nouns: Nouns) -> None:
    """Code that everybody sees is found on the repository, by name of the setting."""
    live = clean.repository(settings=Seen(replace(nouns.settings, visibility=Visibility.PUBLIC)))
    assert live.findings(SLUG) == [(SLUG, SUBJECT)]


def test_what_was_not_read_is_unknown(clean: Case) -> None:
    """Settings that were not read are unknown, never compliant."""
    assert clean.repository(settings=Unread("403")).unknowns(SLUG) == [(SUBJECT, "403")]
