"""The application as a group that makes a command when it is asked for one.

Typer makes every command before it looks at what was typed: it reads the annotations of all their parameters, and one
command will run. Help and completion still see all of them.
"""

from __future__ import annotations

import copy
from collections import UserDict
from typing import TYPE_CHECKING, Any

import typer
from typer.main import get_command
from typer.models import TyperInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typer.models import CommandInfo


def group(app: typer.Typer) -> Any:  # noqa: ANN401 - the base class of Typer's commands is none of its public names
    """Return what Typer makes of an application, its commands not yet made."""
    bare = copy.copy(app)
    bare.registered_commands, bare.registered_groups = [], []
    made: Any = get_command(bare)
    made.commands = _Commands(app)
    return made


class _Commands(UserDict[str, Any]):
    """The commands of an application by name, each made once."""

    def __init__(self, app: typer.Typer) -> None:
        super().__init__()
        self._markup = app.rich_markup_mode
        registered: list[CommandInfo | TyperInfo] = [*app.registered_commands, *app.registered_groups]
        self._registered = {info.name: info for info in registered if info.name}

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - as above
        if name not in self.data:
            self.data[name] = self._made(self._registered[name])
        return self.data[name]

    def __contains__(self, name: object) -> bool:
        return name in self._registered

    def __iter__(self) -> Iterator[str]:
        return iter(self._registered)

    def __len__(self) -> int:
        return len(self._registered)

    def _made(self, info: CommandInfo | TyperInfo) -> Any:  # noqa: ANN401 - as above
        alone = typer.Typer(add_completion=False, rich_markup_mode=self._markup)
        if isinstance(info, TyperInfo):
            alone.registered_groups.append(info)
            made: Any = get_command(alone)
            return made.commands[info.name]
        alone.registered_commands.append(info)
        return get_command(alone)
