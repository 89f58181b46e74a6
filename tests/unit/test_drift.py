"""Drift: what engine and audit see is put side by side, and whoever saw nothing is not taken for agreement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from twinlock.audit import Coverage, Report
from twinlock.drift import NOBODY, UP, Difference, Drift, Looked, Seer, Unseen, look, merge
from twinlock.engine.port import Stack, ignore
from twinlock.engine.result import Change, FieldChange, Operation, Result
from twinlock.errors import Incomplete
from twinlock.model.finding import Finding, Severity, Unknown
from twinlock.programs.subjects import subject_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.engine.port import Listener

RULESET = "github:index/repositoryRuleset:RepositoryRuleset"
MEMBERS = "twinlock:github:TeamMembers"
BOTH = (Seer.REFRESH, Seer.PREVIEW)
LOOKED_AT = Coverage(("branch-ruleset acme/payments:ruleset/default-branch",), ())


def change(type_: str, name: str, operation: Operation, *fields: FieldChange) -> Change:
    """Return a change of a resource."""
    return Change(f"urn:{type_}::{name}", type_, name, operation, fields)


def report(*findings: Finding, unknowns: tuple[Unknown, ...] = (), coverage: Coverage = LOOKED_AT) -> Report:
    """Return an audit's report."""
    return Report(findings, unknowns, (), coverage)


def looked(changes: tuple[Change, ...] = (), drifted: tuple[Change, ...] = ()) -> Looked:
    """Return what an engine saw of one stack, in which one resource beside is as it should be."""
    same = change("github:index/repository:Repository", "payments", Operation.SAME)
    return Looked((Result("protections/payments", (*changes, same), {}, drifted),))


DISABLED = looked(
    (change(RULESET, "payments:default-branch", Operation.UPDATE, FieldChange("enforcement", "disabled", "active")),),
    (change(RULESET, "payments:default-branch", Operation.UPDATE, FieldChange("enforcement", "active", "disabled")),),
)
FOUND = Finding(
    control="branch-ruleset",
    subject="acme/payments:ruleset/default-branch",
    severity=Severity.CRITICAL,
    message="enforcement is disabled, must be active",
    desired="enforcement active",
    live="enforcement disabled",
    remediation="Restore the ruleset.",
)


def test_what_refresh_and_preview_say_of_one_property_is_one_difference_beside_the_audits(clean: Any) -> None:  # noqa: ANN401 - the conftest's
    """Seen by both, from what is declared to what is live; the audit's finding stands next to it."""
    subject = "acme/payments:ruleset/default-branch"
    assert merge(clean.estate, DISABLED, report(FOUND)).differences == (
        Difference(subject, "enforcement", "active", "disabled", BOTH, UP),
        Difference(
            subject,
            "branch-ruleset",
            "enforcement active",
            "enforcement disabled",
            (Seer.AUDIT,),
            "Restore the ruleset.",
        ),
    )


def test_a_resource_that_is_gone_is_one_difference(clean: Any) -> None:  # noqa: ANN401
    """A refresh finds it gone, and the program makes it anew: the same difference."""
    gone = change(MEMBERS, "payments-testers", Operation.DELETE)
    made = change(MEMBERS, "payments-testers", Operation.CREATE)
    assert merge(clean.estate, looked((made,), (gone,)), report()).differences == (
        Difference("acme/team:payments-testers", "TeamMembers payments-testers", "present", "absent", BOTH, UP),
    )


def test_what_is_not_declared_any_more_is_seen_by_the_program_alone(clean: Any) -> None:  # noqa: ANN401
    """It is there as it was left, and should not be there."""
    removed = change(MEMBERS, "payments-testers", Operation.DELETE)
    assert merge(clean.estate, looked((removed,)), report()).differences == (
        Difference(
            "acme/team:payments-testers", "TeamMembers payments-testers", "absent", "present", (Seer.PREVIEW,), UP
        ),
    )


