"""A repository that was declared once is declared still, or archived.

Why: a service that is taken out of the manifest leaves its repositories, environments and roles behind, and nothing
visits them any longer: what weakens there is found by nobody. Repositories that twinlock has known are in
`observed.lock.json`; one that is still there, and can still be changed, while the manifest says nothing of it is a
finding. Repositories that were never declared are none of twinlock's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.controls import _subjects as subjects
from twinlock.controls._control import Control
from twinlock.controls._judgement import Fault, Judgement
from twinlock.model.finding import Severity
from twinlock.model.observed import Seen, Unread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock.model.estate import Estate
    from twinlock.model.live import LiveEstate

FORGOTTEN = Fault("nobody declares it any longer", "declared or archived", "neither")


def check(estate: Estate, live: LiveEstate) -> Iterator[Judgement]:
    """Judge every repository that was once seen under a declared name."""
    found = live.organization.repositories
    if not isinstance(found, Seen):
        reason = found.reason if isinstance(found, Unread) else "the organization is gone"
        yield Judgement(estate.organization.login, doubts=(reason,))
        return
    yield Judgement(estate.organization.login)
    usable = {repository.id: repository.name for repository in found.value if not repository.archived}
    for name in sorted(live.first_seen.repositories.keys() - estate.repositories.keys()):
        # By its id, for a repository that was renamed is the same one still.
        present = usable.get(live.first_seen.repositories[name])
        if present not in estate.repositories:
            yield Judgement(subjects.repository(estate, present or name), faults=(FORGOTTEN,) if present else ())


CONTROL = Control(
    slug="repository-inventory",
    title="Repositories that were declared are declared still",
    severity=Severity.HIGH,
    promise="P6",
    remediation=(
        "Declare the service again in `services/`, or have an owner archive the repository once its roles are gone."
    ),
    check=check,
)
