"""A small estate, the live estate that mirrors it, and every change that the model's marks call weaker or stricter."""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from twinlock.controls import CONTROLS
from twinlock.model.access import Access, Grant, Permission
from twinlock.model.account import Account, Purpose
from twinlock.model.actions import AccessLevel, ActionsPolicy, TokenPermission
from twinlock.model.code_owners import CodeOwners, OwnerRule
from twinlock.model.comparison import worded
from twinlock.model.constants import Constants, Variable
from twinlock.model.declaration import (
    Declaration,
    DeclaredTeam,
    Evidence,
    Pipelines,
    Plan,
    Platform,
    Profile,
    State,
    Where,
)
from twinlock.model.environment import BranchPolicy, Environment, Reviewer
from twinlock.model.estate import Estate
from twinlock.model.finding import Finding, Note, Unknown
from twinlock.model.identities import Identities
from twinlock.model.live import (
    Listed,
    LiveAccount,
    LiveEstate,
    LiveOrganization,
    LiveRepository,
    RepositoryIdentity,
)
from twinlock.model.managed import Blob
from twinlock.model.marks import Mark, marked_fields
from twinlock.model.observed import Seen
from twinlock.model.organization import Duty, Organization, Team
from twinlock.model.policy import Condition, Effect, InlinePolicy, ManagedPolicy, Role, Statement
from twinlock.model.repository import Kind, Repository, Settings, Visibility
from twinlock.model.ruleset import (
    Actor,
    ActorKind,
    BypassMode,
    Check,
    Enforcement,
    PullRequestRule,
    RequiredReviewer,
    Ruleset,
    Target,
)
from twinlock.names import OIDC_AUDIENCE, OIDC_HOST, oidc_provider_arn, policy_arn, role_arn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from twinlock.model.finding import Verdict

Noun = TypeVar("Noun")

ACCOUNT = "222222222222"
ROLE = role_arn(ACCOUNT, "payments-release")

