"""From an organization that people made by hand to one that is as declared: adopt, decide, preview, up, merge, audit.

Each step is a fixture that says what it saw, so that every test judges one step of one story.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import pytest

from twinlock.engine import imports
from twinlock.manifest import naming

if TYPE_CHECKING:
    from pathlib import Path


class Answered(Protocol):
    """What a command answered; see the conftest's `Told`."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:  # noqa: ANN401 - JSON
        """What it printed, as JSON."""


class Acme(Protocol):
    """The organization; see the conftest's `Organization`."""

    ready: Path
    root: Path

    def twinlock(self, *arguments: str) -> Answered:
        """Run a command."""

    def request(self, method: str, path: str, body: object = None, login: str = "olga") -> Any:  # noqa: ANN401 - JSON
        """Send a request to GitHub."""

    def dump(self) -> object:
        """Return all that the world holds."""


SERVICES: Final = {
    "billing": ["billing"],
    "catalog": ["catalog", "catalog-integration-tests"],
    "orders": ["orders", "orders-integration-tests"],
    "payments": ["payments", "payments-integration-tests"],
    "search": ["search"],
}
NO_SERVICE: Final = f"it cannot be a service: {naming.SERVICE.says}"
LEAVE: Final = ("docs", "gateway", "handbook")
LEFT_ALONE: Final = {
    "acme/.github": NO_SERVICE,
    "acme/Website.io": NO_SERVICE,
    "acme/docs": "you said so",
    "acme/gateway": "you said so",
    "acme/handbook": "you said so",
    "acme/inventory-integration-tests": "it holds integration tests, and there is no service for which",
    "acme/ledger": "it is archived",
    "acme/legacy-billing": "it is archived",
    "acme/legacy-shop": "it is archived",
    "acme/platform": "it cannot be a service: the platform's own repositories have that name",
    "acme/service-template": "it is a template for other repositories",
    "acme/x": NO_SERVICE,
}
REMOVED: Final = [
    ("acme/orders:ruleset/reviews", "the ruleset"),
    ("acme/orders", "the branch protection of the older kind"),
    ("acme/orders:environment/staging", "the environment, with its secrets and variables"),
    ("acme/orders", "the access of the team guild: triage"),
    ("acme/orders", "the direct access of mallory: push"),
    ("acme/orders", "the deploy key deployer (write)"),
    ("acme/orders", "the webhook https://chat.example/orders"),
    ("acme/payments:ruleset/main", "the required check ci/test from anybody"),
    ("acme/search", "the variable STAGE"),
    ("acme/search", "the secret TOKEN"),
]
QUESTIONS: Final = [
    ("acme/team:guild", "What is it for? It pushes nowhere."),
    ("acme/search", "Rename its default branch master to main."),
]
WITH_COMMITS: Final = sorted(name for names in SERVICES.values() for name in names if name != "billing")
OF_CODE, OF_TESTS = ("rita", "rosa"), ("tess", "tariq")
"""Who approves a change of an application, and of integration tests; beside somebody of the platform."""
FORMER_OWNERS: Final = {"catalog": ("dora",)}
"""Whom a CODEOWNERS names that stands until it is replaced."""
GUARDED: Final = {"code-owners", "managed-files"}


@dataclass(frozen=True)
class Adopted:
    """What became of `adopt`."""

    document: Any
    before: object
    after: object
    left_alone: object


@dataclass(frozen=True)
class Previewed:
    """What `preview` foretold."""

    code: int
    stacks: Any

    def operations(self, *kinds: str) -> set[tuple[str, str]]:
        """Return stack and `type name` of what would be done so; repositories of images bear their services' names."""
        return {
            (
                stack["stack"],
                f"{'ECR ' * ('ecr/' in change['type'])}{change['type'].rpartition(':')[2]} {change['name']}",
            )
            for stack in self.stacks
            for change in stack["changes"]
            if change["operation"] in kinds
        }

    def fields(self, stack: str, type_: str, name: str) -> set[tuple[str, str, str]]:
        """Return what would change of one resource: path, before, after."""
        found = next(each["changes"] for each in self.stacks if each["stack"] == stack)
        change = next(each for each in found if (each["type"].rpartition(":")[2], each["name"]) == (type_, name))
        return {(each["path"], each["before"], each["after"]) for each in change["fields"]}


