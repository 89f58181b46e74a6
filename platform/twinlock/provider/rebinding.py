"""Which rulesets took the names of declared ones that are gone; see `engine.pulumi.rebinding`."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from twinlock.provider import tokens
from twinlock.provider.clients import connect, where
from twinlock.provider.handlers._github import Remote, number, text
from twinlock.provider.refusal import understood

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinlock.engine.port import Stack
    from twinlock.engine.pulumi.rebinding import Bound

_RULESET = "github:index/repositoryRuleset:RepositoryRuleset"


def rulesets(stack: Stack, resources: Sequence[Bound]) -> Mapping[str, str]:
    """Return the ids of rulesets that bear the name of one that is gone, by URN; one list for each repository.

    Raises:
        Incomplete: A list cannot be read.
    """
    known: dict[str, list[Bound]] = defaultdict(list)
    for resource in resources:
        if resource.type == _RULESET:
            known[str(resource.inputs.get("repository"))].append(resource)
    inputs = next(
        (p.inputs for p in stack.providers() if p.package == tokens.PACKAGE and "githubUrl" in p.inputs), None
    )
    if not known or inputs is None:
        return {}
    remote, found = Remote(connect(inputs, where(inputs))), {}
    for repository, declared in known.items():
        with understood():
            listed = remote.all(f"{remote.repository(repository)}/rulesets", {"includes_parents": "false"}) or ()
            live = {str(number(each, "id")): text(each, "name") for each in listed}
        taken = {name: id_ for id_, name in live.items()}
        for resource in declared:
            name = str(resource.inputs.get("name"))
            if resource.id not in live and name in taken:
                found[resource.urn] = taken[name]
    return found
