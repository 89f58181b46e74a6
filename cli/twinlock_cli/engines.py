"""Which engine runs stacks: the embedded one, or Pulumi as it is installed on this machine."""

from __future__ import annotations

import enum
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinlock.custody import Archive, Custody
    from twinlock.engine.installation.install import Way
    from twinlock.engine.installation.place import Installation
    from twinlock.engine.port import Engine, Stack
    from twinlock.engine.pulumi.backing import Backing, Keys
    from twinlock.engine.pulumi.engine import PulumiEngine
    from twinlock.engine.pulumi.workspace import Workspace
    from twinlock.ledger.journal import Journal
    from twinlock.model.account import Purpose
    from twinlock.model.declaration import Platform


_PYTHON = (sys.executable, "-I", "-m")
"""Isolated: neither the directory it is started in nor a variable adds to what is imported."""


class Kind(enum.Enum):
    """An engine."""

    EMBEDDED = "embedded"
    PULUMI = "pulumi"


EngineOption = Annotated[
    Kind, typer.Option("--engine", help="What runs the programs: twinlock's own engine, or Pulumi's.")
]


class ProviderAws(enum.Enum):
    """What manages AWS under Pulumi."""

    OFFICIAL = "official"
    WORLD = "world"


ProviderAwsOption = Annotated[
    ProviderAws | None,
    typer.Option(
        "--provider-aws",
        help="Pulumi's AWS provider: the official one, or the world's, which reaches loopback alone.",
        show_default="the world's in the world",
    ),
]
JobsOption = Annotated[
    int | None,
    typer.Option("--jobs", min=1, metavar="N", help="Stacks at once, with Pulumi; as many as processors, at most 4."),
]
_JOB_PATIENCE = 900.0
"""Seconds; the endpoints of a network take minutes, of which Pulumi tells nothing."""
_MOST_JOBS = 4
"""An engine and its providers take some 300 MB."""

_SERVERS = {"aws": "twinlock_rehearsal.aws_provider", "twinlock": "twinlock.provider.server.__main__"}
"""The providers that are served from here, by module. On the world, AWS's is the world's own."""


def engine(
    root: Path, platform: Platform, kind: Kind, journal: Journal, provider_aws: ProviderAws | None = None
) -> Engine:
    """Return the engine of a platform directory on the world.

    Args:
        root: The platform directory.
        platform: What its manifest says of the whole.
        kind: Which engine.
        journal: Where Pulumi's checkpoints are vouched for.
        provider_aws: What manages AWS under Pulumi, where somebody chose.

    Raises:
        Incomplete: Pulumi is not installed, or not with that provider.
        BadInput: There is no such choice.
    """
    if kind is Kind.PULUMI:
        return pulumi(root, platform, journal, provider_aws)
    if provider_aws is not None:
        from twinlock.errors import BadInput

        raise BadInput(
            "`--provider-aws` needs Pulumi.", "The embedded engine runs no providers.", "Add `--engine pulumi`."
        )
    from twinlock_cli.render import say
    from twinlock_rehearsal.connections import Connections
    from twinlock_rehearsal.engine import EmbeddedEngine

    return EmbeddedEngine(root, connections=Connections(say))


def pulumi(root: Path, platform: Platform, journal: Journal, provider_aws: ProviderAws | None = None) -> PulumiEngine:
    """Return Pulumi for a platform directory on the world.

    Args:
        root: The platform directory.
        platform: What its manifest says of the whole.
        journal: Where its checkpoints are vouched for.
        provider_aws: What manages AWS, where somebody chose.

    Raises:
        Incomplete: Pulumi is not installed, or not with that provider.
        BadInput: The world's provider was chosen for the cloud.
    """
    from twinlock.engine.pulumi.engine import PulumiEngine
    from twinlock_rehearsal.finding import existing

    installed = installation()
    chosen = _chosen(platform, provider_aws)
    if chosen is ProviderAws.OFFICIAL:
        installed.require_aws()
    return PulumiEngine(
        workspace(root, platform, installed, chosen),
        installed.pulumi,
        installed.record.version,
        os.environ,
        host=(*_PYTHON, "twinlock.provider.server.host", "SOCKET", *(f"{name}={at}" for name, at in _SERVERS.items())),
        custody=custody(root, journal, archive(root, platform)),
        finder=existing,
    )


