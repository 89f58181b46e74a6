"""The reader of an organization: what is there, all of it, and what could not be read."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from twinlock.errors import Incomplete
from twinlock.github import actions, environment, ruleset
from twinlock.github.client import Answer
from twinlock.github.directory import Directory
from twinlock.live.github import GitHubOrganization
from twinlock.live.repository import LATER, GitHubRepository
from twinlock.model.access import Access, Grant, Permission
from twinlock.model.code_owners import CodeOwners, OwnerRule
from twinlock.model.constants import Constants, Variable
from twinlock.model.identities import Identities
from twinlock.model.live import Listed, LiveRepository, RepositoryIdentity
from twinlock.model.managed import Blob
from twinlock.model.observed import Absent, Seen, Unread
from twinlock.model.organization import Team

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.unit.conftest import Case, Nouns

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
        "/orgs/acme": {"login": "acme", "id": 7, "created_at": "2026-01-01T00:00:00Z"},
        "/orgs/acme/repos": [{"name": "payments", "id": 1001, "archived": False}],
        "/orgs/acme/invitations": [],
        "/orgs/acme/hooks": [{"config": {"url": "https://elsewhere.example"}}],
        "/orgs/acme/rulesets": [{"name": "nightly"}],
        "/orgs/acme/actions/oidc/customization/sub": {"include_claim_keys": ["repo", "context"]},
        "/orgs/acme/actions/variables": {"variables": [{"name": "EVERYWHERE", "value": "1", "visibility": "all"}]},
        "/orgs/acme/actions/secrets": {
            "secrets": [{"name": "OURS", "visibility": "selected"}, {"name": "THEIRS", "visibility": "selected"}]
        },
        "/orgs/acme/actions/secrets/OURS/repositories": {"repositories": [{"name": "payments"}, {"name": "other"}]},
        "/orgs/acme/actions/secrets/THEIRS/repositories": {"repositories": [{"name": "other"}]},
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
        f"{REPO}/collaborators?affiliation=direct": [{"login": "mallory", "role_name": "admin"}],
        f"{REPO}/invitations": [],
        f"{REPO}/keys": [],
        f"{REPO}/hooks": [],
        f"{REPO}/actions/permissions": actions.encode_permissions(nouns.actions),
        f"{REPO}/actions/permissions/selected-actions": actions.encode_selected(nouns.actions),
        f"{REPO}/actions/permissions/workflow": actions.encode_workflow(nouns.actions),
        f"{REPO}/actions/permissions/access": actions.encode_access(nouns.actions),
        f"{REPO}/git/ref/heads/main": {"object": {"sha": "c0ffee"}},
        f"{REPO}/git/trees/c0ffee": {
            "truncated": False,
            "tree": [
                {"path": "docs", "type": "tree", "mode": "040000", "sha": "t1"},
                {"path": "CODEOWNERS", "type": "blob", "mode": "100644", "sha": "b1"},
                {"path": "vendor", "type": "commit", "mode": "160000", "sha": "m1"},
            ],
        },
        f"{REPO}/git/blobs/b1": _blob(b"* @acme/payments-reviewers\n"),
        f"{REPO}/actions/variables": {"variables": [{"name": "MODE", "value": "x"}]},
        f"{REPO}/actions/secrets": {"secrets": [{"name": "TOKEN"}]},
        f"{REPO}/dependabot/secrets": {"secrets": [{"name": "REGISTRY"}]},
        f"{REPO}/codespaces/secrets": {"secrets": [{"name": "LAPTOP"}]},
        f"{REPO}/environments/production/variables": {"variables": [{"name": "ROLE_ARN", "value": "arn"}]},
        f"{REPO}/environments/production/secrets": {"secrets": [{"name": "DEPLOY"}]},
    }


def _blob(content: bytes) -> dict[str, object]:
    return {"encoding": "base64", "content": base64.b64encode(content).decode()}


def _repository(answers: dict[str, object]) -> LiveRepository:
    return _read(FakeGitHub(answers))


def _read(client: FakeGitHub) -> LiveRepository:
    directory = GitHubOrganization("acme", client).directory
    return GitHubRepository("acme", "payments", client, directory).read(whole=True)


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
        files=Seen({"CODEOWNERS": Blob("b1", "100644")}),
        constants=Seen(
            Constants(
                frozenset({Variable("MODE", "x")}),
                frozenset({"TOKEN"}),
                frozenset({"REGISTRY"}),
                frozenset({"LAPTOP"}),
            )
        ),
        environment_constants=Seen(
            {"production": Seen(Constants(frozenset({Variable("ROLE_ARN", "arn")}), frozenset({"DEPLOY"})))}
        ),
    )


def test_the_organization_is_read_whole(answers: dict[str, object], nouns: Nouns) -> None:
    """Owners, every team with its people, the Actions settings, ids, and what reaches the organization itself."""
    live = GitHubOrganization("acme", FakeGitHub(answers)).organization(["payments"])
    reviewers = Team("payments-reviewers", "", "closed", frozenset({"rita"}), frozenset(), None)
    releasers = Team("payments-releasers", "", "closed", frozenset(), frozenset(), None)
    assert live.owners == Seen(frozenset({"olga"}))
    assert live.teams == Seen((Seen(reviewers), Seen(releasers)))
    assert live.actions == Seen(nouns.actions)
    assert live.identities == Seen(
        Identities(
            organizations={"acme": 7},
            repositories={"payments": 1001},
            teams={"payments-reviewers": 5, "payments-releasers": 6},
            accounts={"olga": 1, "rita": 2},
            apps={"gate-app": 91, "releaser": 92},
            begun="2026-01-01T00:00:00Z",
        )
    )
    assert live.repositories == Seen((Listed("payments", 1001, archived=False),))
    assert live.webhooks == Seen(frozenset({"https://elsewhere.example"}))
    assert live.rulesets == Seen(frozenset({"nightly"}))
    assert live.subject_claims == Seen(("repo", "context"))
    assert live.constants == Seen(Constants(frozenset({Variable("EVERYWHERE", "1")}), frozenset({"OURS"})))


def test_what_is_protected_later_is_only_identified(answers: dict[str, object], clean: Case, nouns: Nouns) -> None:
    """Of a repository whose protections are not provisioned yet two requests tell which one it is."""
    client = FakeGitHub(answers)
    desired = replace(clean.estate.repositories["payments"], protected=False)
    live = GitHubOrganization("acme", client).repositories([desired])["payments"]
    assert (live.identity, live.settings) == (
        Seen(RepositoryIdentity(1001, 7, "payments", "repo:acme@7/payments@1001")),
        Seen(nouns.settings),
    )
    others = {name for name in LiveRepository.__slots__ if name not in {"identity", "settings"}}
    assert {getattr(live, name) for name in others} == {LATER}
    assert [path for path in client.asked if path.startswith(REPO)] == [REPO, f"{REPO}/actions/oidc/customization/sub"]


def test_invitations_to_teams_are_asked_for_where_there_are_any(answers: dict[str, object]) -> None:
    """Nobody is invited to a team who is not invited to the organization."""
    team = "/orgs/acme/teams/payments-releasers/invitations"
    quiet, waiting = FakeGitHub(answers), FakeGitHub(answers | {"/orgs/acme/invitations": [{"login": "nora"}]})
    waiting.answers[team] = [{"login": "nora"}]
    GitHubOrganization("acme", quiet).organization()
    teams = GitHubOrganization("acme", waiting).organization().teams
    assert (team in quiet.asked, team in waiting.asked) == (False, True)
    assert isinstance(teams, Seen)
    assert [team.value.invited for team in teams.value if isinstance(team, Seen)] == [frozenset(), frozenset({"nora"})]


def test_the_directory_is_read_once(answers: dict[str, object], clean: Case) -> None:
    """Ids are resolved by three lists, however many repositories are read."""
    client = FakeGitHub(answers)
    reader = GitHubOrganization("acme", client)
    reader.organization()
    before = client.asked.count("/orgs/acme/installations")
    reader.repositories([clean.estate.repositories["payments"]])
    assert (before, client.asked.count("/orgs/acme/installations")) == (1, 1)
    assert reader.directory == Seen(DIRECTORY)


def test_a_missing_repository_is_absent() -> None:
    """404 on the repository itself: it does not exist for this identity."""
    found = _repository({})
    assert {getattr(found, name) for name in LiveRepository.__slots__} == {Absent()}


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
    found = _repository({REPO: answer})
    assert {getattr(found, name) for name in LiveRepository.__slots__} == {Unread(reason)}


@pytest.mark.parametrize(
    ("path", "part", "what"),
    [
        (f"{REPO}/actions/oidc/customization/sub", "identity", "OIDC subject"),
        (f"{REPO}/rulesets?includes_parents=false", "rulesets", "rulesets"),
        ("/orgs/acme/installations", "rulesets", "installed apps"),
        ("/orgs/acme/teams", "rulesets", "teams"),
        ("/orgs/acme/members", "rulesets", "members"),
        (f"{REPO}/teams", "access", "teams"),
        (f"{REPO}/collaborators?affiliation=direct", "access", "collaborators"),
        (f"{REPO}/invitations", "access", "invitations"),
        (f"{REPO}/keys", "access", "deploy keys"),
        (f"{REPO}/hooks", "access", "webhooks"),
        (f"{REPO}/actions/permissions", "actions", "Actions settings (permissions)"),
        (f"{REPO}/actions/permissions/selected-actions", "actions", "Actions settings (selected-actions)"),
        (f"{REPO}/actions/permissions/workflow", "actions", "Actions settings (workflow)"),
        (f"{REPO}/actions/permissions/access", "actions", "Actions settings (access)"),
        (f"{REPO}/git/blobs/b1", "code_owners", "CODEOWNERS"),
        (f"{REPO}/actions/variables", "constants", "variables"),
        (f"{REPO}/actions/secrets", "constants", "secrets"),
        (f"{REPO}/dependabot/secrets", "constants", "Dependabot secrets"),
        (f"{REPO}/codespaces/secrets", "constants", "Codespaces secrets"),
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
    assert isinstance(_read(client).actions, Seen)
    assert f"{REPO}/actions/permissions/access" not in client.asked


def _with_files(answers: dict[str, object], **modes: str) -> dict[str, object]:
    """Return the answers with these files on the default branch; `__` stands for a slash, `_` for a dot."""
    files = [
        {"path": name.replace("__", "/").replace("_", "."), "type": "blob", "mode": mode, "sha": name}
        for name, mode in modes.items()
    ]
    return answers | {f"{REPO}/git/trees/c0ffee": {"tree": files}}


def test_code_owners_come_from_the_first_location(answers: dict[str, object]) -> None:
    """`.github` wins over the root; without any file there is none; a link is no file that could be read."""
    both = _with_files(answers, CODEOWNERS="100644", _github__CODEOWNERS="100644")
    both[f"{REPO}/git/blobs/_github__CODEOWNERS"] = _blob(b"* @acme/x\n")
    assert _repository(both).code_owners == Seen(CodeOwners((OwnerRule("*", ("x",)),)))
    assert _repository(_with_files(answers, README="100644")).code_owners == Absent()
    assert _repository(_with_files(answers, docs__CODEOWNERS="120000")).code_owners == Unread(
        "docs/CODEOWNERS is no file that can be read: its mode is 120000"
    )


def test_files_are_those_of_the_branch_and_no_tag(answers: dict[str, object]) -> None:
    """The tree is asked for by the commit that the branch points at: a tag can have the branch's name."""
    client = FakeGitHub(answers)
    _read(client)
    assert [path for path in client.asked if "/git/" in path] == [
        f"{REPO}/git/ref/heads/main",
        f"{REPO}/git/trees/c0ffee",
        f"{REPO}/git/blobs/b1",
    ]


