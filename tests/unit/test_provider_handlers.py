"""twinlock's exclusive resources against a hand-written GitHub: what they read, what differs, what they send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from twinlock.engine.result import FieldChange
from twinlock.errors import Incomplete
from twinlock.github.client import Answer
from twinlock.provider import handlers
from twinlock.provider.port import Clients, Failure
from twinlock.provider.registry import handlers_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.provider.port import Handler

REPOSITORY = "/repos/acme/payments"
HANDLERS = handlers_in(handlers)


class FakeGitHub:
    """Answers GETs from a table, and remembers everything that was sent."""

    def __init__(self, answers: Mapping[str, object]) -> None:
        self.answers = dict(answers)
        self.sent: list[tuple[str, str, object]] = []
        self.calls = 0

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Answer from the table; 404 for what is not in it, and the status for a number."""
        query = "?" + "&".join(f"{key}={value}" for key, value in params.items()) if params else ""
        found = self.answers.get(path + query)
        if isinstance(found, int):
            return Answer(found, body={"message": "Resource not accessible by integration"})
        return Answer(404, body={"message": "Not Found"}) if found is None else Answer(200, body=found)

    def get_all(self, path: str, params: Mapping[str, str] | None = None, *, key: str | None = None) -> Answer:
        """Answer with the list under `key`."""
        answer = self.get(path, params)
        if key is None or not answer.ok or not isinstance(answer.body, dict):
            return answer
        return Answer(answer.status, body=answer.body.get(key))

    def post(self, path: str, body: object = None) -> Answer:
        """Remember."""
        return self._sent("POST", path, body)

    def put(self, path: str, body: object = None) -> Answer:
        """Remember."""
        return self._sent("PUT", path, body)

    def patch(self, path: str, body: object = None) -> Answer:
        """Remember."""
        return self._sent("PATCH", path, body)

    def delete(self, path: str, body: object = None) -> Answer:
        """Remember."""
        return self._sent("DELETE", path, body)

    def _sent(self, method: str, path: str, body: object) -> Answer:
        self.sent.append((method, path, body))
        return Answer(204)


def handler(type_: str, github: FakeGitHub) -> Handler:
    """Return the handler of a type that works on a fake."""
    return HANDLERS[type_](Clients(github=github, organization="acme"))


# --- TeamMembers -----------------------------------------------------------------------------------------------------

TEAM = "/orgs/acme/teams/payments-testers"
TESTERS = {"team": "payments-testers", "members": ["Tess", "Tom"], "maintainers": [], "children": []}


def team(
    members: list[str], maintainers: tuple[str, ...] = (), invited: tuple[dict[str, object], ...] = ()
) -> FakeGitHub:
    """Return a GitHub with that team."""
    return FakeGitHub(
        {
            TEAM: {"slug": "payments-testers"},
            f"{TEAM}/members?role=member": [{"login": login} for login in members],
            f"{TEAM}/members?role=maintainer": [{"login": login} for login in maintainers],
            f"{TEAM}/invitations": list(invited),
            f"{TEAM}/teams": [],
        }
    )


def test_team_as_declared_has_no_difference_whatever_the_case_of_logins() -> None:
    """GitHub ignores the case of logins, so a different spelling is the same person."""
    members = handler("twinlock:github:TeamMembers", team(["tess", "TOM"]))
    live = members.read("payments-testers", TESTERS)
    assert live == {
        "team": "payments-testers",
        "members": ["Tess", "Tom"],
        "maintainers": [],
        "invited": [],
        "invitedByAddress": [],
        "children": [],
    }
    assert members.diff(live, TESTERS) == ()


