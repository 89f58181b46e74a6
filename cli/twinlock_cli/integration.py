"""`twinlock integration`: the environment of one run of a suite, as the job that uses it makes and destroys it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twinlock_cli.render import counted, say, show_json

if TYPE_CHECKING:
    from twinlock.engine.port import Engine

app = typer.Typer(
    help="The environment of one run of an integration suite, for the job that uses it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

StateOption = Annotated[
    Path, typer.Option("--state", metavar="DIR", help="Where the job keeps what it has made; private to it.")
]


@app.command("up")
def up(  # noqa: PLR0913, PLR0917 - each is an option
    about: Annotated[Path, typer.Option("--about", metavar="FILE", help="The tests repository's integration.json.")],
    run: Annotated[str, typer.Option("--run", metavar="NAME", help="The run's name: SERVICE-SUFFIX.")],
    digest: Annotated[str, typer.Option("--digest", metavar="DIGEST", help="The service's image: sha256:...")],
    suite_digest: Annotated[str, typer.Option("--suite-digest", metavar="DIGEST", help="The suite's image.")],
    build_account: Annotated[str, typer.Option("--build-account", metavar="ID", help="Where services' images are.")],
    integration_account: Annotated[
        str, typer.Option("--integration-account", metavar="ID", help="Where the environment stands.")
    ],
    region: Annotated[str, typer.Option("--region", metavar="REGION", help="The region of both accounts.")],
    state: StateOption,
) -> int:
    """Make the environment with the credentials that the job holds, and show as JSON what it takes to use it."""
    import datetime as dt

    from twinlock import integration_job as job

    started = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    asked = job.Asked(_content(about), run, digest, suite_digest, build_account, integration_account, region, started)
    stack, engine = job.stack(asked, os.environ), _engine(state)
    job.note(state, asked)
    result = engine.up(stack)
    say(f"{stack.id}: {counted(len(result.changed), 'resource')} created")
    show_json(result.outputs)
    return 0


@app.command("down")
def down(state: StateOption) -> int:
    """Destroy what `up` has made, also where it did not come to its end."""
    from twinlock import integration_job as job

    asked = job.noted(state)
    if asked is None:
        say("Nothing was made.")
        return 0
    stack = job.stack(asked, os.environ)
    result = _engine(state).destroy(stack)
    say(f"{stack.id}: {counted(len(result.changed), 'resource')} destroyed")
    return 0


def _content(path: Path) -> str:
    from twinlock.errors import BadInput

    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "It is no text."
        raise BadInput(f"{path} was not read.", f"{why}", "Name the tests repository's integration.json.") from None


def _engine(state: Path) -> Engine:
    """Return the engine of a job: the embedded one on a world, else Pulumi.

    Raises:
        Incomplete: The address of AWS is not a world's, or Pulumi is not installed with its provider of AWS.
    """
    from twinlock.integration_job import ENDPOINT_VARIABLE
    from twinlock_cli import engines
    from twinlock_rehearsal.engine import EmbeddedEngine
    from twinlock_rehearsal.loopback import require_loopback

    endpoint = os.environ.get(ENDPOINT_VARIABLE)
    if not endpoint:
        return engines.job(state.absolute())
    require_loopback(endpoint, "AWS")
    return EmbeddedEngine(state.absolute())