@pytest.mark.parametrize(
    ("path", "answer", "expected"),
    [
        ("git/ref/heads/main", Answer(404), Absent()),
        ("git/ref/heads/main", Answer(409, body={"message": "Git Repository is empty."}), Absent()),
        ("git/ref/heads/main", Answer(403), Unread("the files on the default branch: hidden from this identity (403)")),
        ("git/ref/heads/main", {}, Unread("GitHub's answer was not understood: object is missing")),
        ("git/trees/c0ffee", Answer(404), Unread("the files on the default branch: hidden from this identity (404)")),
        ("git/trees/c0ffee", [], Unread("GitHub's answer was not understood: the answer is not an object")),
        (
            "git/trees/c0ffee",
            {"truncated": True, "tree": []},
            Unread("the files on the default branch: GitHub does not list so many"),
        ),
    ],
)
def test_without_its_files_neither_they_nor_code_owners_are_known(
    answers: dict[str, object], path: str, answer: object, expected: object
) -> None:
    """An empty repository has none; what is hidden, cut off or not understood is unread, and CODEOWNERS with it."""
    found = _repository(answers | {f"{REPO}/{path}": answer})
    assert (found.files, found.code_owners) == (expected, expected)


def test_hidden_constants_of_an_environment_are_unread_under_its_name(answers: dict[str, object]) -> None:
    """One refused list leaves that environment's constants unread, and what else was read as it was."""
    found = _repository(answers | {f"{REPO}/environments/production/secrets": Answer(403)})
    unread = Unread("secrets of production: hidden from this identity (403)")
    assert found.environment_constants == Seen({"production": unread})
    hidden = _repository(answers | {f"{REPO}/environments": Answer(403)})
    assert (
        hidden.environments == hidden.environment_constants == Unread("environments: hidden from this identity (403)")
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
    teams = read("/orgs/acme/teams/payments-reviewers/members?role=maintainer").organization().teams
    assert isinstance(teams, Seen)
    assert teams.value[0] == Unread(
        "maintainers of payments-reviewers: hidden from this identity (403)", "payments-reviewers"
    )
    for path, part, what in (
        ("/orgs/acme", "identities", "the organization"),
        ("/orgs/acme/repos", "repositories", "repositories"),
        ("/orgs/acme/hooks", "webhooks", "webhooks of the organization"),
        ("/orgs/acme/rulesets", "rulesets", "rulesets of the organization"),
        ("/orgs/acme/actions/oidc/customization/sub", "subject_claims", "OIDC subject of the organization"),
        ("/orgs/acme/actions/variables", "constants", "variables of the organization"),
        ("/orgs/acme/actions/secrets", "constants", "secrets of the organization"),
        ("/orgs/acme/actions/secrets/OURS/repositories", "constants", "the repositories that see OURS"),
    ):
        assert getattr(read(path).organization(["payments"]), part) == Unread(
            f"{what}: hidden from this identity (403)"
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