def test_stranger_in_team_is_a_difference_and_is_removed_before_anybody_is_added() -> None:
    """An undeclared member, maintainer and invitation go; the missing member comes."""
    github = team(["Tess", "alice"], ("mallory",), ({"id": 5, "login": "eve"}, {"id": 6, "login": None}))
    members = handler("twinlock:github:TeamMembers", github)
    live = members.read("payments-testers", TESTERS)
    assert live is not None
    assert members.diff(live, TESTERS) == (
        FieldChange("members", "Tess, alice, mallory", "Tess, Tom"),
        FieldChange("maintainers", "mallory", "none"),
        FieldChange("invited", "6, eve", "none"),
    )
    assert members.update("payments-testers", live, TESTERS) == TESTERS
    assert github.sent == [
        ("DELETE", f"{TEAM}/memberships/alice", None),
        ("DELETE", f"{TEAM}/memberships/eve", None),
        ("DELETE", f"{TEAM}/memberships/mallory", None),
        ("DELETE", "/orgs/acme/invitations/6", None),
        ("PUT", f"{TEAM}/memberships/Tom", {"role": "member"}),
    ]


def test_open_invitation_of_a_declared_person_is_no_difference() -> None:
    """An invitation is its own state: it is neither repeated nor withdrawn."""
    github = team(["Tess"], invited=({"id": 5, "login": "tom"},))
    members = handler("twinlock:github:TeamMembers", github)
    live = members.read("payments-testers", TESTERS)
    assert live is not None
    assert members.diff(live, TESTERS) == ()
    members.update("payments-testers", live, TESTERS)
    assert github.sent == []


def test_member_who_became_maintainer_is_made_a_member_again() -> None:
    """A maintainer could let others in."""
    github = team(["Tess"], ("Tom",))
    members = handler("twinlock:github:TeamMembers", github)
    live = members.read("payments-testers", TESTERS)
    assert live is not None
    assert members.diff(live, TESTERS) == (FieldChange("maintainers", "Tom", "none"),)
    members.update("payments-testers", live, TESTERS)
    assert github.sent == [("PUT", f"{TEAM}/memberships/Tom", {"role": "member"})]


def test_undeclared_child_team_is_put_out_of_its_parent() -> None:
    """Its people count as the parent's; a declared child that is not there yet is put there by its own resource."""
    github = team(["Tess", "Tom", "alice"])
    github.answers[f"{TEAM}/teams"] = [{"slug": "insiders"}, {"slug": "night-shift"}]
    inputs = {**TESTERS, "children": ["day-shift", "night-shift"]}
    members = handler("twinlock:github:TeamMembers", github)
    live = members.read("payments-testers", inputs)
    assert live is not None
    assert members.diff(live, inputs) == (
        FieldChange("members", "Tess, Tom, alice", "Tess, Tom"),
        FieldChange("children", "day-shift, insiders, night-shift", "day-shift, night-shift"),
    )
    members.update("payments-testers", live, inputs)
    assert github.sent == [
        ("PATCH", "/orgs/acme/teams/insiders", {"parent_team_id": None}),
        ("DELETE", f"{TEAM}/memberships/alice", None),
    ]


def test_maintainer_who_is_no_member_is_refused() -> None:
    """Maintainers are among the members."""
    inputs = {"team": "t", "members": ["a"], "maintainers": ["b"], "children": []}
    checked = handler("twinlock:github:TeamMembers", team([])).check(inputs)
    assert checked == (Failure("maintainers", "b is no member"),)


def test_hidden_invitations_end_the_run() -> None:
    """Hidden is not absent: with half a list nobody would be removed, and it would be called clean."""
    github = team(["Tess"])
    github.answers[f"{TEAM}/invitations"] = 403
    with pytest.raises(Incomplete) as raised:
        handler("twinlock:github:TeamMembers", github).read("payments-testers", TESTERS)
    assert str(raised.value) == (
        f"GET {TEAM}/invitations was refused.\n"
        "GitHub answered 403: Resource not accessible by integration.\n"
        "See what the controller may do there, then run the same command again."
    )


# --- ConstantInventory, BranchProtectionInventory and OrganizationOidc -----------------------------------------------

CONSTANTS = {
    "repository": "payments",
    "environments": ["prod/eu"],
    "constants": ["environments/prod/eu/variables/role_arn"],
}


