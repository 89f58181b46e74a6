"""The composition root: which adapter serves which port, by target.

Commands name what they need; this module builds it. Everything heavy is imported inside the functions, so that
`twinlock --help` starts at once.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from twinlock.errors import BadInput
from twinlock_cli import engines
from twinlock_cli.engines import Kind
from twinlock_cli.render import say

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from twinlock.audit import Report
    from twinlock.custody import Custody
    from twinlock.drift import Drift
    from twinlock.engine.port import Engine, Listener, Observer, Stack
    from twinlock.engine.pulumi.engine import PulumiEngine
    from twinlock.engine.result import Result
    from twinlock.engine.sealed_plan import SealedPlan
    from twinlock.github.http import HttpGitHub
    from twinlock.ledger.journal import Journal
    from twinlock.model.declaration import Declaration
    from twinlock.model.estate import Estate
    from twinlock.provider.world_file import WorldFile
    from twinlock.provision import Provisioned, Seeder
    from twinlock.reconcile import Reconciliation
    from twinlock.scaffold.source import TemplateSource
    from twinlock.sealing import Sealed
    from twinlock_cli.engines import ProviderAws

JOURNAL = (".twinlock", "journal.jsonl")
ANSWERS = (".twinlock", "answers.json")
"""What GitHub answered the auditor before."""


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform directory and what it declares.

    Attributes:
        root: The directory.
        estate: What must exist.
        provider_aws: What manages its AWS under Pulumi, where whoever runs this chose.
    """

    root: Path
    estate: Estate
    provider_aws: ProviderAws | None = None


def load(root: Path, provider_aws: ProviderAws | None = None) -> Platform:
    """Read a platform directory, and say which target it works on.

    Raises:
        BadInput: It is none, or has mistakes.
        Incomplete: A file cannot be read.
    """
    from twinlock import desired, manifest

    root = root.absolute()
    declaration = manifest.load(root)
    announce(declaration)
    return Platform(root, desired.derive(declaration), provider_aws)


def announce(declaration: Declaration) -> None:
    """Say what a command works on, before it does."""
    say(f"target: {declaration.platform.target.value} ({declaration.platform.organization})")


def templates() -> TemplateSource:
    """Return where templates come from."""
    from twinlock_templates import templates

    return templates


def world(platform: Platform) -> WorldFile:
    """Return the running world of a platform directory, seeded with everybody it declares now.

    Raises:
        BadInput: The target is cloud, which this version does not reach yet.
        Incomplete: No world runs.
    """
    from twinlock.model.declaration import Where
    from twinlock_cli import world_requests

    if platform.estate.declaration.platform.target is not Where.WORLD:
        raise BadInput(
            "The target cloud is not available in this version.",
            "Only the local world can be provisioned and audited so far.",
            "Set `target: world` in platform.yaml.",
        )
    return world_requests.running(platform.root, platform.estate)


def engine(platform: Platform, kind: Kind = Kind.EMBEDDED) -> Engine:
    """Return the engine that runs stacks.

    Raises:
        Incomplete: It is Pulumi's, and not installed, or not with the AWS provider that was chosen.
        BadInput: An AWS provider was chosen for an engine that has none.
    """
    declared = platform.estate.declaration.platform
    return engines.engine(platform.root, declared, kind, journal(platform), platform.provider_aws)


def pulumi(platform: Platform) -> PulumiEngine:
    """Return Pulumi, for what only it can do.

    Raises:
        Incomplete: It is not installed, or not with the AWS provider that was chosen.
    """
    declared = platform.estate.declaration.platform
    return engines.pulumi(platform.root, declared, journal(platform), platform.provider_aws)


def checkpoint(platform: Platform, stack: Stack) -> bytes | None:
    """Return the checkpoint that Pulumi keeps of a stack, or None where there is none.

    Raises:
        TwinlockError: It cannot be read.
    """
    return engines.checkpoint(platform.root, platform.estate.declaration.platform, journal(platform), stack)


def custody(platform: Platform, *, by_hand: bool = False) -> Custody:
    """Return what vouches for Pulumi's checkpoints; `by_hand`, for whoever runs this to accept one, as of `journal`.

    Raises:
        TwinlockError: What is accepted is to be kept in a bucket too, which cannot be reached.
    """
    archive = engines.archive(platform.root, platform.estate.declaration.platform) if by_hand else None
    return engines.custody(platform.root, journal(platform, by_hand=by_hand), archive)


