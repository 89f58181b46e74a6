"""`twinlock state`: the checkpoints of Pulumi's state, and whether they are what its runs have left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from twinlock_cli.render import Format, FormatOption, counted, say, show, show_json, show_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from twinlock.engine.checkpoint import Change, Standing
    from twinlock.engine.port import Stack
    from twinlock_cli.compose import Platform

app = typer.Typer(
    help="Pulumi's state: whether its checkpoints are what its runs have left.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

StackArgument = Annotated[str, typer.Argument(metavar="STACK", help="PROGRAM/GROUP, as `twinlock state status` says.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

_SHOWN = 12
"""Digits of a digest that a table shows."""


@dataclass(frozen=True, slots=True)
class Held:
    """The checkpoint of one stack.

    Attributes:
        stack: `program/group`.
        content: The checkpoint; None where there is none.
        standing: How it stands to the journal.
        changes: What changed in it, where that is known.
    """

    stack: str
    content: bytes | None
    standing: Standing
    changes: Sequence[Change] | None

    @property
    def resources(self) -> int:
        """How many resources it holds."""
        from twinlock.engine import checkpoint

        return 0 if self.content is None else checkpoint.resources(self.content)

    @property
    def digest(self) -> str | None:
        """Its digest; None where there is none."""
        from twinlock.engine import checkpoint

        return None if self.content is None else checkpoint.digest(self.content)

    @property
    def trusted(self) -> bool:
        """Whether the next run begins on it."""
        from twinlock.engine.checkpoint import Standing

        return self.standing in {Standing.NEW, Standing.AS_LEFT, Standing.INTERRUPTED}

    def as_json(self) -> dict[str, object]:
        """Return it as `--format json` shows it."""
        changes = [{"resource": each.urn, "what": each.what, "paths": list(each.paths)} for each in self.changes or ()]
        return {
            "stack": self.stack,
            "resources": self.resources,
            "checkpoint": self.digest,
            "standing": self.standing.value,
            "changes": None if self.changes is None else changes,
        }


@app.command("init")
def init(context: typer.Context, yes: YesOption = False) -> None:
    """Make the bucket and the key that the manifest's `state` names, and keep their own state there too."""
    from twinlock.desired.state import state_place
    from twinlock_cli import compose, consent

    platform = compose.load(context.obj)
    place = state_place(platform.estate.declaration)
    running = compose.world(platform)
    consent.ask(f"Make {place.bucket} and {place.alias}, or correct them?", yes=yes)
    done = compose.settle(platform, running)
    changed = len(done.changed)
    show(
        f"{done.stack}: {changed} of {len(done.changes)} resources changed"
        if changed
        else f"{done.stack}: nothing to do"
    )
    show(f"state is in {place.bucket}, its secrets under {place.alias}")


@app.command("status")
def status(context: typer.Context, format: FormatOption = Format.TABLE) -> None:  # noqa: A002 - the option's name
    """List the stacks: their resources, their checkpoints, and how these stand to the journal."""
    from twinlock_cli import compose

    found = _every(compose.load(context.obj))
    if format is Format.JSON:
        show_json([each.as_json() for each in found])
        return
    rows = [(each.stack, str(each.resources), (each.digest or "none")[:_SHOWN], each.standing.value) for each in found]
    show_table(("stack", "resources", "checkpoint", "standing"), rows)


@app.command("verify")
def verify(context: typer.Context, format: FormatOption = Format.TABLE) -> int:  # noqa: A002 - the option's name
    """Compare every checkpoint with the journal; exit 1 if one is not what a run has left."""
    from twinlock_cli import compose

    found = _every(compose.load(context.obj))
    wrong = [each for each in found if not each.trusted]
    if format is Format.JSON:
        show_json([each.as_json() for each in found])
    elif wrong:
        show_table(("stack", "standing", "resource", "what changed"), [row for each in wrong for row in _rows(each)])
        show("If it was right: `twinlock state accept STACK`, which the journal records.")
    else:
        there = sum(each.content is not None for each in found)
        show(f"{counted(there, 'checkpoint')}: each is what the last run has left.")
    return 1 if wrong else 0


@app.command("export")
def export(context: typer.Context, stack: StackArgument) -> None:
    """Print a stack's checkpoint as it is; its secrets stay encrypted."""
    from twinlock_cli import compose

    show(_existing(compose.load(context.obj), stack).decode())


