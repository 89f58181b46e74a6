"""What stands where nothing was declared, or something else than before: found by name, and left to a person."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from nacl.public import PublicKey, SealedBox

if TYPE_CHECKING:
    from collections.abc import Callable

APPLICATION = "/repos/acme/payments"
WORKFLOW = ".github/workflows/build.yml"


LENT = "/orgs/"
"""Where the organization's own variables and secrets are."""


@dataclass(frozen=True)
class Undeclared:
    """Something that somebody did, and how they undo it.

    Attributes:
        act: Does it.
        undo: Undoes it, by hand; None where reconcile does.
        places: At which control and subject it is found, with which words.
    """

    act: Callable[[Any], object]
    undo: Callable[[Any], object] | None
    places: dict[tuple[str, str], str]


def _seal(acme: Any, holder: str, **more: object) -> None:  # noqa: ANN401 - the conftest's Platform
    key = acme.request("GET", f"{holder}/secrets/public-key")
    sealed = base64.b64encode(SealedBox(PublicKey(base64.b64decode(key["key"]))).encrypt(b"v")).decode()
    acme.request("PUT", f"{holder}/secrets/TOKEN", {"key_id": key["key_id"], "encrypted_value": sealed, **more})


def _secret(holder: str, control_subject: str, words: str, **more: object) -> Undeclared:
    return Undeclared(
        lambda acme: _seal(acme, holder, **more),
        (lambda acme: acme.request("DELETE", f"{holder}/secrets/TOKEN")) if holder.startswith(LENT) else None,
        {("variables-and-secrets", control_subject): words},
    )


def _variable(holder: str, control_subject: str, **more: object) -> Undeclared:
    return Undeclared(
        lambda acme: acme.request("POST", f"{holder}/variables", {"name": "MODE", "value": "hidden value", **more}),
        (lambda acme: acme.request("DELETE", f"{holder}/variables/MODE")) if holder.startswith(LENT) else None,
        {("variables-and-secrets", control_subject): "nobody declared the variable MODE"},
    )


def _add_organization_ruleset(acme: Any) -> None:  # noqa: ANN401 - as above
    everywhere = {"ref_name": {"include": ["~ALL"], "exclude": []}, "repository_name": {"include": ["~ALL"]}}
    ruleset = {"name": "frozen", "target": "branch", "enforcement": "active", "conditions": everywhere}
    acme.request("POST", "/orgs/acme/rulesets", {**ruleset, "rules": [{"type": "update"}], "bypass_actors": []})


def _remove_organization_rulesets(acme: Any) -> None:  # noqa: ANN401 - as above
    for ruleset in acme.request("GET", "/orgs/acme/rulesets"):
        acme.request("DELETE", f"/orgs/acme/rulesets/{ruleset['id']}")


def _set_claims(*claims: str) -> Callable[[Any], object]:
    path = "/orgs/acme/actions/oidc/customization/sub"
    return lambda acme: acme.request("PUT", path, {"include_claim_keys": claims})


def _remove_hooks(acme: Any) -> None:  # noqa: ANN401 - as above
    for hook in acme.request("GET", "/orgs/acme/hooks"):
        acme.request("DELETE", f"/orgs/acme/hooks/{hook['id']}")


UNDECLARED = {
    "a repository's variable": _variable(f"{APPLICATION}/actions", "acme/payments"),
    "a repository's secret": _secret(
        "/repos/acme/payments-integration-tests/actions",
        "acme/payments-integration-tests",
        "nobody declared the secret TOKEN",
    ),
    "a secret for Dependabot": _secret(
        f"{APPLICATION}/dependabot", "acme/payments", "nobody declared the Dependabot secret TOKEN"
    ),
    "a secret for Codespaces": _secret(
        f"{APPLICATION}/codespaces", "acme/payments", "nobody declared the Codespaces secret TOKEN"
    ),
    "an environment's secret": _secret(
        f"{APPLICATION}/environments/production",
        "acme/payments:environment/production",
        "nobody declared the secret TOKEN",
    ),
    "an environment's variable": _variable(
        "/repos/acme/payments-integration-tests/environments/integration",
        "acme/payments-integration-tests:environment/integration",
    ),
    "a secret that the organization lends to all": _secret(
        "/orgs/acme/actions", "acme", "nobody declared the secret TOKEN", visibility="all"
    ),
    "a variable that the organization lends to private repositories": _variable(
        "/orgs/acme/actions", "acme", visibility="private"
    ),
    "a ruleset of the organization": Undeclared(
        _add_organization_ruleset,
        _remove_organization_rulesets,
        {("organization-ruleset", "acme:ruleset/frozen"): "nobody declared it"},
    ),
    "another template of OIDC subjects": Undeclared(
        _set_claims("actor"),
        None,
        {("oidc-subject", "acme"): "the template of OIDC subjects is actor, must be repo, context"},
    ),
    "a webhook of the organization": Undeclared(
        lambda acme: acme.request("POST", "/orgs/acme/hooks", {"config": {"url": "https://elsewhere.example"}}),
        _remove_hooks,
        {("organization-access", "acme"): "nobody declared the webhooks https://elsewhere.example"},
    ),
}


