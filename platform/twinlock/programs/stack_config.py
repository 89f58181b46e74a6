"""From a Pulumi project's configuration to a running program: what `stacks/*/__main__.py` call.

`twinlock:root` names the platform directory; where it is not set, that is the nearest directory above the project with
a `platform.yaml`. `twinlock:group` names the group; where it is not set, the stack is called after it, but for
`integration`, whose stacks are called after runs. In the world the connection is the one of `.twinlock/world.json`; on
the cloud the token comes from the environment, and each account is entered by its role.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi

from twinlock import desired, manifest, names, programs
from twinlock.errors import BadInput, Incomplete, TwinlockError
from twinlock.model.account import Purpose
from twinlock.model.declaration import Where
from twinlock.model.integration import Ground, under_test
from twinlock.programs import integration, run
from twinlock.provider import world_file
from twinlock.provider.connection import AwsConnection, Connection, GitHubConnection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.model.estate import Estate

TOKEN_VARIABLE = "TWINLOCK_GITHUB_TOKEN"  # noqa: S105 - the name of a variable, not its value
GITHUB_URL = "https://api.github.com"


def declare(program: str) -> None:
    """Declare a program with the configuration of the Pulumi stack that runs.

    Raises:
        RunError: The configuration or the platform directory is wrong, or no world runs; Pulumi prints its message
            without a traceback.
    """
    try:
        _declare(program)
    except TwinlockError as error:
        raise pulumi.RunError(str(error)) from None


def _declare(program: str) -> None:
    config = pulumi.Config("twinlock")
    root = _root(config, Path.cwd())
    estate = desired.derive(manifest.load(root))
    reached = connection(estate, root, os.environ)
    if program == "integration":
        _declare_run(config, estate, _required(config, "group"), reached)
    else:
        programs.stack(program, config.get("group") or pulumi.get_stack(), estate, reached).declare()


def connection(estate: Estate, root: Path, environment: Mapping[str, str]) -> Connection:
    """Return how the controller reaches the estate.

    Raises:
        Incomplete: No world runs, or the environment holds no token.
        BadInput: The world's file is damaged.
    """
    platform = estate.declaration.platform
    if platform.target is Where.WORLD:
        return world_file.connection(world_file.read(root), estate, names.CONTROLLER_APP)
    token = environment.get(TOKEN_VARIABLE)
    if not token:
        raise Incomplete(
            "GitHub was not reached.",
            f"The environment holds no {TOKEN_VARIABLE}.",
            f"Set {TOKEN_VARIABLE} to an installation token of {names.CONTROLLER_APP}.",
        )
    return Connection(
        GitHubConnection(GITHUB_URL, platform.organization, token),
        {
            purpose: AwsConnection(account.id, account.region, role_arn=names.role_arn(account.id, names.APPLY_ROLE))
            for purpose, account in estate.accounts.items()
        },
    )


def _declare_run(config: pulumi.Config, estate: Estate, group: str, reached: Connection) -> None:
    service = estate.services.get(group)
    if service is None or Purpose.INTEGRATION not in estate.accounts:
        raise BadInput(
            f"There is no service {group!r}.",
            f"The services of this platform are: {', '.join(sorted(estate.services)) or 'none'}.",
            "Set it: `pulumi config set twinlock:group SERVICE`.",
        )
    ground = Ground(
        estate.accounts[Purpose.INTEGRATION].id,
        estate.accounts[Purpose.BUILD].id,
        estate.declaration.platform.region,
    )
    values = [_required(config, key) for key in ("run", "artifact", "suite", "started")]
    this = under_test(service)
    integration.declare(this, ground, run.parse(this, *values), reached.aws[Purpose.INTEGRATION])


def _root(config: pulumi.Config, project: Path) -> Path:
    """Return the platform directory.

    Raises:
        BadInput: None is named, and the project is in none.
    """
    named = config.get("root")
    if named:
        return (project / named).resolve()
    for above in project.absolute().parents:
        if (above / "platform.yaml").is_file():
            return above
    raise _unset("root")


def _required(config: pulumi.Config, key: str) -> str:
    value = config.get(key)
    if not value:
        raise _unset(key)
    return value


def _unset(key: str) -> BadInput:
    return BadInput(
        f"twinlock:{key} is not set.",
        f"The stack {pulumi.get_stack()} of {pulumi.get_project()} does not say it.",
        f"Set it: `pulumi config set twinlock:{key} VALUE`.",
    )
