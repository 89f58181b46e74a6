"""The actions that a job uses, laid out on disk for act: from the world's own git, else a stand-in.

Nothing outside is asked. An action of a repository that this world has is taken at the named ref; one that it has not,
but ships a stand-in for, is stood in for at whatever ref is named, and the log says so. What an action itself uses is
followed, and held to the policy as if the job used it: the job's own uses were held to it when the run began, those of
actions are known only here. That GitHub does the same, and in these words, is what users report
(https://github.com/trunk-io/trunk-action/pull/291, https://github.com/millionco/react-doctor/issues/749).
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
from twinlock_world.actions.policy import pin_refusal, refusal, refused, unpinned
from twinlock_world.actions.uses import Image, Local, Remote, parse_uses
from twinlock_world.github.actions_policy import repository_policy
from twinlock_world.github.repository import Repository, find_repository
from twinlock_world.github.workflows.rights import policies

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


@dataclass(frozen=True, slots=True)
class User:
    """Who uses actions: a repository, at the commit of its run."""

    store: Store
    git: GitRepositories
    repository: Repository
    sha: str


def fetch(user: User, uses: Sequence[str], into: Path) -> list[Fetched]:
    """Lay out every action that is used, directly or by another, each once.

    Raises:
        FetchError: One is nowhere, or the policy does not allow what another uses.
    """
    found: dict[str, Fetched] = {}
    seen: set[Remote | Local] = set()
    level = [target for text in uses if (target := parse_uses(text)) is not None]
    while level:
        below: list[Remote | Local | Image] = []
        for target in level:
            if isinstance(target, Image) or target in seen:
                continue
            seen.add(target)
            if isinstance(target, Local):
                below += _used_by(_own_file(user, target))
                continue
            name = f"{target.repository}@{target.ref}"
            if name not in found:
                if len(found) >= _MOST:
                    raise FetchError("The job uses too many actions")
                found[name] = _lay_out(user, target, into / str(len(found)))
            below += _used_by(_file(found[name].directory / target.path))
        _require_allowed(user, [target for target in below if not isinstance(target, Local)])
        level = below
    return list(found.values())


def _require_allowed(user: User, nested: Sequence[Remote | Image]) -> None:
    name = user.repository.full_name
    for policy in policies(user.store, user.repository):
        items = refused(policy, nested)
        if items:
            raise FetchError(refusal(policy, items, name))
        loose = unpinned(policy, nested)
        if loose:
            raise FetchError(pin_refusal(loose, name))


def _lay_out(user: User, target: Remote, place: Path) -> Fetched:
    name = f"{target.repository}@{target.ref}"
    repository = find_repository(user.store, target.owner, target.name)
    if repository is not None and _open(user, repository):
        objects = user.git.open(repository.id)
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


def _open(user: User, repository: Repository) -> bool:
    if repository.visibility != "private" or repository.id == user.repository.id:
        return True
    level = repository_policy(user.store, repository).text("access_level")
    return repository.owner.id == user.repository.owner.id and level in {"organization", "enterprise"}


def _file(directory: Path) -> str:
    """Return what describes an action on disk; nothing where it is none."""
    path = next((directory / name for name in _FILES if (directory / name).is_file()), None)
    return "" if path is None else path.read_text(errors="replace")


def _own_file(user: User, target: Local) -> str:
    """Return what describes an action of the user's own commit, which its job will find when it has checked out."""
    objects = user.git.open(user.repository.id)
    place = target.path.strip("/")
    if ".." in place.split("/"):
        return ""
    for name in _FILES:
        entry = objects.entry(user.sha, f"{place}/{name}" if place else name)
        found = None if entry is None else objects.read(entry.sha)
        if found is not None:
            return found.data.decode(errors="replace")
    return ""


def _used_by(text: str) -> Iterator[Remote | Local | Image]:
    """Yield what a composite action uses; a file that is none is act's to refuse."""
    try:
        document = values.as_object(read(text).json())
    except DocumentError:
        return
    for step in values.as_array(values.as_object(document.get("runs")).get("steps")):
        uses = values.as_object(step).get("uses")
        target = parse_uses(uses) if isinstance(uses, str) else None
        if target is not None:
            yield target
