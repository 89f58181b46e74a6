"""What exists in a service's repositories and is not declared: `up` takes it away, so people read it beforehand.

`preview` shows the same, as the differences of the resources that own a whole: rulesets, environments, constants,
access.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.adoption.remark import Remark
from twinlock.desired.repositories import REGION_VARIABLE, ROLE_VARIABLE
from twinlock.model.observed import Absent, Seen
from twinlock.model.ruleset import Check
from twinlock.names import GATE_APP, GATE_CHECK, TAG_CREATION_RULESET, TAG_PROTECTION_RULESET

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from twinlock.adoption.found import FoundRepository
    from twinlock.model.access import Access
    from twinlock.model.constants import Constants
    from twinlock.model.live import LiveRepository
    from twinlock.model.observed import Observed
    from twinlock.model.ruleset import Ruleset

DECLARED_VARIABLES = (REGION_VARIABLE, ROLE_VARIABLE)
"""What an environment is declared with."""
_TAGS = frozenset({TAG_CREATION_RULESET, TAG_PROTECTION_RULESET})


def undeclared(
    login: str, repository: FoundRepository, *, ruleset: str | None, environment: str, teams: Collection[str]
) -> Iterator[Remark]:
    """Yield what is taken away from one repository.

    Args:
        login: The organization.
        repository: The repository.
        ruleset: The ruleset that becomes the declared one.
        environment: The environment that is declared.
        teams: The teams that keep access.
    """
    subject, live = f"{login}/{repository.name}", repository.live
    for name in sorted(repository.rulesets.keys() - {ruleset, *_TAGS}):
        yield Remark(f"{subject}:ruleset/{name}", "the ruleset")
    if repository.classic:
        yield Remark(subject, "the branch protection of the older kind")
    if live is None:
        return
    yield from _constants(subject, live.constants, ())
    kept = live.rulesets.value if isinstance(live.rulesets, Seen) else ()
    for each in (seen.value for seen in kept if isinstance(seen, Seen) and seen.value.name == ruleset):
        yield from _requirements(f"{subject}:ruleset/{ruleset}", each)
    if isinstance(live.environments, Seen):
        names = sorted(found.value.name for found in live.environments.value if isinstance(found, Seen))
        for name in names:
            yield from _environment(f"{subject}:environment/{name}", name, live, environment)
    if isinstance(live.access, Seen):
        yield from _ways_in(subject, live.access.value, teams)


def _environment(subject: str, name: str, live: LiveRepository, declared: str) -> Iterator[Remark]:
    if name.lower() != declared:
        yield Remark(subject, "the environment, with its secrets and variables")
    elif isinstance(live.environment_constants, Seen):
        yield from _constants(subject, live.environment_constants.value.get(name, Absent()), DECLARED_VARIABLES)


def _constants(subject: str, found: Observed[Constants], declared: Collection[str]) -> Iterator[Remark]:
    if not isinstance(found, Seen):
        return
    held = found.value
    for noun, names in (
        ("variable", frozenset(each.name for each in held.variables).difference(declared)),
        ("secret", held.secrets),
        ("Dependabot secret", held.dependabot_secrets),
        ("Codespaces secret", held.codespaces_secrets),
    ):
        yield from (Remark(subject, f"the {noun} {name}") for name in sorted(names))


def _requirements(subject: str, ruleset: Ruleset) -> Iterator[Remark]:
    """Yield what a ruleset requires beyond what it becomes."""
    for check in sorted(ruleset.checks, key=str):
        if check != Check(GATE_CHECK, GATE_APP):
            yield Remark(subject, f"the required check {check}")
    if ruleset.signatures:
        yield Remark(subject, "the requirement of signatures")


def _ways_in(subject: str, access: Access, teams: Collection[str]) -> Iterator[Remark]:
    for grant in sorted(access.teams):
        if grant.holder not in teams:
            yield Remark(subject, f"the access of the team {grant}")
    for grant in sorted({*access.collaborators, *access.invitations}):
        yield Remark(subject, f"the direct access of {grant}")
    for key in sorted(access.deploy_keys):
        yield Remark(subject, f"the deploy key {key}")
    for address in sorted(access.webhooks):
        yield Remark(subject, f"the webhook {address}")