def _found(acme: Any) -> dict[tuple[str, str], str]:  # noqa: ANN401 - as above
    report = acme.twinlock("audit", "--format", "json").document
    assert report["unknowns"] == []
    return {(found["control"], found["subject"]): found["message"] for found in report["findings"]}


def _merged(together: tuple[Undeclared, ...]) -> dict[tuple[str, str], list[str]]:
    expected: dict[tuple[str, str], list[str]] = {}
    for each in together:
        for place, words in each.places.items():
            expected.setdefault(place, []).append(words)
    return expected


def test_what_nobody_declared_is_found_after_a_clean_audit_and_an_owner_s_is_left(provisioned: Any) -> None:  # noqa: ANN401 - as above
    """After an audit whose answers are remembered, exactly these findings, no value told; an owner's stay."""
    provisioned.clean = False
    assert provisioned.twinlock("audit").code == 0
    for each in UNDECLARED.values():
        each.act(provisioned)
    expected = _merged(tuple(UNDECLARED.values()))
    found = _found(provisioned)
    assert found.keys() == expected.keys()
    assert [
        (found[place], word) for place, words in expected.items() for word in words if word not in found[place]
    ] == []
    assert "hidden value" not in str(found)
    passed = provisioned.twinlock("reconcile", "--once", "--yes", "--format", "json")
    assert (passed.code, passed.document["outcome"]) == (1, "remains")
    left = tuple(each for each in UNDECLARED.values() if each.undo is not None)
    remaining = {(found["control"], found["subject"]) for found in passed.document["after"]["findings"]}
    assert remaining == _merged(left).keys()
    for each in left:
        assert each.undo is not None
        each.undo(provisioned)
    assert provisioned.twinlock("audit").code == 0
    provisioned.clean = True


def test_what_the_organization_lends_to_others_is_nobodys_concern(provisioned: Any) -> None:  # noqa: ANN401 - as above
    """Only where a declared repository is among those selected is it a finding."""
    provisioned.clean = False
    other = provisioned.request("POST", "/orgs/acme/repos", {"name": "elsewhere"})["id"]
    ours = provisioned.request("GET", APPLICATION)["id"]
    path = "/orgs/acme/actions/variables"
    selected = {"name": "MODE", "value": "1", "visibility": "selected", "selected_repository_ids": [other]}
    provisioned.request("POST", path, selected)
    assert _found(provisioned) == {}
    provisioned.request("PATCH", f"{path}/MODE", selected | {"selected_repository_ids": [other, ours]})
    assert _found(provisioned) == {("variables-and-secrets", "acme"): "nobody declared the variable MODE"}
    provisioned.request("DELETE", f"{path}/MODE")
    provisioned.request("DELETE", "/repos/acme/elsewhere")
    assert _found(provisioned) == {}
    provisioned.clean = True


def test_a_managed_file_that_changed_on_the_default_branch_needs_a_pull_request(provisioned: Any) -> None:  # noqa: ANN401 - as above
    """It is found by what stands on the branch, also behind a tag of the branch's name; nothing pushes it back."""
    provisioned.clean = False
    tip = provisioned.request("GET", f"{APPLICATION}/commits/main")["sha"]
    ours = provisioned.commit(WORKFLOW, b"# nothing is built any more\n")
    provisioned.request("POST", f"{APPLICATION}/git/refs", {"ref": "refs/tags/main", "sha": tip})
    place = ("managed-files", "acme/payments")
    assert _found(provisioned) == {place: ".github/workflows/build.yml differs from the rendering"}
    told = provisioned.twinlock("reconcile", "--once", "--yes")
    assert told.code == 1
    assert told.out.splitlines()[-1] == (
        "  acme/payments: Bring the files of `twinlock scaffold` to the default branch by a reviewed pull request."
    )
    assert provisioned.commit(WORKFLOW, None) == b"# nothing is built any more\n"
    assert _found(provisioned) == {place: ".github/workflows/build.yml is missing"}
    provisioned.commit(WORKFLOW, ours)
    provisioned.request("DELETE", f"{APPLICATION}/git/refs/tags/main")
    assert _found(provisioned) == {}
    provisioned.clean = True


def _lock(acme: Any) -> Any:  # noqa: ANN401 - as above
    return json.loads((acme.root / "observed.lock.json").read_bytes())["world"]


