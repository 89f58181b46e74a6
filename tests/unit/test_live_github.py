"""The reader of an organization: what is there, all of it, and what could not be read."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from twinlock.errors import Incomplete
from twinlock.github import actions, environment, ruleset
from twinlock.github.client import Answer
from twinlock.github.directory import Directory
from twinlock.live.github import GitHubOrganization
from twinlock.model.access import Access, Grant, Permission
from twinlock.model.code_owners import CodeOwners, OwnerRule
from twinlock.model.live import LiveRepository, RepositoryIdentity
from twinlock.model.observed import Absent, Seen, Unread
from twinlock.model.organization import Team

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.unit.conftest import Nouns

REPO = "/repos/acme/payments"
DIRECTORY = Directory(
    "acme",
    teams={"payments-reviewers": 5, "payments-releasers": 6},
    apps={"gate-app": 91, "releaser": 92},
    users={"olga": 1, "rita": 2},
)


@dataclass
class FakeGitHub:
    """A GitHub of prepared answers; what is not prepared does not exist.

    Attributes:
        answers: Path, with its parameters where they matter, to the answer or its body.
        asked: The paths that were read.
    """

    answers: dict[str, object]
    asked: list[str] = field(default_factory=list)

    @property
    def calls(self) -> int:
        """How many requests were made."""
        return len(self.asked)

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Return a prepared answer."""
        self.asked.append(path)
        query = "&".join(f"{name}={value}" for name, value in sorted((params or {}).items()))
        found = self.answers.get(f"{path}?{query}", self.answers.get(path, Answer(404, body={"message": "Not Found"})))
        if isinstance(found, Exception):
            raise found
        return found if isinstance(found, Answer) else Answer(200, body=found)

    def get_all(self, path: str, params: Mapping[str, str] | None = None, *, key: str | None = None) -> Answer:
        """Return a prepared list."""
        answer = self.get(path, params)
        body = answer.body.get(key) if key is not None and isinstance(answer.body, dict) and answer.ok else answer.body
        return Answer(answer.status, answer.headers, body)


@pytest.fixture
def answers(nouns: Nouns) -> dict[str, object]:
    """Everything GitHub says about a small organization."""
    branch = ruleset.encode(nouns.branch_ruleset, DIRECTORY)
    slugs = {"payments-reviewers": 5, "payments-releasers": 6}
    production: dict[str, Any] = {
        "name": "production",
        "can_admins_bypass": False,
        "protection_rules": [
            {"type": "wait_timer", "wait_timer": 5},
            {
                "type": "required_reviewers",
                "prevent_self_review": True,
                "reviewers": [{"type": "Team", "reviewer": {"slug": "payments-releasers"}}],
            },
        ],
        "deployment_branch_policy": environment.encode(nouns.environment, DIRECTORY)["deployment_branch_policy"],
    }
    team = {slug: {"id": number, "slug": slug, "privacy": "closed"} for slug, number in slugs.items()}
    empty: dict[str, object] = {
        f"/orgs/acme/teams/{slug}/{part}": [] for slug in slugs for part in ("members", "invitations")
    }
    organization = actions.encode_permissions(nouns.actions, organization=True)
    return empty | {
        "/orgs/acme/teams": list(team.values()),
        "/orgs/acme/teams/payments-reviewers/members?role=member": [{"login": "rita"}],
        "/orgs/acme/members": [{"login": "olga", "id": 1}, {"login": "rita", "id": 2}],
        "/orgs/acme/members?role=admin": [{"login": "olga", "id": 1}],
        "/orgs/acme/installations": {
            "installations": [{"app_slug": "gate-app", "app_id": 91}, {"app_slug": "releaser", "app_id": 92}]
        },
        "/orgs/acme/actions/permissions": organization,
        "/orgs/acme/actions/permissions/selected-actions": actions.encode_selected(nouns.actions),
        "/orgs/acme/actions/permissions/workflow": actions.encode_workflow(nouns.actions),
        REPO: {
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
        },
        f"{REPO}/actions/oidc/customization/sub": {
            "use_default": True,
            "use_immutable_subject": True,
            "sub_claim_prefix": "repo:acme@7/payments@1001",
        },
        f"{REPO}/rulesets?includes_parents=false": [{"id": 42, "name": "default-branch"}],
        f"{REPO}/rulesets/42?includes_parents=false": branch,
        f"{REPO}/environments": {"environments": [production]},
        f"{REPO}/environments/production/deployment-branch-policies": {
            "branch_policies": environment.encode_policies(nouns.environment)
        },
        f"{REPO}/environments/production/deployment_protection_rules": {
            "custom_deployment_protection_rules": [{"enabled": True, "app": {"slug": "gate-app"}}]
        },
        f"{REPO}/teams": [{"slug": "payments-reviewers", "permission": "push"}],
        f"{REPO}/collaborators?affiliation=direct": [],
        f"{REPO}/collaborators?affiliation=outside": [{"login": "mallory", "role_name": "admin"}],
        f"{REPO}/invitations": [],
        f"{REPO}/keys": [],
        f"{REPO}/hooks": [],
        f"{REPO}/actions/permissions": actions.encode_permissions(nouns.actions),
        f"{REPO}/actions/permissions/selected-actions": actions.encode_selected(nouns.actions),
        f"{REPO}/actions/permissions/workflow": actions.encode_workflow(nouns.actions),
        f"{REPO}/actions/permissions/access": actions.encode_access(nouns.actions),
        f"{REPO}/contents/CODEOWNERS": {
            "type": "file",
            "encoding": "base64",
            "content": base64.b64encode(b"* @acme/payments-reviewers\n").decode(),
        },
    }