def job(directory: Path) -> PulumiEngine:
    """Return Pulumi for a job that reaches AWS itself, with the credentials that it holds and state of its own.

    Args:
        directory: The job's private directory.

    Raises:
        Incomplete: Pulumi is not installed, or not with the official AWS provider.
    """
    from twinlock.engine.pulumi.engine import PulumiEngine
    from twinlock.engine.pulumi.workspace import Workspace
    from twinlock.integration_job import KEYS

    installed = installation()
    installed.require_aws()
    workspace = Workspace(
        directory,
        "file://state",
        {"aws": installed.executables},
        {},
        # Not for the state: the provider finds here what the job was given.
        credentials={name: os.environ[name] for name in KEYS if name in os.environ},
    )
    return PulumiEngine(
        workspace,
        installed.pulumi,
        installed.record.version,
        os.environ,
        cloud=True,
        patience=_JOB_PATIENCE,
    )


def installation() -> Installation:
    """Return Pulumi as it is installed on this machine.

    Raises:
        Incomplete: It is not.
    """
    from twinlock.engine.installation import place

    return place.usable(folder())


def checkpoint(root: Path, platform: Platform, journal: Journal, stack: Stack) -> bytes | None:
    """Return a stack's checkpoint, or None where there is none; Pulumi is asked only where nobody else can read it.

    Raises:
        Incomplete: It cannot be read.
        BadInput: The world's file is damaged.
    """
    kept = workspace(root, platform).checkpoints
    return pulumi(root, platform, journal).checkpoint(stack) if kept is None else kept.read(stack)


def _chosen(platform: Platform, provider_aws: ProviderAws | None) -> ProviderAws:
    """Return what manages AWS: what was chosen, or what the target has.

    Raises:
        BadInput: The world's was chosen for the cloud.
    """
    from twinlock.errors import BadInput
    from twinlock.model.declaration import Where

    if platform.target is Where.WORLD:
        return provider_aws or ProviderAws.WORLD
    if provider_aws is ProviderAws.WORLD:
        raise BadInput(
            "The world's AWS provider was not started.",
            "It reaches loopback alone, and the target is cloud.",
            "Leave `--provider-aws` out: the cloud has the official one.",
        )
    return ProviderAws.OFFICIAL


def workspace(
    root: Path,
    platform: Platform,
    installed: Installation | None = None,
    provider_aws: ProviderAws | None = None,
) -> Workspace:
    """Return where Pulumi works for a platform directory, with the providers of an engine where one is to run.

    Raises:
        Incomplete: State is in the world's AWS, and no world runs.
        BadInput: The world's file is damaged.
    """
    from twinlock.engine.pulumi.workspace import Workspace

    held = backing(root, platform)
    served = _served()
    plugins = {} if installed is None else {"github": installed.executables}
    if _chosen(platform, provider_aws) is ProviderAws.OFFICIAL:
        del served["aws"]
        plugins |= {} if installed is None else {"aws": installed.executables}
    return Workspace(
        root,
        held.url,
        plugins,
        served,
        secrets=held.secrets,
        credentials=held.credentials,
    )


def backing(root: Path, platform: Platform) -> Backing:
    """Return how Pulumi's state is reached.

    Raises:
        Incomplete: It is in the world's AWS, and no world runs.
        BadInput: The world's file is damaged.
    """
    from twinlock.engine.pulumi import backing as ways
    from twinlock.model.account import STATE
    from twinlock.model.declaration import Where

    if platform.target is Where.CLOUD:
        return ways.on_cloud(platform.state, os.environ)
    if not ways.in_aws(platform.state):
        return ways.Backing(platform.state.backend, platform.state.secrets)
    endpoint, keys = _world_keys(root, STATE)
    return ways.on_world(platform.state, platform.region, endpoint, keys)


