"""One world: GitHub, git and AWS on one state, and the paths that lead to each.

Joins the parts and holds what they don't know of each other: credentials span GitHub and AWS, a dump shows both.
Made by `server`; `control` acts upon it.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock_world import github, seed
from twinlock_world.companion import Companion
from twinlock_world.control import PREFIX, Control
from twinlock_world.faults import Faults
from twinlock_world.git_access import StoreGatekeeper
from twinlock_world.git_http import GitHttp, match
from twinlock_world.git_incoming import forget_incoming
from twinlock_world.git_objects import GitRepositories
from twinlock_world.git_receive import install_hooks
from twinlock_world.github.accounts import (
    ORGANIZATION,
    TOKEN,
    Organization,
    expire_token,
    find_user,
    is_owner,
)
from twinlock_world.github.app_token import make_key
from twinlock_world.github.auth import resolve_token
from twinlock_world.github.errors import not_found
from twinlock_world.github.not_enforced import NOT_ENFORCED as GITHUB_NOT_ENFORCED
from twinlock_world.github.repository import REPOSITORY, get_repository
from twinlock_world.github.snapshot import snapshot
from twinlock_world.github.urls import Urls as Addresses
from twinlock_world.github.workflows.engine import Engine
from twinlock_world.loopback_post import post
from twinlock_world.normalise import normalise
from twinlock_world.oidc import discovery
from twinlock_world.oidc.issuer import CONFIGURATION, NAME, Issuer
from twinlock_world.oidc.key import KeptKey
from twinlock_world.runner.runtime import PREFIX as RUNTIME
from twinlock_world.runner.runtime import Runtime
from twinlock_world.ticker import Ticker
from twinlock_world.unreliable import Unreliable
from twinlock_world.webhooks import Webhooks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from twinlock_world.asgi import Receive, Scope, Send
    from twinlock_world.aws.edge import Aws
    from twinlock_world.clock import Clock
    from twinlock_world.events import Event
    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.rate_limit import Limits
    from twinlock_world.runner.act import ActRunner
    from twinlock_world.seed import Seed
    from twinlock_world.store import Store

NOT_ENFORCED: Final = (
    *GITHUB_NOT_ENFORCED,
    "AWS: service-specific condition keys beyond those that world/twinlock_world/README.md lists",
    "AWS: policies on the keys of an account's administrator, which may do all",
    "ECS: a task's security groups and subnets, its cpu and memory, its user, and that its root is read-only",
    "ECS: services, which are stored and start no tasks",
)


@dataclass(frozen=True, slots=True)
class Urls:
    """Where the world is found."""

    github: str
    aws: str
    socket: Path | None = None


class LocalWorld:
    """The ASGI application of a whole world, and what `/_world` does to it."""

    def __init__(self, store: Store, state: Path, aws: Aws, urls: Urls, stop: Callable[[], None]) -> None:
        self._store = store
        self._state = state
        git_root = self._git_root = state / "git"
        self._aws = aws
        self._urls = urls
        self._stop = stop
        self._github = github.application(store, git_root, urls.github)
        forget_incoming(git_root)
        hooks = install_hooks(git_root / "hooks")
        self._git = GitHttp(StoreGatekeeper(store, GitRepositories(git_root)), hooks)
        self._git_requests: Counter[str] = Counter()
        self.issuer = Issuer(store, KeptKey(state / "oidc-key.json"), store.clock.now)
        aws.federate(NAME, self.issuer)
        self._discovery = discovery.Discovery(self.issuer, urls.github)
        self.actions = Engine(store, GitRepositories(git_root), Addresses(urls.github, ""))
        self.actions.recover()
        self.actions.listen()
        self._runtime = Runtime(self.actions, self.issuer)
        self._runner: ActRunner | None = None
        self._ticker = Ticker(self.actions.tick)
        self._webhooks = Webhooks(store, Addresses(urls.github, ""), post)
        self.faults = Faults()
        aws.suffer(self.faults)
        self._unreliable = Unreliable(self._serve, self.faults, self.expire_token)
        self._control = Control(self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        raw_path: bytes = scope["raw_path"]
        path = raw_path.decode("latin-1").partition("?")[0]
        if path.startswith(PREFIX):
            await self._control(scope, receive, send)
        else:
            await self._unreliable(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["raw_path"].decode("latin-1").partition("?")[0]
        if path.startswith(RUNTIME):
            await self._runtime(scope, receive, send)
            return
        if path.startswith(discovery.PREFIX):
            await self._discovery(scope, receive, send)
            return
        route = match(scope["method"], path)
        if route is None:
            await self._github(scope, receive, send)
            return
        self._git_requests[route.action] += 1
        await self._git(scope, receive, send)

    def plant(self, planted: Seed) -> JsonObject:
        """Make the accounts that are missing, and return everybody's credentials.

        Raises:
            SeedError: The seed contradicts what is there.
        """
        seed.plant(planted, self._store)
        return self.credentials()

    def credentials(self) -> JsonObject:
        """Return the addresses, every valid token and every account's keys."""
        accounts = {}
        for account in seed.accounts(self._store):
            keys = self._aws.ensure_account(account.id)
            accounts[account.name] = {"id": account.id, "access_key": keys.access_key, "secret_key": keys.secret_key}
        socket: JsonObject = {} if self._urls.socket is None else {"socket": str(self._urls.socket)}
        return {
            "github": {"url": self._urls.github, **socket, "tokens": seed.tokens(self._store)},
            "aws": {"url": self._urls.aws, "accounts": accounts},
            "pid": os.getpid(),
        }

    def dump(self, *, normalised: bool) -> JsonValue:
        """Return everything that GitHub and AWS hold, without secrets."""
        document: JsonObject = {"github": snapshot(self._store, self._git_root), "aws": self._aws.state()}
        if not normalised:
            return document
        named = ((ORGANIZATION, "login"), (REPOSITORY, "name"))
        return normalise(document, {r.id: r.fields.text(name) for kind, name in named for r in self._store.all(kind)})

    def status(self) -> JsonObject:
        """Return counts since the start, and what is kept but not enforced."""
        counts = self._store.counts()
        return {
            "pid": os.getpid(),
            "github": {
                "url": self._urls.github,
                "oidc": {"issuer": NAME, "configuration": f"{self._urls.github}{CONFIGURATION}"},
                "records": {kind: count for kind, count in counts.items() if kind != TOKEN},
                "requests": self._github.statistics.requests,
                "unknown_routes": dict(self._github.statistics.unknown_routes),
            },
            "git": {"requests": dict(self._git_requests)},
            "aws": {
                "url": self._urls.aws,
                "empty_since_start": self._aws.empty_since_start,
                "requests": self._aws.requests,
                "unserved": dict(self._aws.unserved),
            },
            "not_enforced": NOT_ENFORCED,
        }

    def aws_decisions(self) -> JsonValue:
        """Return what AWS refused, newest first, and by which statement."""
        return self._aws.decisions.shown()

    def is_owner(self, token: str) -> bool:
        """Tell whether this is the valid token of an organization's owner."""
        identity = resolve_token(self._store, token)
        return any(is_owner(self._store, Organization(found), identity) for found in self._store.all(ORGANIZATION))

    def expire_token(self, login: str) -> bool:
        """Make a person's or an app's token invalid; false where nobody has that name."""
        return expire_token(self._store, login)

    def execute_jobs(self, path: Sequence[Path], variables: Mapping[str, str], socket: Path | None) -> None:
        """Execute workflows' jobs on this machine from now on, with these directories on their PATH.

        With a `socket` their gh is told of it, since it knows GitHub by no other address.
        """
        from twinlock_world.runner.act import ActRunner, Surroundings  # noqa: PLC0415 - only where jobs are executed

        if socket is not None:
            place = self._state / "actions" / "gh"
            place.mkdir(parents=True, exist_ok=True)
            (place / "config.yml").write_text(f"version: 1\nhttp_unix_socket: {json.dumps(str(socket.absolute()))}\n")
            variables = {"GH_CONFIG_DIR": str(place), **variables}
        around = Surroundings(self._urls.github, self._urls.aws, tuple(path), variables)
        self._runner = ActRunner(self.actions, self._state / "actions" / "work", around)
        self._runner.listen()

    def run_tasks(self, path: Sequence[Path]) -> None:
        """Run tasks of ECS on this machine from now on, with these directories on their PATH."""
        from twinlock_world.aws.tasks.fleet import Settings  # noqa: PLC0415 - only where tasks are run

        self._aws.run_tasks(Settings(self._state / "tasks", tuple(path)), self._urls.aws)

    def explain_run(self, run_id: int) -> JsonObject | None:
        """Return why a workflow run, or one of its jobs, did not begin; nothing where there is no such run."""
        return self.actions.explain(run_id)

    def bypass(self, run_id: int, login: str, environments: Sequence[str]) -> None:
        """Let a run's waiting deployments pass as an administrator.

        Raises:
            GitHubError: There is no such run or environment, or this person may not.
        """
        person = find_user(self._store, login)
        if person is None:
            raise not_found()
        self.actions.bypass(run_id, person, environments)

    def begin(self) -> None:
        """Let time pass from now on: schedules start, timers run out, webhooks are sent."""
        self._ticker.start()
        self._webhooks.start()

    def rest(self) -> None:
        """End the jobs and tasks that run, and what works on by itself."""
        self._ticker.stop()
        self._webhooks.stop()
        if self._runner is not None:
            self._runner.stop()
        self._aws.stop_tasks()

    @property
    def clock(self) -> Clock:
        """The time of everything in the world."""
        return self._store.clock

    def accompany(self, command: Sequence[str], log: Path) -> Companion:
        """Start a companion that hears of every event from now on.

        Raises:
            StartError: It cannot be started.
        """
        companion = Companion.start(command, log)

        def tell(event: Event) -> None:
            found = None if event.repository_id is None else get_repository(self._store, event.repository_id)
            companion.tell(event.name, event.action, None if found is None else found.full_name)

        self._store.events.subscribe(tell)
        return companion

    @property
    def limits(self) -> Limits:
        """How often one may ask the local GitHub."""
        return self._github.limits

    def app_key(self, slug: str) -> str | None:
        """Return a new private key of an app; nothing where there is no such app."""
        with self._store.transaction():
            return make_key(self._store, slug)

    def stop(self) -> None:
        """Stop the server once the present answers are out."""
        self._stop()