def test_another_team_under_a_known_name_is_found_and_accepted_by_removing_its_line(provisioned: Any) -> None:  # noqa: ANN401 - as above
    """Deleted and remade with the same people it looks as before, but for its id; no command accepts that silently."""
    provisioned.clean = False
    slug = "audit"
    team = provisioned.request("GET", f"/orgs/acme/teams/{slug}")
    members = provisioned.request("GET", f"/orgs/acme/teams/{slug}/members")
    assert _lock(provisioned)["teams"][slug] == team["id"]
    provisioned.request("DELETE", f"/orgs/acme/teams/{slug}")
    remade = provisioned.request("POST", "/orgs/acme/teams", {"name": slug, "privacy": "closed"})
    for login in [*(member["login"] for member in members), "olga"]:
        method, body = ("DELETE", None) if login == "olga" else ("PUT", {"role": "member"})
        provisioned.request(method, f"/orgs/acme/teams/{slug}/memberships/{login}", body)
    place = ("identity", f"acme/team:{slug}")
    expected = {place: f"its id is {remade['id']}, first seen as {team['id']}"}
    assert [_found(provisioned) for _ in range(2)] == [expected] * 2
    assert _lock(provisioned)["teams"][slug] == team["id"]

    file = provisioned.root / "observed.lock.json"
    document = json.loads(file.read_bytes())
    del document["world"]["teams"][slug]
    file.write_text(json.dumps(document))
    assert _found(provisioned) == {}
    assert _lock(provisioned)["teams"][slug] == remade["id"]
    assert provisioned.twinlock("up", "--yes").code == 0
    provisioned.clean = provisioned.twinlock("audit").code == 0
    assert provisioned.clean


def test_a_team_that_reconcile_makes_anew_is_known_by_its_new_id(provisioned: Any) -> None:  # noqa: ANN401 - as above
    """What the tool itself replaced is nothing to find: the line changes with it, for the diff to show."""
    provisioned.clean = False
    before = _lock(provisioned)["teams"]["payments-releasers"]
    provisioned.request("DELETE", "/orgs/acme/teams/payments-releasers")
    passed = provisioned.twinlock("reconcile", "--once", "--yes", "--format", "json")
    assert (passed.code, passed.document["outcome"]) == (0, "corrected"), passed.document["after"]
    after = provisioned.request("GET", "/orgs/acme/teams/payments-releasers")["id"]
    assert (_lock(provisioned)["teams"]["payments-releasers"], after != before) == (after, True)
    provisioned.clean = True


def test_a_service_taken_out_of_the_manifest_is_missed(provisioned: Any) -> None:  # noqa: ANN401 - as above
    """Its repositories are left behind, known by the lock, and found until they are declared again or archived."""
    service = provisioned.root / "services" / "payments.yaml"
    text = service.read_text()
    service.unlink()
    try:
        found = _found(provisioned)
    finally:
        service.write_text(text)
    forgotten = {place: words for place, words in found.items() if place[0] == "repository-inventory"}
    assert forgotten == {
        ("repository-inventory", f"acme/{name}"): "nobody declares it any longer"
        for name in ("payments", "payments-integration-tests")
    }
    assert _found(provisioned) == {}


@pytest.fixture
def reopened(provisioned: Any) -> Any:  # noqa: ANN401 - as above
    """Return a platform whose branch ruleset was off, and is on again."""
    provisioned.clean = False
    provisioned.change_ruleset("default-branch", enforcement="disabled")
    assert provisioned.twinlock("reconcile", "--once", "--yes").code == 0
    provisioned.clean = True
    return provisioned


def test_a_window_is_listed_until_somebody_has_examined_it(reopened: Any) -> None:  # noqa: ANN401 - as above
    """The audit lists it and is clean all the same; who examined it and what they found stands in the journal."""
    before = reopened.twinlock("audit", "--format", "json")
    window = before.document["windows"][-1]
    assert (before.code, window["control"], window["subject"], window["examined"]) == (
        0,
        "branch-ruleset",
        "acme/payments:ruleset/default-branch",
        None,
    )
    shown = reopened.twinlock("audit").out.splitlines()
    assert shown[-2].endswith(" not examined. Look at what happened meanwhile, then: `twinlock windows examine ID`.")
    number = str(window["id"])
    told = reopened.twinlock("windows", "examine", number, "--by", "uma", "--note", "Nothing was pushed.")
    assert (told.code, told.out) == (
        0,
        f"Window {number} was examined by uma: branch-ruleset acme/payments:ruleset/default-branch\n",
    )
    again = reopened.twinlock("windows", "examine", number, "--by", "uma", "--note", "Nothing was pushed.")
    assert (again.code, f"error: Window {number} was examined before." in again.err) == (2, True)
    after = reopened.twinlock("audit", "--format", "json").document["windows"]
    assert window["id"] not in {each["id"] for each in after}
    listed = {each["id"]: each for each in reopened.twinlock("windows", "list", "--format", "json").document}
    told_of = listed[window["id"]]["examined"]
    assert (told_of["by"], told_of["note"]) == ("uma", "Nothing was pushed.")
    entry = json.loads((reopened.root / ".twinlock" / "journal.jsonl").read_text().splitlines()[-1])
    assert (entry["event"], "twinlock-controller" in entry["who"]) == ("examined", False)
    assert reopened.twinlock("windows").out.splitlines()[-1].endswith("not examined")