def settle(platform: Platform, running: WorldFile) -> Result:
    """Make the place that the manifest has for Pulumi's state, and let that stack's own state be there.

    It is made with state on this machine, which is moved there at the end; so an interrupted one goes on.

    Raises:
        TwinlockError: It could not be completed.
    """
    import shutil

    from twinlock.names import PLATFORM_GROUP

    stack = stacks(platform, running)("state", PLATFORM_GROUP)
    engine = pulumi(platform)
    if engine.settled(stack):
        return engine.up(stack)
    founding = engine.founding()
    done = founding.up(stack)
    engine.take_over(stack, founding.workspace)
    if founding.workspace.state is not None:
        shutil.rmtree(founding.workspace.state, ignore_errors=True)
    return done


def stacks(platform: Platform, running: WorldFile) -> Callable[[str, str], Stack]:
    """Return what makes the stack of a program and a group, acting as the controller."""
    from twinlock import programs
    from twinlock.names import CONTROLLER_APP
    from twinlock.provider.world_file import connection
    from twinlock_cli.taken_over import TakenOver

    reached = connection(running, platform.estate, CONTROLLER_APP)
    return programs.stacks(platform.estate, reached, TakenOver(platform.root))


def controller(platform: Platform, running: WorldFile) -> HttpGitHub:
    """Return GitHub as the controller."""
    from twinlock.github.http import HttpGitHub
    from twinlock.names import CONTROLLER_APP

    token, target = running.token(CONTROLLER_APP), platform.estate.declaration.platform.target
    return HttpGitHub(running.github_url, token, holder=CONTROLLER_APP, target=target)


def seeder(platform: Platform, running: WorldFile) -> Seeder:
    """Return what pushes first commits, acting as the controller.

    Raises:
        BadInput: There is no git to push with.
    """
    from twinlock.names import CONTROLLER_APP
    from twinlock_cli import prerequisites, seeds
    from twinlock_cli.taken_over import TakenOver

    prerequisites.require_git()
    return seeds.Seeds(
        platform.root,
        platform.estate,
        templates(),
        controller(platform, running),
        url=running.github_url,
        token=running.token(CONTROLLER_APP),
        adopted=TakenOver(platform.root).was_there,
    )


def up(  # noqa: PLR0913 - what a run is of, and how it is done
    platform: Platform,
    running: WorldFile,
    kind: Kind = Kind.EMBEDDED,
    *,
    groups: Collection[str] = (),
    listener: Listener | None = None,
    observer: Observer | None = None,
    jobs: int | None = None,
) -> Provisioned:
    """Make live equal to the estate, and note which things stand behind new names.

    Raises:
        TwinlockError: It could not be completed.
    """
    from twinlock import provision
    from twinlock.engine.port import Unobserved

    push, program = seeder(platform, running), stacks(platform, running)
    return _noted(
        platform,
        running,
        listener,
        lambda heard: provision.up(
            platform.estate,
            engine(platform, kind),
            program,
            push,
            groups=groups,
            listener=heard,
            observer=observer or Unobserved(),
            jobs=engines.jobs(kind, jobs),
        ),
    )


def seal(platform: Platform, running: WorldFile, *, groups: Collection[str], listener: Listener) -> Sealed:
    """Plan with Pulumi what `up` would do, and seal that.

    Raises:
        TwinlockError: It cannot be planned, or not be bound to what the directory holds.
    """
    from twinlock import sealing

    return sealing.seal(
        platform.root,
        platform.estate,
        pulumi(platform),
        custody(platform),
        stacks(platform, running),
        groups=groups,
        listener=listener,
    )


def carry_out(  # noqa: PLR0913 - what a plan is carried out with
    platform: Platform,
    running: WorldFile,
    plan: SealedPlan,
    *,
    name: str,
    approved: str | None,
    listener: Listener,
) -> Provisioned:
    """Do what a sealed plan says, and nothing else; `name` is the plan's, for messages.

    Raises:
        TwinlockError: Something is another than the plan was made for, or it could not be completed.
    """
    from twinlock import sealing

    push, program = seeder(platform, running), stacks(platform, running)
    return _noted(
        platform,
        running,
        listener,
        lambda heard: sealing.carry_out(
            platform.root,
            platform.estate,
            pulumi(platform),
            program,
            push,
            plan,
            name=name,
            approved=approved,
            listener=heard,
        ),
    )


def _noted(
    platform: Platform, running: WorldFile, listener: Listener | None, run: Callable[[Listener], Provisioned]
) -> Provisioned:
    """Return what a run did, having noted which things stand behind the names that it gave anew."""
    from twinlock.engine.port import ignore
    from twinlock_cli.observing import Replacements

    replacements = Replacements(platform.root, platform.estate, listener or ignore)
    try:
        done = run(replacements)
    finally:
        replacements.forget()
    replacements.remember(controller(platform, running))
    return done


