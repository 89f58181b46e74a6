"""All that protects one repository, in the order in which it must come to stand.

Rulesets first, then people, then Actions: nobody can push before the rules hold, and no workflow runs before they do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from twinlock.components.environment import Environment
from twinlock.components.repository_actions import RepositoryActions
from twinlock.components.repository_ruleset import RepositoryRuleset
from twinlock.model.repository import Visibility
from twinlock.provider.resources import (
    BranchProtectionInventory,
    ConstantInventory,
    EnvironmentInventory,
    RepositoryAccess,
    RulesetInventory,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twinlock.components.directory import Directory
    from twinlock.model.access import Access, Grant
    from twinlock.model.repository import Repository


class RepositoryProtection(pulumi.ComponentResource):
    """The protections of a repository: exactly its rulesets, environments, constants, ways in and Actions policy."""

    def __init__(
        self, name: str, repository: Repository, *, directory: Directory, opts: pulumi.ResourceOptions
    ) -> None:
        """Declare the protections, with ids from `directory` and the GitHub and twinlock providers in `opts`."""
        super().__init__("twinlock:github:RepositoryProtection", name, None, opts)
        rules = self._rules(name, repository, directory)
        BranchProtectionInventory(
            name, repository=repository.name, opts=pulumi.ResourceOptions(parent=self, depends_on=[rules])
        )
        environments = self._environments(name, repository, rules)
        constants = ConstantInventory(
            name,
            repository=repository.name,
            environments=sorted(environment.name for environment in repository.environments),
            constants=sorted(f"environments/{owner}/variables/{key}" for owner, key, _ in repository.variables),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[environments]),
        )
        access = _access(name, repository, pulumi.ResourceOptions(parent=self, depends_on=[rules]))
        RepositoryActions(
            name,
            repository.actions,
            repository=repository.name,
            public=repository.settings.visibility is Visibility.PUBLIC,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[rules, constants, access]),
        )
        self.register_outputs({})

    def _rules(self, name: str, repository: Repository, directory: Directory) -> RulesetInventory:
        """Declare the rulesets, and return the inventory that stands once all of them do and no other does."""
        rulesets = {
            ruleset.name: RepositoryRuleset(
                f"{name}:{ruleset.name}",
                ruleset,
                repository=repository.name,
                directory=directory,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for ruleset in repository.rulesets
        }
        return RulesetInventory(
            name,
            repository=repository.name,
            rulesets={ruleset: component.id for ruleset, component in sorted(rulesets.items())},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _environments(self, name: str, repository: Repository, rules: RulesetInventory) -> EnvironmentInventory:
        """Declare the environments, and return the inventory that stands once all of them do and no other does."""
        environments = [
            Environment(
                f"{name}:{environment.name}",
                environment,
                repository=repository.name,
                variables={key: value for owner, key, value in repository.variables if owner == environment.name},
                opts=pulumi.ResourceOptions(parent=self, depends_on=[rules]),
            )
            for environment in repository.environments
        ]
        return EnvironmentInventory(
            name,
            repository=repository.name,
            names=sorted(environment.name for environment in repository.environments),
            opts=pulumi.ResourceOptions(parent=self, depends_on=environments),
        )


def _access(name: str, repository: Repository, opts: pulumi.ResourceOptions) -> RepositoryAccess:
    access: Access = repository.access
    return RepositoryAccess(
        name,
        repository=repository.name,
        teams=_entries(access.teams, "team"),
        collaborators=_entries(access.collaborators, "login"),
        invitations=_entries(access.invitations, "login"),
        deploy_keys=sorted(access.deploy_keys),
        webhooks=sorted(access.webhooks),
        opts=opts,
    )


def _entries(grants: Iterable[Grant], holder: str) -> list[dict[str, str]]:
    return [{holder: grant.holder, "permission": grant.permission.slug} for grant in sorted(grants)]