BRANCH_RULESET = Ruleset(
    name="default-branch",
    target=Target.BRANCH,
    enforcement=Enforcement.ACTIVE,
    include=frozenset({"~DEFAULT_BRANCH"}),
    exclude=frozenset({"refs/heads/scratch"}),
    bypass=frozenset({Actor(ActorKind.APP, "releaser", BypassMode.PULL_REQUEST)}),
    creation=True,
    update=True,
    deletion=True,
    non_fast_forward=True,
    linear_history=True,
    signatures=True,
    pull_request=PullRequestRule(
        approvals=2,
        code_owner_review=True,
        last_push_approval=True,
        dismiss_stale_reviews=True,
        resolve_threads=True,
        merge_methods=frozenset({"squash"}),
        required_reviewers=frozenset({RequiredReviewer(frozenset({"**"}), "payments-reviewers", 1)}),
    ),
    strict_checks=True,
    checks=frozenset({Check("gate", "gate-app")}),
)
TAG_RULESET = dataclasses.replace(
    BRANCH_RULESET, name="release-tags", target=Target.TAG, include=frozenset({"refs/tags/v*"}), pull_request=None
)
ENVIRONMENT = Environment(
    name="production",
    reviewers=frozenset({Reviewer("Team", "payments-releasers")}),
    prevent_self_review=True,
    wait_minutes=5,
    admins_bypass=False,
    protected_branches_only=False,
    branches=frozenset({BranchPolicy("branch", "main")}),
    gates=frozenset({"gate-app"}),
)
ACCESS = Access(
    teams=frozenset(
        {
            Grant("payments-reviewers", Permission.PUSH),
            Grant("payments-testers", Permission.PULL),
        }
    ),
    collaborators=frozenset({Grant("Helper", Permission.PULL)}),
    invitations=frozenset({Grant("Guest", Permission.PULL)}),
    deploy_keys=frozenset({"mirror"}),
    webhooks=frozenset({"https://chat.acme.example/hook"}),
)
ACTIONS = ActionsPolicy(
    enabled=True,
    allowed_actions="selected",
    github_owned=False,
    verified=False,
    patterns=frozenset({"acme/*"}),
    sha_pinning=True,
    token=TokenPermission.READ,
    approve_pull_requests=False,
    access_level=AccessLevel.NONE,
)
TEAM = Team(
    slug="payments-testers",
    description="Duty: tester.",
    privacy="closed",
    members=frozenset({"tess", "Tom"}),
    invited=frozenset(),
    parent=None,
)
REVIEWERS = dataclasses.replace(TEAM, slug="payments-reviewers", members=frozenset({"rita", "rolf"}))
CODE_OWNERS = CodeOwners(
    (OwnerRule("*", ("payments-reviewers",)), OwnerRule("/.github/", ("payments-reviewers",))),
)
TRUST = frozenset(
    {
        Statement(
            Effect.ALLOW,
            principals=frozenset({f"Federated {oidc_provider_arn(ACCOUNT)}"}),
            actions=frozenset({"sts:assumerolewithwebidentity"}),
            conditions=frozenset(
                Condition("StringEquals", f"{OIDC_HOST}:{claim}", frozenset({value}))
                for claim, value in {
                    "aud": OIDC_AUDIENCE,
                    "sub": "{acme/payments}:environment:production",
                    "repository_id": "{acme/payments}",
                    "ref": "refs/heads/main",
                    "job_workflow_ref": "acme/pipelines/.github/workflows/release.yml@" + "a" * 40,
                    "environment": "production",
                }.items()
            ),
        )
    }
)
DEPLOY = frozenset({Statement(Effect.ALLOW, actions=frozenset({"ecs:updateservice"}), resources=frozenset({"*"}))})
ROLE_NOUN = Role(
    arn=ROLE,
    trust=TRUST,
    inline=frozenset({InlinePolicy("deploy", DEPLOY)}),
    attached=frozenset(),
    boundary=policy_arn(ACCOUNT, "boundary"),
    max_session_seconds=3600,
)
BOUNDARY = ManagedPolicy(policy_arn(ACCOUNT, "boundary"), DEPLOY)
FILES = {
    ".github/CODEOWNERS": Blob("1" * 40, "100644"),
    ".github/workflows/build.yml": Blob("2" * 40, "100644"),
    "scripts/run": Blob("3" * 40, "100755"),
}
IDENTITIES = Identities(
    organizations={"acme": 7},
    repositories={"payments": 1001},
    teams={"payments-testers": 5},
    accounts={"Tess": 31, "rita": 32},
    apps={"gate-app": 91},
)
SETTINGS = Settings(
    visibility=Visibility.PRIVATE,
    default_branch="main",
    archived=False,
    merge_commit=False,
    rebase_merge=False,
    squash_merge=True,
    auto_merge=False,
    forking=False,
)


@dataclasses.dataclass(frozen=True, slots=True)
class Nouns:
    """A noun of each kind with every guarantee on, so that each of its fields can be weakened."""

    branch_ruleset: Ruleset = BRANCH_RULESET
    tag_ruleset: Ruleset = TAG_RULESET
    environment: Environment = ENVIRONMENT
    access: Access = ACCESS
    actions: ActionsPolicy = ACTIONS
    team: Team = TEAM
    code_owners: CodeOwners = CODE_OWNERS
    role: Role = ROLE_NOUN
    boundary: ManagedPolicy = BOUNDARY
    settings: Settings = SETTINGS


