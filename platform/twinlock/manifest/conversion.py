"""Turn files of the right shape into the model's Declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.manifest import duration
from twinlock.model.account import Purpose
from twinlock.model.declaration import (
    App,
    Declaration,
    DeclaredTeam,
    Evidence,
    IntegrationPoint,
    Machine,
    Person,
    Pipelines,
    Plan,
    Platform,
    Profile,
    Service,
    State,
    Where,
)
from twinlock.model.organization import Duty
from twinlock.model.repository import Visibility

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from twinlock.manifest.platform_file import AccountsFile, AppsFile, PlatformFile, QuorumFile
    from twinlock.manifest.roster_file import RosterFile
    from twinlock.manifest.service_file import ServiceFile


def declaration(platform: PlatformFile, roster: RosterFile, services: Iterable[ServiceFile]) -> Declaration:
    """Return what the three kinds of file declare together; people and services in the order of their names."""
    return Declaration(
        platform=_platform(platform),
        people={
            name: Person(
                name, person.identity, tuple(person.github), tuple(person.aws), tuple(person.keys), tuple(person.teams)
            )
            for name, person in sorted(roster.people.items())
        },
        services={service.service: _service(service) for service in sorted(services, key=lambda file: file.service)},
    )


def _platform(file: PlatformFile) -> Platform:
    return Platform(
        organization=file.organization,
        target=Where(file.target),
        plan=Plan(file.plan),
        visibility=Visibility(file.visibility),
        profile=Profile(file.profile),
        accepted_gaps=tuple(file.accepted_gaps),
        owners=tuple(file.owners),
        accounts=_accounts(file.accounts),
        region=file.region,
        quorum=_quorum(file.quorum),
        pipelines=Pipelines(file.pipelines.commit, file.pipelines.previous),
        apps=_apps(file.apps),
        machines=tuple(
            Machine(name, machine.app, tuple(machine.operators)) for name, machine in sorted(file.machines.items())
        ),
        state=State(file.state.backend, file.state.secrets),
        evidence=Evidence(file.evidence.mode, file.evidence.days, file.evidence.bucket),
        undeclared_roles=file.undeclared_roles,
        teams={slug: DeclaredTeam(slug, Duty(team.duty), team.source) for slug, team in sorted(file.teams.items())},
    )


def _accounts(file: AccountsFile) -> Mapping[Purpose, str]:
    accounts = {
        Purpose.BUILD: file.build,
        Purpose.INTEGRATION: file.integration,
        Purpose.PRODUCTION: file.production,
        Purpose.EVIDENCE: file.evidence,
    }
    return accounts if file.management is None else {**accounts, Purpose.MANAGEMENT: file.management}


def _quorum(file: QuorumFile) -> Mapping[Duty, int]:
    return {
        Duty.PLATFORM: file.platform,
        Duty.AUDITOR: file.auditor,
        Duty.TESTER: file.tester,
        Duty.RELEASER: file.releaser,
    }


def _apps(file: AppsFile) -> Mapping[str, App]:
    apps = {"controller": file.controller, "auditor": file.auditor, "gate": file.gate, "release": file.release}
    return {name: App(app.id, app.installation, app.key) for name, app in apps.items()}


def _service(file: ServiceFile) -> Service:
    return Service(
        name=file.service,
        description=file.description,
        starter=file.starter,
        authors=file.teams.authors,
        reviewers=file.teams.reviewers,
        testers=file.teams.testers,
        releasers=file.teams.releasers,
        approvals=file.review.approvals,
        integration_points=tuple(
            IntegrationPoint(point.name, point.kind, point.endpoint, point.critical)
            for point in file.integration_points
        ),
        integration_ttl_seconds=duration.seconds(file.integration.ttl) or 0,
        deploy=file.deploy.kind,
        visibility=None if file.visibility is None else Visibility(file.visibility),
    )
