"""Environments, access, Actions settings, teams, OIDC subjects and repositories between GitHub's JSON and the model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock.github import access, actions, environment, oidc, repository, team
from twinlock.github.directory import Directory
from twinlock.model.access import Access, Grant, Permission
from twinlock.model.actions import AccessLevel, ActionsPolicy, TokenPermission
from twinlock.model.environment import BranchPolicy, Environment, Reviewer
from twinlock.model.live import RepositoryIdentity
from twinlock.model.observed import Seen, Unread
from twinlock.model.organization import Team
from twinlock.model.repository import Visibility

if TYPE_CHECKING:
    from tests.unit.conftest import Nouns

NOT_UNDERSTOOD = "GitHub's answer was not understood: "
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def _environment(**changes: object) -> dict[str, Any]:
    """Return an environment as GitHub reports it."""
    return {
        "id": 1,
        "node_id": "EN_x",
        "name": "production",
        "url": "u",
        "html_url": "h",
        "created_at": "t",
        "updated_at": "t",
        "can_admins_bypass": False,
        "protection_rules": [
            {"id": 1, "node_id": "GA_1", "type": "wait_timer", "wait_timer": 30},
            {
                "id": 2,
                "node_id": "GA_2",
                "type": "required_reviewers",
                "prevent_self_review": True,
                "reviewers": [
                    {"type": "Team", "reviewer": {"id": 5, "slug": "payments-releasers", "name": "x"}},
                    {"type": "User", "reviewer": {"id": 12, "login": "rita"}},
                ],
            },
            {"id": 3, "node_id": "GA_3", "type": "branch_policy"},
        ],
        "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True},
    } | changes


POLICIES = [{"id": 1, "node_id": "x", "name": "main", "type": "branch"}]
GATES = [
    {
        "id": 1,
        "node_id": "x",
        "enabled": True,
        "app": {"id": 91, "slug": "gate-app", "integration_url": "u", "node_id": "x"},
    }
]
FULL = Environment(
    name="production",
    reviewers=frozenset({Reviewer("Team", "payments-releasers"), Reviewer("User", "rita")}),
    prevent_self_review=True,
    wait_minutes=30,
    admins_bypass=False,
    protected_branches_only=False,
    branches=frozenset({BranchPolicy("branch", "main")}),
    gates=frozenset({"gate-app"}),
)


def test_an_environment_is_decoded_from_three_answers() -> None:
    """Rules, branch policies and gates make one environment."""
    assert environment.decode(_environment(), POLICIES, GATES) == Seen(FULL)


def test_without_reviewers_the_whole_rule_is_missing() -> None:
    """GitHub drops the rule with its last reviewer: then nobody approves, and self-review is not prevented."""
    bare = environment.decode(_environment(protection_rules=[], deployment_branch_policy=None), [], [])
    assert bare == Seen(
        replace(
            FULL, reviewers=frozenset(), prevent_self_review=False, wait_minutes=0, branches=None, gates=frozenset()
        )
    )


def test_protected_branches_and_a_disabled_gate() -> None:
    """The policy `protected branches` has no list; a gate that is switched off does not count."""
    policy = {"protected_branches": True, "custom_branch_policies": False}
    found = environment.decode(_environment(deployment_branch_policy=policy), [], [GATES[0] | {"enabled": False}])
    assert found == Seen(replace(FULL, protected_branches_only=True, branches=None, gates=frozenset()))


def test_what_nobody_models_of_an_environment_is_reported() -> None:
    """New rules and fields are named by their path."""
    rules = [{"id": 1, "type": "moon_phase"}]
    found = environment.decode(_environment(protection_rules=rules, new=1), [POLICIES[0] | {"until": 1}], GATES)
    assert isinstance(found, Seen)
    assert found.unmodelled == ("branch_policies[].until", "new", "protection_rules[moon_phase]")


@pytest.mark.parametrize(
    ("changes", "policies", "gates", "reason"),
    [
        ({"can_admins_bypass": None}, POLICIES, GATES, "can_admins_bypass is missing"),
        ({"protection_rules": 3}, POLICIES, GATES, "protection_rules is not a list"),
        ({}, None, GATES, "branch_policies is not a list"),
        ({}, POLICIES, {}, "custom_deployment_protection_rules is not a list"),
    ],
)
def test_a_malformed_environment_is_unread(changes: Any, policies: object, gates: object, reason: str) -> None:  # noqa: ANN401 - JSON
    """A part of another shape leaves the environment unread under its name."""
    found = environment.decode(_environment(**changes), policies, gates)
    assert found == Unread(NOT_UNDERSTOOD + reason, "production")


def test_an_environment_is_encoded_with_every_setting() -> None:
    """The body is explicit about what GitHub would default unsafely, and lists are sorted."""
    directory = Directory("acme", teams={"payments-releasers": 5}, users={"rita": 12})
    assert environment.encode(FULL, directory) == {
        "wait_timer": 30,
        "prevent_self_review": True,
        "can_admins_bypass": False,
        "reviewers": [{"type": "Team", "id": 5}, {"type": "User", "id": 12}],
        "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True},
    }
    assert environment.encode_policies(FULL) == [{"name": "main", "type": "branch"}]
    anywhere = replace(FULL, branches=None)
    assert environment.encode(anywhere, directory)["deployment_branch_policy"] is None


def _lists(**changes: object) -> access.Lists:
    """Return GitHub's lists about a repository."""
    return access.Lists(
        **(
            {
                "teams": [{"slug": "testers", "permission": "push", "permissions": {"push": True, "pull": True}}],
                "collaborators": [
                    {"login": "rita", "role_name": "read"},
                    {"login": "mallory", "role_name": "custom", "permissions": {"pull": True, "admin": True}},
                ],
                "invitations": [{"invitee": {"login": "guest"}, "permissions": "write"}],
                "keys": [{"title": "mirror", "read_only": True}, {"title": "bot", "read_only": False}],
                "hooks": [{"config": {"url": "https://chat.acme.example"}}],
            }
            | changes
        )
    )