def test_what_the_program_leaves_alone_nobody_corrects(clean: Any) -> None:  # noqa: ANN401
    """A refresh sees more than the program would put back: from what was left to what is."""
    moved = change(
        "github:index/repository:Repository", "payments", Operation.UPDATE, FieldChange("topics", "none", "x")
    )
    assert merge(clean.estate, looked((), (moved,)), report()).differences == (
        Difference("acme/payments", "topics", "none", "x", (Seer.REFRESH,), NOBODY),
    )


@pytest.mark.parametrize(
    ("drift", "code"),
    [
        (Drift((), (), evaluated=1, resources=1), 0),
        (Drift((), (Unseen("protections/payments", "no"),), evaluated=1, resources=1), 3),
        (Drift((), (), evaluated=0, resources=1), 3),
        (Drift((), (), evaluated=1, resources=0), 3),
        (Drift((Difference("acme", "x", "a", "b", (Seer.AUDIT,), UP),), (Unseen("y", "no"),), 1, 1), 1),
    ],
    ids=["none", "a stack was not seen", "nothing was audited", "nothing was compared", "drift, and not all seen"],
)
def test_only_what_was_looked_at_wholly_can_be_without_drift(drift: Drift, code: int) -> None:
    """Drift is 1; without any, whatever was not seen is 3."""
    assert drift.exit_code == code


def test_what_the_audit_could_not_judge_is_not_seen(clean: Any) -> None:  # noqa: ANN401
    """An unknown is no difference, and no agreement."""
    merged = merge(clean.estate, looked(), report(unknowns=(Unknown("team-members", "acme/team:x", "refused"),)))
    assert (merged.unseen, merged.exit_code) == ((Unseen("acme/team:x", "team-members: refused"),), 3)


class HalfBlind:
    """An engine that cannot preview one stack."""

    def preview(self, stack: Stack, listener: Listener = ignore) -> Result:
        """Return an empty result, or fail."""
        del listener
        if stack.program == "organization":
            raise Incomplete("organization/platform was not previewed.", "GitHub is silent.", "Try again.")
        return Result(stack.id, ())

    up = destroy = preview

    def outputs(self, program: str, group: str) -> Mapping[str, object] | None:
        """Return nothing."""
        del program, group
        return None


def test_a_stack_that_cannot_be_previewed_does_not_hide_the_others(clean: Any) -> None:  # noqa: ANN401
    """It is named with its reason, and the next is looked at."""
    seen = look(clean.estate, HalfBlind(), lambda program, group: Stack(program, group, lambda: None))
    assert seen.unseen == (
        Unseen("organization/platform", "organization/platform was not previewed. GitHub is silent."),
    )
    assert "protections/payments" in {result.stack for result in seen.results}


@pytest.mark.parametrize(
    ("type_", "name", "subject"),
    [
        ("github:index/team:Team", "payments-testers", "acme/team:payments-testers"),
        (RULESET, "payments:default-branch", "acme/payments:ruleset/default-branch"),
        ("twinlock:github:RulesetInventory", "payments", "acme/payments"),
        ("twinlock:github:EnvironmentProtection", "payments:production", "acme/payments:environment/production"),
        (
            "github:index/actionsEnvironmentVariable:ActionsEnvironmentVariable",
            "payments:production:AWS_REGION",
            "acme/payments:environment/production",
        ),
        ("github:index/actionsOrganizationPermissions:ActionsOrganizationPermissions", "acme", "acme"),
        (
            "aws:iam/rolePolicy:RolePolicy",
            "payments-release:release",
            "arn:aws:iam::222222222222:role/payments-release",
        ),
        ("aws:iam/policy:Policy", "production", "arn:aws:iam::222222222222:policy/boundary"),
        ("twinlock:aws:RoleInventory", "production", "arn:aws:iam::222222222222:root"),
        ("twinlock:aws:RoleInventory", "elsewhere", "RoleInventory elsewhere"),
        ("aws:iam/role:Role", "nobodys", "Role nobodys"),
        ("aws:sqs/queue:Queue", "payments", "Queue payments"),
    ],
)
def test_a_resource_stands_for_what_the_audit_calls_so(clean: Any, type_: str, name: str, subject: str) -> None:  # noqa: ANN401
    """By type and name; what the audit has no subject for keeps both."""
    assert subject_of(clean.estate, type_, name) == subject