def constants(**more: list[dict[str, str]]) -> dict[str, object]:
    """Return what a GitHub answers that has the declared variable, and what a test adds."""
    environment = f"{REPOSITORY}/environments/prod%2Feu"
    return {
        REPOSITORY: {"name": "payments"},
        f"{REPOSITORY}/actions/variables": {"variables": more.get("variables", [])},
        f"{REPOSITORY}/actions/secrets": {"secrets": more.get("secrets", [])},
        f"{REPOSITORY}/dependabot/secrets": {"secrets": more.get("dependabot", [])},
        f"{REPOSITORY}/codespaces/secrets": {"secrets": more.get("codespaces", [])},
        f"{environment}/variables": {"variables": [{"name": "ROLE_ARN", "value": "arn"}]},
        f"{environment}/secrets": {"secrets": more.get("hidden", [])},
    }


def test_constants_as_declared_have_no_difference() -> None:
    """GitHub writes names in capitals; the value of a variable is its own resource's affair."""
    inventory = handler("twinlock:github:ConstantInventory", FakeGitHub(constants()))
    live = inventory.read("payments", CONSTANTS)
    assert live == {
        "repository": "payments",
        "found": ["environments/prod/eu/variables/ROLE_ARN"],
        "undeclaredConstants": [],
    }
    assert inventory.diff(live, CONSTANTS) == ()


def test_every_kind_of_constant_that_nobody_declared_is_deleted_where_it_stands() -> None:
    """Of the repository for Actions, Dependabot and Codespaces, and of an environment whose name has a slash."""
    one = [{"name": "MODE"}]
    github = FakeGitHub(constants(variables=one, secrets=one, dependabot=one, codespaces=one, hidden=one))
    inventory = handler("twinlock:github:ConstantInventory", github)
    live = inventory.read("payments", CONSTANTS)
    assert live is not None
    undeclared = (
        "actions/secrets/MODE, actions/variables/MODE, codespaces/secrets/MODE, dependabot/secrets/MODE, "
        "environments/prod/eu/secrets/MODE"
    )
    assert inventory.diff(live, CONSTANTS) == (FieldChange("undeclaredConstants", undeclared, "none"),)
    inventory.update("payments", live, CONSTANTS)
    assert github.sent == [
        ("DELETE", f"{REPOSITORY}/{place}/MODE", None)
        for place in (
            "actions/secrets",
            "actions/variables",
            "codespaces/secrets",
            "dependabot/secrets",
            "environments/prod%2Feu/secrets",
        )
    ]


@pytest.mark.parametrize("place", ["actions/variables", "actions/secrets", "dependabot/secrets", "codespaces/secrets"])
def test_a_hidden_list_of_constants_is_an_error_and_not_an_empty_one(place: str) -> None:
    """Whoever may not read it must not take it for clean."""
    answers = constants()
    answers[f"{REPOSITORY}/{place}"] = 403
    with pytest.raises(Incomplete, match=f"GET {REPOSITORY}/{place} was refused"):
        handler("twinlock:github:ConstantInventory", FakeGitHub(answers)).read("payments", CONSTANTS)


def test_constants_of_a_repository_that_is_gone_are_gone() -> None:
    """And there is nothing to find."""
    inventory = handler("twinlock:github:ConstantInventory", FakeGitHub({}))
    assert (inventory.read("payments", CONSTANTS), inventory.find(CONSTANTS)) == (None, None)


def test_a_classic_protection_is_a_difference_and_is_deleted_and_a_ruleset_s_branch_is_none() -> None:
    """A branch that only a ruleset protects answers 404 when it is asked for its protection."""
    listed = [{"name": "main"}, {"name": "release/1"}]
    protection = f"{REPOSITORY}/branches/release%2F1/protection"
    github = FakeGitHub({f"{REPOSITORY}/branches?protected=true": listed, protection: {"allow_force_pushes": {}}})
    inventory = handler("twinlock:github:BranchProtectionInventory", github)
    inputs = {"repository": "payments"}
    live = inventory.read("payments", inputs)
    assert live == {"repository": "payments", "classicProtections": ["release/1"]}
    assert inventory.diff(live, inputs) == (FieldChange("classicProtections", "release/1", "none"),)
    assert inventory.update("payments", live, inputs) == {"repository": "payments", "classicProtections": []}
    assert github.sent == [("DELETE", protection, None)]