def test_access_is_decoded_from_five_lists() -> None:
    """Everybody who may reach a repository is listed with what they may do."""
    assert access.decode(_lists()) == Seen(
        Access(
            teams=frozenset({Grant("testers", Permission.PUSH)}),
            collaborators=frozenset({Grant("rita", Permission.PULL), Grant("mallory", Permission.ADMIN)}),
            invitations=frozenset({Grant("guest", Permission.PUSH)}),
            deploy_keys=frozenset({"mirror", "bot (write)"}),
            webhooks=frozenset({"https://chat.acme.example"}),
        ),
        ("role custom of mallory",),
    )


def test_a_custom_role_is_not_taken_for_its_base() -> None:
    """A custom role may add what no base has, such as bypassing protections, so its base proves nothing."""
    team = {"slug": "testers", "permission": "bypasser", "permissions": {"push": True, "pull": True}}
    found = access.decode(_lists(teams=[team], collaborators=[]))
    assert isinstance(found, Seen)
    assert found.value.teams == {Grant("testers", Permission.PUSH)}
    assert found.unmodelled == ("role bypasser of testers",)


def test_an_invitation_to_a_custom_role_counts_as_the_worst() -> None:
    """What a custom role may do is not said, so an invitation to it counts as one to administer."""
    found = access.decode(_lists(invitations=[{"invitee": None, "email": "x@acme.example", "permissions": "custom"}]))
    assert isinstance(found, Seen)
    assert found.value.invitations == {Grant("x@acme.example", Permission.ADMIN)}


@pytest.mark.parametrize("name", ["teams", "collaborators", "invitations", "keys", "hooks"])
def test_a_malformed_list_leaves_access_unread(name: str) -> None:
    """One list of another shape is enough for not knowing."""
    answers: tuple[object, ...] = (None, {}, [3])
    for bad in answers:
        assert isinstance(access.decode(_lists(**{name: bad})), Unread)


def test_a_grant_without_a_permission_is_unread() -> None:
    """Somebody whose permission is not said is not passed over."""
    found = access.decode(_lists(collaborators=[{"login": "rita"}]))
    assert found == Unread(NOT_UNDERSTOOD + "what rita may do is missing")


PERMISSIONS = {
    "enabled": True,
    "allowed_actions": "selected",
    "selected_actions_url": "u",
    "sha_pinning_required": True,
}
SELECTED = {"github_owned_allowed": False, "verified_allowed": False, "patterns_allowed": ["acme/*"]}
WORKFLOW = {"default_workflow_permissions": "read", "can_approve_pull_request_reviews": False}


def test_actions_settings_are_decoded_from_four_answers(nouns: Nouns) -> None:
    """A repository's settings come from four answers, an organization's from three."""
    assert actions.decode(PERMISSIONS, SELECTED, WORKFLOW, {"access_level": "none"}) == Seen(nouns.actions)
    organization = {"enabled_repositories": "all", **{k: v for k, v in PERMISSIONS.items() if k != "enabled"}}
    assert actions.decode(organization, SELECTED, WORKFLOW, None) == Seen(nouns.actions)
    some = actions.decode(organization | {"enabled_repositories": "selected"}, SELECTED, WORKFLOW, None)
    assert isinstance(some, Seen)
    assert not some.value.enabled


