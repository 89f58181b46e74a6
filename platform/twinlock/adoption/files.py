"""The manifest of an adopted organization as text: what was found, what was inferred and why, and what is open.

It need not be valid: where nobody has a duty, `twinlock check` is to say so. Every word that comes from GitHub is
quoted.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from twinlock.adoption import existing
from twinlock.engine import imports
from twinlock.manifest import texts
from twinlock.model.account import Purpose
from twinlock.model.repository import Visibility

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twinlock.adoption.proposal import Proposal, Service

_USUAL: Final = Visibility.PRIVATE
_ROSTER: Final = """Everybody who is a member:
# make one entry of two accounts of one person, and write your identity provider's names for GitHub's own addresses."""


def manifest(proposal: Proposal, *, region: str, pipelines: str) -> Mapping[str, str]:
    """Return the manifest's files by their path.

    Args:
        proposal: What could be declared.
        region: The AWS region.
        pipelines: The commit that the pipelines' repository begins with.
    """
    found = proposal.found
    files = {
        "platform.yaml": texts.platform(
            found.login,
            plan="enterprise" if found.plan is None else found.plan.value,
            visibility=_USUAL.value,
            owners=[_quoted(owner.lower()) for owner in sorted(found.owners, key=str.lower)],
            accounts=_accounts(proposal),
            region=region,
            pipelines_commit=pipelines,
            teams=_teams(proposal),
        ),
        "roster.yaml": texts.roster(_people(proposal), remark=_ROSTER),
    }
    return files | {f"services/{service.name}.yaml": _service(service) for service in proposal.services}


def import_files(proposal: Proposal) -> Mapping[str, str]:
    """Return the import file of each stack that has something to take over, by its path."""
    return {
        f"{imports.DIRECTORY}/{program}/{group}.json": imports.write(f"twinlock-{program}", group, resources)
        for (program, group), resources in existing.resources(proposal).items()
    }


def _accounts(proposal: Proposal) -> Iterator[str]:
    for purpose in Purpose:
        account = proposal.found.accounts.get(purpose)
        if account is not None:
            yield f"{purpose.value}: {_quoted(account.id)}"
        elif purpose is not Purpose.MANAGEMENT:
            yield f"# {purpose.value}: which account?"


def _teams(proposal: Proposal) -> Iterator[str]:
    for slug, each in proposal.teams.items():
        if each.duty is not None:
            yield f"{_quoted(slug)}: {{duty: {each.duty.value}}}  # {each.why}"
    for slug, duty in sorted(proposal.missing.items()):
        yield f"{_quoted(slug)}: {{duty: {duty.value}}}  # does not exist yet: somebody must be in it"
    for slug, each in proposal.teams.items():
        if each.duty is None:
            yield f"# {_quoted(slug)}: {{duty: what is it for? {each.why}}}"


def _people(proposal: Proposal) -> Iterator[str]:
    found = proposal.found
    declared = [slug for slug, each in proposal.teams.items() if each.duty is not None]
    for login, number in sorted(found.identities.accounts.items(), key=lambda account: account[0].lower()):
        teams = ", ".join(_quoted(slug) for slug in declared if login in found.teams[slug].members)
        identity = _quoted(f"{number}+{login}@users.noreply.github.com")
        yield f"{_quoted(login.lower())}: {{identity: {identity}, github: [{_quoted(login)}], teams: [{teams}]}}"


def _service(service: Service) -> str:
    return texts.service(
        service.name,
        description=_quoted(service.description),
        starter="python-http",
        teams={role: _quoted(slug) for role, slug in service.teams.items()},
        approvals=service.approvals,
        points=(),
        visibility=None if service.visibility is _USUAL else service.visibility.value,
    )


def _quoted(text: str) -> str:
    """Return a text as YAML takes it for a text, whatever it says: JSON's strings are YAML's."""
    return json.dumps(text)