@pytest.fixture(scope="module")
def adopted(acme: Acme) -> Adopted:
    """Adopt the organization."""
    before = acme.dump()
    leave = [word for name in LEAVE for word in ("--leave", name)]
    told = acme.twinlock("adopt", "acme", "--world", str(acme.ready), *leave, "--format", "json")
    assert told.code == 0, told.err
    return Adopted(told.document, before, acme.dump(), _told(acme))


@pytest.fixture(scope="module")
def undecided(acme: Acme, adopted: Adopted) -> Answered:
    """Check what was written, before anybody has decided anything."""
    del adopted
    return acme.twinlock("check")


@pytest.fixture(scope="module")
def previewed(acme: Acme, undecided: Answered) -> Previewed:
    """Decide what is for people to decide, then preview."""
    del undecided
    roster: Path = acme.root / "roster.yaml"
    # Whoever makes a team by the API is in it.
    roster.write_text(re.sub(r'("olga": .*teams: )\[.*\]', r"\1[]", roster.read_text()))
    acme.request("DELETE", "/orgs/acme/teams/guild")
    acme.request("POST", "/repos/acme/search/branches/master/rename", {"new_name": "main"})
    checked = acme.twinlock("check")
    assert checked.code == 0, checked.err
    told = acme.twinlock("preview", "--format", "json")
    assert told.out, told.err
    return Previewed(told.code, told.document["stacks"])


@pytest.fixture(scope="module")
def provisioned(acme: Acme, previewed: Previewed) -> tuple[Any, Answered]:
    """Provision, and audit what came of it."""
    del previewed
    told = acme.twinlock("up", "--yes", "--format", "json")
    assert told.code == 0, told.err
    return told.document, acme.twinlock("audit", "--format", "json")


@pytest.fixture(scope="module")
def merged(acme: Acme, provisioned: tuple[Any, Answered]) -> Answered:
    """Let people approve and merge every pull request, and audit again."""
    del provisioned
    for repository in WITH_COMMITS:
        path = f"/repos/acme/{repository}"
        (pull,) = acme.request("GET", f"{path}/pulls?state=open")
        check = {"name": "twinlock/gate", "head_sha": pull["head"]["sha"], "status": "completed"}
        acme.request("POST", f"{path}/check-runs", {**check, "conclusion": "success"}, "twinlock-gate")
        reviewers = OF_TESTS if repository.endswith("-integration-tests") else OF_CODE
        for login in ("paula", *reviewers, *FORMER_OWNERS.get(repository, ())):
            acme.request("POST", f"{path}/pulls/{pull['number']}/reviews", {"event": "APPROVE"}, login)
        acme.request("PUT", f"{path}/pulls/{pull['number']}/merge", {"merge_method": "squash"}, "priya")
    return acme.twinlock("audit", "--format", "json")


def test_adopting_changes_nothing_but_the_directory(adopted: Adopted) -> None:
    """What the world held before, it holds afterwards, and nothing else."""
    assert adopted.after == adopted.before


def test_every_repository_is_a_services_or_left_alone_with_the_reason(adopted: Adopted) -> None:
    """All twenty are accounted for: eight of five services, twelve that stay as they are."""
    services = {each["service"]: each["repositories"] for each in adopted.document["services"]}
    left = {each["subject"]: each["text"] for each in adopted.document["left_alone"]}
    assert (services, left) == (SERVICES, LEFT_ALONE)


def test_teams_are_taken_for_what_their_names_and_grants_say(adopted: Adopted) -> None:
    """Of two teams of authors, a service has the one that was granted access."""
    teams = {each["service"]: each["teams"] for each in adopted.document["services"]}
    others = {"reviewers": "web-reviewers", "testers": "qa", "releasers": "release-crew"}
    authors = dict.fromkeys(SERVICES, "web-developers") | {"catalog": "data-engineers"}
    assert teams == {name: {"authors": authors[name], **others} for name in SERVICES}