OIDC = "/orgs/acme/actions/oidc/customization"
TOKENS = {"organization": "acme", "claimKeys": ["repo", "context"], "properties": []}


def test_the_form_of_tokens_as_declared_has_no_difference() -> None:
    """What an enterprise includes is not the organization's to leave out."""
    imposed = [{"custom_property_name": "cost", "inclusion_source": "enterprise"}]
    answers = {f"{OIDC}/sub": {"include_claim_keys": ["repo", "context"]}, f"{OIDC}/properties/repo": imposed}
    tokens = handler("twinlock:github:OrganizationOidc", FakeGitHub(answers))
    live = tokens.read("acme", TOKENS)
    assert live == TOKENS
    assert tokens.diff(live, TOKENS) == ()


def test_a_property_in_tokens_and_another_template_are_differences_and_put_back() -> None:
    """The order of claims is part of the subject."""
    included = [{"custom_property_name": "team", "inclusion_source": "organization"}]
    answers = {f"{OIDC}/sub": {"include_claim_keys": ["context", "repo"]}, f"{OIDC}/properties/repo": included}
    github = FakeGitHub(answers)
    tokens = handler("twinlock:github:OrganizationOidc", github)
    live = tokens.read("acme", TOKENS)
    assert live is not None
    assert [change.path for change in tokens.diff(live, TOKENS)] == ["claimKeys", "properties"]
    tokens.update("acme", live, TOKENS)
    assert github.sent == [
        ("PUT", f"{OIDC}/sub", {"include_claim_keys": ["repo", "context"]}),
        ("DELETE", f"{OIDC}/properties/repo/team", None),
    ]


# --- RulesetInventory and EnvironmentInventory -----------------------------------------------------------------------

RULESETS = {"repository": "payments", "rulesets": {"default-branch": "11", "release-tags": "12"}}


def rulesets(listed: list[dict[str, object]]) -> dict[str, object]:
    """Return what a GitHub answers that has these rulesets."""
    whole = {f"{REPOSITORY}/rulesets/{each['id']}": {**each, "bypass_actors": []} for each in listed}
    return {f"{REPOSITORY}/rulesets?includes_parents=false": listed, **whole}


def test_ruleset_beyond_the_declared_ones_is_deleted_even_under_a_declared_name() -> None:
    """Rulesets are told apart by id: a second one of the same name is undeclared."""
    listed = [{"id": 11, "name": "default-branch"}, {"id": 12, "name": "release-tags"}]
    listed += [{"id": 13, "name": "release-tags"}, {"id": 14, "name": "loose"}]
    github = FakeGitHub(rulesets(listed))
    inventory = handler("twinlock:github:RulesetInventory", github)
    live = inventory.read("payments", RULESETS)
    assert live is not None
    assert live["undeclaredRulesets"] == ["loose (14)", "release-tags (13)"]
    assert inventory.diff(live, RULESETS) == (
        FieldChange("undeclaredRulesets", "loose (14), release-tags (13)", "none"),
    )
    inventory.update("payments", live, RULESETS)
    assert github.sent == [
        ("DELETE", f"{REPOSITORY}/rulesets/13", None),
        ("DELETE", f"{REPOSITORY}/rulesets/14", None),
    ]


def test_missing_ruleset_is_not_the_inventory_s_affair() -> None:
    """Its own resource creates it; the inventory only removes."""
    inventory = handler(
        "twinlock:github:RulesetInventory", FakeGitHub(rulesets([{"id": 11, "name": "default-branch"}]))
    )
    live = inventory.read("payments", RULESETS)
    assert live == {
        "repository": "payments",
        "found": [{"name": "default-branch", "id": "11"}],
        "undeclaredRulesets": [],
    }
    assert inventory.diff(live, RULESETS) == ()


