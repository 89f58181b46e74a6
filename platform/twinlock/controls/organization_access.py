"""Nothing but declared apps reaches the organization, and nothing it does is sent elsewhere.

Why: an installed app acts in every repository that it was given, beside all teams, and a webhook of the organization
carries away what happens in all of them. twinlock's own apps and the declared machines are expected; every other
installed app is a finding, and so is every webhook.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.controls import _subjects as subjects
from twinlock.controls._control import Control
from twinlock.controls._judgement import UNDECLARED, Fault, Judgement
from twinlock.model.comparison import worded
from twinlock.model.finding import Severity
from twinlock.model.observed import Seen, Unread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock.model.estate import Estate
    from twinlock.model.live import LiveEstate


def check(estate: Estate, live: LiveEstate) -> Iterator[Judgement]:
    """Judge the webhooks of the organization, and every app that is installed on it."""
    subject = estate.organization.login
    apps, webhooks = live.organization.identities, live.organization.webhooks
    doubts = tuple(part.reason for part in (apps, webhooks) if isinstance(part, Unread))
    hooks = worded(webhooks.value) if isinstance(webhooks, Seen) and webhooks.value else ""
    fault = Fault(f"nobody declared the webhooks {hooks}", "no webhooks", f"webhooks {hooks}")
    yield Judgement(subject, faults=(fault,) if hooks else (), doubts=doubts)
    if isinstance(apps, Seen):
        expected = {*estate.organization.apps, *(machine.app for machine in estate.declaration.platform.machines)}
        for slug in sorted(apps.value.apps):
            yield Judgement(subjects.app(estate, slug), faults=() if slug in expected else (UNDECLARED,))


CONTROL = Control(
    slug="organization-access",
    title="Only declared apps reach the organization",
    severity=Severity.CRITICAL,
    promise="P2",
    remediation=(
        "An owner uninstalls the app or deletes the webhook; or declare the app as a machine with its operators, in "
        "`platform.yaml`."
    ),
    check=check,
)