def test_what_is_taken_away_and_what_people_decide_is_said_beforehand(adopted: Adopted) -> None:
    """Whatever `up` would remove, and whatever it leaves to people, is listed by name."""
    removed, questions = (
        [(each["subject"], each["text"]) for each in adopted.document[key]] for key in ("removed", "questions")
    )
    assert (removed, questions) == (REMOVED, QUESTIONS)


def test_the_worlds_file_is_its_owners_alone(acme: Acme, adopted: Adopted) -> None:
    """It holds everybody's tokens."""
    del adopted
    assert (acme.root / ".twinlock" / "world.json").stat().st_mode & 0o777 == 0o600


def test_nobody_is_taken_out_of_a_duty_unasked(undecided: Answered) -> None:
    """Who holds duties that do not go together stays in both, and `check` names each pair."""
    assert undecided.code == 2
    assert "`olga` is an owner and tester in `qa`. Take the person out of one of the two." in undecided.err
    assert {line.rpartition(": ")[2].split()[0] for line in undecided.err.splitlines() if "roster.yaml:" in line} == {
        "`olga`"
    }


def test_a_used_directory_is_not_adopted_into(acme: Acme, adopted: Adopted) -> None:
    """A second adoption finds the first one's files, and overwrites none."""
    del adopted
    told = acme.twinlock("adopt", "acme", "--world", str(acme.ready))
    assert (told.code, told.out) == (2, "")
    assert "It is not an empty directory, and adopt overwrites nothing." in told.err


def test_preview_replaces_and_deletes_nothing(previewed: Previewed) -> None:
    """Not one resource of the whole organization would be replaced or deleted."""
    assert (previewed.code, previewed.operations("replace", "delete")) == (1, set())


def test_preview_creates_nothing_that_exists(previewed: Previewed) -> None:
    """Teams, repositories, rulesets, environments, variables, roles and settings that exist are taken over."""
    created = previewed.operations("create")
    existing = [name for names in SERVICES.values() for name in names]
    new = {f"Repository {service}-integration-tests" for service, names in SERVICES.items() if len(names) == 1}
    assert {what for _, what in created if what.startswith("Repository ")} == {*new, "Repository delivery-pipelines"}
    assert not [what for _, what in created if what.startswith(("Team ", "TeamMembers ", "RoleInventory "))]
    owned = (
        "RulesetInventory",
        "EnvironmentInventory",
        "RepositoryAccess",
        "ActionsRepositoryPermissions",
        "OidcSubject",
    )
    made = [what for _, what in created if what.split()[0] in owned and what.split()[1] in existing]
    # Into an empty repository the seed is pushed: that starts no workflow, because Actions are switched off first.
    assert made == ["ActionsRepositoryPermissions billing"]
    kept = {
        "RepositoryRuleset payments:default-branch",
        "RepositoryRuleset catalog:default-branch",
        "RepositoryRuleset orders:default-branch",
        "RepositoryRuleset search:release-tags-protection",
        "EnvironmentProtection payments:production",
        "EnvironmentProtection orders-integration-tests:integration",
        "ActionsEnvironmentVariable payments:production:AWS_REGION",
        "OpenIdConnectProvider production",
        "Role payments-release",
    }
    assert {what for _, what in created} & kept == set()
    # The identity provider is as declared already.
    assert {what for _, what in previewed.operations("update")} >= kept - {"OpenIdConnectProvider production"}


