"""The text of the user's files: each key with the line that explains it, for `examples` and for `adoption` alike.

Text rather than a dump of data. Every first line names the JSON Schema, which editors then use. Values are YAML as they
stand: whoever gives one that comes from elsewhere quotes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def platform(  # noqa: PLR0913 - what differs between one platform and another
    organization: str,
    *,
    plan: str,
    visibility: str,
    owners: Iterable[str],
    accounts: Iterable[str],
    region: str,
    pipelines_commit: str,
    teams: Iterable[str],
) -> str:
    """Return a `platform.yaml` for the local world; `accounts` and `teams` are the lines under these keys."""
    return f"""\
# yaml-language-server: $schema=schema/platform.json
# The platform. Keys that have a usual value are written out, so that a review sees what holds.

# The GitHub organization.
organization: "{organization}"
# Where everything is provisioned: world (the local one) or cloud (GitHub and AWS).
target: world
# The GitHub plan: free, team or enterprise. It decides what GitHub can hold.
plan: {plan}
# Who sees a repository unless its service says otherwise: private, internal or public.
visibility: {visibility}
# standard: reviewers may author, but never approve their own change. strict: nobody has two duties.
profile: standard
# Controls that the plan cannot hold, and that you accept as missing.
accepted_gaps: []
# People who own the organization: at least two, without any other duty.
owners: [{", ".join(owners)}]
# AWS accounts, one for each purpose. `management`, for service control policies, is optional.
accounts:
{_indented(accounts)}# AWS region.
region: {region}
# The fewest people for each duty.
quorum: {{platform: 2, auditor: 2, tester: 2, releaser: 2}}
# The only commit of the pipelines repository that services call and AWS trusts. `previous` is accepted during a roll.
pipelines:
  commit: "{pipelines_commit}"
# The tool's own GitHub Apps; `twinlock bootstrap` fills them.
apps: {{controller: {{}}, auditor: {{}}, gate: {{}}, release: {{}}}}
# Bots, each with the people who answer for it, as in: renovate: {{app: renovate, operators: [paula]}}
machines: {{}}
# Where the engine keeps its state. On cloud: s3://... and awskms://...
state: {{backend: "file://./state", secrets: passphrase}}
# How long evidence is retained: governance or compliance, and days.
evidence: {{mode: governance, days: 30}}
# What an undeclared AWS role that trusts GitHub meets: report or quarantine.
undeclared_roles: quarantine
# Teams and their one duty: author, reviewer, tester, releaser, platform or auditor. `twinlock new` adds a service's.
teams:
{_indented(teams)}"""


def roster(entries: Iterable[str], *, remark: str) -> str:
    """Return a `roster.yaml`; `entries` are the lines under `people`, `remark` is what to know of them."""
    return f"""\
# yaml-language-server: $schema=schema/roster.json
# Persons, not accounts: several accounts of one person stand in one entry. {remark}
#
# identity: the identity provider's name for the person.   github: all GitHub logins.
# teams: slugs of teams (platform.yaml).                   aws: ARNs or names of AWS users and roles (optional).
# keys: OpenSSH public keys that the person signs with (optional).
people:
{_indented(entries)}"""


def service(  # noqa: PLR0913 - what differs between one service and another
    service: str,
    *,
    description: str,
    starter: str,
    teams: Mapping[str, str],
    approvals: int,
    points: Iterable[str],
    visibility: str | None = None,
) -> str:
    """Return a `services/SERVICE.yaml`.

    Args:
        service: The service's name.
        description: One line for people.
        starter: What the application begins from.
        teams: Slug by role (`authors`, ...).
        approvals: Approvals that a change needs.
        points: What it talks to, each in flow style.
        visibility: Who sees its repositories, where that differs from the platform's.
    """
    own = f"# Who sees its repositories: private, internal or public.\nvisibility: {visibility}\n" if visibility else ""
    return f"""\
# yaml-language-server: $schema=../schema/service.json
# The service's name; the file is called so too.
service: "{service}"
# One line for people.
description: {description}
# What the application repository begins from.
starter: {starter}
{own}# Who does what. Nobody who writes or reviews may test or release, and no tester may release.
teams:
  authors: {teams["authors"]}
  reviewers: {teams["reviewers"]}
  testers: {teams["testers"]}
  releasers: {teams["releasers"]}
# Approvals that a change needs.
review: {{approvals: {approvals}}}
# What the service talks to: kind aws-sqs, or https with an endpoint. The suite must exercise what is critical.
integration_points:{_listed(points)}
# How long an integration environment may live.
integration: {{ttl: 2h}}
# Where it runs.
deploy: {{kind: ecs}}
"""


def _indented(lines: Iterable[str]) -> str:
    return "".join(f"  {line}\n" for line in lines)


def _listed(points: Iterable[str]) -> str:
    return "".join(f"\n  - {point}" for point in points) or " []"
