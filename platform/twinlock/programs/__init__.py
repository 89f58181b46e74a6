"""Pulumi programs, one for each kind of stack; unchanged under every engine.

    stack = programs.stack("protections", "payments", estate, connection)
    engine.up(stack)

Importing this package imports no Pulumi: a program is imported when its stack runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.engine.port import Stack
from twinlock.errors import BadInput

if TYPE_CHECKING:
    from twinlock.model.estate import Estate
    from twinlock.provider.connection import Connection

NAMES = ("organization", "repositories", "protections")
"""The programs whose stacks follow from the estate alone; `integration` has one stack per run beside them."""


def stack(program: str, group: str, estate: Estate, connection: Connection) -> Stack:
    """Return the stack of a program and a group.

    Raises:
        BadInput: There is no such program.
    """
    if program not in NAMES:
        raise BadInput(
            f"There is no program {program!r}.", f"The programs are: {', '.join(NAMES)}.", "Name one of them."
        )

    def declare() -> None:
        from twinlock.programs import organization, protections, repositories  # noqa: PLC0415 - Pulumi is heavy

        match program:
            case "organization":
                organization.declare(estate, connection)
            case "repositories":
                repositories.declare(estate, group, connection)
            case _:
                protections.declare(estate, group, connection)

    return Stack(program, group, declare)
