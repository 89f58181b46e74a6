"""The control `branch-ruleset`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from twinlock.model.finding import Note
from twinlock.model.observed import Absent, Seen, Unread
from twinlock.model.ruleset import Enforcement, Target

if TYPE_CHECKING:
    from tests.unit.conftest import Case, Change, Nouns

SLUG = "branch-ruleset"
SUBJECT = "acme/payments:ruleset/default-branch"


def _with(clean: Case, nouns: Nouns, change: Change) -> Case:
    rulesets = (Seen(change(nouns.branch_ruleset)), Seen(nouns.tag_ruleset))
    return clean.repository(rulesets=Seen(rulesets))


def test_as_declared_says_nothing(clean: Case) -> None:
    """A live ruleset equal to the declared one gives no finding, unknown or note."""
    assert clean.verdicts(SLUG) == []


@pytest.mark.weaker("branch_ruleset")
def test_each_weakening_is_one_finding(clean: Case, nouns: Nouns, change: Change) -> None:
    """Softening any one guarantee yields exactly one finding, on that ruleset."""
    assert _with(clean, nouns, change).findings(SLUG) == [(SLUG, SUBJECT)]


@pytest.mark.stricter("branch_ruleset")
def test_each_strengthening_is_a_note(clean: Case, nouns: Nouns, change: Change) -> None:
    """A stricter field is a note that a correction would soften, and no finding."""
    (note,) = _with(clean, nouns, change).notes(SLUG)
    assert (note.subject, note.softens) == (SUBJECT, True)


def test_a_note_on_approvals_names_the_manifest_key(clean: Case, nouns: Nouns) -> None:
    """More approvals than declared name the key of the service's file that raises them."""
    rule = nouns.branch_ruleset.pull_request
    assert rule is not None
    stricter = replace(nouns.branch_ruleset, pull_request=replace(rule, approvals=3))
    case = clean.repository(rulesets=Seen((Seen(stricter), Seen(nouns.tag_ruleset))))
    assert case.notes(SLUG) == [
        Note(
            SLUG,
            SUBJECT,
            "pull_request.approvals is 3, stricter than 2.",
            softens=True,
            manifest_key="services/payments.yaml: review.approvals",
        )
    ]


def test_all_weaker_fields_are_in_one_message(clean: Case, nouns: Nouns) -> None:
    """Several weaker fields are one finding whose message names each."""
    weaker = replace(nouns.branch_ruleset, enforcement=Enforcement.DISABLED, deletion=False)
    finding = clean.repository(rulesets=Seen((Seen(weaker), Seen(nouns.tag_ruleset)))).finding(SLUG)
    assert finding.message == "enforcement is disabled, must be active; deletion is off, must be on"
    assert (finding.desired, finding.live) == ("enforcement active; deletion on", "enforcement disabled; deletion off")


def test_a_ruleset_moved_to_tags_is_a_finding(clean: Case, nouns: Nouns) -> None:
    """The declared name on a ruleset for tags is one finding of this control, and none of the other."""
    moved = replace(nouns.branch_ruleset, target=Target.TAG)
    case = clean.repository(rulesets=Seen((Seen(moved), Seen(nouns.tag_ruleset))))
    assert case.findings(SLUG) == [(SLUG, SUBJECT)]
    assert case.verdicts("tag-ruleset") == []


def test_a_missing_ruleset_is_one_finding(clean: Case, nouns: Nouns) -> None:
    """A deleted ruleset is one finding, not one for each rule."""
    finding = clean.repository(rulesets=Seen((Seen(nouns.tag_ruleset),))).finding(SLUG)
    assert (finding.subject, finding.message, finding.live) == (SUBJECT, "it is missing", "absent")


def test_an_undeclared_ruleset_is_a_finding(clean: Case, nouns: Nouns) -> None:
    """A further ruleset for branches, or for pushes, is a finding of its own subject."""
    extra = [replace(nouns.branch_ruleset, name=t.value, target=t) for t in (Target.BRANCH, Target.PUSH, Target.TAG)]
    live = (Seen(nouns.branch_ruleset), Seen(nouns.tag_ruleset), *map(Seen, extra))
    assert clean.repository(rulesets=Seen(live)).findings(SLUG) == [
        (SLUG, "acme/payments:ruleset/branch"),
        (SLUG, "acme/payments:ruleset/push"),
    ]


def test_a_second_ruleset_of_the_same_name_is_a_finding(clean: Case, nouns: Nouns) -> None:
    """A double of the declared ruleset does not hide behind it, whichever comes first."""
    empty = replace(nouns.branch_ruleset, pull_request=None)
    for pair in ((empty, nouns.branch_ruleset), (nouns.branch_ruleset, empty)):
        case = clean.repository(rulesets=Seen((*map(Seen, pair), Seen(nouns.tag_ruleset))))
        finding = case.finding(SLUG)
        assert (finding.subject, finding.message) == (SUBJECT, "there is another of the same name")


def test_hidden_bypass_actors_are_unknown(clean: Case, nouns: Nouns) -> None:
    """A ruleset that could not be read is unknown, neither clean nor missing."""
    live = (Unread("hidden", "default-branch"), Seen(nouns.tag_ruleset))
    assert clean.repository(rulesets=Seen(live)).unknowns(SLUG) == [(SUBJECT, "hidden")]


def test_a_ruleset_unread_without_a_name_may_be_the_declared_one(clean: Case, nouns: Nouns) -> None:
    """Where even the name is not known, the declared ruleset is unknown rather than missing."""
    case = clean.repository(rulesets=Seen((Unread("garbled"), Seen(nouns.tag_ruleset))))
    assert case.unknowns(SLUG) == [(SUBJECT, "garbled"), ("acme/payments", "garbled")]


def test_an_unmodelled_setting_is_unknown(clean: Case, nouns: Nouns) -> None:
    """A setting that twinlock does not know keeps the ruleset from being called clean."""
    live = (Seen(nouns.branch_ruleset, ("rules[new]",)), Seen(nouns.tag_ruleset))
    assert clean.repository(rulesets=Seen(live)).unknowns(SLUG) == [
        (SUBJECT, "the setting rules[new] is not known to twinlock")
    ]


def test_nothing_read_is_unknown_never_clean(clean: Case) -> None:
    """Without the list every declared ruleset is unknown; without the repository it is missing."""
    assert clean.repository(rulesets=Unread("403")).unknowns(SLUG) == [(SUBJECT, "403")]
    assert clean.repository(rulesets=Absent()).findings(SLUG) == [(SLUG, SUBJECT)]


def test_a_stricter_rule_beside_a_weaker_one_still_stops_a_correction(clean: Case, nouns: Nouns) -> None:
    """A raised number of approvals is not lost because something else of the ruleset was weakened."""
    rule = nouns.branch_ruleset.pull_request
    assert rule is not None
    mixed = replace(nouns.branch_ruleset, deletion=False, pull_request=replace(rule, approvals=3))
    _, note = clean.repository(rulesets=Seen((Seen(mixed), Seen(nouns.tag_ruleset)))).verdicts(SLUG)
    assert isinstance(note, Note)
    assert note.softens