@app.command("accept")
def accept(context: typer.Context, stack: StackArgument, yes: YesOption = False) -> None:
    """Take a stack's checkpoint as it is, on the record: the next run begins on it."""
    from twinlock.engine.checkpoint import Standing
    from twinlock_cli import compose, consent

    platform = compose.load(context.obj)
    found = _held(platform, _named(platform, stack))
    if found.standing in {Standing.NEW, Standing.AS_LEFT}:
        show(f"{stack}: nothing to accept, it is what the last run has left.")
        return
    for _, standing, resource, what in _rows(found):
        say(f"{stack}: {standing}" + (f": {resource} ({what})" if resource else f" ({what})"))
    consent.ask(f"Take the checkpoint of {stack} as it is?", yes=yes)
    # What was shown is accepted, whatever has been written there since.
    compose.custody(platform, by_hand=True).accept(stack, found.content)
    show(f"{stack}: accepted, and in the journal.")


@app.command("unlock")
def unlock(context: typer.Context, stack: StackArgument, yes: YesOption = False) -> None:
    """Remove the lock that a run which is gone has left; one of this directory that is under way keeps it."""
    from twinlock_cli import compose, consent

    platform = compose.load(context.obj)
    _existing(platform, stack)
    consent.ask(f"Remove every lock of {stack}? A run of it elsewhere would go on beside yours.", yes=yes)
    compose.pulumi(platform).unlock(_stack(stack))
    show(f"{stack}: no run holds it now.")


def _every(platform: Platform) -> Sequence[Held]:
    """Return every stack's checkpoint.

    Raises:
        Incomplete: Pulumi has no state here, or it cannot be read.
    """
    from twinlock.engine.checkpoint import Standing
    from twinlock.errors import Incomplete

    found = [_held(platform, stack) for stack in _known(platform)]
    if all(each.standing is Standing.NEW for each in found):
        raise Incomplete(
            "There is no state of Pulumi's.",
            "There is no checkpoint, and no run is recorded. The embedded engine keeps its state elsewhere.",
            "Provision with Pulumi: `twinlock up --engine pulumi`.",
        )
    return found


def _known(platform: Platform) -> Sequence[str]:
    """Return the stacks that the manifest declares, and those that were run and are declared no more."""
    from twinlock import provision
    from twinlock_cli import compose

    steps = (step for step in provision.steps(platform.estate) if isinstance(step, provision.Run))
    declared = [f"{step.program}/{step.group}" for step in steps]
    return tuple(dict.fromkeys([*declared, *compose.custody(platform).stacks()]))


def _named(platform: Platform, stack: str) -> str:
    from twinlock.errors import BadInput

    known = _known(platform)
    if stack not in known:
        raise BadInput(
            f"There is no stack {stack!r}.",
            f"The stacks of this platform are: {', '.join(known)}.",
            "Name one of these: `twinlock state status`.",
        )
    return stack


def _existing(platform: Platform, stack: str) -> bytes:
    from twinlock.errors import BadInput
    from twinlock_cli import compose

    content = compose.checkpoint(platform, _stack(_named(platform, stack)))
    if content is None:
        raise BadInput(
            f"{stack} has no checkpoint.",
            "Pulumi has not run it, or its state was removed.",
            "See which have one: `twinlock state status`.",
        )
    return content


def _held(platform: Platform, stack: str) -> Held:
    from twinlock.engine import checkpoint
    from twinlock.errors import BadInput
    from twinlock_cli import compose

    content = compose.checkpoint(platform, _stack(stack))
    if content is not None:
        try:
            checkpoint.digest(content)
        except BadInput as error:
            raise BadInput(f"The checkpoint of {stack} cannot be read.", error.why, error.mend) from None
    standing, changes = compose.custody(platform).examine(stack, content)
    return Held(stack, content, standing, changes)


def _stack(name: str) -> Stack:
    from twinlock.engine.port import Stack

    program, _, group = name.partition("/")
    return Stack(program, group, lambda: None)


def _rows(found: Held) -> Iterator[tuple[str, str, str, str]]:
    """Yield a row for each resource that changed, or one for all where they are not known."""
    from twinlock.engine.checkpoint import Standing

    for change in found.changes or ():
        yield found.stack, found.standing.value, change.urn, ", ".join(change.paths) or change.what
    if found.changes:
        return
    match found.standing:
        case Standing.CHANGED if found.changes is None:
            what = "what it was before is not known any more"
        case Standing.CHANGED:
            what = "nothing of its resources, but what Pulumi notes beside"
        case Standing.GONE:
            what = "it was removed outside a run"
        case Standing.UNRECORDED:
            what = "no run of it is recorded here"
        case _:
            what = "what an interrupted run has left"
    yield found.stack, found.standing.value, "", what
