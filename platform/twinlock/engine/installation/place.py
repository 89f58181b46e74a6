"""The user's cache folder of engines: one directory per version, complete or not there at all."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from twinlock.engine.installation import record
from twinlock.engine.installation.release import PROVIDER, PROVIDER_AWS, PULUMI, QUESTIONS, VERSION
from twinlock.errors import Incomplete

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.engine.installation.record import Record

INSTALL = "Install it: `twinlock engine install`."
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Installation:
    """An engine that was installed here.

    Attributes:
        directory: Its directory.
        record: What was installed.
    """

    directory: Path
    record: Record

    @property
    def executables(self) -> Path:
        """The directory of the executables."""
        return self.directory / "bin"

    @property
    def pulumi(self) -> Path:
        """Pulumi."""
        return self.executables / PULUMI

    @property
    def provider(self) -> Path:
        """The GitHub provider."""
        return self.executables / PROVIDER

    def require_aws(self) -> None:
        """Refuse to go on without the official AWS provider.

        Raises:
            Incomplete: This engine was installed without it.
        """
        if PROVIDER_AWS not in self.record.executables:
            raise Incomplete(
                "The official AWS provider is not installed.",
                f"The engine in {self.directory} was installed from {self.record.way}, without it.",
                "Download it: `twinlock engine install --from download`. On the world there is another: "
                "`--provider-aws world`.",
            )

    def damage(self, *, thoroughly: bool = False) -> str | None:
        """Return why this installation must not be used, or None.

        Args:
            thoroughly: Compare every byte, not only the sizes.
        """
        for question in QUESTIONS:
            if question.name not in self.record.executables:
                return f"{question.name} was never there"
        for name, wanted in sorted(self.record.executables.items()):
            path = self.executables / name
            try:
                changed = path.stat().st_size != wanted.size or (thoroughly and digest(path) != wanted.sha256)
            except OSError:
                return f"{name} is gone"
            if changed:
                return f"{name} was changed after it was installed"
        return None


def cache(environment: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Return the folder of all engines.

    Sources: the XDG base directory specification; Apple's file system guide (`Library/Caches`).
    """
    home = Path(environment.get("HOME") or Path.home())
    default = home / "Library" / "Caches" if platform == "darwin" else home / ".cache"
    given = environment.get("XDG_CACHE_HOME", "")
    # A relative one is to be ignored, says the specification.
    return (Path(given) if given.startswith("/") else default) / "twinlock" / "engine"


def installed(root: Path) -> tuple[Installation, ...]:
    """Return what was installed, the default version first, then the newest; half-made ones are none."""
    found = []
    for path in sorted(root.glob(f"*/{record.NAME}")):
        if path.parent.name.startswith("."):
            continue
        try:
            known = record.parse(path.read_bytes())
        except OSError:
            continue
        if known is not None and known.version == path.parent.name:
            found.append(Installation(path.parent, known))
    return tuple(sorted(found, key=lambda each: (each.record.version == VERSION, _order(each)), reverse=True))


def usable(root: Path, version: str | None = None) -> Installation:
    """Return the engine to use.

    Args:
        root: The folder of all engines.
        version: Only this one.

    Raises:
        Incomplete: None is installed, or the only one must not be used.
    """
    candidates = [each for each in installed(root) if version in (None, each.record.version)]
    damages = [(each, each.damage()) for each in candidates]
    for candidate, damage in damages:
        if damage is None:
            return candidate
    if damages:
        damaged, why = damages[0]
        raise Incomplete(
            f"The Pulumi engine {damaged.record.version} is not used.",
            f"In {damaged.executables}, {why}.",
            "Install it again: `twinlock engine install`.",
        )
    raise Incomplete("There is no Pulumi engine.", f"{root} holds none{f' of {version}' if version else ''}.", INSTALL)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    found = hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


def _order(installation: Installation) -> tuple[int, ...]:
    return tuple(int(part) for part in installation.record.version.split(".") if part.isdecimal())