def _repository(answers: dict[str, object]) -> LiveRepository:
    return GitHubOrganization("acme", FakeGitHub(answers)).repository("payments")


def test_a_repository_is_read_whole(answers: dict[str, object], nouns: Nouns) -> None:
    """Every part of a repository is read and decoded, ids as names."""
    assert _repository(answers) == LiveRepository(
        identity=Seen(RepositoryIdentity(1001, 7, "payments", "repo:acme@7/payments@1001")),
        settings=Seen(nouns.settings),
        rulesets=Seen((Seen(nouns.branch_ruleset),)),
        environments=Seen((Seen(nouns.environment),)),
        access=Seen(
            Access(
                teams=frozenset({Grant("payments-reviewers", Permission.PUSH)}),
                collaborators=frozenset({Grant("mallory", Permission.ADMIN)}),
                invitations=frozenset(),
                deploy_keys=frozenset(),
                webhooks=frozenset(),
            )
        ),
        actions=Seen(nouns.actions),
        code_owners=Seen(CodeOwners((OwnerRule("*", ("payments-reviewers",)),))),
    )


def test_the_organization_is_read_whole(answers: dict[str, object], nouns: Nouns) -> None:
    """Owners, every team with its people, and the Actions settings."""
    live = GitHubOrganization("acme", FakeGitHub(answers)).organization()
    reviewers = Team("payments-reviewers", "", "closed", frozenset({"rita"}), frozenset(), None)
    releasers = Team("payments-releasers", "", "closed", frozenset(), frozenset(), None)
    assert live.owners == Seen(frozenset({"olga"}))
    assert live.teams == Seen((Seen(reviewers), Seen(releasers)))
    assert live.actions == Seen(nouns.actions)


def test_the_directory_is_read_once(answers: dict[str, object]) -> None:
    """Ids are resolved by three lists, however many repositories are read."""
    client = FakeGitHub(answers)
    reader = GitHubOrganization("acme", client)
    reader.organization()
    before = client.asked.count("/orgs/acme/installations")
    reader.repository("payments")
    assert (before, client.asked.count("/orgs/acme/installations")) == (1, 1)
    assert reader.directory == Seen(DIRECTORY)


def test_a_missing_repository_is_absent() -> None:
    """404 on the repository itself: it does not exist for this identity."""
    missing = Absent()
    assert _repository({}) == LiveRepository(missing, missing, missing, missing, missing, missing, missing)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(403, body={"message": "No\naccess"}), "acme/payments: hidden from this identity (403 No access)"),
        (Answer(301), "acme/payments: GitHub says that it moved, so what has the declared name is something else"),
        (Answer(429), "acme/payments: the rate limit is used up"),
        (Answer(403, {"x-ratelimit-remaining": "0"}), "acme/payments: the rate limit is used up"),
        (Answer(502), "acme/payments: GitHub answered 502"),
    ],
)
def test_a_refused_repository_is_unread(answer: Answer, reason: str) -> None:
    """Anything but success and 404 leaves every part unread, with the reason."""
    unread = Unread(reason)
    assert _repository({REPO: answer}) == LiveRepository(unread, unread, unread, unread, unread, unread, unread)


@pytest.mark.parametrize(
    ("path", "part", "what"),
    [
        (f"{REPO}/actions/oidc/customization/sub", "identity", "OIDC subject"),
        (f"{REPO}/rulesets?includes_parents=false", "rulesets", "rulesets"),
        ("/orgs/acme/installations", "rulesets", "installed apps"),
        ("/orgs/acme/teams", "rulesets", "teams"),
        ("/orgs/acme/members", "rulesets", "members"),
        (f"{REPO}/environments", "environments", "environments"),
        (f"{REPO}/teams", "access", "teams"),
        (f"{REPO}/collaborators?affiliation=direct", "access", "collaborators"),
        (f"{REPO}/collaborators?affiliation=outside", "access", "outside collaborators"),
        (f"{REPO}/invitations", "access", "invitations"),
        (f"{REPO}/keys", "access", "deploy keys"),
        (f"{REPO}/hooks", "access", "webhooks"),
        (f"{REPO}/actions/permissions", "actions", "Actions settings (permissions)"),
        (f"{REPO}/actions/permissions/selected-actions", "actions", "Actions settings (selected-actions)"),
        (f"{REPO}/actions/permissions/workflow", "actions", "Actions settings (workflow)"),
        (f"{REPO}/actions/permissions/access", "actions", "Actions settings (access)"),
    ],
)
@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_hidden_part_is_unread_never_empty(
    answers: dict[str, object], path: str, part: str, what: str, status: int
) -> None:
    """Each refused answer leaves its part unread, and the others as they were; 404 hides here."""
    whole = _repository(answers)
    found = _repository(answers | {path: Answer(status, body={"message": "no"})})
    detail = f"hidden from this identity ({status} no)" if status != 500 else "GitHub answered 500"
    assert getattr(found, part) == Unread(f"{what}: {detail}")
    others = {name for name in LiveRepository.__slots__ if name != part}
    assert all(getattr(found, name) == getattr(whole, name) for name in others)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            f"{REPO}/environments/production/deployment-branch-policies",
            "branch policies of production: hidden from this identity (403)",
        ),
        (
            f"{REPO}/environments/production/deployment_protection_rules",
            "deployment protection rules of production: hidden from this identity (403)",
        ),
    ],
)
def test_a_hidden_part_of_an_environment_leaves_it_unread(answers: dict[str, object], path: str, expected: str) -> None:
    """Without its branch policies or gates an environment is unread under its name."""
    assert _repository(answers | {path: Answer(403)}).environments == Seen((Unread(expected, "production"),))


