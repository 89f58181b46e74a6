"""Read an organization as it is, by the readers of the audit: what they could not read, nobody may guess.

The audit reports what it could not read as unknown and goes on. Here nothing may be missing: a manifest that leaves out
a team or an owner would take away what they hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from twinlock.adoption.found import Found, FoundAccount, FoundRepository
from twinlock.aws.session import Missing, Refused
from twinlock.errors import BadInput, Incomplete
from twinlock.github.client import segment
from twinlock.github.fields import Fields, Malformed, elements
from twinlock.live.github import GitHubOrganization
from twinlock.live.lists import at_once
from twinlock.live.repository import GitHubRepository
from twinlock.model.declaration import Plan
from twinlock.model.observed import Absent, Seen
from twinlock.names import BOUNDARY_POLICY, DEFAULT_BRANCH, FLOW_LOG_ROLE, OIDC_HOST, policy_arn, service_roles

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from twinlock.aws.session import Iam
    from twinlock.github.client import Answer, GitHubReader
    from twinlock.model.account import Purpose
    from twinlock.model.observed import Observed
    from twinlock.model.organization import Team

T = TypeVar("T")

_NOT_FOUND, _EMPTY = 404, 409


def read(login: str, github: GitHubReader, accounts: Mapping[Purpose, tuple[str, Iam]]) -> Found:
    """Read everything that an adoption rests on.

    Args:
        login: The organization.
        github: GitHub, as somebody who may see all of it.
        accounts: AWS accounts by purpose: the twelve digits, and IAM there.

    Raises:
        BadInput: There is no such organization.
        Incomplete: A part of it could not be read.
    """
    answer = github.get(f"/orgs/{segment(login)}")
    if answer.status == _NOT_FOUND:
        raise BadInput(
            f"There is no organization {login}.", "GitHub knows none of that name here.", "Name the one to adopt."
        )
    try:
        own = Fields(_required(answer, login))
        known = own.text("login")
        plan = own.nested("plan").text("name") if own.has("plan") else ""
        reader = GitHubOrganization(known, github)
        organization = reader.organization()
        rows = elements(_required(github.get_all(f"/orgs/{segment(known)}/repos", {"type": "all"}), known), known)
        repositories = at_once(lambda row: _repository(known, row, github, reader), rows)
    except Malformed as error:
        raise _unread(login, f"GitHub's answer was not understood: {error.reason}") from None
    teams: list[Team] = [_seen(team, f"a team of {known}") for team in _seen(organization.teams, "the teams")]
    return Found(
        login=known,
        plan=next((each for each in Plan if each.value == plan), None),
        organization=organization,
        identities=_seen(organization.identities, "the organization's members, teams and apps"),
        owners=_seen(organization.owners, "the owners"),
        teams={team.slug: team for team in sorted(teams, key=lambda team: team.slug)},
        repositories={each.name: each for each in sorted(repositories, key=lambda each: each.name)},
        accounts={purpose: _account(number, iam) for purpose, (number, iam) in accounts.items()},
    )


def _repository(owner: str, row: object, github: GitHubReader, reader: GitHubOrganization) -> FoundRepository:
    fields = Fields(row)
    name, archived, fork = fields.text("name"), fields.flag("archived"), fields.flag("fork")
    description, template = fields.text("description", ""), fields.flag("is_template", default=False)
    if archived or fork:
        return FoundRepository(name, description, archived, fork, template)
    path = f"/repos/{segment(owner)}/{segment(name)}"
    rulesets = github.get_all(f"{path}/rulesets", {"includes_parents": "false"})
    branch = fields.text("default_branch", DEFAULT_BRANCH)
    classic = github.get(f"{path}/branches/{segment(branch)}/protection")
    return FoundRepository(
        name=name,
        description=description,
        archived=archived,
        fork=fork,
        template=template,
        head=_head(github.get(f"{path}/git/ref/heads/{DEFAULT_BRANCH}"), f"{owner}/{name}"),
        live=GitHubRepository(owner, name, github, reader.directory).read(whole=True),
        rulesets={each.text("name"): each.number("id") for each in _rows(rulesets, f"the rulesets of {owner}/{name}")},
        classic=classic.ok,
    )


def _rows(answer: Answer, what: str) -> Iterable[Fields]:
    return map(Fields, elements(_required(answer, what), what))


def _head(answer: Answer, what: str) -> str | None:
    if answer.status in {_NOT_FOUND, _EMPTY}:
        return None
    return Fields(_required(answer, f"the branch {DEFAULT_BRANCH} of {what}")).nested("object").text("sha")


def _account(number: str, iam: Iam) -> FoundAccount:
    try:
        providers = iam.pages("list_open_id_connect_providers", "OpenIDConnectProviderList")
        listed = (str(each["RoleName"]) for each in iam.pages("list_roles", "Roles") if isinstance(each, dict))
        # No other name can be a service's, and an account may have a thousand roles.
        roles = [name for name in listed if name.endswith((*service_roles(""), FLOW_LOG_ROLE))]
        inline = {role: iam.pages("list_role_policies", "PolicyNames", RoleName=role) for role in roles}
        return FoundAccount(
            id=number,
            oidc_provider=any(f":oidc-provider/{OIDC_HOST}" in str(each) for each in providers),
            boundary=_exists(iam, policy_arn(number, BOUNDARY_POLICY)),
            roles={role: tuple(map(str, policies)) for role, policies in inline.items()},
        )
    except (Refused, Missing) as error:
        raise _unread(f"The account {number}", f"{error}") from None


def _exists(iam: Iam, policy: str) -> bool:
    try:
        iam.call("get_policy", PolicyArn=policy)
    except Missing:
        return False
    return True


def _seen(observed: Observed[T], what: str) -> T:
    if isinstance(observed, Seen):
        return observed.value
    raise _unread(
        f"{what[0].upper()}{what[1:]}", "It does not exist." if isinstance(observed, Absent) else observed.reason
    )


def _required(answer: Answer, what: str) -> object:
    if answer.ok:
        return answer.body
    raise _unread(what, f"GitHub answered {answer.status} {answer.message}".rstrip())


def _unread(what: str, why: str) -> Incomplete:
    return Incomplete(
        f"{what} could not be read; nothing was written.",
        f"{why.rstrip('.')}.",
        "See that the identity is an owner's, then run the same command again.",
    )