def test_a_ruleset_that_hides_who_may_bypass_it_is_an_error_and_not_nobody() -> None:
    """GitHub leaves `bypass_actors` out for an identity without Administration: write."""
    answers = rulesets([{"id": 11, "name": "default-branch"}])
    answers[f"{REPOSITORY}/rulesets/11"] = {"id": 11, "name": "default-branch"}
    with pytest.raises(Incomplete) as refused:
        handler("twinlock:github:RulesetInventory", FakeGitHub(answers)).read("payments", RULESETS)
    assert str(refused.value) == (
        "/repos/acme/payments/rulesets/11 was not read completely.\n"
        "GitHub hides who may bypass it from this identity.\n"
        "Nothing was changed there. Run `twinlock audit`, which says what is hidden or new."
    )


def test_environment_beyond_the_declared_ones_is_deleted() -> None:
    """GitHub makes an unprotected environment of any name that a workflow mentions."""
    inputs = {"repository": "payments", "names": ["production"]}
    listed = {"environments": [{"name": "Production"}, {"name": "prod/eu west"}]}
    github = FakeGitHub({f"{REPOSITORY}/environments": listed})
    inventory = handler("twinlock:github:EnvironmentInventory", github)
    live = inventory.read("payments", inputs)
    assert live is not None
    assert inventory.diff(live, inputs) == (FieldChange("names", "Production, prod/eu west", "production"),)
    inventory.update("payments", live, inputs)
    assert github.sent == [("DELETE", f"{REPOSITORY}/environments/prod%2Feu%20west", None)]


# --- EnvironmentProtection -------------------------------------------------------------------------------------------

ENVIRONMENT = f"{REPOSITORY}/environments/production"
PRODUCTION: dict[str, Any] = {
    "repository": "payments",
    "environment": "production",
    "reviewers": [{"type": "Team", "slug": "payments-releasers"}],
    "preventSelfReview": True,
    "waitTimer": 0,
    "canAdminsBypass": False,
    "protectedBranches": False,
    "branchPolicies": [{"type": "branch", "name": "main"}],
    "gates": ["twinlock-gate"],
}


def environment(
    rules: list[dict[str, object]], policies: list[dict[str, object]], gates: list[dict[str, object]]
) -> FakeGitHub:
    """Return a GitHub with an environment of such rules."""
    body = {
        "name": "production",
        "can_admins_bypass": False,
        "protection_rules": rules,
        "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True},
    }
    return FakeGitHub(
        {
            ENVIRONMENT: body,
            f"{ENVIRONMENT}/deployment-branch-policies": {"branch_policies": policies},
            f"{ENVIRONMENT}/deployment_protection_rules": {"custom_deployment_protection_rules": gates},
            "/orgs/acme/teams/payments-releasers": {"id": 71},
            "/apps/twinlock-gate": {"id": 81},
        }
    )


REVIEWED: list[dict[str, object]] = [
    {
        "type": "required_reviewers",
        "prevent_self_review": True,
        "reviewers": [{"type": "Team", "reviewer": {"id": 71, "slug": "payments-releasers"}}],
    },
    {"type": "branch_policy"},
]
MAIN: dict[str, object] = {"id": 1, "name": "main", "type": "branch"}
GATE: dict[str, object] = {"id": 2, "enabled": True, "app": {"slug": "twinlock-gate"}}


def test_environment_as_declared_has_no_difference() -> None:
    """What GitHub says in three answers is read into the form of the inputs."""
    protection = handler("twinlock:github:EnvironmentProtection", environment(REVIEWED, [MAIN], [GATE]))
    live = protection.read("payments:production", PRODUCTION)
    assert live == PRODUCTION
    assert protection.diff(live, PRODUCTION) == ()