def preview(  # noqa: PLR0913 - as `up`
    platform: Platform,
    running: WorldFile,
    kind: Kind,
    *,
    groups: Collection[str],
    listener: Listener,
    observer: Observer,
    jobs: int | None,
) -> Provisioned:
    """Return what `up` would do.

    Raises:
        Incomplete: A stack could not be previewed.
    """
    from twinlock import provision

    return provision.preview(
        platform.estate,
        engine(platform, kind),
        stacks(platform, running),
        groups=groups,
        listener=listener,
        staged=kind is Kind.PULUMI,
        observer=observer,
        jobs=engines.jobs(kind, jobs),
    )


def destroy(  # noqa: PLR0913 - as `up`
    platform: Platform,
    running: WorldFile,
    kind: Kind,
    *,
    listener: Listener,
    observer: Observer,
    jobs: int | None,
) -> Provisioned:
    """Delete everything that was provisioned, and forget which things stood behind the names.

    Raises:
        TwinlockError: It could not be completed.
    """
    from twinlock import provision
    from twinlock_cli.observing import Replacements

    replacements = Replacements(platform.root, platform.estate, listener)
    try:
        return provision.destroy(
            platform.estate,
            engine(platform, kind),
            stacks(platform, running),
            listener=replacements,
            observer=observer,
            jobs=engines.jobs(kind, jobs),
        )
    finally:
        replacements.forget()


def examine(platform: Platform, running: WorldFile) -> Callable[[], Report]:
    """Return what reads the live estate as the auditor and judges it."""
    from dataclasses import replace

    from twinlock.audit import audit
    from twinlock.aws.session import BotoIam, Credentials
    from twinlock.github.client import ReadOnlyClient
    from twinlock.github.http import HttpGitHub
    from twinlock.github.remembered import Remembered
    from twinlock.ledger.windows import unexamined
    from twinlock.live import estate as live
    from twinlock.live.aws import AwsAccount
    from twinlock.live.github import GitHubOrganization
    from twinlock.names import AUDITOR_APP
    from twinlock_cli.observing import first_seen
    from twinlock_cli.render import say
    from twinlock_cli.renderings import Renderings

    estate = Renderings(platform.root, platform.estate, templates()).estate()
    target = estate.declaration.platform.target

    def read() -> Report:
        token = running.token(AUDITOR_APP)
        remembered = Remembered(platform.root.joinpath(*ANSWERS), root=running.github_url, token=token)
        client = HttpGitHub(
            running.github_url, token, holder=AUDITOR_APP, target=target, remembered=remembered, notice=say
        )
        whole = False
        accounts = {
            purpose: BotoIam(
                Credentials(keys.access_key, keys.secret_key),
                region=account.region,
                target=target,
                endpoint=running.aws_url,
            )
            for purpose, account in estate.accounts.items()
            if (keys := running.accounts.get(purpose.value)) is not None
        }
        try:
            readers = {purpose: AwsAccount(iam) for purpose, iam in accounts.items()}
            seen = live.read(estate, GitHubOrganization(estate.organization.login, ReadOnlyClient(client)), readers)
            whole = True
        finally:
            client.close()
            remembered.save(whole=whole)
        known = first_seen(platform.root, estate, seen.organization.identities)
        calls = {"github": client.calls, "aws": sum(iam.calls for iam in accounts.values())}
        windows = unexamined(journal(platform).entries())
        return audit(estate, replace(seen, first_seen=known), calls=calls, windows=windows)

    return read


def drift(platform: Platform, running: WorldFile, kind: Kind, *, groups: Collection[str]) -> Drift:
    """Return what an engine and the audit see otherwise than it should be; changes nothing.

    Raises:
        TwinlockError: The engine is not there, or GitHub or AWS cannot be reached.
    """
    from twinlock import drift as seen

    looked = seen.look(platform.estate, engine(platform, kind), stacks(platform, running), groups=groups)
    return seen.merge(platform.estate, looked, examine(platform, running)())


def journal(platform: Platform, *, by_hand: bool = False) -> Journal:
    """Return the journal of a platform directory; `by_hand`, whoever runs this writes there, and not the controller."""
    from twinlock.ledger.journal import Journal
    from twinlock.names import CONTROLLER_APP

    who = _account() if by_hand else f"{CONTROLLER_APP} run by {_account()}"
    return Journal(platform.root.joinpath(*JOURNAL), who=who)


def _account() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def reconcile(platform: Platform, kind: Kind = Kind.EMBEDDED) -> Reconciliation:
    """Make one pass of reconciliation.

    Raises:
        TwinlockError: It could not be completed.
    """
    from twinlock.reconcile import reconcile as pass_once
    from twinlock_cli import prerequisites

    running = world(platform)
    prerequisites.require_git()
    return pass_once(examine(platform, running), lambda: up(platform, running, kind), journal(platform))
