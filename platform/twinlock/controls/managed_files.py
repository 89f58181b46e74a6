"""The files that decide how a repository is built, tested and released stand on its default branch as rendered.

Why: workflows, their pins and the policies beside them are what the other controls rely on. They are compared on the
default branch, by git's id of their content and by their mode, whatever a checkout holds. CODEOWNERS is judged by
what its lines mean, by the control `code-owners`. Whatever else is in a repository is its team's.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from twinlock.controls import _subjects as subjects
from twinlock.controls._control import Control
from twinlock.controls._judgement import MISSING, Fault, Judgement
from twinlock.model.finding import Severity
from twinlock.model.observed import Absent, Seen, Unread
from twinlock.names import CODE_OWNERS_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock.model.estate import Estate
    from twinlock.model.live import LiveEstate, LiveRepository
    from twinlock.model.managed import Blob
    from twinlock.model.repository import Repository


def check(estate: Estate, live: LiveEstate) -> Iterator[Judgement]:
    """Judge the managed files of every protected repository."""
    yield from subjects.each_repository(estate, live, partial(_repository, estate))


def _repository(estate: Estate, desired: Repository, live: LiveRepository) -> Iterator[Judgement]:
    subject = subjects.repository(estate, desired.name)
    wanted = {path: blob for path, blob in desired.managed_files.items() if path != CODE_OWNERS_FILE}
    match live.files:
        case _ if not wanted:
            yield Judgement(subject, doubts=("its files were not rendered",))
        case Seen(files):
            faults = (_fault(path, blob, files.get(path)) for path, blob in sorted(wanted.items()))
            yield Judgement(subject, faults=tuple(fault for fault in faults if fault is not None))
        case Absent():
            yield Judgement(subject, faults=(MISSING,))
        case Unread(reason):
            yield Judgement(subject, doubts=(reason,))


def _fault(path: str, desired: Blob, live: Blob | None) -> Fault | None:
    if live is None:
        return Fault(f"{path} is missing", f"{path} {desired.id}", f"no {path}")
    if live.id != desired.id:
        return Fault(f"{path} differs from the rendering", f"{path} {desired.id}", f"{path} {live.id}")
    if live.mode != desired.mode:
        clause = f"the mode of {path} is {live.mode}, must be {desired.mode}"
        return Fault(clause, f"{path} {desired.mode}", f"{path} {live.mode}")
    return None


CONTROL = Control(
    slug="managed-files",
    title="Managed files stand on the default branch as rendered",
    severity=Severity.HIGH,
    promise="P5",
    remediation="Bring the files of `twinlock scaffold` to the default branch by a reviewed pull request.",
    check=check,
)