def test_environment_that_lost_reviewers_and_gained_a_policy_is_restored_as_a_whole() -> None:
    """With the last reviewer gone the rule is absent, which the official provider does not see."""
    star: dict[str, object] = {"id": 3, "name": "*", "type": "branch"}
    github = environment([{"type": "branch_policy"}], [MAIN, star], [])
    protection = handler("twinlock:github:EnvironmentProtection", github)
    live = protection.read("payments:production", PRODUCTION)
    assert live is not None
    assert protection.diff(live, PRODUCTION) == (
        FieldChange("reviewers", "none", "payments-releasers Team"),
        FieldChange("preventSelfReview", "false", "true"),
        FieldChange("branchPolicies", "* branch, main branch", "main branch"),
        FieldChange("gates", "none", "twinlock-gate"),
    )
    assert protection.update("payments:production", live, PRODUCTION) == PRODUCTION
    assert github.sent == [
        (
            "PUT",
            ENVIRONMENT,
            {
                "wait_timer": 0,
                "prevent_self_review": True,
                "can_admins_bypass": False,
                "reviewers": [{"type": "Team", "id": 71}],
                "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True},
            },
        ),
        ("DELETE", f"{ENVIRONMENT}/deployment-branch-policies/3", None),
        ("POST", f"{ENVIRONMENT}/deployment_protection_rules", {"integration_id": 81}),
    ]


def test_switched_off_and_foreign_gates_are_removed() -> None:
    """A gate that is not enabled does not count, and another app's is not declared."""
    off = {**GATE, "enabled": False}
    foreign: dict[str, object] = {"id": 9, "enabled": True, "app": {"slug": "other"}}
    github = environment(REVIEWED, [MAIN], [off, foreign])
    protection = handler("twinlock:github:EnvironmentProtection", github)
    live = protection.read("payments:production", PRODUCTION)
    assert live is not None
    assert protection.diff(live, PRODUCTION) == (FieldChange("gates", "other", "twinlock-gate"),)
    protection.update("payments:production", live, PRODUCTION)
    assert github.sent[1:] == [
        ("DELETE", f"{ENVIRONMENT}/deployment_protection_rules/2", None),
        ("DELETE", f"{ENVIRONMENT}/deployment_protection_rules/9", None),
        ("POST", f"{ENVIRONMENT}/deployment_protection_rules", {"integration_id": 81}),
    ]


def test_any_branch_where_a_list_is_declared_is_a_difference() -> None:
    """No policy at all means that every branch deploys."""
    github = environment(REVIEWED, [], [GATE])
    github.answers[ENVIRONMENT] = {**github.answers[ENVIRONMENT], "deployment_branch_policy": None}  # type: ignore[dict-item] # the table holds objects
    protection = handler("twinlock:github:EnvironmentProtection", github)
    live = protection.read("payments:production", PRODUCTION)
    assert live is not None
    # Told as such: what a refresh does not name, an engine takes for as it was declared.
    assert live["branchPolicies"] is None
    assert protection.diff(live, PRODUCTION) == (FieldChange("branchPolicies", "absent", "main branch"),)


def test_environment_that_is_gone_is_none_and_hidden_gates_end_the_run() -> None:
    """404 of the environment is absence; 404 of a list within it is not."""
    assert handler("twinlock:github:EnvironmentProtection", FakeGitHub({})).read("payments:production", {}) is None
    github = environment(REVIEWED, [MAIN], [GATE])
    del github.answers[f"{ENVIRONMENT}/deployment_protection_rules"]
    with pytest.raises(Incomplete, match="deployment_protection_rules was not read completely"):
        handler("twinlock:github:EnvironmentProtection", github).read("payments:production", PRODUCTION)


def test_environment_inputs_that_github_would_refuse_are_named() -> None:
    """GitHub holds six reviewers, and either protected branches or a list."""
    reviewers = [{"type": "Team", "slug": f"team-{number}"} for number in range(7)]
    wrong = {**PRODUCTION, "reviewers": reviewers, "protectedBranches": True, "extra": 1, "waitTimer": -1}
    assert handler("twinlock:github:EnvironmentProtection", FakeGitHub({})).check(wrong) == (
        Failure("waitTimer", "is not a whole number"),
        Failure("extra", "is unknown"),
        Failure("reviewers", "are 7, and GitHub holds 6"),
        Failure("branchPolicies", "cannot stand beside protectedBranches"),
    )


