"""A platform directory on disk: extended by `new`, rendered and compared by `scaffold`; `founding` makes it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from twinlock.errors import BadInput, TwinlockError
from twinlock.files import write_atomically, write_together
from twinlock_cli import compose

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from twinlock.model.repository import Repository
    from twinlock.scaffold.tree import Tree
    from twinlock.scaffold.writing import WriteReport

TREES = "repositories"
PLATFORM, ROSTER = "platform.yaml", "roster.yaml"


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
    first of them is written.

    Raises:
        BadInput: The service exists already, or the result would not be a valid manifest; nothing was written.
        Incomplete: A file cannot be read or written.
    """
    from twinlock import desired, manifest
    from twinlock.manifest import edit, examples
    from twinlock.model.declaration import Where
    from twinlock.model.organization import Duty

    root = root.absolute()
    path = root / "services" / f"{service}.yaml"
    files = manifest.files(root)
    declaration = manifest.parse(files)
    compose.announce(declaration)
    if service in declaration.services or os.path.lexists(path):
        raise BadInput(
            f"The service {service} exists already.",
            f"{path} is there, and new overwrites nothing.",
            "Edit that file, or choose another name.",
        )
    duties = {"authors": Duty.AUTHOR, "reviewers": Duty.REVIEWER, "testers": Duty.TESTER, "releasers": Duty.RELEASER}
    missing = {role: slug for role, slug in teams.items() if slug not in declaration.platform.teams}
    for slug in missing.values():
        manifest.check_team_name(slug)
    platform_text = edit.add_teams(files[PLATFORM].decode(), {slug: duties[role] for role, slug in missing.items()})
    people: tuple[examples.ExamplePerson, ...] = ()
    if declaration.platform.target is Where.WORLD:
        taken = {*declaration.people, *(login for person in declaration.people.values() for login in person.github)}
        people = examples.crew(service, missing, taken)
    roster_text = edit.add_people(files[ROSTER].decode(), declaration.platform.organization, people)
    result = {
        ROSTER: roster_text.encode(),
        PLATFORM: platform_text.encode(),
        f"services/{service}.yaml": examples.service_yaml(service, teams).encode(),
    }
    try:
        estate = desired.derive(manifest.parse({**files, **result}))
    except manifest.InvalidManifest as error:
        raise BadInput(
            f"The service {service} was not added.",
            # The places are those of files that were never written.
            "\n".join(f"{mistake.message} {mistake.mend}" for mistake in error.mistakes),
            "Name other teams; see `twinlock new --help`.",
        ) from error
    written = {name: content for name, content in result.items() if content != files.get(name)}
    write_together({root / name: content for name, content in written.items()})
    try:
        trees = write_trees(compose.Platform(root, estate), [service])
    except TwinlockError as error:
        error.mend = (
            f"The manifest has the service now. Mend this, then render: `twinlock -C {root} scaffold {service}`."
        )
        raise
    invented = [f"invented {person.name} for {', '.join(person.teams)}" for person in people]
    return (*(f"wrote {name}" for name in written), *invented, *trees)


def pin_pipelines(root: Path) -> str:
    """Set `pipelines.commit` to what the templates give, and return what became of it.

    Raises:
        BadInput: The manifest has mistakes.
        Incomplete: A file cannot be read or written.
    """
    from twinlock import manifest
    from twinlock.manifest import edit
    from twinlock_cli import pipelines

    root = root.absolute()
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
    from twinlock.scaffold.writing import write

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
    from twinlock.scaffold.comparison import compare

    return tuple(
        f"{place}/{difference.path}: {difference.kind.value}\n{difference.diff}".rstrip()
        for place, tree in _trees(platform, services).items()
        for difference in compare(tree, platform.root / place)
    )


def _trees(platform: compose.Platform, services: Sequence[str]) -> dict[str, Tree]:
    from twinlock.scaffold.rendering import platform_tree, render

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
