"""A CI role may do exactly what is declared, under its permissions boundary.

Why: a role that can do more is a way around everything GitHub holds: with administrator rights the integration role
deploys. Inline policies, attached policies, the boundary and the length of sessions are compared, and the boundary's
own statements with them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from twinlock.controls import _roles as roles
from twinlock.controls._control import Control
from twinlock.controls._judgement import Fault, Judgement, compared
from twinlock.model.comparison import worded
from twinlock.model.finding import Severity
from twinlock.model.observed import Absent, Observed, Seen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock.model.estate import Estate
    from twinlock.model.live import LiveEstate
    from twinlock.model.policy import Document, ManagedPolicy, Role


def check(estate: Estate, live: LiveEstate) -> Iterator[Judgement]:
    """Judge the boundary and every declared role; a missing role is the inventory's."""
    for desired, found in roles.accounts(estate, live):
        if desired.roles:
            yield _boundary(desired.boundary, found.boundary)
        for role, observed in roles.declared(desired, found):
            if not isinstance(observed, Absent):
                yield _role(role, observed)


def _role(desired: Role, live: Observed[Role]) -> Judgement:
    """Compare all but the inline policies by their marks, and those by name, for their text is long."""
    if not isinstance(live, Seen):
        return compared(desired.arn, desired, live)
    others = compared(desired.arn, desired, Seen(replace(live.value, inline=desired.inline), live.unmodelled))
    ours = {policy.name: policy.document for policy in desired.inline}
    theirs = {policy.name: policy.document for policy in live.value.inline}
    inline = [
        Fault(
            f"inline policy {name} {_how(ours.get(name), theirs.get(name))}",
            f"inline policy {name}: {_text(ours.get(name))}",
            f"inline policy {name}: {_text(theirs.get(name))}",
        )
        for name in sorted(ours.keys() | theirs.keys())
        if ours.get(name) != theirs.get(name)
    ]
    return replace(others, faults=(*inline, *others.faults))


def _boundary(desired: ManagedPolicy, live: Observed[ManagedPolicy]) -> Judgement:
    if not isinstance(live, Seen) or live.value.document == desired.document:
        return compared(desired.arn, desired, live)
    fault = Fault("its statements are not the declared ones", _text(desired.document), _text(live.value.document))
    return Judgement(desired.arn, faults=(fault,))


def _how(desired: Document | None, live: Document | None) -> str:
    if live is None:
        return "is missing"
    return "is not declared" if desired is None else "has other statements than declared"


def _text(document: Document | None) -> str:
    return "none" if document is None else worded(document)


CONTROL = Control(
    slug="role-permissions",
    title="A CI role may do exactly what is declared, under its boundary",
    severity=Severity.CRITICAL,
    promise="P2",
    remediation="Restore the role's policies and boundary: `twinlock reconcile --once`.",
    check=check,
)
