"""The program of the stacks `repositories`: one group's repositories, empty, with Actions off.

Its output `repositories` tells the stack `protections` which repositories GitHub says these are: trust policies are
made of observed ids, never of names alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from twinlock.components.repository import Repository
from twinlock.model.declaration import Where
from twinlock.programs.providers import github_providers, inherited

if TYPE_CHECKING:
    from twinlock.model.estate import Estate
    from twinlock.provider.connection import Connection

OUTPUT = "repositories"


def declare(estate: Estate, group: str, connection: Connection) -> None:
    """Declare the repositories of a group and export what GitHub reports of them.

    Raises:
        BadInput: There is no such group.
    """
    target = estate.declaration.platform.target
    # What people wrote outlives its stack; in the world, `destroy` undoes `up` wholly, so that the next one can begin.
    lasting = target is Where.CLOUD
    options = inherited(github_providers(connection, target), protect=lasting)
    repositories = {
        each.name: Repository(each.name, each, archive_on_destroy=lasting, opts=options) for each in estate.group(group)
    }
    pulumi.export(OUTPUT, {name: repository.reported for name, repository in repositories.items()})
