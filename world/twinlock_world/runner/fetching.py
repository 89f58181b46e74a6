"""The actions that a job uses, laid out on disk for act: from the world's own git, else a stand-in.

Nothing outside is asked. An action of a repository that this world has is taken at the named ref; one that it has not,
but ships a stand-in for, is stood in for at whatever ref is named, and the log says so. What an action itself uses is
followed.
"""

from __future__ import annotations

import io
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from twinlock_world.actions import values
from twinlock_world.actions.document import DocumentError, read
from twinlock_world.actions.uses import Remote, parse_uses
from twinlock_world.github.actions_policy import repository_policy
from twinlock_world.github.repository import Repository, find_repository, get_repository

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from twinlock_world.git_objects import GitRepositories
    from twinlock_world.store import Store

_STAND_INS: Final = Path(__file__).parent / "standins"
_MOST: Final = 50
_FILES: Final = ("action.yml", "action.yaml")


class FetchError(Exception):
    """An action cannot be had; the text is for the job's log."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An action on disk, under the name by which the job uses it."""

    name: str
    directory: Path
    stand_in: bool


def fetch(store: Store, git: GitRepositories, repository_id: int, uses: Sequence[str], into: Path) -> list[Fetched]:
    """Lay out every action that is used, directly or by another, each once.

    Raises:
        FetchError: One is nowhere.
    """
    found: dict[str, Fetched] = {}
    waiting = list(uses)
    user = get_repository(store, repository_id)
    while waiting:
        target = parse_uses(waiting.pop())
        if not isinstance(target, Remote) or user is None:
            continue
        name = f"{target.repository}@{target.ref}"
        if name not in found:
            if len(found) >= _MOST:
                raise FetchError("The job uses too many actions")
            place = into / str(len(found))
            found[name] = _lay_out(store, git, user, target, place)
        waiting += _used_by(found[name].directory / target.path)
    return list(found.values())


def _lay_out(store: Store, git: GitRepositories, user: Repository, target: Remote, place: Path) -> Fetched:
    name = f"{target.repository}@{target.ref}"
    repository = find_repository(store, target.owner, target.name)
    if repository is not None and _open(store, user, repository):
        objects = git.open(repository.id)
        sha = objects.resolve(target.ref)
        if sha is None:
            raise FetchError(f"Unable to resolve action `{name}`, unable to find version `{target.ref}`")
        packed = objects.command("archive", "--format=tar", sha).stdout
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(place, filter="data")
        return Fetched(name, place, stand_in=False)
    stand_in = _STAND_INS / target.owner.casefold() / target.name.casefold()
    if not stand_in.is_dir():
        raise FetchError(f"Unable to resolve action {name}, repository not found")
    shutil.copytree(stand_in, place)
    return Fetched(name, place, stand_in=True)


def _open(store: Store, user: Repository, repository: Repository) -> bool:
    if repository.visibility != "private" or repository.id == user.id:
        return True
    level = repository_policy(store, repository).text("access_level")
    return repository.owner.id == user.owner.id and level in {"organization", "enterprise"}


def _used_by(directory: Path) -> Iterator[str]:
    """Yield what a composite action uses; a file that is none is act's to refuse."""
    path = next((directory / name for name in _FILES if (directory / name).is_file()), None)
    if path is None:
        return
    try:
        document = values.as_object(read(path.read_text(errors="replace")).json())
    except DocumentError:
        return
    for step in values.as_array(values.as_object(document.get("runs")).get("steps")):
        uses = values.as_object(step).get("uses")
        if isinstance(uses, str):
            yield uses
