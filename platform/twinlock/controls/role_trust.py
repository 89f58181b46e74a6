"""A CI role is assumed by exactly one job of one workflow of one repository.

Why: the trust policy is the bridge from GitHub to AWS. Operators, quantifiers and several statements decide together
what it admits, so it is evaluated, not compared as text: whatever AWS would admit beyond the declared job is a
finding, with a token that shows it, and what is not proven to stay within the declaration counts as wider. A trust
policy that no longer admits the declared job is a finding too, and so is a repository it names whose workflows show AWS
a subject of another form than GitHub's own. The identity provider itself must accept the one audience.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from twinlock.controls import _roles as roles
from twinlock.controls._control import Control
from twinlock.controls._judgement import MISSING, Fault, Judgement, Remark, not_known
from twinlock.model.breadth import admits_beyond, refuses
from twinlock.model.comparison import worded
from twinlock.model.finding import Severity
from twinlock.model.observed import Absent, Seen, Unread
from twinlock.model.trust import not_evaluated
from twinlock.names import OIDC_AUDIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock.model.account import Account
    from twinlock.model.estate import Estate
    from twinlock.model.live import LiveAccount, LiveEstate
    from twinlock.model.policy import Document, Role

_REPOSITORY = re.compile(r"\{[^{}/]+/([^{}/]+)\}")


def check(estate: Estate, live: LiveEstate) -> Iterator[Judgement]:
    """Judge the identity providers and the trust policy of every declared role; a missing role is the inventory's."""
    for desired, found in roles.accounts(estate, live):
        if any(_trusts(role.trust, desired.oidc_provider) for role in desired.roles):
            yield _provider(desired, found)
        for role, observed in roles.declared(desired, found):
            match observed:
                case Seen(value, unmodelled):
                    unidentified, customised = tuple(_unidentified(role.trust, live)), _customised(role.trust, live)
                    judgement = Judgement(role.arn, doubts=unidentified) if unidentified else _trust(role, value)
                    yield replace(
                        judgement,
                        faults=(*judgement.faults, *customised),
                        doubts=(*judgement.doubts, *not_known(unmodelled)),
                    )
                case Unread(reason):
                    yield Judgement(role.arn, doubts=(reason,))
                case Absent():
                    pass


def _trusts(trust: Document, provider: str) -> bool:
    return any(f"Federated {provider}" in statement.principals for statement in trust)


def _provider(desired: Account, live: LiveAccount) -> Judgement:
    subject = desired.oidc_provider
    if not isinstance(live.oidc_clients, Seen):
        reason = live.oidc_clients.reason if isinstance(live.oidc_clients, Unread) else "the account is gone"
        return Judgement(subject, doubts=(reason,))
    clients = live.oidc_clients.value.get(subject)
    if clients is None:
        return Judgement(subject, faults=(MISSING,))
    if clients == {OIDC_AUDIENCE}:
        return Judgement(subject)
    clause = f"audiences is {worded(clients)}, must be {OIDC_AUDIENCE}"
    return Judgement(subject, faults=(Fault(clause, f"audiences {OIDC_AUDIENCE}", f"audiences {worded(clients)}"),))


def _unidentified(trust: Document, live: LiveEstate) -> Iterator[str]:
    """Yield why a trust policy cannot be judged: it names a repository whose subject prefix is not known."""
    for name in _named(trust):
        repository = live.repositories.get(name)
        identity = Unread("it was not read") if repository is None else repository.identity
        match identity:
            case Seen(_, unmodelled) if unmodelled:
                yield f"the OIDC subject of {name} has settings that twinlock does not know ({', '.join(unmodelled)})"
            case Seen():
                pass
            case Unread(reason):
                yield f"the OIDC subject of {name} is not known: {reason}"
            case Absent():
                yield f"the OIDC subject of {name} is not known: there is no such repository"


def _customised(trust: Document, live: LiveEstate) -> Iterator[Fault]:
    """Yield the repositories whose workflows show AWS a subject of another form than the trust policy relies on."""
    for name in _named(trust):
        repository = live.repositories.get(name)
        if repository is not None and isinstance(repository.identity, Seen) and repository.identity.value.customised:
            yield Fault(f"the OIDC subject of {name} is customised", "GitHub's own form", "a customised form")


def _named(trust: Document) -> list[str]:
    """Return the names of the repositories that a trust policy names."""
    values = {value for statement in trust for condition in statement.conditions for value in condition.values}
    return sorted({match for value in values for match in _REPOSITORY.findall(value)})


def _trust(desired: Role, live: Role) -> Judgement:
    clauses = [str(example) for example in admits_beyond(desired.trust, live.trust)]
    refused = refuses(desired.trust, live.trust)
    if refused:
        clauses.append(f"it no longer admits the declared {refused[0]}")
    if clauses:
        fault = Fault("; ".join(clauses), _text(desired.trust), _text(live.trust))
        return Judgement(desired.arn, faults=(fault,))
    unknown = not_evaluated(live.trust)
    if unknown:
        return Judgement(desired.arn, doubts=(f"the condition cannot be evaluated: {'; '.join(unknown)}",))
    if admits_beyond(live.trust, desired.trust):
        return Judgement(desired.arn, remarks=(Remark("Its trust policy admits less than declared.", softens=True),))
    return Judgement(desired.arn)


def _text(trust: Document) -> str:
    return "; ".join(sorted(map(str, trust)))


CONTROL = Control(
    slug="role-trust",
    title="A CI role is assumed by exactly one job",
    severity=Severity.CRITICAL,
    promise="P2",
    remediation="Restore the trust policy: `twinlock reconcile --once`.",
    check=check,
)