def _world_keys(root: Path, purpose: Purpose) -> tuple[str, Keys]:
    """Return the address of the world's AWS, and the keys of one of its accounts.

    Raises:
        Incomplete: No world runs, or it lacks the account.
        BadInput: The world's file is damaged.
    """
    from twinlock.engine.pulumi.backing import Keys
    from twinlock.errors import Incomplete
    from twinlock.provider import world_file

    running = world_file.read(root)
    found = running.accounts.get(purpose.value)
    if found is None:
        raise Incomplete(
            f"The world has no {purpose.value} account.",
            "It was seeded without one.",
            "Begin anew: `twinlock world reset`.",
        )
    return running.aws_url, Keys(found.access_key, found.secret_key)


def _served() -> dict[str, tuple[str, ...]]:
    """Return the command that serves each provider of ours: by the host, or alone where there is none."""
    from twinlock.provider.server import launcher

    ask = (sys.executable, "-IS", launcher.__file__)
    return {package: (*ask, package, *_PYTHON, module) for package, module in _SERVERS.items()}


def jobs(kind: Kind, asked: int | None) -> int:
    """Return how many stacks run at once: the embedded engine runs in one thread."""
    if kind is Kind.EMBEDDED:
        return 1
    return asked or min(os.cpu_count() or 1, _MOST_JOBS)


def custody(root: Path, journal: Journal, archive: Archive | None = None) -> Custody:
    """Return what vouches for the checkpoints of a platform directory; an archive is for what is going to change."""
    from twinlock.custody import Custody
    from twinlock.engine.pulumi.workspace import HOME

    return Custody(journal, root.joinpath(*HOME, "checkpoints"), archive)


def archive(root: Path, platform: Platform) -> Archive | None:
    """Return what keeps copies of checkpoints; None where the manifest declares no bucket for them.

    Raises:
        Incomplete: It is in the world's AWS, and no world runs.
        BadInput: The world's file is damaged.
    """
    from twinlock.engine.pulumi import backing as ways
    from twinlock.engine.pulumi.archive import BucketArchive
    from twinlock.engine.pulumi.bucket import Bucket
    from twinlock.model.account import Purpose
    from twinlock.model.declaration import Where

    if platform.evidence.bucket is None:
        return None
    url = f"s3://{platform.evidence.bucket}"
    if platform.target is Where.CLOUD:
        return BucketArchive(Bucket(f"{url}?region={platform.region}", {}))
    endpoint, keys = _world_keys(root, Purpose.EVIDENCE)
    return BucketArchive(Bucket(ways.by_path(url), ways.of_world(platform.region, endpoint, keys)))


def folder() -> Path:
    """Return the user's cache folder of engines."""
    from twinlock.engine.installation import place

    return place.cache(os.environ)


def inherited() -> dict[str, str]:
    """Return what the tools that install an engine inherit of the environment."""
    from twinlock.engine.pulumi import environment

    return environment.scrubbed(os.environ, cloud=True)


def ways(name: str | None) -> Sequence[Way]:
    """Return the ways to an engine, in the order in which they are tried, or the one that is named."""
    from twinlock.engine.installation.from_download import FromDownload
    from twinlock.engine.installation.from_path import FromPath
    from twinlock.engine.installation.from_source import GO_SETTINGS, FromSource, modules
    from twinlock.engine.installation.http_source import HttpSource

    path = os.environ.get("PATH", "")
    settings = {setting: os.environ[setting] for setting in GO_SETTINGS if setting in os.environ}
    every: tuple[Way, ...] = (
        FromPath(path, Path.home() / ".pulumi" / "plugins"),
        FromDownload(HttpSource()),
        FromSource(path, modules(), settings),
    )
    return tuple(way for way in every if name in (None, way.name))