_EXTRA: dict[type, Any] = {
    str: "another",
    Actor: Actor(ActorKind.USER, "mallory", BypassMode.ALWAYS),
    Check: Check("lint", None),
    RequiredReviewer: RequiredReviewer(frozenset({"*.md"}), "writers", 1),
    Reviewer: Reviewer("User", "mallory"),
    BranchPolicy: BranchPolicy("branch", "*"),
    Grant: Grant("mallory", Permission.ADMIN),
    InlinePolicy: InlinePolicy("another", frozenset()),
    OwnerRule: OwnerRule("/src/", ("mallory",)),
    Statement: Statement(Effect.ALLOW, actions=frozenset({"*"}), resources=frozenset({"*"})),
}
"""One more element for a collection of each type."""


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """One field of a noun, changed.

    Attributes:
        path: Dotted field path.
        value: Its new value.
    """

    path: str
    value: Any

    def __str__(self) -> str:
        """Return the path and the value, as a test's id."""
        # The model's own wording: the same in every process, where a set's `str` is not.
        return f"{self.path}={worded(self.value)[:40]}"

    def __call__(self, noun: Noun) -> Noun:
        """Return the noun with the field changed."""
        changed: Noun = _with(noun, self.path.split("."), self.value)
        return changed


def _with(noun: Any, path: list[str], value: Any) -> Any:  # noqa: ANN401 - any noun of the model
    name, *rest = path
    return dataclasses.replace(noun, **{name: _with(getattr(noun, name), rest, value) if rest else value})


def changes(noun: Any, prefix: str = "") -> Iterator[tuple[bool, Change]]:  # noqa: ANN401 - any noun of the model
    """Yield every change of one field with whether it weakens (else it makes stricter)."""
    hints = typing.get_type_hints(type(noun), include_extras=True)
    for field in marked_fields(type(noun)):
        path, value = prefix + field.name, getattr(noun, field.name)
        if field.noun is not None:
            if value is not None:
                yield True, Change(path, None)
                yield from changes(value, f"{path}.")
        elif field.mark is not None:
            hint = typing.get_args(hints[field.name])[0]
            yield from ((weaker, Change(path, new)) for weaker, new in _values(field.mark, value, hint))


def _values(mark: Mark, value: Any, hint: Any) -> Iterator[tuple[bool, Any]]:  # noqa: ANN401 - any value of the model
    if mark is Mark.EXACT:
        yield from ((True, new) for new in _others(value, hint))
    elif mark in {Mark.AT_LEAST, Mark.AT_MOST}:
        for step in (-1, 1):
            new = _stepped(value, step)
            if new is not None:
                yield (step < 0) is (mark is Mark.AT_LEAST), new
    elif mark in {Mark.SUBSET, Mark.SUPERSET}:
        more = value | {_EXTRA[typing.get_args(hint)[0]]}
        yield mark is Mark.SUBSET, more
        if value:
            yield mark is Mark.SUPERSET, frozenset()
            # One for another is weaker whatever the mark: something that must not be there is, or one is gone.
            yield True, more - value


def _stepped(value: Any, step: int) -> Any:  # noqa: ANN401 - any ordered value
    if isinstance(value, bool):
        return (step > 0) if value is not (step > 0) else None
    if isinstance(value, enum.IntEnum):
        return next((other for other in type(value) if other == value + step), None)
    return value + step if value + step >= 0 else None


def _others(value: Any, hint: Any) -> Iterator[Any]:  # noqa: ANN401 - any value of the model
    inner = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    if types.NoneType in inner:
        yield "another" if value is None else None
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, enum.Enum):
        yield from (other for other in type(value) if other is not value)
    elif isinstance(value, str):
        yield "another"
    elif isinstance(value, frozenset):
        element = typing.get_args(next(t for t in inner if typing.get_origin(t) is frozenset))[0]
        yield value | {_EXTRA[element]}
        if value:
            yield frozenset()
    elif isinstance(value, tuple):
        yield (*value, _EXTRA[OwnerRule])
        yield ()
        yield value[::-1]


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers that ask for every change of a noun."""
    config.addinivalue_line("markers", "weaker(noun): run once for each change that weakens the noun, as `change`")
    config.addinivalue_line("markers", "stricter(noun): run once for each change that makes it stricter, as `change`")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a marked test each change of its noun."""
    for name, wanted in (("weaker", True), ("stricter", False)):
        for marker in metafunc.definition.iter_markers(name):
            found = [change for weaker, change in changes(getattr(Nouns(), marker.args[0])) if weaker is wanted]
            metafunc.parametrize("change", found, ids=str)


