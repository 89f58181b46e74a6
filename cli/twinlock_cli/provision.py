"""`twinlock preview`, `up` and `destroy`: through an engine, with or without a sealed plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twinlock_cli import progress
from twinlock_cli.engines import EngineOption, JobsOption, Kind, ProviderAwsOption
from twinlock_cli.render import Format, FormatOption, counted, show, show_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.engine.sealed_plan import SealedPlan
    from twinlock.provision import Provisioned, SeedOutcome
    from twinlock.sealing import Sealed

ServicesArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[SERVICE]...", help="Only these services (and the organization).")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
VerboseOption = Annotated[bool, typer.Option("-v", "--verbose", help="Show unchanged resources too.")]
SealOption = Annotated[
    Path | None, typer.Option("--seal", metavar="FILE", help="Write what would be done as a sealed plan; Pulumi only.")
]
PlanOption = Annotated[
    Path | None, typer.Option("--plan", metavar="FILE", help="Do what a sealed plan says, and nothing else.")
]
ApprovedOption = Annotated[
    str | None, typer.Option("--approved", metavar="SEAL", help="The seal that was approved; with `--plan`.")
]
ApproverOption = Annotated[
    str | None,
    typer.Option("--approver", metavar="PERSON", help="Who approved it, as roster.yaml calls them; with `--approved`."),
]

EventsOption = Annotated[
    bool, typer.Option("--json", help="Write what happens as it happens, an event a line, and the result last.")
]


def preview(  # noqa: PLR0913, PLR0917 - each is an option of the command
    context: typer.Context,
    services: ServicesArgument = None,
    engine: EngineOption = Kind.EMBEDDED,
    provider_aws: ProviderAwsOption = None,
    seal: SealOption = None,
    jobs: JobsOption = None,
    verbose: VerboseOption = False,
    events: EventsOption = False,
    format: FormatOption = Format.TABLE,  # noqa: A002 - the option's name
) -> int:
    """Show what `up` would do, and why; exit 1 if it would do anything, unless that was sealed."""
    from twinlock_cli import compose, platform_directory

    if seal is not None:
        _require_pulumi(engine, "--seal")
    platform = compose.load(context.obj, provider_aws)
    platform_directory.require(platform, services or [])
    running = compose.world(platform)
    shown = progress.shown(verbose=verbose, quiet=format is Format.JSON, events=events)
    if seal is not None:
        with shown:
            sealed = compose.seal(platform, running, groups=services or (), listener=shown)
        _keep(sealed, seal, format, shown)
        return 0
    with shown:
        done = compose.preview(
            platform, running, engine, groups=services or (), listener=shown, observer=shown, jobs=jobs
        )
    _report(done, format, shown, verb="would change")
    return 1 if done.changed else 0


def up(  # noqa: PLR0913, PLR0917 - each is an option of the command
    context: typer.Context,
    services: ServicesArgument = None,
    yes: YesOption = False,
    engine: EngineOption = Kind.EMBEDDED,
    provider_aws: ProviderAwsOption = None,
    plan: PlanOption = None,
    approved: ApprovedOption = None,
    approver: ApproverOption = None,
    jobs: JobsOption = None,
    verbose: VerboseOption = False,
    events: EventsOption = False,
    format: FormatOption = Format.TABLE,  # noqa: A002 - the option's name
) -> None:
    """Make GitHub and AWS what the manifest says; says what changed and why."""
    from twinlock.engine import approval
    from twinlock_cli import compose, consent, pipelines, platform_directory

    sealed = _planned(plan, approved, approver, services, engine)
    platform = compose.load(context.obj, provider_aws)
    platform_directory.require(platform, services or [])
    if sealed is not None and approver is not None:
        approval.require_another(sealed, approver, platform.estate.declaration.people, str(plan))
    pipelines.verify(platform)
    running = compose.world(platform)
    shown = progress.shown(verbose=verbose, quiet=format is Format.JSON, events=events)
    if sealed is None:
        consent.ask(f"Provision {platform.estate.organization.login}?", yes=yes)
        with shown:
            done = compose.up(
                platform, running, engine, groups=services or (), listener=shown, observer=shown, jobs=jobs
            )
    else:
        consent.ask(f"Carry out the plan {sealed.seal} in {platform.estate.organization.login}?", yes=yes)
        with shown:
            done = compose.carry_out(platform, running, sealed, name=str(plan), approved=approved, listener=shown)
    _report(done, format, shown, verb="changed")


def destroy(  # noqa: PLR0913, PLR0917 - each is an option of the command
    context: typer.Context,
    yes: YesOption = False,
    engine: EngineOption = Kind.EMBEDDED,
    provider_aws: ProviderAwsOption = None,
    jobs: JobsOption = None,
    verbose: VerboseOption = False,
    events: EventsOption = False,
    format: FormatOption = Format.TABLE,  # noqa: A002 - the option's name
) -> None:
    """Delete everything that `up` made, in reverse order."""
    from twinlock_cli import compose, consent

    platform = compose.load(context.obj, provider_aws)
    running = compose.world(platform)
    consent.ask(f"Delete all that was provisioned in {platform.estate.organization.login}?", yes=yes)
    shown = progress.shown(verbose=verbose, quiet=format is Format.JSON, events=events)
    with shown:
        done = compose.destroy(platform, running, engine, listener=shown, observer=shown, jobs=jobs)
    _report(done, format, shown, verb="deleted")


def _planned(
    file: Path | None, approved: str | None, approver: str | None, services: list[str] | None, engine: Kind
) -> SealedPlan | None:
    """Return the plan that is to be carried out; None where `up` is to find out by itself what to do.

    Raises:
        BadInput: The file is none, or the options contradict each other.
    """
    from twinlock.engine import sealed_plan
    from twinlock.errors import BadInput

    if approver is not None and approved is None:
        raise BadInput(
            "Nothing was changed.",
            "`--approver` says who approved a plan, and no seal was.",
            "Add `--approved SEAL`: an approval is for one plan alone.",
        )
    if file is None:
        if approved is not None:
            raise BadInput(
                "Nothing was changed.", "`--approved` names a plan's seal, and there is no plan.", "Add `--plan FILE`."
            )
        return None
    _require_pulumi(engine, "--plan")
    if services:
        raise BadInput("Nothing was changed.", "A plan says itself what it is about.", "Name no service beside it.")
    try:
        with file.open("rb") as opened:
            content = opened.read(sealed_plan.LARGEST + 1)
    except OSError as error:
        raise BadInput(f"{file} was not read.", f"The system says: {error.strerror}.", "Name another file.") from None
    return sealed_plan.read(content, str(file))


def _require_pulumi(engine: Kind, option: str) -> None:
    from twinlock.errors import BadInput

    if engine is not Kind.PULUMI:
        raise BadInput(f"`{option}` needs Pulumi.", "Only Pulumi's plans can be sealed.", "Add `--engine pulumi`.")


def _keep(sealed: Sealed, file: Path, format: Format, shown: progress.Silent) -> None:  # noqa: A002 - as above
    """Write a sealed plan, and tell of it."""
    from twinlock.engine import sealed_plan
    from twinlock.files import write_atomically

    write_atomically(file, sealed_plan.write(sealed.plan), mode=0o600)
    if _for_machines(as_json(sealed.previewed) | {"seal": sealed.plan.seal}, format, shown):
        return
    _report(sealed.previewed, format, shown, verb="would change")
    programs = dict.fromkeys(each.stack.partition("/")[0] for each in sealed.plan.stacks)
    more = ", not the last: carry it out, then seal the next" if sealed.previewed.waiting else ""
    show(f"stage: {', '.join(programs)}{more}")
    show(f"seal: {sealed.plan.seal}")


def _report(done: Provisioned, format: Format, shown: progress.Silent, *, verb: str) -> None:  # noqa: A002 - as above
    if _for_machines(as_json(done), format, shown):
        return
    for name, outcome in done.seeds:
        if (line := _seeded(outcome)) is not None:
            show(f"{name}: {line}")
    for result in done.results:
        changed, total = len(result.changed), len(result.changes)
        show(f"{result.stack}: {changed} of {total} resources {verb}" if changed else f"{result.stack}: nothing to do")
    for each in done.waiting:
        show(f"{each.stack}: not planned, {each.first} comes first")


def _for_machines(document: Mapping[str, object], format: Format, shown: progress.Silent) -> bool:  # noqa: A002 - as above
    """Show a result as the last event or as one document, if that was asked for; return whether it was."""
    if isinstance(shown, progress.Events):
        shown.tell("result", **document)
    elif format is Format.JSON:
        show_json(document)
    else:
        return False
    return True


def _seeded(outcome: SeedOutcome) -> str | None:
    """Return what people are told of a repository's files; None where there is nothing to tell."""
    from twinlock.names import DEFAULT_BRANCH
    from twinlock.scaffold.pull_request import OtherBranch, Proposed
    from twinlock.scaffold.seed import Seeded

    match outcome:
        case Seeded():
            return "seeded"
        case Proposed(pull=number, paths=paths):
            return f"people must merge pull request #{number}, with {counted(len(paths), 'managed file')}"
        case OtherBranch(branch=branch):
            return f"rename its default branch {branch} to {DEFAULT_BRANCH}, then run the same command again"
        case _:
            return None


def as_json(done: Provisioned) -> dict[str, object]:
    """Return a run as the stable JSON document of `--format json`."""
    return {
        "stacks": [
            {
                "stack": result.stack,
                "resources": len(result.changes),
                "changes": [progress.resource(change) for change in result.changed],
            }
            for result in done.results
        ],
        "seeds": [{"repository": name, "outcome": type(outcome).__name__} for name, outcome in done.seeds],
        "waiting": [{"stack": each.stack, "first": each.first} for each in done.waiting],
    }
