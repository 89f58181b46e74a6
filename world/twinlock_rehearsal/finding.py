"""What took the name of a resource: the port `engine.pulumi.rebinding.Finder`, answered by the handlers' own search.

Of a ruleset that is gone, the one that bears its name; of a creation that did not end, what it made. A name alone does
not tell who made what bears it, so what is older than the run that began the creation is somebody else's, and is left.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import twinlock.provider.handlers
import twinlock_rehearsal.handlers
from twinlock.github.client import segment
from twinlock.github.fields import Malformed
from twinlock.provider import rebinding
from twinlock.provider.refusal import naming
from twinlock.provider.registry import handlers_in
from twinlock_rehearsal.connections import PROVIDER, Connections
from twinlock_rehearsal.github import GitHub

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from twinlock.engine.port import Stack
    from twinlock.engine.pulumi.rebinding import Bound
    from twinlock.provider.port import Clients, Properties

_SLACK: Final = dt.timedelta(minutes=1)
"""How far two clocks may be apart."""

_DATED: Final[Mapping[str, Callable[[GitHub, Properties, str], str]]] = {
    "github:index/actionsEnvironmentVariable:ActionsEnvironmentVariable": lambda github, inputs, _: (
        f"{github.repository(inputs['repository'])}/environments/{segment(str(inputs['environment']))}"
        f"/variables/{segment(str(inputs['variableName']))}"
    ),
    "github:index/repository:Repository": lambda github, _, id_: github.repository(id_),
    "github:index/repositoryRuleset:RepositoryRuleset": lambda github, inputs, id_: (
        f"{github.repository(inputs['repository'])}/rulesets/{segment(id_)}"
    ),
    "github:index/team:Team": lambda github, inputs, _: f"{github.root}/teams/{segment(str(inputs['name']))}",
}
"""Where GitHub says when it was made, by type; it refuses a second one of the same name.

The others of its provider set what is there anyway, and ours look first whether there is something.
"""


def existing(stack: Stack, resources: Sequence[Bound]) -> Mapping[str, str]:
    """Return the ids of what bears the names of resources that are gone, or whose creation did not end, by URN.

    Raises:
        Incomplete: It cannot be read.
    """
    found = dict(rebinding.rulesets(stack, [resource for resource in resources if resource.id]))
    unended = [resource for resource in resources if not resource.id]
    if not unended:
        return found
    connections = Connections()
    providers = {(each.package, each.name): each.inputs for each in stack.providers()}
    handlers = {**handlers_in(twinlock.provider.handlers), **handlers_in(twinlock_rehearsal.handlers)}
    for resource in unended:
        package, name = resource.provider.rpartition("::")[0].rpartition(":")[2], resource.provider.rpartition("::")[2]
        inputs = providers.get((package, name))
        if inputs is None or resource.type not in handlers:
            continue
        clients = connections.to(f"{PROVIDER}{package}", inputs)
        with naming(stack.id, resource.type, resource.urn.rpartition("::")[2], "looked for"):
            id_ = handlers[resource.type](clients).find(resource.inputs)
            if id_ is not None and _is_recent(clients, resource, id_):
                found[resource.urn] = id_
    return found


def _is_recent(clients: Clients, resource: Bound, id_: str) -> bool:
    path = _DATED.get(resource.type)
    if path is None or resource.since is None:
        return True
    github = GitHub(clients)
    answer = github.get(path(github, resource.inputs, id_))
    if answer is None:
        return False
    try:
        made, since = (dt.datetime.fromisoformat(each) for each in (answer.text("created_at"), resource.since))
        return made >= since - _SLACK
    except (Malformed, TypeError, ValueError):
        return False
