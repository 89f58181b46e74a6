"""The audit: all controls over desired and live, coverage, exit code and the JSON document."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from twinlock.audit import Coverage, Report, audit
from twinlock.controls import CONTROLS
from twinlock.ledger.windows import Window
from twinlock.model.account import Purpose
from twinlock.model.environment import Reviewer
from twinlock.model.finding import Finding, Note, Severity, Unknown
from twinlock.model.live import LiveAccount, LiveEstate, LiveOrganization, LiveRepository
from twinlock.model.observed import Seen, Unread
from twinlock.names import oidc_provider_arn, role_arn

if TYPE_CHECKING:
    from tests.unit.conftest import Case, Nouns

ACCOUNT = "222222222222"
ROLE = role_arn(ACCOUNT, "payments-release")
PROVIDER = oidc_provider_arn(ACCOUNT)


SLUGS = {
    "actions-policy",
    "branch-ruleset",
    "code-owners",
    "environment-protection",
    "repository-access",
    "role-inventory",
    "role-permissions",
    "role-trust",
    "tag-ruleset",
    "team-members",
}
"""What the report below is written out for; a further control has a test of its own."""


def test_a_clean_estate_is_clean_and_says_what_was_looked_at(clean: Case) -> None:
    """Nothing found, everything evaluated, and what is not provisioned yet stands under `not_evaluated`."""
    controls = [control for control in CONTROLS if control.slug in SLUGS]
    report = audit(clean.estate, clean.live, controls=controls, calls={"github": 40, "aws": 9})
    assert report.exit_code == 0
    assert report.as_json() == {
        "findings": [],
        "unknowns": [],
        "notes": [],
        "coverage": {
            "evaluated": [
                "actions-policy acme",
                "actions-policy acme/payments",
                "branch-ruleset acme/payments:ruleset/default-branch",
                "code-owners acme/payments",
                "environment-protection acme/payments:environment/production",
                "repository-access acme/payments",
                f"role-inventory {ROLE}",
                f"role-permissions arn:aws:iam::{ACCOUNT}:policy/boundary",
                f"role-permissions {ROLE}",
                f"role-trust {PROVIDER}",
                f"role-trust {ROLE}",
                "tag-ruleset acme/payments:ruleset/release-tags",
                "team-members acme",
                "team-members acme/team:payments-reviewers",
                "team-members acme/team:payments-testers",
            ],
            "not_evaluated": [
                "actions-policy acme/pipelines",
                "branch-ruleset acme/pipelines",
                "code-owners acme/pipelines",
                "environment-protection acme/pipelines",
                "repository-access acme/pipelines",
                "tag-ruleset acme/pipelines",
            ],
        },
        "calls": {"github": 40, "aws": 9},
        "windows": [],
    }


def test_windows_to_examine_stand_in_the_report_and_are_no_finding(clean: Case) -> None:
    """What happened meanwhile is for a person to look at: settings match, so the exit code is 0."""
    window = Window(4, "branch-ruleset", "acme/payments:ruleset/default-branch", None, "t4", "t5")
    report = audit(clean.estate, clean.live, windows=[window])
    assert (report.exit_code, report.as_json()["windows"]) == (0, [window.as_json()])


def test_a_finding_is_written_as_documented(clean: Case, nouns: Nouns) -> None:
    """The JSON of a finding has exactly the documented keys, and the exit code is 1."""
    weaker = replace(nouns.environment, reviewers=frozenset({Reviewer("Team", "payments-testers")}))
    report = audit(clean.estate, clean.repository(environments=Seen((Seen(weaker),))).live)
    assert report.exit_code == 1
    assert report.as_json()["findings"] == [
        {
            "control": "environment-protection",
            "subject": "acme/payments:environment/production",
            "severity": "critical",
            "message": "reviewers is Team payments-testers, must be Team payments-releasers",
            "desired": "reviewers Team payments-releasers",
            "live": "reviewers Team payments-testers",
            "remediation": "Restore the environment: `twinlock reconcile --once`.",
        }
    ]
    assert json.loads(json.dumps(report.as_json())) == report.as_json()


def _nothing_read(clean: Case) -> LiveEstate:
    unread = Unread("it is down")
    repository = LiveRepository(unread, unread, unread, unread, unread, unread, unread)
    return LiveEstate(
        LiveOrganization(unread, unread, unread),
        dict.fromkeys(clean.estate.repositories, repository),
        {Purpose.PRODUCTION: LiveAccount(unread, unread, unread)},
    )


def test_nothing_read_is_incomplete_and_evaluates_nothing(clean: Case) -> None:
    """Every control says unknown on every subject; none says clean, none finds."""
    report = audit(clean.estate, _nothing_read(clean))
    assert (report.exit_code, report.findings, report.coverage.evaluated) == (3, (), ())
    assert {unknown.control for unknown in report.unknowns} == {control.slug for control in CONTROLS}


def test_zero_subjects_are_incomplete(clean: Case) -> None:
    """An audit that judged nothing at all is not clean."""
    assert audit(clean.estate, clean.live, controls=()).exit_code == 3


def test_findings_win_over_unknowns() -> None:
    """Exit code 1 means that something is wrong, whatever else is unknown; unknowns alone are 3."""
    coverage = Coverage(("x y",), ())
    finding = Finding("x", "y", Severity.LOW, "m", "d", "l", "r")
    unknown = Unknown("x", "y", "r")
    assert Report((finding,), (unknown,), (), coverage).exit_code == 1
    assert Report((), (unknown,), (), coverage).exit_code == 3
    assert Report((), (), (Note("x", "y", "m"),), coverage).exit_code == 0
    assert Report((), (), (), Coverage((), ("x y",))).exit_code == 3


def test_unknowns_and_notes_are_written_and_sorted(clean: Case, nouns: Nouns) -> None:
    """Unknowns and notes stand by control and subject, each with its documented keys."""
    case = clean.repository(
        rulesets=Seen((Unread("hidden", "default-branch"), Seen(replace(nouns.tag_ruleset, exclude=frozenset()))))
    ).repository(access=Unread("403"))
    report = audit(case.estate, case.live).as_json()
    assert report["unknowns"] == [
        {
            "control": "branch-ruleset",
            "subject": "acme/payments:ruleset/default-branch",
            "reason": "hidden",
        },
        {"control": "code-owners", "subject": "acme/payments", "reason": "whether its owners can push: 403"},
        {"control": "repository-access", "subject": "acme/payments", "reason": "403"},
    ]
    assert report["notes"] == [
        {
            "control": "tag-ruleset",
            "subject": "acme/payments:ruleset/release-tags",
            "message": "exclude is none, stricter than refs/heads/scratch.",
            "softens": True,
            "manifest_key": None,
        }
    ]


def test_each_weakening_of_the_story_is_found_by_one_control(clean: Case, nouns: Nouns) -> None:
    """A weakening of one thing is one finding over all controls, not a crowd of them."""
    changes = {
        "branch-ruleset": clean.repository(
            rulesets=Seen((Seen(replace(nouns.branch_ruleset, deletion=False)), Seen(nouns.tag_ruleset)))
        ),
        "team-members": clean.organization(
            teams=Seen((Seen(replace(nouns.team, members=frozenset({"tess", "tom", "alice"}))), *_others(clean)))
        ),
        "role-permissions": clean.account(roles=Seen((Seen(replace(nouns.role, boundary=None)),))),
        "role-trust": clean.account(roles=Seen((Seen(replace(nouns.role, trust=frozenset())),))),
        "role-inventory": clean.account(roles=Seen(())),
    }
    for slug, case in changes.items():
        assert [finding.control for finding in audit(case.estate, case.live).findings] == [slug]


def _others(clean: Case) -> tuple[Seen[object], ...]:
    return tuple(Seen(team) for team in clean.estate.organization.teams[1:])
