"""`twinlock preview`, `up` and `destroy`: through an engine, with or without a sealed plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twinlock_cli.engines import EngineOption, JobsOption, Kind, ProviderAwsOption
from twinlock_cli.render import Format, FormatOption, say, show, show_json

if TYPE_CHECKING:
    from twinlock.engine.result import Change
    from twinlock.engine.sealed_plan import SealedPlan
    from twinlock.provision import Provisioned
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

_MARKS = {"create": "+", "update": "~", "replace": "±", "delete": "-", "same": " "}


def preview(  # noqa: PLR0913, PLR0917 - each is an option of the command
    context: typer.Context,
    services: ServicesArgument = None,
    engine: EngineOption = Kind.EMBEDDED,
    provider_aws: ProviderAwsOption = None,
    seal: SealOption = None,
    jobs: JobsOption = None,
    verbose: VerboseOption = False,
    format: FormatOption = Format.TABLE,  # noqa: A002 - the option's name
) -> int:
    """Show what `up` would do, and why; exit 1 if it would do anything, unless that was sealed."""
    from twinlock_cli import compose, platform_directory

    if seal is not None:
        _require_pulumi(engine, "--seal")
    platform = compose.load(context.obj, provider_aws)
    platform_directory.require(platform, services or [])
    running = compose.world(platform)
    listener = _progress(verbose=verbose, quiet=format is Format.JSON)
    if seal is not None:
        sealed = compose.seal(platform, running, groups=services or (), listener=listener)
        _keep(sealed, seal, format)
        return 0
    done = compose.preview(platform, running, engine, groups=services or (), listener=listener, jobs=jobs)
    _report(done, format, verb="would change")
    return 1 if done.changed else 0


def up(  # noqa: PLR0913, PLR0917 - each is an option of the command
    context: typer.Context,
    services: ServicesArgument = None,
    yes: YesOption = False,
    engine: EngineOption = Kind.EMBEDDED,
    provider_aws: ProviderAwsOption = None,
    plan: PlanOption = None,
    approved: ApprovedOption = None,
    jobs: JobsOption = None,
    verbose: VerboseOption = False,
    format: FormatOption = Format.TABLE,  # noqa: A002 - the option's name
) -> None:
    """Make GitHub and AWS what the manifest says; says what changed and why."""
    from twinlock_cli import compose, consent, pipelines, platform_directory

    sealed = _planned(plan, approved, services, engine)
    platform = compose.load(context.obj, provider_aws)
    platform_directory.require(platform, services or [])
    pipelines.verify(platform)
    running = compose.world(platform)
    listener = _progress(verbose=verbose, quiet=format is Format.JSON)
    if sealed is None:
        consent.ask(f"Provision {platform.estate.organization.login}?", yes=yes)
        done = compose.up(platform, running, engine, groups=services or (), listener=listener, jobs=jobs)
    else:
        consent.ask(f"Carry out the plan {sealed.seal} in {platform.estate.organization.login}?", yes=yes)
        done = compose.carry_out(platform, running, sealed, name=str(plan), approved=approved, listener=listener)
    _report(done, format, verb="changed")


def destroy(  # noqa: PLR0913, PLR0917 - each is an option of the command
    context: typer.Context,
    yes: YesOption = False,
    engine: EngineOption = Kind.EMBEDDED,
    provider_aws: ProviderAwsOption = None,
    jobs: JobsOption = None,
    verbose: VerboseOption = False,
    format: FormatOption = Format.TABLE,  # noqa: A002 - the option's name
) -> None:
    """Delete everything that `up` made, in reverse order."""
    from twinlock_cli import compose, consent

    platform = compose.load(context.obj, provider_aws)
    running = compose.world(platform)
    consent.ask(f"Delete all that was provisioned in {platform.estate.organization.login}?", yes=yes)
    listener = _progress(verbose=verbose, quiet=format is Format.JSON)
    done = compose.destroy(platform, running, engine, listener, jobs)
    _report(done, format, verb="deleted")


class _progress:  # noqa: N801 - used as a function: it is a listener
    """Show each step on stderr as it is done."""

    def __init__(self, *, verbose: bool, quiet: bool) -> None:
        self._verbose = verbose
        self._quiet = quiet

    def __call__(self, stack: str, change: Change) -> None:
        """Show one step."""
        if self._quiet or (change.operation.value == "same" and not self._verbose):
            return
        say(f"{_MARKS[change.operation.value]} {stack:<24} {change.type.rsplit(':', 1)[-1]} {change.name}")
        for field in change.fields:
            say(f"    {field.path}: {field.before} -> {field.after}")


def _planned(file: Path | None, approved: str | None, services: list[str] | None, engine: Kind) -> SealedPlan | None:
    """Return the plan that is to be carried out; None where `up` is to find out by itself what to do.

    Raises:
        BadInput: The file is none, or the options contradict each other.
    """
    from twinlock.engine import sealed_plan
    from twinlock.errors import BadInput

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


def _keep(sealed: Sealed, file: Path, format: Format) -> None:  # noqa: A002 - the option's name
    """Write a sealed plan, and tell of it."""
    from twinlock.engine import sealed_plan
    from twinlock.files import write_atomically

    write_atomically(file, sealed_plan.write(sealed.plan), mode=0o600)
    if format is Format.JSON:
        show_json(as_json(sealed.previewed) | {"seal": sealed.plan.seal})
        return
    _report(sealed.previewed, format, verb="would change")
    programs = dict.fromkeys(each.stack.partition("/")[0] for each in sealed.plan.stacks)
    more = ", not the last: carry it out, then seal the next" if sealed.previewed.waiting else ""
    show(f"stage: {', '.join(programs)}{more}")
    show(f"seal: {sealed.plan.seal}")


def _report(done: Provisioned, format: Format, *, verb: str) -> None:  # noqa: A002 - the option's name
    if format is Format.JSON:
        show_json(as_json(done))
        return
    for name, outcome in done.seeds:
        if type(outcome).__name__ == "Seeded":
            show(f"{name}: seeded")
    for result in done.results:
        changed, total = len(result.changed), len(result.changes)
        show(f"{result.stack}: {changed} of {total} resources {verb}" if changed else f"{result.stack}: nothing to do")
    for each in done.waiting:
        show(f"{each.stack}: not planned, {each.first} comes first")


def as_json(done: Provisioned) -> dict[str, object]:
    """Return a run as the stable JSON document of `--format json`."""
    return {
        "stacks": [
            {
                "stack": result.stack,
                "resources": len(result.changes),
                "changes": [
                    {
                        "urn": change.urn,
                        "type": change.type,
                        "name": change.name,
                        "operation": change.operation.value,
                        "fields": [{"path": f.path, "before": f.before, "after": f.after} for f in change.fields],
                    }
                    for change in result.changed
                ],
            }
            for result in done.results
        ],
        "seeds": [{"repository": name, "outcome": type(outcome).__name__} for name, outcome in done.seeds],
        "waiting": [{"stack": each.stack, "first": each.first} for each in done.waiting],
    }
