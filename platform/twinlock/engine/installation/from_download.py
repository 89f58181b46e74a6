"""An engine from Pulumi's own releases, each archive checked against the published list of checksums.

Pulumi lists SHA-256. Of its providers it lists SHA-1 alone: their releases are made with `shasum ./*.tar.gz`, whose
default that is. So a provider is checked as far as SHA-1 tells to be what its publisher released; and the list is
no stronger than the server both come from. Sources: https://github.com/pulumi/pulumi/releases
(`pulumi-X-checksums.txt`); `.github/workflows/publish.yml` of pulumi/pulumi-github and pulumi/pulumi-aws.
"""

from __future__ import annotations

import hashlib
import platform
import re
import shutil
import sys
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from twinlock.engine.installation.release import AWS, GITHUB, PROVIDER, PROVIDER_AWS, VERSION
from twinlock.errors import Incomplete

if TYPE_CHECKING:
    from pathlib import Path

    from twinlock.engine.installation.install import Request

RELEASES = "https://github.com/pulumi"
_SYSTEMS = {"linux": "linux", "darwin": "darwin"}
_MACHINES = {"x86_64": ("x64", "amd64"), "amd64": ("x64", "amd64"), "aarch64": ("arm64", "arm64")}
_MACHINES["arm64"] = _MACHINES["aarch64"]
_CHECKSUM = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64}) [ *](?:\./)?(\S+)")
_ALGORITHMS = {64: "sha256", 40: "sha1"}
_PROVIDERS = frozenset(_ALGORITHMS)
_PULUMI = frozenset({64})
_LARGEST_LIST = 1 << 20
_LARGEST_MEMBER = 1 << 30


class Source(Protocol):
    """Where files are fetched from."""

    def text(self, url: str, largest: int) -> str:
        """Return a small file.

        Raises:
            Incomplete: It cannot be had, or is larger.
        """

    def save(self, url: str, path: Path, request: Request) -> None:
        """Save a large file, going on where an earlier attempt stopped.

        Raises:
            Incomplete: It cannot be had whole.
        """


@dataclass(frozen=True, slots=True)
class Archive:
    """One archive of a release.

    Attributes:
        release: Address of the release's files.
        name: The archive's file name.
        checksums: The list's file name.
        executables: The pattern of the executables within that are wanted.
        digits: How many hexadecimal digits a checksum of it may have, which says what it is one of.
        optional: Whether an engine is one without it.
    """

    release: str
    name: str
    checksums: str
    executables: re.Pattern[str]
    digits: frozenset[int] = _PROVIDERS
    optional: bool = False


def archives(version: str, releases: str, system: str, machine: str) -> tuple[Archive, ...]:
    """Return the archives for a machine.

    Raises:
        Incomplete: Pulumi publishes none for it.
    """
    if system not in _SYSTEMS or machine not in _MACHINES:
        raise Incomplete(
            "Nothing was downloaded.",
            f"Pulumi publishes no archive for {system} on {machine}.",
            "Build it: `twinlock engine install --from source`.",
        )
    ours, gos = _MACHINES[machine]
    return (
        Archive(
            f"{releases}/pulumi/releases/download/v{version}",
            f"pulumi-v{version}-{system}-{ours}.tar.gz",
            f"pulumi-{version}-checksums.txt",
            re.compile(r"pulumi/(pulumi|pulumi-language-python(?:-exec)?)"),
            digits=_PULUMI,
        ),
        Archive(
            f"{releases}/pulumi-github/releases/download/v{GITHUB}",
            f"{PROVIDER}-v{GITHUB}-{system}-{gos}.tar.gz",
            f"pulumi-github_{GITHUB}_checksums.txt",
            re.compile(rf"(?:\./)?({PROVIDER})"),
        ),
        Archive(
            f"{releases}/pulumi-aws/releases/download/v{AWS}",
            f"{PROVIDER_AWS}-v{AWS}-{system}-{gos}.tar.gz",
            f"pulumi-aws_{AWS}_checksums.txt",
            re.compile(rf"(?:\./)?({PROVIDER_AWS})"),
            optional=True,
        ),
    )


def checksum(listed: str, name: str, digits: frozenset[int] = _PROVIDERS) -> str | None:
    """Return the checksum that a list holds for a file, of those with so many digits, or None."""
    lines = (_CHECKSUM.fullmatch(line) for line in listed.splitlines())
    return next((line[1] for line in lines if line is not None and line[2] == name and len(line[1]) in digits), None)


class FromDownload:
    """Downloads them."""

    name = "download"

    def __init__(
        self,
        source: Source,
        releases: str = RELEASES,
        system: str = sys.platform,
        machine: str = platform.machine().lower(),
    ) -> None:
        """Say where from, and for which machine."""
        self._source = source
        self._releases = releases
        self._machine = (system, machine)

    def fetch(self, into: Path, request: Request) -> None:
        """Download, check and unpack.

        Raises:
            Incomplete: An archive cannot be had, or is not what its publisher lists.
        """
        wanted = archives(request.version or VERSION, self._releases, *self._machine)
        for archive in wanted:
            try:
                self._fetch(archive, into, request)
            except Incomplete as error:
                if not archive.optional:
                    raise
                request.say(f"going on without {archive.name}: {error.why}")
        for archive in wanted:
            (into.parent / archive.name).unlink(missing_ok=True)

    def _fetch(self, archive: Archive, into: Path, request: Request) -> None:
        listed = self._source.text(f"{archive.release}/{archive.checksums}", _LARGEST_LIST)
        wanted = checksum(listed, archive.name, archive.digits)
        if wanted is None:
            raise _refused(archive, f"{archive.checksums} does not list it")
        path = into.parent / archive.name
        if not path.is_file() or _sum(path, wanted) != wanted:
            request.say(f"downloading {archive.name}")
            self._source.save(f"{archive.release}/{archive.name}", path, request)
        if _sum(path, wanted) != wanted:
            path.unlink()
            raise _refused(archive, "its checksum is not the published one")
        _unpack(archive, path, into)


def _sum(path: Path, like: str) -> str:
    """Return a file's checksum by the algorithm that another is of."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, _ALGORITHMS[len(like)]).hexdigest()


def _unpack(archive: Archive, path: Path, into: Path) -> None:
    """Take the executables alone out of an archive: no member decides where it is written."""
    try:
        with tarfile.open(path, "r:gz") as opened:
            for member in opened:
                name = archive.executables.fullmatch(member.name)
                if name is None or not member.isfile() or member.size > _LARGEST_MEMBER:
                    continue
                content = opened.extractfile(member)
                if content is not None:
                    with (into / name[1]).open("wb") as place:
                        shutil.copyfileobj(content, place)
                    (into / name[1]).chmod(0o755)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise _refused(archive, f"it cannot be unpacked: {error}") from None


def _refused(archive: Archive, why: str) -> Incomplete:
    return Incomplete(f"{archive.name} was not installed.", f"Of the download, {why}.", "Run the same command again.")