# --- RepositoryAccess ------------------------------------------------------------------------------------------------

ACCESS: dict[str, Any] = {
    "repository": "payments",
    "teams": [{"team": "payments-developers", "permission": "push"}, {"team": "platform", "permission": "push"}],
    "collaborators": [],
    "invitations": [],
    "deployKeys": [],
    "webhooks": [],
}


def access(**lists: object) -> FakeGitHub:
    """Return a GitHub with these ways into the repository, and the declared teams unless said otherwise."""
    declared = [{"slug": "payments-developers", "permission": "push"}, {"slug": "platform", "permission": "push"}]
    paths = {
        "teams": "teams",
        "direct": "collaborators?affiliation=direct",
        "invitations": "invitations",
        "keys": "keys",
        "hooks": "hooks",
    }
    held = {"teams": declared, **lists}
    return FakeGitHub({f"{REPOSITORY}/{path}": held.get(name, []) for name, path in paths.items()})


def test_access_as_declared_has_no_difference() -> None:
    """What GitHub lists is read into the form of the inputs."""
    handled = handler("twinlock:github:RepositoryAccess", access())
    live = handled.read("payments", ACCESS)
    assert live == ACCESS
    assert handled.diff(live, ACCESS) == ()


def test_every_undeclared_way_in_is_removed() -> None:
    """A person, an invitation, a deploy key, a webhook and a foreign team all go; a wrong grant is set right."""
    mallory = {"login": "mallory", "role_name": "admin"}
    github = access(
        teams=[{"slug": "payments-developers", "permission": "admin"}, {"slug": "strangers", "permission": "pull"}],
        direct=[mallory],
        invitations=[{"id": 4, "permissions": "write", "invitee": {"login": "eve"}}],
        keys=[{"id": 5, "title": "laptop", "read_only": False}],
        hooks=[{"id": 6, "config": {"url": "https://evil.example"}}],
    )
    handled = handler("twinlock:github:RepositoryAccess", github)
    live = handled.read("payments", ACCESS)
    assert live is not None
    assert handled.diff(live, ACCESS) == (
        FieldChange("teams", "admin payments-developers, pull strangers", "push payments-developers, push platform"),
        FieldChange("collaborators", "mallory admin", "none"),
        FieldChange("invitations", "eve push", "none"),
        FieldChange("deployKeys", "laptop (write)", "none"),
        FieldChange("webhooks", "https://evil.example", "none"),
    )
    handled.update("payments", live, ACCESS)
    assert github.sent == [
        ("DELETE", f"/orgs/acme/teams/strangers{REPOSITORY}", None),
        ("DELETE", f"{REPOSITORY}/collaborators/mallory", None),
        ("DELETE", f"{REPOSITORY}/invitations/4", None),
        ("DELETE", f"{REPOSITORY}/keys/5", None),
        ("DELETE", f"{REPOSITORY}/hooks/6", None),
        ("PUT", f"/orgs/acme/teams/payments-developers{REPOSITORY}", {"permission": "push"}),
        ("PUT", f"/orgs/acme/teams/platform{REPOSITORY}", {"permission": "push"}),
    ]


def test_what_may_stand_is_left_alone_and_its_absence_is_no_difference() -> None:
    """Deploy keys, webhooks and invitations are listed so that they may stand; none is made from here."""
    inputs = {**ACCESS, "deployKeys": ["mirror"], "webhooks": ["https://hook.example"]}
    inputs["invitations"] = [{"login": "Zoe", "permission": "pull"}]
    standing = access(
        keys=[{"id": 5, "title": "mirror", "read_only": True}],
        hooks=[{"id": 6, "config": {"url": "https://hook.example"}}],
        invitations=[{"id": 4, "permissions": "read", "invitee": {"login": "zoe"}}],
    )
    for github in (standing, access()):
        handled = handler("twinlock:github:RepositoryAccess", github)
        live = handled.read("payments", inputs)
        assert live is not None
        assert handled.diff(live, inputs) == ()
        handled.update("payments", live, inputs)
        assert github.sent == []


