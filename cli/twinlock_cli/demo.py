"""`twinlock demo`: the whole story on a fresh world, nothing of it staged.

Every step is the one a user's command takes, on a world in a directory of its own; the weakenings go through the
ordinary REST and IAM APIs.
"""

from __future__ import annotations

import contextlib
import signal
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twinlock_cli.engines import EngineOption, Kind
from twinlock_cli.render import Format, FormatOption, say, show, show_json, show_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from twinlock.audit import Report
    from twinlock.aws.session import Iam
    from twinlock.github.client import GitHubClient
    from twinlock.provider.world_file import WorldFile
    from twinlock.provision import Provisioned
    from twinlock.reconcile import Reconciliation
    from twinlock_cli.compose import Platform
    from twinlock_cli.drills import Step
    from twinlock_cli.weakenings import Weakening

ORGANIZATION, SERVICE = "acme", "payments"


def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave the world running, and say how to look around.")] = False,
    engine: EngineOption = Kind.EMBEDDED,
    format: FormatOption = Format.TABLE,  # noqa: A002 - the option's name
) -> int:
    """Tell the whole story on a fresh local world: provision a service, weaken it, find and correct each weakening."""
    say(f"A new platform for {ORGANIZATION}, its world and one service, in a temporary directory.")
    with _interruptible(), contextlib.ExitStack() as cleanup:
        if keep:
            root = Path(tempfile.mkdtemp(prefix="twinlock-demo-"), "platform")
        else:
            root = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="twinlock-demo-")), "platform")
        story = _Story(root, quiet=format is Format.JSON, engine=engine)
        if not keep:
            cleanup.callback(story.end)
        try:
            story.tell()
        except BaseException:
            story.end()
            raise
    if format is Format.JSON:
        show_json(story.as_json())
    elif keep:
        _show_around(root)
    return 0 if story.succeeded else 1


@dataclass(slots=True)
class _Story:
    """The demo's steps, and what each showed.

    Attributes:
        root: The platform directory.
        quiet: Nothing but the result goes to stdout.
        engine: What runs the programs.
    """

    root: Path
    quiet: bool
    engine: Kind
    seconds: dict[str, float] = field(default_factory=dict)
    found: dict[str, bool] = field(default_factory=dict)
    weakenings: tuple[Weakening, ...] = ()
    drills: list[Step] = field(default_factory=list)
    reports: dict[str, Report] = field(default_factory=dict)
    passed: Reconciliation | None = None
    not_enforced: tuple[str, ...] = ()
    _world: WorldFile | None = None
    _platform: Platform | None = None

    @property
    def succeeded(self) -> bool:
        """Whether every drill held, every weakening was found and corrected, and nothing else was found."""
        first, last = self.reports.get("provisioned"), self.reports.get("corrected")
        clean = first is not None and last is not None and first.exit_code == last.exit_code == 0
        held = bool(self.drills) and all(step.held for step in self.drills)
        return clean and held and bool(self.found) and all(self.found.values())

    def tell(self) -> None:
        """Tell the story."""
        with self._timed("init, new, scaffold"):
            self._write()
        with self._timed("world"):
            self._start()
        with self._timed("up"):
            provisioned = self._up()
        with self._timed("audit"):
            self.reports["provisioned"] = self._audit()
        self._show_estate(provisioned)
        with self._timed("drills"):
            self._drill()
        self._show_drills()
        with self._timed("weaken"):
            self._weaken()
        with self._timed("audit after weakening"):
            self.reports["weakened"] = self._audit()
        self._match()
        with self._timed("reconcile"):
            self._reconcile()
        with self._timed("audit after reconcile"):
            self.reports["corrected"] = self._audit()
        self._show_end()

    def end(self) -> None:
        """Stop the world, whatever happened."""
        from twinlock_cli import world_place, world_process

        if self._platform is not None:
            world_process.stop(world_place.place(self.root))

    def as_json(self) -> dict[str, Any]:
        """Return what happened, for machines."""
        return {
            "succeeded": self.succeeded,
            "seconds": {step: round(seconds, 3) for step, seconds in self.seconds.items()},
            "drills": [
                {"title": d.title, "who": d.who, "refusal": d.refusal, "held": d.held, "said": d.said}
                for d in self.drills
            ],
            "weakenings": [
                {"title": w.title, "control": w.control, "subject": w.subject, "found": self.found[w.title]}
                for w in self.weakenings
            ],
            "audits": {step: report.as_json() for step, report in self.reports.items()},
            "reconcile": self.passed.as_json() if self.passed else None,
            "not_enforced": list(self.not_enforced),
        }

    @property
    def platform(self) -> Platform:
        """The platform, once it is written."""
        from twinlock_cli import compose

        if self._platform is None:
            self._platform = compose.load(self.root)
        return self._platform

    @property
    def world(self) -> WorldFile:
        """The running world."""
        from twinlock_cli import world_place, world_process

        if self._world is None:
            self._world = world_process.start(world_place.place(self.root), self.platform.estate)
        return self._world

    def _write(self) -> None:
        from twinlock import names
        from twinlock_cli import founding, platform_directory

        founding.create(self.root, ORGANIZATION)
        roles = {
            "authors": "developers",
            "reviewers": "reviewers",
            "testers": "testers",
            "releasers": "releasers",
        }
        teams = {role: names.default_team(SERVICE, ending) for role, ending in roles.items()}
        platform_directory.add_service(self.root, SERVICE, teams)

    def _start(self) -> None:
        from twinlock_cli import world_requests

        estate = self.platform.estate
        world_requests.ask(self.world, "POST", "/_world/seed", estate=estate, body=_outsider(ORGANIZATION))
        report = world_requests.ask(self.world, "GET", "/_world/status", estate=estate)
        self.not_enforced = tuple(report["not_enforced"])

    def _up(self) -> Provisioned:
        from twinlock_cli import compose

        return compose.up(self.platform, self.world, self.engine, listener=_Counter())

    def _audit(self) -> Report:
        from twinlock_cli import compose

        return compose.examine(self.platform, self.world)()

    def _drill(self) -> None:
        from twinlock_cli import drills
        from twinlock_cli.people import People

        estate = self.platform.estate
        target = estate.declaration.platform.target
        with tempfile.TemporaryDirectory(prefix="work-", dir=self.root.parent) as directory:
            people = People(ORGANIZATION, target, self.world, Path(directory))
            story = drills.Drills(people, drills.cast(estate, SERVICE), SERVICE, self._left)
            for step in story.run():
                self.drills.append(step)
                say(f"  {step.who}: {step.title}")

    def _left(self) -> Sequence[str]:
        from twinlock_cli.leftovers import left

        platform = self.platform.estate.declaration.platform
        return left(self.world.accounts["integration"], platform.region, self.world.aws_url)

    def _show_drills(self) -> None:
        if self.quiet:
            return
        rows = [(step.who, step.title, _outcome(step), step.told) for step in self.drills]
        show_table(("who", "tries to", "", "what GitHub said"), rows)
        show("")

    def _weaken(self) -> None:
        from twinlock_cli.weakenings import weakenings

        estate = self.platform.estate
        accounts = {purpose.value: account.id for purpose, account in estate.accounts.items()}
        reach = _Owner(self.platform, self.world)
        self.weakenings = tuple(weakenings(ORGANIZATION, accounts, SERVICE))
        for weakening in self.weakenings:
            say(f"  an owner: {weakening.title}")
            weakening.act(reach)

    def _match(self) -> None:
        findings = self.reports["weakened"].findings
        self.found = {weakening.title: weakening.is_found_by(findings) for weakening in self.weakenings}
        if not self.quiet:
            rows = [
                (w.title, "found" if self.found[w.title] else "MISSED", w.control, w.subject) for w in self.weakenings
            ]
            show_table(("weakening", "audit", "control", "subject"), rows)

    def _reconcile(self) -> None:
        from twinlock_cli import compose

        self.passed = compose.reconcile(self.platform, self.engine)

    def _show_estate(self, provisioned: Provisioned) -> None:
        if self.quiet:
            return
        rows = [(r.stack, str(len(r.changes)), str(len(r.changed))) for r in provisioned.results]
        show_table(("stack", "resources", "created"), rows)
        report = self.reports["provisioned"]
        show(f"audit: {len(report.coverage.evaluated)} evaluated, {len(report.findings)} findings\n")

    def _show_end(self) -> None:
        if self.quiet:
            return
        corrected = len(self.passed.corrected) if self.passed else 0
        last = self.reports["corrected"]
        show(f"\nreconcile: {corrected} subjects corrected; read again: {len(last.findings)} findings")
        show_table(("step", "seconds"), [(step, f"{seconds:.1f}") for step, seconds in self.seconds.items()])
        show("\nThe world keeps these, but does not enforce them yet:")
        for line in self.not_enforced:
            show(f"  {line}")

    @contextlib.contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        say(f"{step} ...")
        begin = time.perf_counter()
        yield
        self.seconds[step] = time.perf_counter() - begin


