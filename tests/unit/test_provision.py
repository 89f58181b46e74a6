"""Provisioning: which steps, in which order, and what becomes of a step that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twinlock import desired, manifest, provision
from twinlock.engine.port import Stack, ignore
from twinlock.engine.result import Change, Operation, Result
from twinlock.errors import Incomplete, TwinlockError
from twinlock.manifest import edit, examples
from twinlock.model.organization import Duty
from twinlock.provision import Provisioned, Run, Seed, Waiting
from twinlock.scaffold.seed import AlreadySeeded, HasOtherCommits, Seeded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinlock.engine.port import Listener
    from twinlock.model.estate import Estate
    from twinlock.model.repository import Repository

SERVICES = ("orders", "payments")
DUTIES = {
    "authors": Duty.AUTHOR,
    "reviewers": Duty.REVIEWER,
    "testers": Duty.TESTER,
    "releasers": Duty.RELEASER,
}
PLATFORM = (Run("organization", "platform"), Run("repositories", "platform"), Seed("platform"))


@pytest.fixture(scope="module")
def estate() -> Estate:
    """Return an estate of two services, as `init` and `new` write it."""
    files = {
        "platform.yaml": examples.platform_yaml("acme", "a" * 40).encode(),
        "roster.yaml": examples.roster_yaml("acme", examples.founders()).encode(),
    }
    for service in SERVICES:
        teams = {role: f"{service}-{role}" for role in DUTIES}
        taken = set(manifest.parse(files).people)
        crew = examples.crew(service, teams, taken)
        added = edit.add_teams(files["platform.yaml"].decode(), {teams[role]: duty for role, duty in DUTIES.items()})
        people = edit.add_people(files["roster.yaml"].decode(), "acme", crew)
        files |= {
            "platform.yaml": added.encode(),
            "roster.yaml": people.encode(),
            f"services/{service}.yaml": examples.service_yaml(service, teams).encode(),
        }
    return desired.derive(manifest.parse(files))


class FakeEngine:
    """Remembers what it was asked, and fails on one stack if told to."""

    def __init__(self, told: list[str], failing: str = "", operation: Operation = Operation.CREATE) -> None:
        self._told = told
        self._failing = failing
        self._operation = operation

    def preview(self, stack: Stack, listener: Listener = ignore) -> Result:
        """Remember."""
        return self._done("preview", stack, listener)

    def up(self, stack: Stack, listener: Listener = ignore) -> Result:
        """Remember."""
        return self._done("up", stack, listener)

    def destroy(self, stack: Stack, listener: Listener = ignore) -> Result:
        """Remember."""
        return self._done("destroy", stack, listener)

    def cancel(self) -> None:
        """Remember."""
        self._told.append("cancel")

    def outputs(self, program: str, group: str) -> Mapping[str, object] | None:
        """Return nothing: provisioning asks for none."""
        raise AssertionError((program, group))

    def _done(self, verb: str, stack: Stack, listener: Listener) -> Result:
        if stack.id == self._failing:
            raise Incomplete(f"{stack.id} was not applied.", "The world is down.", "Start it.")
        self._told.append(f"{verb} {stack.id}")
        change = Change(f"urn:{stack.id}", "type", "name", self._operation)
        listener(stack.id, change)
        return Result(stack.id, (change,))


def _stack(program: str, group: str) -> Stack:
    return Stack(program, group, lambda: None)


class FakeSeeder:
    """Remembers which repositories it was given."""

    def __init__(self, told: list[str], outcome: provision.SeedOutcome | None = None) -> None:
        self._told = told
        self._outcome = outcome or Seeded("c0ffee")

    def __call__(self, repository: Repository) -> provision.SeedOutcome:
        """Remember."""
        self._told.append(f"seed {repository.name}")
        return self._outcome


def test_the_platform_comes_first_and_each_service_whole_after_the_other(estate: Estate) -> None:
    """Repositories are made, then seeded, then protected; what holds no protections yet has no such step."""
    assert provision.steps(estate) == (
        *PLATFORM,
        Run("repositories", "orders"),
        Seed("orders"),
        Run("protections", "orders"),
        Run("repositories", "payments"),
        Seed("payments"),
        Run("protections", "payments"),
    )


def test_naming_a_service_leaves_out_the_others_but_not_the_platform(estate: Estate) -> None:
    """What every service stands on is always provisioned."""
    assert provision.steps(estate, ["payments"]) == (
        *PLATFORM,
        Run("repositories", "payments"),
        Seed("payments"),
        Run("protections", "payments"),
    )


def test_up_seeds_a_repository_after_it_exists_and_before_it_is_protected(estate: Estate) -> None:
    """Nobody ever needs to bypass a ruleset to push the first commit."""
    told: list[str] = []
    heard: list[str] = []
    done = provision.up(
        estate,
        FakeEngine(told),
        _stack,
        FakeSeeder(told),
        groups=["payments"],
        listener=lambda stack, change: heard.append(f"{stack} {change.operation.value}"),
    )
    assert told == [
        "up organization/platform",
        "up repositories/platform",
        "seed delivery-pipelines",
        "up repositories/payments",
        "seed payments",
        "seed payments-integration-tests",
        "up protections/payments",
    ]
    assert heard == [f"{line.removeprefix('up ')} create" for line in told if line.startswith("up ")]
    assert [result.stack for result in done.results] == [line.split()[1] for line in told if line.startswith("up ")]
    assert done.seeds == tuple(
        (name, Seeded("c0ffee")) for name in ("delivery-pipelines", "payments", "payments-integration-tests")
    )


def test_a_step_that_fails_ends_the_run_before_anything_later(estate: Estate) -> None:
    """Without its repositories a service is neither seeded nor protected; the steps before stand."""
    told: list[str] = []
    with pytest.raises(Incomplete, match=r"^repositories/payments was not applied\."):
        provision.up(estate, FakeEngine(told, "repositories/payments"), _stack, FakeSeeder(told), groups=["payments"])
    assert told == ["up organization/platform", "up repositories/platform", "seed delivery-pipelines"]


def test_a_seed_that_fails_leaves_the_repository_unprotected_and_the_run_ended(estate: Estate) -> None:
    """Protections over an empty repository would need a bypass to be seeded."""
    told: list[str] = []

    def refused(repository: Repository) -> provision.SeedOutcome:
        if repository.group == "payments":
            raise Incomplete(f"{repository.name} was not seeded.", "git is missing.", "Install git.")
        return Seeded("c0ffee")

    with pytest.raises(Incomplete, match="payments was not seeded"):
        provision.up(estate, FakeEngine(told), _stack, refused, groups=["payments"])
    assert told == ["up organization/platform", "up repositories/platform", "up repositories/payments"]


def test_preview_runs_every_stack_and_seeds_nothing(estate: Estate) -> None:
    """Nothing is changed: no seeder is even asked for."""
    told: list[str] = []
    done = provision.preview(estate, FakeEngine(told), _stack, groups=["orders"])
    assert told == [
        "preview organization/platform",
        "preview repositories/platform",
        "preview repositories/orders",
        "preview protections/orders",
    ]
    assert done.seeds == ()


def test_a_staged_preview_names_what_waits_and_for_what(estate: Estate) -> None:
    """Pulumi looks up teams and repositories as they are now: what reads them waits until they are there."""
    told: list[str] = []
    done = provision.preview(estate, FakeEngine(told), _stack, groups=["orders"], staged=True)
    assert told == [
        "preview organization/platform",
        "preview repositories/platform",
        "preview repositories/orders",
    ]
    assert (done.waiting, done.changed) == ((Waiting("protections/orders", "organization/platform"),), True)


@pytest.mark.parametrize("operation", [Operation.UPDATE, Operation.SAME, Operation.DELETE])
def test_nothing_waits_for_what_is_only_changed(estate: Estate, operation: Operation) -> None:
    """What is looked up is there already."""
    told: list[str] = []
    engine = FakeEngine(told, operation=operation)
    done = provision.preview(estate, engine, _stack, groups=["orders"], staged=True)
    assert (told[-1], done.waiting) == ("preview protections/orders", ())


def test_destroy_walks_the_same_way_backwards(estate: Estate) -> None:
    """Protections go before what they protect, services before the platform."""
    told: list[str] = []
    provision.destroy(estate, FakeEngine(told), _stack)
    assert told == [
        "destroy protections/payments",
        "destroy repositories/payments",
        "destroy protections/orders",
        "destroy repositories/orders",
        "destroy repositories/platform",
        "destroy organization/platform",
    ]


@pytest.mark.parametrize(
    ("operation", "outcome", "changed"),
    [
        (Operation.SAME, AlreadySeeded("c0ffee"), False),
        (Operation.SAME, HasOtherCommits("deed"), False),
        (Operation.SAME, Seeded("c0ffee"), True),
        (Operation.UPDATE, AlreadySeeded("c0ffee"), True),
    ],
)
def test_changed_is_whatever_was_done(operation: Operation, outcome: provision.SeedOutcome, changed: bool) -> None:  # noqa: FBT001 - a case
    """A resource that is not the same, or a commit that was pushed, is a change."""
    result = Result("organization/platform", (Change("urn", "type", "name", operation),))
    assert Provisioned((result,), (("payments", outcome),)).changed is changed
    assert Provisioned(()).changed is False


def test_stacks_need_the_organization_the_pipelines_and_their_own_seeded_repositories(estate: Estate) -> None:
    """And nothing of another service, so that services are provisioned at once."""
    organization = Run("organization", "platform")
    assert {step: provision.needs(step) for step in provision.steps(estate, ["payments"])} == {
        organization: set(),
        Run("repositories", "platform"): {organization},
        Seed("platform"): {Run("repositories", "platform")},
        Run("repositories", "payments"): {organization},
        Seed("payments"): {Run("repositories", "payments")},
        Run("protections", "payments"): {
            organization,
            *PLATFORM[1:],
            Run("repositories", "payments"),
            Seed("payments"),
        },
    }


@pytest.mark.parametrize("jobs", [1, 3])
def test_what_is_done_is_told_in_the_same_order_whatever_was_at_once(estate: Estate, jobs: int) -> None:
    """Results and seeds have the order of the steps, those of a destruction the reverse."""
    done = provision.up(estate, FakeEngine([]), _stack, FakeSeeder([]), jobs=jobs)
    names = [f"{step.program}/{step.group}" for step in provision.steps(estate) if isinstance(step, Run)]
    assert [result.stack for result in done.results] == names
    assert [name for name, _ in done.seeds] == [
        repository.name for group in estate.groups for repository in estate.group(group)
    ]
    assert [each.stack for each in provision.preview(estate, FakeEngine([]), _stack, jobs=jobs).results] == names
    destroyed = provision.destroy(estate, FakeEngine([]), _stack, jobs=jobs)
    assert [each.stack for each in destroyed.results] == names[::-1]


def test_a_destruction_takes_protections_first_and_the_organization_last(estate: Estate) -> None:
    """Also where stacks are destroyed at once."""
    told: list[str] = []
    provision.destroy(estate, FakeEngine(told), _stack, jobs=4)
    programs = [line.split()[1].split("/")[0] for line in told]
    assert programs[-1] == "organization"
    assert told.index("destroy repositories/platform") > max(
        at for at, program in enumerate(programs) if program == "protections"
    )


def test_an_observer_hears_of_each_stack_as_it_begins_and_ends(estate: Estate) -> None:
    """What is planned first; of one that fails, why."""
    heard: list[object] = []

    class Noting:
        def planned(self, stacks: Sequence[str]) -> None:
            heard.append(list(stacks))

        def begun(self, stack: str) -> None:
            heard.append(f"{stack} begins")

        def ended(self, stack: str, result: Result) -> None:
            heard.append(f"{stack} ends with {len(result.changes)}")

        def failed(self, stack: str, error: TwinlockError) -> None:
            heard.append(f"{stack} fails: {error.why}")

    engine = FakeEngine([], "repositories/platform")
    with pytest.raises(Incomplete):
        provision.up(estate, engine, _stack, FakeSeeder([]), groups=["payments"], observer=Noting())
    stacks = ["organization/platform", "repositories/platform", "repositories/payments", "protections/payments"]
    assert heard == [
        stacks,
        "organization/platform begins",
        "organization/platform ends with 1",
        "repositories/platform begins",
        "repositories/platform fails: The world is down.",
    ]
