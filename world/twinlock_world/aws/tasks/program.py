"""An order and its image as a command of this machine: words, environment, directory. Only looks, starts nothing.

A container's own file system is a directory here, so what is found in the image comes first and the machine's tools
stand in for what the image lacks: an image of a rehearsal holds the files of its Dockerfile and no interpreter. A
container may listen on all addresses of its own network; that network is one loopback address here, so `0.0.0.0` means
that address wherever it stands in the command or in a variable.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from twinlock_world.aws.tasks.order import CannotStartError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinlock_world.aws.tasks.image import Image
    from twinlock_world.aws.tasks.order import Order

_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where Docker looks in an image that does not say."""
_ANYWHERE: Final = re.compile(r"(?<![\d.])0\.0\.0\.0(?![\d.])|^::$|\[::\]")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a task runs.

    Attributes:
        directory: All that is its own.
        address: On loopback.
        tools: Directories of programs before the machine's own.
        given: Variables that stand before all others: where AWS is, and whose keys there are.
    """

    directory: Path
    address: str
    tools: Sequence[Path]
    given: Mapping[str, str]

    @property
    def root(self) -> Path:
        """The image's files."""
        return self.directory / "root"


@dataclass(frozen=True, slots=True)
class Program:
    """What to execute."""

    words: tuple[str, ...]
    environment: Mapping[str, str]
    directory: Path


def compose(order: Order, image: Image, place: Place) -> Program:
    """Return the command of a task whose image is unpacked.

    Raises:
        CannotStartError: There is no such program, or no such directory can be.
    """
    # As Docker does: an entry point of one's own drops the image's command, which was written for the image's.
    default = () if order.entry_point else image.command
    words = (*(order.entry_point or image.entry_point), *(order.command or default))
    if not words:
        raise _cannot_start("no command specified")
    if any("\0" in word for word in words):
        raise _cannot_start("a word of the command holds a null character")
    theirs = {**dict(image.environment), **order.environment}
    path = _path(theirs.get("PATH", _PATH), place)
    directory = _inside(place.root, order.directory or image.directory)
    directory.mkdir(parents=True, exist_ok=True)
    environment = {
        "LC_ALL": "C.UTF-8",
        **{name: _at(place.address, value) for name, value in theirs.items()},
        **place.given,
        "PATH": path,
        "HOME": str(place.directory / "home"),
        "TMPDIR": str(place.directory / "temp"),
    }
    program = _executable(words[0], place.root, directory, path)
    return Program((program, *(_at(place.address, word) for word in words[1:])), environment, directory)


def _at(address: str, text: str) -> str:
    return _ANYWHERE.sub(address, text)


def _path(inner: str, place: Place) -> str:
    found = [str(_inside(place.root, part)) for part in inner.split(":") if part.startswith("/")]
    return os.pathsep.join(
        [*(part for part in found if Path(part).is_dir()), *map(str, place.tools), os.environ.get("PATH", os.defpath)]
    )


def _executable(word: str, root: Path, directory: Path, path: str) -> str:
    if word.startswith("/"):
        within = _inside(root, word)
        if os.access(within, os.X_OK) and within.is_file():
            return str(within)
    elif "/" in word:
        within = _inside(root, str(Path("/") / directory.relative_to(root.resolve()) / word))
        if not (os.access(within, os.X_OK) and within.is_file()):
            raise _not_found(word)
        return str(within)
    found = shutil.which(word.rpartition("/")[2], path=path)
    if found is None:
        raise _not_found(word)
    return found


def _inside(root: Path, name: str) -> Path:
    """Return a path of the image's, which cannot be left upwards: `/..` is `/`."""
    found = (root / os.path.normpath(f"/{name}").lstrip("/")).resolve()
    if not found.is_relative_to(root.resolve()):
        raise _cannot_start(f"{name} leads out of the image")
    return found


def _not_found(word: str) -> CannotStartError:
    return _cannot_start(f'exec: "{word}": executable file not found in $PATH')


def _cannot_start(why: str) -> CannotStartError:
    return CannotStartError(
        "CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: "
        f"unable to start container process: {why}"
    )