class _Counter:
    """Show the progress of a run, a line per stack."""

    def __init__(self) -> None:
        self._stack = ""

    def __call__(self, stack: str, change: object) -> None:
        """Take note of one step."""
        del change
        if stack != self._stack:
            self._stack = stack
            say(f"  {stack}")


class _Owner:
    """An organization owner who also has the accounts' keys."""

    def __init__(self, platform: Platform, world: WorldFile) -> None:
        self._platform = platform
        self._world = world

    @property
    def organization(self) -> str:
        """The organization's login."""
        return self._platform.estate.organization.login

    @property
    def github(self) -> GitHubClient:
        """GitHub, as an owner."""
        from twinlock.github.http import HttpGitHub

        owner = min(self._platform.estate.organization.owners)
        target = self._platform.estate.declaration.platform.target
        return HttpGitHub(self._world.github_url, self._world.token(owner), holder=owner, target=target)

    def iam(self, purpose: str) -> Iam:
        """IAM of one account, as its administrator."""
        from twinlock.aws.session import BotoIam, Credentials

        keys, platform = self._world.accounts[purpose], self._platform.estate.declaration.platform
        credentials = Credentials(keys.access_key, keys.secret_key)
        return BotoIam(credentials, region=platform.region, target=platform.target, endpoint=self._world.aws_url)

    def account(self, purpose: str) -> str:
        """The account's twelve digits."""
        return self._world.accounts[purpose].id


def _outcome(step: Step) -> str:
    if not step.held:
        return "BROKEN"
    return "refused" if step.refusal else "ok"


def _outsider(organization: str) -> dict[str, Any]:
    from twinlock_cli.weakenings import OUTSIDER

    return {
        "organization": {"login": organization},
        "users": [{"login": OUTSIDER, "role": "outsider"}],
        "apps": [],
        "aws": {"region": "eu-west-1", "accounts": []},
    }


def _show_around(root: Path) -> None:
    show(f"\nThe world still runs. Look around, then `twinlock -C {root} world down`:")
    for line in ("world status", "audit", "preview", "reconcile --once"):
        show(f"  twinlock -C {root} {line}")


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Let a termination signal end the demo as Ctrl-C does, so that no process and no file is left."""

    def interrupt(signal_number: int, frame: object) -> None:
        del signal_number, frame
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
