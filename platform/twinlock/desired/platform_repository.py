"""Who owns what in the platform repository: who gains a duty neither authors nor approves that change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.desired.organization import teams_with
from twinlock.model.code_owners import CodeOwners, OwnerRule
from twinlock.model.organization import Duty

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.model.declaration import Declaration


def platform_code_owners(declaration: Declaration) -> CodeOwners:
    """Return the owners: the platform's teams of everything, with the auditors and each service's testers beside."""
    return owners(
        teams_with(declaration, Duty.PLATFORM),
        teams_with(declaration, Duty.AUDITOR),
        {name: service.testers for name, service in declaration.services.items()},
    )


def owners(platform: tuple[str, ...], auditors: tuple[str, ...], testers: Mapping[str, str]) -> CodeOwners:
    """Return the owners of a platform's files, given its teams and each service's testers."""
    audited = (*platform, *auditors)
    return CodeOwners(
        (
            OwnerRule("*", platform),
            OwnerRule("/platform.yaml", audited),
            OwnerRule("/roster.yaml", audited),
            *(OwnerRule(f"/services/{name}.yaml", (*platform, team)) for name, team in sorted(testers.items())),
        )
    )
