"""Artifacts: what a job leaves for others, as one zip archive each, under a name that is unique in its run."""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from twinlock_world.github.errors import conflict, invalid
from twinlock_world.github.workflows import files
from twinlock_world.github.workflows.runs import RUN

if TYPE_CHECKING:
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import JsonObject
    from twinlock_world.store import Record

ARTIFACT: Final = "artifact"
_FORBIDDEN: Final = frozenset('":<>|*?\r\n\\/')
_LONGEST_DAYS: Final = 90


def keep_artifact(site: Site, run: Record, name: str, archive: bytes, *, days: int = _LONGEST_DAYS) -> Record:
    """Keep an archive as a run's artifact.

    Raises:
        GitHubError: 409, the run has one of this name; 422, the name or the archive is none.
    """
    if not name or set(name) & _FORBIDDEN:
        raise invalid(f"The artifact name is not valid: {name}.")
    if not zipfile.is_zipfile(io.BytesIO(archive)):
        raise invalid("The artifact is no archive.")
    if any(found.fields.text("name") == name for found in artifacts_of(site, run)):
        raise conflict("an artifact with this name already exists on the workflow run")
    ends = site.store.clock.now() + timedelta(days=min(max(days, 1), _LONGEST_DAYS))
    document: JsonObject = {
        "name": name,
        "size_in_bytes": len(archive),
        "digest": f"sha256:{hashlib.sha256(archive).hexdigest()}",
        "expires_at": ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "attempt": run.fields.number("attempt"),
    }
    made = site.store.insert(ARTIFACT, f"{run.fields.number('attempt')}/{name}", document, parent=run.id)
    files.keep(site.git, files.ARTIFACTS, made.id, archive)
    return made


def artifacts_of(site: Site, run: Record) -> list[Record]:
    """Return the artifacts of a run, oldest first."""
    return site.store.children(ARTIFACT, run.id)


def find_artifact(site: Site, identifier: int) -> tuple[Record, Record] | None:
    """Return the artifact of this number with its run, if it is of this repository."""
    found = site.store.get(ARTIFACT, identifier)
    run = None if found is None else site.store.get(RUN, found.parent or 0)
    if found is None or run is None or run.parent != site.repository.id:
        return None
    return found, run