def test_preview_shows_what_differs_and_nothing_else(previewed: Previewed) -> None:
    """Each difference has its value before and after."""
    fields = previewed.fields
    ruleset = fields("protections/payments", "RepositoryRuleset", "payments:default-branch")
    assert ("name", "main", "default-branch") in ruleset
    rulesets = fields("protections/orders", "RulesetInventory", "orders")
    assert [before.split()[0] for path, before, _ in rulesets if path == "undeclaredRulesets"] == ["reviews"]
    assert fields("protections/orders", "EnvironmentInventory", "orders") == {("names", "staging", "production")}
    access = fields("protections/orders", "RepositoryAccess", "orders")
    assert {change for change in access if change[0] != "teams"} == {
        ("deployKeys", "deployer (write)", "none"),
        ("invitations", "mallory push", "none"),
        ("webhooks", "https://chat.example/orders", "none"),
    }
    classic = fields("protections/orders", "BranchProtectionInventory", "orders")
    assert {(before, after) for _, before, after in classic} == {("main", "none")}
    constants = fields("protections/search", "ConstantInventory", "search")
    assert {(before, after) for _, before, after in constants} == {
        ("actions/secrets/TOKEN, actions/variables/STAGE", "none")
    }
    variable = fields("protections/payments", "ActionsEnvironmentVariable", "payments:production:AWS_REGION")
    assert variable == {("value", "us-east-1", "eu-west-1")}
    roles = fields("organization/platform", "RoleInventory", "production")
    assert roles == {("atLarge", "deploy-by-hand", "none")}
    assert fields("organization/platform", "Team", "platform") == {
        ("description", "absent", "Duty: platform. Managed by twinlock."),
        ("name", "Platform", "platform"),
    }


def test_up_asks_people_to_merge_the_managed_files(provisioned: tuple[Any, Answered]) -> None:
    """Where there were commits a pull request is opened; an empty or new repository is seeded."""
    outcomes = {each["repository"]: each["outcome"] for each in provisioned[0]["seeds"]}
    suites = {f"{service}-integration-tests" for service, names in SERVICES.items() if len(names) == 1}
    seeded = dict.fromkeys({"billing", "delivery-pipelines", *suites}, "Seeded")
    assert outcomes == seeded | dict.fromkeys(WITH_COMMITS, "Proposed")


def test_every_import_is_of_what_a_program_declares(acme: Acme, provisioned: tuple[Any, Answered]) -> None:
    """Each resource that the files name is in its stack's state afterwards, but for the team that people deleted."""
    del provisioned
    missing = []
    for path in sorted((acme.root / "imports").glob("*/*.json")):
        program, group = path.parent.name, path.stem
        held = json.loads((acme.root / ".twinlock" / "state" / program / path.name).read_bytes())["resources"]
        known = {each["urn"] for each in held}
        named = imports.read(path.read_bytes(), path.name)
        missing += [each.name for each in named if imports.urn(f"twinlock-{program}", group, each) not in known]
    assert missing == ["guild", "guild"]


def test_audit_finds_the_managed_files_until_they_are_merged(provisioned: tuple[Any, Answered]) -> None:
    """Everything else is as declared."""
    audited = provisioned[1]
    assert audited.code == 1
    found = {(each["control"], each["subject"]) for each in audited.document["findings"]}
    assert found == {(control, f"acme/{name}") for control in GUARDED for name in WITH_COMMITS}
    assert audited.document["unknowns"] == []


def test_audit_is_clean_once_people_have_merged(acme: Acme, merged: Answered) -> None:
    """No finding is left, and neither `preview` nor `up` has anything to do."""
    assert (merged.code, merged.document["findings"], merged.document["unknowns"]) == (0, [], [])
    again = acme.twinlock("up", "--yes", "--format", "json")
    assert again.code == 0, again.err
    assert [each["stack"] for each in again.document["stacks"] if each["changes"]] == []
    assert {each["outcome"] for each in again.document["seeds"]} == {"AlreadySeeded", "HasOtherCommits"}


def test_what_was_left_alone_is_as_it_was(acme: Acme, adopted: Adopted, merged: Answered) -> None:
    """Of the repositories that are no services GitHub tells what it told before."""
    del merged
    assert _told(acme) == adopted.left_alone


def _told(acme: Acme) -> object:
    """Return what GitHub tells of the repositories that are no services."""
    paths = (f"/repos/{subject}" for subject in LEFT_ALONE)
    return [acme.request("GET", f"{path}{part}") for path in paths for part in ("", "/teams", "/rulesets", "/branches")]
