"""The organization leaves GitHub's own form of the OIDC subject as it is.

Why: trust policies name subjects of that form. A template of the organization is what every repository falls back to
that stops using the default; a subject without the environment, or without the repository, is one that others share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.controls._control import Control
from twinlock.controls._judgement import Fault, Judgement
from twinlock.model.comparison import worded
from twinlock.model.finding import Severity
from twinlock.model.observed import Seen, Unread
from twinlock.names import OIDC_SUBJECT_CLAIMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock.model.estate import Estate
    from twinlock.model.live import LiveEstate


def check(estate: Estate, live: LiveEstate) -> Iterator[Judgement]:
    """Judge the organization's template; a repository's own is judged with the roles that trust it."""
    subject, found = estate.organization.login, live.organization.subject_claims
    if not isinstance(found, Seen):
        reason = found.reason if isinstance(found, Unread) else "the organization is gone"
        yield Judgement(subject, doubts=(reason,))
        return
    desired, claims = worded(OIDC_SUBJECT_CLAIMS), worded(found.value)
    fault = Fault(
        f"the template of OIDC subjects is {claims}, must be {desired}", f"subject {desired}", f"subject {claims}"
    )
    yield Judgement(subject, faults=() if found.value == OIDC_SUBJECT_CLAIMS else (fault,))


CONTROL = Control(
    slug="oidc-subject",
    title="OIDC subjects have GitHub's own form",
    severity=Severity.HIGH,
    promise="P2",
    remediation="Restore the template: `twinlock reconcile --once`.",
    check=check,
)