def test_declared_collaborator_whose_invitation_is_open_is_not_invited_again() -> None:
    """GitHub answers a grant to a stranger with an invitation, which is its own state."""
    inputs = {**ACCESS, "collaborators": [{"login": "Zoe", "permission": "pull"}]}
    github = access(invitations=[{"id": 4, "permissions": "read", "invitee": {"login": "zoe"}}])
    handled = handler("twinlock:github:RepositoryAccess", github)
    live = handled.read("payments", inputs)
    assert live is not None
    assert handled.diff(live, inputs) == ()
    handled.update("payments", live, inputs)
    assert github.sent == []


def test_permission_that_github_does_not_have_is_refused() -> None:
    """A typing error in a permission must not become another permission."""
    inputs = {**ACCESS, "teams": [{"team": "platform", "permission": "own"}]}
    checked = handler("twinlock:github:RepositoryAccess", access()).check(inputs)
    assert checked == (Failure("teams", "holds the permission 'own', which GitHub does not have"),)


# --- OidcSubject -----------------------------------------------------------------------------------------------------

SUBJECT = {"repository": "payments", "useDefault": True, "useImmutableSubject": True}


def subject(**form: object) -> FakeGitHub:
    """Return a GitHub whose repository's subjects have that form."""
    return FakeGitHub(
        {
            REPOSITORY: {"id": 1001, "name": "payments", "owner": {"login": "acme", "id": 7}},
            f"{REPOSITORY}/actions/oidc/customization/sub": form,
        }
    )


def test_reported_prefix_is_an_output_before_the_flag_is_believed() -> None:
    """The flag has been seen false on subjects that carry ids, so what GitHub reports counts."""
    github = subject(use_default=True, use_immutable_subject=True, sub_claim_prefix="repo:acme@7/payments@1001")
    handled = handler("twinlock:github:OidcSubject", github)
    live = handled.read("payments", SUBJECT)
    assert live == {**SUBJECT, "subjectPrefix": "repo:acme@7/payments@1001"}
    assert handled.diff(live, SUBJECT) == ()
    assert handled.create(SUBJECT).outputs == live
    assert github.sent == [
        (
            "PUT",
            f"{REPOSITORY}/actions/oidc/customization/sub",
            {"use_default": True, "use_immutable_subject": True},
        )
    ]


def test_flipped_flag_is_a_difference() -> None:
    """A subject by name alone survives the deletion and re-creation of the repository."""
    handled = handler("twinlock:github:OidcSubject", subject(use_default=True, use_immutable_subject=False))
    live = handled.read("payments", SUBJECT)
    assert live is not None
    assert live["subjectPrefix"] == "repo:acme/payments"
    assert handled.diff(live, SUBJECT) == (FieldChange("useImmutableSubject", "false", "true"),)


def test_customised_subject_is_refused() -> None:
    """Trust policies rely on GitHub's own form."""
    checked = handler("twinlock:github:OidcSubject", FakeGitHub({})).check({**SUBJECT, "useDefault": False})
    assert checked == (Failure("useDefault", "must be true: trust policies rely on GitHub's own form"),)


# --- All of them -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("type_", [type_ for type_ in HANDLERS if type_.startswith("twinlock:github:")])
def test_handler_without_github_says_so(type_: str) -> None:
    """A resource under the wrong provider ends with a reason, not with an attribute error."""
    with pytest.raises(Incomplete) as raised:
        HANDLERS[type_](Clients())
    assert str(raised.value) == (
        "GitHub was not reached.\n"
        "The resource's provider has no connection to it.\n"
        "Declare the resource with the GitHub provider of its program."
    )