def test_all_actions_include_every_kind() -> None:
    """With `all`, GitHub's own and verified creators' actions are allowed too, and no list is read."""
    found = actions.decode(PERMISSIONS | {"allowed_actions": "all"}, None, WORKFLOW, {"access_level": "organization"})
    assert found == Seen(
        ActionsPolicy(
            enabled=True,
            allowed_actions="all",
            github_owned=True,
            verified=True,
            patterns=frozenset(),
            sha_pinning=True,
            token=TokenPermission.READ,
            approve_pull_requests=False,
            access_level=AccessLevel.ORGANIZATION,
        )
    )


def test_disabled_actions_name_no_allowed_actions() -> None:
    """Where Actions are off GitHub leaves the other settings out."""
    found = actions.decode({"enabled": False, "sha_pinning_required": False}, None, WORKFLOW, None)
    assert isinstance(found, Seen)
    assert (found.value.enabled, found.value.allowed_actions) == (False, "none")


def test_actions_settings_survive_the_round_trip(nouns: Nouns) -> None:
    """The bodies of the requests, read back, are the settings they were made from."""
    bodies = (
        actions.encode_permissions(nouns.actions),
        actions.encode_selected(nouns.actions),
        actions.encode_workflow(nouns.actions),
        actions.encode_access(nouns.actions),
    )
    assert actions.decode(*bodies) == Seen(nouns.actions)
    assert actions.encode_permissions(nouns.actions, organization=True) == {
        "enabled_repositories": "all",
        "allowed_actions": "selected",
        "sha_pinning_required": True,
    }
    assert actions.encode_permissions(replace(nouns.actions, enabled=False)) == {
        "enabled": False,
        "sha_pinning_required": True,
    }


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (({}, None, WORKFLOW, None), "enabled_repositories is missing"),
        ((PERMISSIONS, None, WORKFLOW, None), "selected-actions is not an object"),
        ((PERMISSIONS, SELECTED, None, None), "workflow is not an object"),
        (
            (PERMISSIONS, SELECTED, WORKFLOW | {"default_workflow_permissions": "all"}, None),
            "workflow.default_workflow_permissions is 'all', which is unknown",
        ),
        ((PERMISSIONS, SELECTED, WORKFLOW, {"access_level": "all"}), "access.access_level is 'all', which is unknown"),
    ],
)
def test_malformed_actions_settings_are_unread(answers: tuple[Any, Any, Any, Any], reason: str) -> None:
    """One answer of another shape leaves the settings unread."""
    assert actions.decode(*answers) == Unread(NOT_UNDERSTOOD + reason)


def test_unmodelled_actions_settings_are_reported() -> None:
    """A new switch in any of the answers is named."""
    found = actions.decode(PERMISSIONS | {"new": 1}, SELECTED | {"more": 1}, WORKFLOW, None)
    assert isinstance(found, Seen)
    assert found.unmodelled == ("new", "selected-actions.more")


TEAM = {
    "id": 5,
    "slug": "testers",
    "name": "testers",
    "description": None,
    "privacy": "closed",
    "parent": {"slug": "people", "id": 4},
    "permission": "pull",
}


def test_a_team_is_decoded_with_its_people() -> None:
    """Maintainers are members too; an invitation by address counts by the address."""
    invited = [{"login": None, "email": "x@acme.example"}, {"login": "tom"}]
    assert team.decode(TEAM, [{"login": "tess"}], [{"login": "lead"}], invited) == Seen(
        Team(
            slug="testers",
            description="",
            privacy="closed",
            members=frozenset({"tess", "lead"}),
            invited=frozenset({"x@acme.example", "tom"}),
            parent="people",
            maintainers=frozenset({"lead"}),
        )
    )


def test_a_malformed_team_is_unread_under_its_slug() -> None:
    """A list of another shape leaves the team unread; a new field is reported; an enterprise's team is too."""
    assert team.decode(TEAM, None, [], []) == Unread(NOT_UNDERSTOOD + "members is not a list", "testers")
    found = team.decode(TEAM | {"new": 1, "type": "enterprise"}, [], [], [])
    assert isinstance(found, Seen)
    assert found.unmodelled == ("new", "type")


