"""From the bytes of the files to a Declaration, or to all their mistakes. Pure.

Two passes, neither waiting for the other: pydantic checks the shape of each file, the rules check the facts of all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from twinlock.manifest import wording
from twinlock.manifest.conversion import declaration
from twinlock.manifest.document import Document, read
from twinlock.manifest.facts import Facts, service_facts
from twinlock.manifest.mistake import InvalidManifest, Mistake, shown
from twinlock.manifest.platform_file import PlatformFile
from twinlock.manifest.roster_file import RosterFile
from twinlock.manifest.rules import RULES
from twinlock.manifest.service_file import ServiceFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.model.declaration import Declaration

PLATFORM = "platform.yaml"
ROSTER = "roster.yaml"
_SERVICE = re.compile(r"services/[^/]+\.yaml")

_File = TypeVar("_File", bound=BaseModel)


def parse(files: Mapping[str, bytes]) -> Declaration:
    """Return what the files declare.

    Args:
        files: Content by path within the platform directory, with forward slashes.

    Raises:
        InvalidManifest: With every mistake of every file.
    """
    mistakes = [_misplaced(name) for name in files if name not in {PLATFORM, ROSTER} and not _SERVICE.fullmatch(name)]
    platform_document, roster_document = _required(files, PLATFORM), _required(files, ROSTER)
    service_documents = [read(name, files[name]) for name in sorted(files) if _SERVICE.fullmatch(name)]

    platform = _shaped(platform_document, PlatformFile, mistakes)
    roster = _shaped(roster_document, RosterFile, mistakes)
    services = [_shaped(document, ServiceFile, mistakes) for document in service_documents]
    facts = Facts(platform_document, roster_document, tuple(map(service_facts, service_documents)))
    for rule in RULES:
        mistakes.extend(rule(facts))

    valid = [service for service in services if service is not None]
    if mistakes or platform is None or roster is None:
        raise InvalidManifest(mistakes)
    return declaration(platform, roster, valid)


def _required(files: Mapping[str, bytes], name: str) -> Document:
    if name in files:
        return read(name, files[name])
    missing = Mistake(name, 1, 1, "", "", "The file is missing.", "Restore it, or begin with `twinlock init`.")
    return Document(name, None, {}, {}, (missing,))


def _misplaced(name: str) -> Mistake:
    mend = "Name a service's file services/NAME.yaml."
    return Mistake(shown(name), 1, 1, "", "", "The file is none of the manifest's.", mend)


def _shaped(document: Document, model: type[_File], mistakes: list[Mistake]) -> _File | None:
    """Return the file as its model, or None after adding what is wrong with it."""
    mistakes.extend(document.mistakes)
    if document.root is None:
        return None
    try:
        return model.model_validate(document.root)
    except ValidationError as error:
        covered = {(mistake.line, mistake.column) for mistake in document.mistakes}
        found = wording.mistakes(document, model, error)
        mistakes.extend(mistake for mistake in found if (mistake.line, mistake.column) not in covered)
        return None
