"""`twinlock adopt`: begin with an organization that is there already."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twinlock_cli.render import Format, FormatOption, counted, say, show, show_json, show_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from twinlock.adoption.proposal import Proposal
    from twinlock.adoption.remark import Remark
    from twinlock.model.organization import Duty

WorldOption = Annotated[
    Path | None,
    typer.Option(
        "--world",
        metavar="FILE",
        help="The ready file of a running world; by default the one of this directory.",
        show_default=False,
    ),
]
LeaveOption = Annotated[
    list[str] | None, typer.Option("--leave", metavar="REPOSITORY", help="Leave a repository as it is.")
]
DutyOption = Annotated[
    list[str] | None, typer.Option("--duty", metavar="TEAM=DUTY", help="Say what a team is for, as in qa=tester.")
]


def adopt(  # noqa: PLR0913, PLR0917 - each is an option of the command
    context: typer.Context,
    organization: Annotated[str, typer.Argument(metavar="ORG", help="Login of the organization.")],
    world: WorldOption = None,
    leave: LeaveOption = None,
    duty: DutyOption = None,
    region: Annotated[str, typer.Option("--region", metavar="REGION", help="The AWS region.")] = "eu-west-1",
    format: FormatOption = Format.TABLE,  # noqa: A002 - the option's name
) -> None:
    """Write the manifest and the imports for an organization that exists; nothing in it is changed."""
    from twinlock_cli import adopting

    proposal, written = adopting.adopt(
        context.obj, organization, world, leave=leave or (), given=_duties(duty or ()), region=region
    )
    if format is Format.JSON:
        show_json(as_json(proposal, written))
        return
    services = [
        (each.name, ", ".join(r.name for r in each.repositories), _teams(each.teams)) for each in proposal.services
    ]
    if services:
        show_table(("service", "repositories", "authors, reviewers, testers, releasers"), services)
    _section("Left alone", proposal.left_alone)
    _section("Taken away by `twinlock up`, unless it is moved before", proposal.removed)
    _section("For people to decide", proposal.questions)
    say(f"Wrote {counted(len(written), 'file')} to {context.obj}; nothing in {proposal.found.login} was changed.")
    say(f"Next: twinlock -C {context.obj} check")


def as_json(proposal: Proposal, written: Iterable[str]) -> dict[str, object]:
    """Return an adoption as the stable JSON document of `--format json`."""
    return {
        "organization": proposal.found.login,
        "services": [
            {
                "service": each.name,
                "repositories": [repository.name for repository in each.repositories],
                "teams": dict(each.teams),
            }
            for each in proposal.services
        ],
        "left_alone": _listed(proposal.left_alone),
        "removed": _listed(proposal.removed),
        "questions": _listed(proposal.questions),
        "written": list(written),
    }


def _duties(given: Iterable[str]) -> Mapping[str, Duty]:
    """Return the duties that were typed, by team.

    Raises:
        BadInput: One is no duty.
    """
    from twinlock.errors import BadInput
    from twinlock.model.organization import Duty

    known = {duty.value: duty for duty in Duty}
    found: dict[str, Duty] = {}
    for text in given:
        team, _, duty = text.partition("=")
        if duty not in known:
            raise BadInput(
                f"`--duty {text}` says no duty.",
                f"The duties are {', '.join(known)}.",
                "Write it as TEAM=DUTY, as in `--duty qa=tester`.",
            )
        found[team] = known[duty]
    return found


def _section(heading: str, remarks: Iterable[Remark]) -> None:
    rows = [(each.subject, each.text) for each in remarks]
    if rows:
        show(f"\n{heading}:")
        show_table(("subject", "what"), rows)


def _teams(teams: Mapping[str, str]) -> str:
    return ", ".join(teams.values())


def _listed(remarks: Iterable[Remark]) -> list[dict[str, str]]:
    return [{"subject": each.subject, "text": each.text} for each in remarks]