def _declaration() -> Declaration:
    teams = {
        "payments-testers": DeclaredTeam("payments-testers", Duty.TESTER, "manifest"),
        "payments-reviewers": DeclaredTeam("payments-reviewers", Duty.REVIEWER, "manifest"),
    }
    platform = Platform(
        organization="acme",
        target=Where.WORLD,
        plan=Plan.ENTERPRISE,
        visibility=Visibility.PRIVATE,
        profile=Profile.STANDARD,
        accepted_gaps=(),
        owners=("olga",),
        accounts={Purpose.PRODUCTION: ACCOUNT},
        region="eu-west-1",
        quorum={},
        pipelines=Pipelines("a" * 40, None),
        apps={},
        machines=(),
        state=State("file://./state", "passphrase"),
        evidence=Evidence("governance", 30),
        undeclared_roles="report",
        teams=teams,
    )
    return Declaration(platform, {}, {})


def _repository(name: str, *, protected: bool) -> Repository:
    return Repository(
        name=name,
        kind=Kind.APPLICATION,
        service="payments",
        group="payments",
        description="",
        settings=SETTINGS,
        rulesets=(BRANCH_RULESET, TAG_RULESET),
        environments=(ENVIRONMENT,),
        variables=(("production", "ROLE_ARN", ROLE),),
        access=ACCESS,
        actions=ACTIONS,
        code_owners=CODE_OWNERS,
        protected=protected,
        managed_files=FILES,
    )


def _estate() -> Estate:
    return Estate(
        declaration=_declaration(),
        organization=Organization("acme", frozenset({"Olga"}), (TEAM, REVIEWERS), ACTIONS, ("gate-app",)),
        repositories={
            "payments": _repository("payments", protected=True),
            "pipelines": _repository("pipelines", protected=False),
        },
        accounts={
            Purpose.PRODUCTION: Account(
                Purpose.PRODUCTION, ACCOUNT, "eu-west-1", oidc_provider_arn(ACCOUNT), BOUNDARY, (ROLE_NOUN,)
            )
        },
    )


