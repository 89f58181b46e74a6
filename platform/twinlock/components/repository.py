"""A repository as it is created: empty, with Actions off until its protections stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_github as github

from twinlock.components.repository_actions import RepositoryActions
from twinlock.model.repository import Visibility
from twinlock.provider.resources import OidcSubject

if TYPE_CHECKING:
    from twinlock.model.repository import Repository as DesiredRepository

_ACTIONS_SETTINGS = ["enabled", "allowedActions", "allowedActionsConfig", "shaPinningRequired"]


class Repository(pulumi.ComponentResource):
    """A repository of the organization.

    Attributes:
        reported: What GitHub says it is: `repositoryId`, `nodeId`, `subjectPrefix`.
    """

    def __init__(
        self, name: str, repository: DesiredRepository, *, archive_on_destroy: bool, opts: pulumi.ResourceOptions
    ) -> None:
        """Declare a repository, with the GitHub and twinlock providers in `opts`.

        Args:
            name: Its logical name.
            repository: What it must be.
            archive_on_destroy: Destroying the stack archives it, so that what was written there stays.
            opts: Its providers.
        """
        super().__init__("twinlock:github:Repository", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        settings = repository.settings
        resource = github.Repository(
            name,
            name=repository.name,
            description=repository.description,
            visibility=settings.visibility.value,
            archived=settings.archived,
            allow_merge_commit=settings.merge_commit,
            allow_rebase_merge=settings.rebase_merge,
            allow_squash_merge=settings.squash_merge,
            allow_auto_merge=settings.auto_merge,
            allow_forking=settings.forking,
            # A merged branch that stays could be pushed to and merged again under the trust of its name.
            delete_branch_on_merge=True,
            # An issue or a wiki is written without review; a template would copy the tree past the seed.
            has_issues=True,
            has_wiki=False,
            has_projects=False,
            has_discussions=False,
            is_template=False,
            # The seed is the first commit.
            auto_init=False,
            # Whoever turns the alerts off hides a vulnerable dependency from everybody.
            vulnerability_alerts=True,
            archive_on_destroy=archive_on_destroy,
            opts=child,
        )
        subject = OidcSubject(name, repository=resource.name, use_default=True, use_immutable_subject=True, opts=child)
        if repository.protected:
            # The seed must not run a workflow. The protections turn Actions on, and from then on the setting is theirs.
            github.ActionsRepositoryPermissions(
                name,
                repository=resource.name,
                enabled=False,
                opts=pulumi.ResourceOptions(parent=self, ignore_changes=_ACTIONS_SETTINGS),
            )
        else:
            RepositoryActions(
                name,
                repository.actions,
                repository=resource.name,
                public=settings.visibility is Visibility.PUBLIC,
                opts=child,
            )
        self.reported: pulumi.Inputs = {
            "repositoryId": resource.repo_id,
            "nodeId": resource.node_id,
            "subjectPrefix": subject.subject_prefix,
        }
        self.register_outputs(self.reported)
