"""The platform directory on disk: made by `init`, extended by `new`, rendered by `scaffold`."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from twinlock.errors import BadInput, Incomplete
from twinlock.files import write_atomically
from twinlock_cli import compose

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from twinlock.model.repository import Repository
    from twinlock.scaffold import Tree, WriteReport

TREES = "repositories"
PLATFORM, ROSTER = "platform.yaml", "roster.yaml"
SCHEMAS = ("platform", "roster", "service")


def create(directory: Path, organization: str) -> tuple[str, ...]:
    """Make a platform directory, whole or not at all, and return what is in it.

    Raises:
        BadInput: The directory is not empty, or the organization's name is none.
        Incomplete: It cannot be written.
    """
    directory = directory.absolute()
    _refuse_used(directory)
    files = _founding(organization)
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{directory.name}.", dir=directory.parent) as temporary:
            made = Path(temporary, "platform")
            for path, content in files.items():
                write_atomically(made / path, content)
            made.chmod(0o755)
            made.rename(directory)
    except OSError as error:
        raise Incomplete(
            f"{directory} was not made.",
            f"The system says: {error.strerror or error}.",
            "Name a directory that can be written, with room for a few hundred kilobytes.",
        ) from error
    return tuple(sorted(files))


def _refuse_used(directory: Path) -> None:
    if not os.path.lexists(directory):
        return
    if directory.is_symlink() or not directory.is_dir() or any(directory.iterdir()):
        raise BadInput(
            f"{directory} is in use.",
            "It is not an empty directory, and init overwrites nothing.",
            "Name a new directory: `twinlock init DIR --org ORG`.",
        )


def _founding(organization: str) -> dict[str, bytes]:
    from twinlock import desired, manifest
    from twinlock.manifest import examples
    from twinlock.scaffold import platform_tree
    from twinlock_cli import pipelines

    roster = examples.roster_yaml(organization, examples.founders()).encode()

    def parsed(commit: str) -> tuple[bytes, object]:
        text = examples.platform_yaml(organization, commit).encode()
        return text, manifest.parse({PLATFORM: text, ROSTER: roster})

    _, provisional = parsed("0" * 40)
    platform, declaration = parsed(pipelines.rendered(provisional))  # type: ignore[arg-type] # parse returns it
    tree = platform_tree(desired.derive(declaration), compose.templates())  # type: ignore[arg-type] # as above
    return {
        **{path: file.content for path, file in tree.files.items()},
        **{f"schema/{kind}.json": _schema(kind) for kind in SCHEMAS},
        PLATFORM: platform,
        ROSTER: roster,
        "services/.gitkeep": b"",
    }


def _schema(kind: str) -> bytes:
    from twinlock import manifest

    return (json.dumps(manifest.schema(kind), indent=2, sort_keys=True) + "\n").encode()  # type: ignore[arg-type] # one of SCHEMAS


def check_name(service: str) -> None:
    """Refuse a name that no service can have.

    Raises:
        BadInput: GitHub, AWS or the platform itself would refuse it.
    """
    from twinlock import manifest

    manifest.check_service_name(service)


def add_service(root: Path, service: str, teams: Mapping[str, str]) -> tuple[str, ...]:
    """Add a service to a platform and render its trees; return what was written, for people.

    Teams that do not exist are added, on the world with invented people. The files are validated together before the
    first of them is written, and the service's own file is written last: without it, new teams are merely unused.

    Raises:
        BadInput: The service exists already, or the result would not be a valid manifest.
        Incomplete: A file cannot be read or written.
    """
    from twinlock import desired, manifest
    from twinlock.manifest import edit, examples
    from twinlock.model.declaration import Where
    from twinlock.model.organization import Duty

    root = root.absolute()
    path = root / "services" / f"{service}.yaml"
    declaration = manifest.load(root)
    if service in declaration.services or os.path.lexists(path):
        raise BadInput(
            f"The service {service} exists already.",
            f"{path} is there, and new overwrites nothing.",
            "Edit that file, or choose another name.",
        )
    duties = {"authors": Duty.AUTHOR, "reviewers": Duty.REVIEWER, "testers": Duty.TESTER, "releasers": Duty.RELEASER}
    missing = {role: slug for role, slug in teams.items() if slug not in declaration.platform.teams}
    files = _files(root)
    platform_text = edit.add_teams(files[PLATFORM].decode(), {slug: duties[role] for role, slug in missing.items()})
    people: tuple[examples.ExamplePerson, ...] = ()
    if declaration.platform.target is Where.WORLD:
        taken = {*declaration.people, *(login for person in declaration.people.values() for login in person.github)}
        people = examples.crew(service, missing, taken)
    roster_text = edit.add_people(files[ROSTER].decode(), declaration.platform.organization, people)
    written = {
        ROSTER: roster_text.encode(),
        PLATFORM: platform_text.encode(),
        f"services/{service}.yaml": examples.service_yaml(service, teams).encode(),
    }
    estate = desired.derive(manifest.parse({**files, **written}))
    for name, content in written.items():
        if content != files.get(name):
            write_atomically(root / name, content)
    changed = [f"wrote {name}" for name, content in written.items() if content != files.get(name)]
    trees = write_trees(compose.Platform(root, estate), [service])
    invented = [f"invented {person.name} for {', '.join(person.teams)}" for person in people]
    return (*changed, *invented, *trees)


def _files(root: Path) -> dict[str, bytes]:
    paths = [PLATFORM, ROSTER, *(f"services/{p.name}" for p in sorted((root / "services").glob("*.yaml")))]
    return {path: (root / path).read_bytes() for path in paths}


def pin_pipelines(root: Path) -> str:
    """Set `pipelines.commit` to what the templates give, and return what became of it.

    Raises:
        BadInput: The manifest has mistakes.
        Incomplete: A file cannot be read or written.
    """
    from twinlock import manifest
    from twinlock.manifest import edit
    from twinlock_cli import pipelines

    declaration = manifest.load(root)
    commit = pipelines.rendered(declaration)
    if commit == declaration.platform.pipelines.commit:
        return f"pipelines.commit is {commit} already."
    text = (root / PLATFORM).read_bytes().decode()
    write_atomically(root / PLATFORM, edit.set_pipelines_commit(text, commit))
    return f"pipelines.commit is now {commit}."


def write_trees(platform: compose.Platform, services: Sequence[str]) -> tuple[str, ...]:
    """Render repositories into the platform directory and return what changed, for people.

    Raises:
        BadInput: A service is not declared, or something other than a tree is in the way.
        Incomplete: A file cannot be written.
    """
    from twinlock.scaffold import write

    lines: list[str] = []
    for place, tree in _trees(platform, services).items():
        lines += _told(place, write(tree, platform.root / place))
    return tuple(lines)


def compare_trees(platform: compose.Platform, services: Sequence[str]) -> tuple[str, ...]:
    """Return a diff for every file that is not what the manifest gives.

    Raises:
        BadInput: As `write_trees`.
        Incomplete: A file cannot be read.
    """
    from twinlock.scaffold import compare

    return tuple(
        f"{place}/{difference.path}: {difference.kind.value}\n{difference.diff}".rstrip()
        for place, tree in _trees(platform, services).items()
        for difference in compare(tree, platform.root / place)
    )


def _trees(platform: compose.Platform, services: Sequence[str]) -> dict[str, Tree]:
    from twinlock.scaffold import platform_tree, render

    wanted, templates = require(platform, services), compose.templates()
    rendered = render(platform.estate, templates)
    return {".": platform_tree(platform.estate, templates)} | {
        f"{TREES}/{name}": tree for name, tree in rendered.items() if name in wanted
    }


def require(platform: compose.Platform, services: Sequence[str]) -> Collection[str]:
    """Return the repositories of these services, and the platform's own; all of them if none is named.

    Raises:
        BadInput: A service is not declared.
    """
    for service in services:
        if service not in platform.estate.services:
            known = ", ".join(sorted(platform.estate.services)) or "none yet"
            raise BadInput(
                f"There is no service {service!r}.",
                f"The services of this platform are: {known}.",
                f"Add it: `twinlock -C {platform.root} new {service}`.",
            )

    def belongs(repository: Repository) -> bool:
        return not services or repository.service is None or repository.service in services

    return {name for name, repository in platform.estate.repositories.items() if belongs(repository)}


def _told(tree: str, report: WriteReport) -> list[str]:
    lines = [f"{tree}: {len(report.created)} files written"] if report.created else []
    lines += [f"{tree}/{path}: restored" for path in report.restored]
    lines += [f"{tree}/{path}: kept, it is the team's" for path in report.kept]
    return lines or [f"{tree}: unchanged"]