def test_a_team_is_encoded(nouns: Nouns) -> None:
    """The body is explicit about privacy and parent."""
    assert team.encode(nouns.team, None) == {
        "name": "payments-testers",
        "description": "Duty: tester.",
        "privacy": "closed",
        "parent_team_id": None,
    }


REPOSITORY = {
    "id": 1001,
    "name": "payments",
    "owner": {"id": 7, "login": "acme"},
    "visibility": "private",
    "default_branch": "main",
    "archived": False,
    "allow_merge_commit": False,
    "allow_rebase_merge": False,
    "allow_squash_merge": True,
    "allow_auto_merge": False,
    "allow_forking": False,
    "stargazers_count": 0,
}


@pytest.mark.parametrize(
    ("subject", "prefix"),
    [
        ({"use_default": True, "sub_claim_prefix": "repo:acme@7/payments@1001"}, "repo:acme@7/payments@1001"),
        (
            {"use_default": True, "use_immutable_subject": False, "sub_claim_prefix": "repo:acme@7/payments@1001"},
            "repo:acme@7/payments@1001",
        ),
        ({"use_default": True, "use_immutable_subject": True}, "repo:acme@7/payments@1001"),
        ({"use_default": True}, "repo:acme/payments"),
    ],
)
def test_the_reported_prefix_is_trusted_before_the_flag(subject: dict[str, Any], prefix: str) -> None:
    """The flag has been seen false where the prefix carries ids; without a prefix the flag decides."""
    assert repository.decode_identity(REPOSITORY, oidc.decode(subject)) == Seen(
        RepositoryIdentity(1001, 7, "payments", prefix)
    )


def test_a_customised_subject_is_reported() -> None:
    """Other claims than GitHub's own make the subject something the roles do not expect."""
    custom = oidc.decode({"use_default": False, "include_claim_keys": ["repo", "actor"], "new": 1})
    assert isinstance(custom, Seen)
    assert custom.value.claim_keys == ("repo", "actor")
    found = repository.decode_identity(REPOSITORY, custom)
    assert isinstance(found, Seen)
    assert found.unmodelled == ("oidc.new",)
    assert found.value.customised
    assert oidc.encode(custom.value) == {
        "use_default": False,
        "use_immutable_subject": False,
        "include_claim_keys": ["repo", "actor"],
    }


def test_an_unread_subject_leaves_the_identity_unread() -> None:
    """Without the subject nobody knows what AWS will see."""
    assert repository.decode_identity(REPOSITORY, Unread("403")) == Unread("403")
    assert repository.decode_identity({}, oidc.decode({"use_default": True})) == Unread(
        NOT_UNDERSTOOD + "owner is missing"
    )


def test_settings_are_decoded_and_encoded(nouns: Nouns) -> None:
    """The settings that bear on a guarantee go both ways; hidden ones leave all unread."""
    assert repository.decode_settings(REPOSITORY) == Seen(nouns.settings)
    assert repository.encode_settings(nouns.settings) == {
        "default_branch": "main",
        "archived": False,
        "allow_merge_commit": False,
        "allow_rebase_merge": False,
        "allow_squash_merge": True,
        "allow_auto_merge": False,
        "allow_forking": False,
    }
    public = repository.decode_settings(REPOSITORY | {"visibility": "public"})
    assert isinstance(public, Seen)
    assert public.value.visibility is Visibility.PUBLIC
    hidden = {name: value for name, value in REPOSITORY.items() if name != "allow_auto_merge"}
    assert repository.decode_settings(hidden) == Unread(NOT_UNDERSTOOD + "allow_auto_merge is missing")
    assert repository.decode_settings(REPOSITORY | {"visibility": "odd"}) == Unread(
        NOT_UNDERSTOOD + "visibility is 'odd', which is unknown"
    )


@given(JSON, JSON, JSON, JSON)
def test_arbitrary_json_never_raises(one: object, two: object, three: object, four: object) -> None:
    """Whatever GitHub sends, each decoder gives a value or a reason."""
    found = (
        environment.decode(one, two, three),
        access.decode(access.Lists(one, two, three, four, one)),
        actions.decode(one, two, three, four),
        team.decode(one, two, three, four),
        oidc.decode(one),
        repository.decode_identity(one, oidc.decode(two)),
        repository.decode_settings(one),
    )
    assert all(isinstance(each, Seen | Unread) for each in found)
    assert environment.has_policies(one) in {True, False}
    assert actions.is_selected(one) in {True, False}