def test_a_ruleset_is_unread_by_itself(answers: dict[str, object]) -> None:
    """One refused ruleset is unread under its name: a listed one is not absent, it is hidden."""
    one = f"{REPO}/rulesets/42?includes_parents=false"
    assert _repository(answers | {one: Answer(502)}).rulesets == Seen(
        (Unread("ruleset default-branch: GitHub answered 502", "default-branch"),)
    )
    assert _repository(answers | {one: Answer(404)}).rulesets == Seen(
        (Unread("ruleset default-branch: hidden from this identity (404)", "default-branch"),)
    )


@pytest.mark.parametrize(
    ("path", "part", "missing"),
    [
        (f"{REPO}/rulesets?includes_parents=false", "rulesets", "name"),
        (f"{REPO}/environments", "environments", "name"),
    ],
)
def test_an_element_without_a_name_is_unread_not_dropped(
    answers: dict[str, object], path: str, part: str, missing: str
) -> None:
    """Something that is listed but not understood must not be taken for nothing."""
    nameless: object = {"environments": [{}]} if part == "environments" else [{}]
    assert getattr(_repository(answers | {path: nameless}), part) == Seen(
        (Unread(f"GitHub's answer was not understood: {missing} is missing"),)
    )


def test_a_public_repository_has_no_access_level(answers: dict[str, object]) -> None:
    """GitHub knows the access level of private repositories alone."""
    raw = answers[REPO]
    assert isinstance(raw, dict)
    client = FakeGitHub(answers | {REPO: raw | {"visibility": "public"}})
    assert isinstance(GitHubOrganization("acme", client).repository("payments").actions, Seen)
    assert f"{REPO}/actions/permissions/access" not in client.asked


def test_code_owners_come_from_the_first_location(answers: dict[str, object]) -> None:
    """`.github` wins over the root; without any file there is none; a refused one is unread."""
    first = {"type": "file", "encoding": "base64", "content": base64.b64encode(b"* @acme/x\n").decode()}
    found = _repository(answers | {f"{REPO}/contents/.github/CODEOWNERS": first}).code_owners
    assert found == Seen(CodeOwners((OwnerRule("*", ("x",)),)))
    assert _repository(answers | {f"{REPO}/contents/CODEOWNERS": Answer(404)}).code_owners == Absent()
    assert _repository(answers | {f"{REPO}/contents/CODEOWNERS": Answer(403)}).code_owners == Unread(
        "CODEOWNERS: hidden from this identity (403)"
    )


def test_what_is_hidden_of_the_organization_is_unread(answers: dict[str, object]) -> None:
    """Owners, a team's lists and the list of teams are each unread where refused."""

    def read(path: str, answer: object = Answer(403)) -> GitHubOrganization:
        return GitHubOrganization("acme", FakeGitHub(answers | {path: answer}))

    assert read("/orgs/acme/members?role=admin").organization().owners == Unread(
        "owners: hidden from this identity (403)"
    )
    assert read("/orgs/acme/members?role=admin", [3]).organization().owners == Unread(
        "GitHub's answer was not understood: the answer is not an object"
    )
    teams = read("/orgs/acme/teams/payments-reviewers/invitations").organization().teams
    assert isinstance(teams, Seen)
    assert teams.value[0] == Unread(
        "invitations to payments-reviewers: hidden from this identity (403)", "payments-reviewers"
    )
    assert read("/orgs/acme/teams").organization().teams == Unread("teams: hidden from this identity (403)")
    assert read("/orgs/acme/teams", {"x": 1}).organization().teams == Unread(
        "GitHub's answer was not understood: teams is not a list"
    )
    assert read("/orgs/acme/members", [{"login": "x"}]).directory == Unread(
        "GitHub's answer was not understood: id is missing"
    )


def test_an_unreachable_github_ends_the_reading(answers: dict[str, object]) -> None:
    """What the client cannot answer at all is no reading."""
    down = Incomplete("a", "b", "c")
    with pytest.raises(Incomplete):
        _repository(answers | {f"{REPO}/environments": down})
