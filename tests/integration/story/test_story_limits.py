"""What reconcile does not do: soften, push, or judge what no control claims. It says so, and what to do instead."""

from __future__ import annotations

import json
from typing import Any

CODE_OWNERS = ".github/CODEOWNERS"


def test_changed_code_owners_are_found_and_left_to_a_pull_request(provisioned: Any) -> None:  # noqa: ANN401 - as above
    """Nothing pushes to a repository: the finding stays, with exit 1, and reconcile says what needs a pull request."""
    provisioned.clean = False
    was = provisioned.commit(CODE_OWNERS, b"* @acme/payments-developers\n")
    found = provisioned.twinlock("audit", "--format", "json")
    (finding,) = found.document["findings"]
    assert (found.code, finding["control"], finding["subject"]) == (1, "code-owners", "acme/payments")
    assert "CODEOWNERS lacks: * payments-reviewers, /.github/ platform" in finding["message"]
    assert "CODEOWNERS holds undeclared lines: * payments-developers" in finding["message"]

    told = provisioned.twinlock("reconcile", "--once", "--yes")
    assert told.code == 1
    assert told.out.splitlines()[-2:] == [
        "Not everything could be corrected:",
        "  acme/payments: Restore CODEOWNERS by a pull request, and its owners' access by `twinlock reconcile --once`.",
    ]
    provisioned.commit(CODE_OWNERS, was)
    assert provisioned.twinlock("audit").code == 0
    provisioned.clean = True


def test_what_is_stricter_is_never_softened(provisioned: Any) -> None:  # noqa: ANN401 - as above
    """Where approvals were raised, reconcile stops before the first correction and names the key to raise."""
    provisioned.clean = False
    provisioned.change_rule("pull_request", required_approving_review_count=3)
    audit = provisioned.twinlock("audit", "--format", "json")
    assert (audit.code, audit.document["findings"]) == (0, [])
    assert audit.document["notes"] == [
        {
            "control": "branch-ruleset",
            "subject": "acme/payments:ruleset/default-branch",
            "message": "pull_request.approvals is 3, stricter than 2.",
            "softens": True,
            "manifest_key": "services/payments.yaml: review.approvals",
        }
    ]
    provisioned.request("PUT", "/repos/acme/payments/actions/permissions", {"enabled": True, "allowed_actions": "all"})

    told = provisioned.twinlock("reconcile", "--once", "--yes")
    assert told.code == 1
    raised = "pull_request.approvals is 3, stricter than 2. Raise services/payments.yaml: review.approvals first."
    assert told.out.splitlines() == [
        "Nothing was corrected: a correction would soften what is stricter than the manifest.",
        f"  acme/payments:ruleset/default-branch: {raised}",
    ]
    rules = {rule["type"]: rule for rule in provisioned.ruleset("default-branch")["rules"]}
    assert rules["pull_request"]["parameters"]["required_approving_review_count"] == 3
    assert provisioned.request("GET", "/repos/acme/payments/actions/permissions")["allowed_actions"] == "all"

    service = provisioned.root / "services" / "payments.yaml"
    text = service.read_text()
    service.write_text(text.replace("approvals: 2", "approvals: 3"))
    assert "approvals: 3" in service.read_text()
    assert provisioned.twinlock("reconcile", "--once", "--yes").out.splitlines()[-1].startswith("2 corrected")
    service.write_text(text)
    assert provisioned.twinlock("up", "--yes").code == 0
    assert provisioned.twinlock("audit").code == 0
    provisioned.clean = True


def test_an_undeclared_team_is_bereft_of_all_it_reaches(provisioned: Any) -> None:  # noqa: ANN401 - as above
    """Its grant is withdrawn and its place under a declared team; itself it stays a finding until somebody decides."""
    provisioned.clean = False
    parent = provisioned.request("GET", "/orgs/acme/teams/payments-reviewers")["id"]
    night = {"name": "night", "privacy": "closed", "parent_team_id": parent}
    provisioned.request("POST", "/orgs/acme/teams", night)
    provisioned.request("PUT", "/orgs/acme/teams/night/memberships/alice", {"role": "member"})
    provisioned.request("POST", "/orgs/acme/teams", {"name": "day"})
    provisioned.request("PUT", "/orgs/acme/teams/day/repos/acme/payments", {"permission": "admin"})

    passed = provisioned.twinlock("reconcile", "--once", "--yes", "--format", "json")
    assert {(found["control"], found["subject"]) for found in passed.document["before"]["findings"]} == {
        ("repository-access", "acme/payments"),
        ("team-members", "acme/team:day"),
        ("team-members", "acme/team:night"),
        ("team-members", "acme/team:payments-reviewers"),
    }
    assert (passed.code, passed.document["outcome"]) == (1, "remains")
    left = provisioned.twinlock("audit", "--format", "json")
    assert left.code == 1
    assert [(f["control"], f["subject"], f["message"]) for f in left.document["findings"]] == [
        ("team-members", "acme/team:day", "nobody declared it"),
        ("team-members", "acme/team:night", "nobody declared it"),
    ]
    for team in ("day", "night"):
        provisioned.request("DELETE", f"/orgs/acme/teams/{team}")
    provisioned.clean = True


def test_a_journal_tells_of_every_correction_before_it_was_made(provisioned: Any) -> None:  # noqa: ANN401 - as above
    """Each finding stands as an intent with what was there, then as an outcome; the window is shown when it closes."""
    provisioned.clean = False
    journal = provisioned.root / ".twinlock" / "journal.jsonl"
    before = len(journal.read_bytes().splitlines()) if journal.exists() else 0
    provisioned.change_ruleset("default-branch", enforcement="disabled")
    passed = provisioned.twinlock("reconcile", "--once", "--yes", "--format", "json").document
    provisioned.clean = True
    entries = [json.loads(line) for line in journal.read_text().splitlines()[before:]]
    subject = "branch-ruleset acme/payments:ruleset/default-branch"
    assert [(entry["event"], entry["subject"], entry["before"], entry["after"]) for entry in entries] == [
        ("intent", subject, "enforcement disabled", "enforcement active"),
        ("outcome", subject, "enforcement disabled", "enforcement active"),
        ("audit", "platform", "", ""),
    ]
    assert {entry["who"].split(" run by ")[0] for entry in entries} == {"twinlock-controller"}
    (window,) = passed["windows"]
    assert (window["control"], window["found"]) == ("branch-ruleset", entries[0]["time"])
    assert window["closed"] == entries[1]["time"]
    assert journal.stat().st_mode & 0o777 == 0o600
