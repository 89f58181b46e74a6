"""Pulumi programs, one for each kind of stack; unchanged under every engine.

    stack = programs.stack("protections", "payments", estate, connection)
    engine.up(stack)

Importing this package imports no Pulumi: a program is imported when its stack runs.
"""

from __future__ import annotations

import sys
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from twinlock.engine import fingerprint
from twinlock.engine.port import Stack
from twinlock.errors import BadInput
from twinlock.programs import definitions

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinlock.engine.imports import Existing
    from twinlock.model.estate import Estate
    from twinlock.model.integration import Ground, UnderTest
    from twinlock.programs.run import Run
    from twinlock.provider.connection import AwsConnection, Connection

NAMES = ("state", "organization", "repositories", "protections")
"""The programs whose stacks follow from the estate alone; `integration` has one stack per run beside them.

`state` makes the place where the others' state is, and is run by itself.
"""

_SDKS = ("pulumi", "pulumi-aws", "pulumi-github")


def stack(program: str, group: str, estate: Estate, connection: Connection) -> Stack:
    """Return the stack of a program and a group.

    Raises:
        BadInput: There is no such program.
    """
    return stacks(estate, connection)(program, group)


def nothing(program: str, group: str) -> tuple[Existing, ...]:
    """Take over nothing."""
    del program, group
    return ()


def stacks(
    estate: Estate, connection: Connection, imports: Callable[[str, str], tuple[Existing, ...]] = nothing
) -> Callable[[str, str], Stack]:
    """Return what makes the stacks of an estate, by program and group; it raises `BadInput` for any other program.

    Args:
        estate: What must exist.
        connection: Where.
        imports: Returns what a stack may take over; what the estate does not declare is left out.
    """
    declared = _names(estate)
    common = _fingerprint(estate, connection)
    providers = partial(definitions.every, connection, estate.declaration.platform.target)

    def make(program: str, group: str) -> Stack:
        if program not in NAMES:
            raise BadInput(
                f"There is no program {program!r}.", f"The programs are: {', '.join(NAMES)}.", "Name one of them."
            )

        def declare() -> None:
            from twinlock.programs import (  # noqa: PLC0415 - Pulumi is heavy
                organization,
                protections,
                repositories,
                state,
            )

            match program:
                case "state":
                    state.declare(estate, connection)
                case "organization":
                    organization.declare(estate, connection)
                case "repositories":
                    repositories.declare(estate, group, connection)
                case _:
                    protections.declare(estate, group, connection)

        taken = tuple(each for each in imports(program, group) if each.name.partition(":")[0] in declared)
        return Stack(program, group, declare, fingerprint.digest(common, program, group), providers, taken)

    return make


def environment(tested: UnderTest, ground: Ground, run: Run, account: AwsConnection) -> Stack:
    """Return the stack of one run's integration environment."""

    def declare() -> None:
        from twinlock.programs import integration  # noqa: PLC0415 - as above

        integration.declare(tested, ground, run, account)

    return Stack("integration", run.name, declare)


def _names(estate: Estate) -> frozenset[str]:
    """Return what logical names begin with in programs: a team, a repository, a role, an account, the organization."""
    roles = (role.name for account in estate.accounts.values() for role in account.roles)
    purposes = (purpose.value for purpose in estate.accounts)
    teams = (team.slug for team in estate.organization.teams)
    return frozenset({estate.organization.login, *estate.repositories, *teams, *roles, *purposes})


def _fingerprint(estate: Estate, connection: Connection) -> str:
    """Return what all programs of an estate are made of: the platform's own code, the SDKs, and what they are given."""
    versions = [sys.version, *(f"{name} {metadata.version(name)}" for name in _SDKS)]
    return fingerprint.digest(fingerprint.sources(Path(__file__).parents[1]), versions, estate, connection)
