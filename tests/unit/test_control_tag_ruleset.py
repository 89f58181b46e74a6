"""The control `tag-ruleset`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from twinlock.model.finding import Finding
from twinlock.model.observed import Observed, Seen, Unread
from twinlock.model.ruleset import Enforcement, Ruleset, Target

if TYPE_CHECKING:
    from tests.unit.conftest import Case, Change, Nouns

SLUG = "tag-ruleset"
SUBJECT = "acme/payments:ruleset/release-tags"


def _with(clean: Case, nouns: Nouns, live: Observed[Ruleset]) -> Case:
    return clean.repository(rulesets=Seen((Seen(nouns.branch_ruleset), live)))


def test_as_declared_says_nothing(clean: Case) -> None:
    """A live ruleset equal to the declared one gives no finding, unknown or note."""
    assert clean.verdicts(SLUG) == []


@pytest.mark.weaker("tag_ruleset")
def test_each_weakening_is_one_finding(clean: Case, nouns: Nouns, change: Change) -> None:
    """Softening any one guarantee yields exactly one finding, on that ruleset."""
    assert _with(clean, nouns, Seen(change(nouns.tag_ruleset))).findings(SLUG) == [(SLUG, SUBJECT)]


@pytest.mark.stricter("tag_ruleset")
def test_each_strengthening_is_a_note(clean: Case, nouns: Nouns, change: Change) -> None:
    """A stricter field is a note that a correction would soften, and no finding."""
    (note,) = _with(clean, nouns, Seen(change(nouns.tag_ruleset))).notes(SLUG)
    assert (note.subject, note.softens) == (SUBJECT, True)


@pytest.mark.parametrize("target", [Target.TAG, Target.BRANCH])
def test_an_empty_ruleset_in_its_place_is_a_finding(clean: Case, nouns: Nouns, target: Target) -> None:
    """A ruleset of the declared name without any rule is one finding, and none of `branch-ruleset`.

    That it has no bypass actors either must not keep reconcile from correcting it.
    """
    nothing: frozenset[Any] = frozenset()
    empty = Ruleset(
        name="release-tags",
        target=target,
        enforcement=Enforcement.ACTIVE,
        include=nothing,
        exclude=nothing,
        bypass=nothing,
        creation=False,
        update=False,
        deletion=False,
        non_fast_forward=False,
        linear_history=False,
        signatures=False,
        pull_request=None,
        strict_checks=False,
        checks=nothing,
    )
    case = _with(clean, nouns, Seen(empty))
    finding, *notes = case.verdicts(SLUG)
    assert isinstance(finding, Finding)
    assert [getattr(note, "softens", None) for note in notes] == [False, False]
    assert finding.subject == SUBJECT
    assert "creation is off, must be on" in finding.message
    assert "include is none, must be refs/tags/v*" in finding.message
    assert case.verdicts("branch-ruleset") == []


def test_an_undeclared_tag_ruleset_is_a_finding(clean: Case, nouns: Nouns) -> None:
    """A further ruleset for tags is a finding of its own subject."""
    live = (Seen(nouns.branch_ruleset), Seen(nouns.tag_ruleset), Seen(replace(nouns.tag_ruleset, name="more")))
    assert clean.repository(rulesets=Seen(live)).findings(SLUG) == [(SLUG, "acme/payments:ruleset/more")]


def test_what_was_not_read_is_unknown(clean: Case, nouns: Nouns) -> None:
    """A hidden ruleset is unknown, and so is each declared one where the list was refused."""
    assert _with(clean, nouns, Unread("hidden", "release-tags")).unknowns(SLUG) == [(SUBJECT, "hidden")]
    assert clean.repository(rulesets=Unread("403")).unknowns(SLUG) == [(SUBJECT, "403")]