def _mirror(estate: Estate) -> LiveEstate:
    def repository(desired: Repository) -> LiveRepository:
        return LiveRepository(
            identity=Seen(RepositoryIdentity(1001, 7, desired.name, f"repo:acme@7/{desired.name}@1001")),
            settings=Seen(desired.settings),
            rulesets=Seen(tuple(Seen(ruleset) for ruleset in desired.rulesets)),
            environments=Seen(tuple(Seen(environment) for environment in desired.environments)),
            access=Seen(desired.access),
            actions=Seen(desired.actions),
            code_owners=Seen(desired.code_owners),
            files=Seen({**FILES, "src/app.py": Blob("5" * 40, "100644")}),
            constants=Seen(Constants()),
            environment_constants=Seen(
                {"production": Seen(Constants(frozenset({Variable("ROLE_ARN", ROLE)})))},
            ),
        )

    organization = estate.organization
    return LiveEstate(
        organization=LiveOrganization(
            Seen(organization.owners),
            Seen(tuple(Seen(team) for team in organization.teams)),
            Seen(organization.actions),
            identities=Seen(IDENTITIES),
            repositories=Seen((Listed("payments", 1001, archived=False), Listed("elsewhere", 1009, archived=False))),
            webhooks=Seen(frozenset()),
            rulesets=Seen(frozenset()),
            subject_claims=Seen(("repo", "context")),
            constants=Seen(Constants()),
        ),
        repositories={name: repository(desired) for name, desired in estate.repositories.items()},
        accounts={
            purpose: LiveAccount(
                Seen({account.oidc_provider: frozenset({OIDC_AUDIENCE})}),
                Seen(account.boundary),
                Seen(tuple(Seen(role) for role in account.roles)),
            )
            for purpose, account in estate.accounts.items()
        },
        first_seen=IDENTITIES.without({"accounts": ["rita"]}),
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """An estate and a live estate, with short ways to change live and to ask a control.

    Attributes:
        estate: What must be.
        live: What is; it mirrors the estate until something is changed.
    """

    estate: Estate
    live: LiveEstate

    def repository(self, **parts: Any) -> Case:  # noqa: ANN401 - any part of a repository
        """Return the case with parts of the live repository `payments` replaced."""
        payments = dataclasses.replace(self.live.repositories["payments"], **parts)
        repositories = {**self.live.repositories, "payments": payments}
        return dataclasses.replace(self, live=dataclasses.replace(self.live, repositories=repositories))

    def first_seen(self, **kinds: Any) -> Case:  # noqa: ANN401 - ids by name, of each kind
        """Return the case with other ids known from before, by kind."""
        known = dataclasses.replace(self.live.first_seen, **kinds)
        return dataclasses.replace(self, live=dataclasses.replace(self.live, first_seen=known))

    def organization(self, **parts: Any) -> Case:  # noqa: ANN401 - any part of the organization
        """Return the case with parts of the live organization replaced."""
        organization = dataclasses.replace(self.live.organization, **parts)
        return dataclasses.replace(self, live=dataclasses.replace(self.live, organization=organization))

    def account(self, **parts: Any) -> Case:  # noqa: ANN401 - any part of an account
        """Return the case with parts of the live production account replaced."""
        account = dataclasses.replace(self.live.accounts[Purpose.PRODUCTION], **parts)
        return dataclasses.replace(self, live=dataclasses.replace(self.live, accounts={Purpose.PRODUCTION: account}))

    def verdicts(self, slug: str) -> list[Verdict]:
        """Return all that one control says."""
        control = next(control for control in CONTROLS if control.slug == slug)
        return [v for judgement in control.check(self.estate, self.live) for v in control.verdicts(judgement)]

    def findings(self, slug: str) -> list[tuple[str, str]]:
        """Return control and subject of each finding, and fail on any other verdict."""
        assert all(isinstance(verdict, Finding) for verdict in self.verdicts(slug)), self.verdicts(slug)
        return [(verdict.control, verdict.subject) for verdict in self.verdicts(slug)]

    def finding(self, slug: str) -> Finding:
        """Return the one finding, and fail on any other verdict."""
        (finding,) = self.verdicts(slug)
        assert isinstance(finding, Finding)
        return finding

    def unknowns(self, slug: str) -> list[tuple[str, str]]:
        """Return subject and reason of each unknown, and fail on any other verdict."""
        assert all(isinstance(verdict, Unknown) for verdict in self.verdicts(slug)), self.verdicts(slug)
        return [(v.subject, v.reason) for v in self.verdicts(slug) if isinstance(v, Unknown)]

    def notes(self, slug: str) -> list[Note]:
        """Return the notes, and fail on any other verdict."""
        assert all(isinstance(verdict, Note) for verdict in self.verdicts(slug)), self.verdicts(slug)
        return [v for v in self.verdicts(slug) if isinstance(v, Note)]


@pytest.fixture
def clean() -> Case:
    """An estate, and a live estate exactly as declared."""
    estate = _estate()
    return Case(estate, _mirror(estate))


@pytest.fixture
def nouns() -> Nouns:
    """A noun of each kind with every guarantee on."""
    return Nouns()


@pytest.fixture
def changes_of() -> Callable[[Any], Iterable[tuple[bool, Change]]]:
    """Every change of a noun's fields, with whether it weakens."""
    return changes
