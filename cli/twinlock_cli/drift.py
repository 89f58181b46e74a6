"""`twinlock drift`: what an engine and the audit see otherwise than it should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from twinlock_cli.engines import EngineOption, Kind, ProviderAwsOption
from twinlock_cli.provision import ServicesArgument
from twinlock_cli.render import Format, FormatOption, counted, show, show_json, show_table

if TYPE_CHECKING:
    from twinlock.drift import Drift


def drift(
    context: typer.Context,
    services: ServicesArgument = None,
    engine: EngineOption = Kind.EMBEDDED,
    provider_aws: ProviderAwsOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002 - the option's name
) -> int:
    """Show what differs, who sees it, and what corrects it; exit 1 with drift, 3 where something was not seen."""
    from twinlock_cli import compose, platform_directory

    platform = compose.load(context.obj, provider_aws)
    platform_directory.require(platform, services or [])
    found = compose.drift(platform, compose.world(platform), engine, groups=services or ())
    if format is Format.JSON:
        show_json(found.as_json())
    else:
        _show(found)
    return found.exit_code


def _show(found: Drift) -> None:
    if found.differences:
        show_table(
            ("subject", "differs", "seen by", "was -> is", "corrected by"),
            [
                (
                    each.subject,
                    each.field,
                    ", ".join(seer.value for seer in each.seen_by),
                    _moved(each.was, each.now),
                    each.corrected_by,
                )
                for each in found.differences
            ],
        )
    if found.unseen:
        show_table(("not seen", "why"), [(each.subject, each.reason) for each in found.unseen])
    show(
        f"{counted(len(found.differences), 'difference')}; {counted(found.resources, 'resource')} compared, "
        f"{found.evaluated} subjects audited, {len(found.unseen)} not seen"
    )
    if not found.exit_code:
        show("Nothing has drifted.")


def _moved(was: str, now: str) -> str:
    return f"{was} -> {now}"
