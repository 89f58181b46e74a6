"""The resource types of twinlock's provider as programs declare them; `handlers` says what each does.

Inputs reach the engine under the camelCase names that handlers read. Whatever is listed is listed completely: what
GitHub or AWS holds beyond it is drift, and `up` removes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import pulumi

from twinlock.provider import tokens

Entries: TypeAlias = Sequence[Mapping[str, pulumi.Input[str]]]
"""A list of small objects (`[{"team": ..., "permission": ...}]`)."""


class Provider(pulumi.ProviderResource):
    """A configured twinlock provider: either GitHub's side or one AWS account's."""

    def __init__(
        self, name: str, inputs: Mapping[str, pulumi.Input[object]], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the provider with what `connection.github_inputs` or `connection.aws_inputs` give."""
        super().__init__(tokens.PACKAGE, name, dict(inputs), opts)


class TeamMembers(pulumi.CustomResource):
    """Exactly the people of a team; nobody else is a member, a maintainer, or invited."""

    def __init__(  # noqa: PLR0913 - each input is an argument
        self,
        name: str,
        *,
        team: pulumi.Input[str],
        members: pulumi.Input[Sequence[str]],
        maintainers: pulumi.Input[Sequence[str]],
        children: pulumi.Input[Sequence[str]] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the people of the team with slug `team`, and its child teams; maintainers are members too."""
        inputs = {"team": team, "members": members, "maintainers": maintainers, "children": children}
        super().__init__(tokens.TEAM_MEMBERS, name, inputs, opts)


class RulesetInventory(pulumi.CustomResource):
    """Exactly the rulesets of a repository; any other is deleted."""

    def __init__(
        self,
        name: str,
        *,
        repository: pulumi.Input[str],
        rulesets: Mapping[str, pulumi.Input[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the rulesets: name to id."""
        super().__init__(tokens.RULESET_INVENTORY, name, {"repository": repository, "rulesets": rulesets}, opts)


class BranchProtectionInventory(pulumi.CustomResource):
    """No classic protection of any branch beside the rulesets; one that there is is deleted."""

    def __init__(self, name: str, *, repository: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare that branches are protected by rulesets alone."""
        super().__init__(tokens.BRANCH_PROTECTION_INVENTORY, name, {"repository": repository}, opts)


class ConstantInventory(pulumi.CustomResource):
    """Exactly the variables and secrets of a repository and of its environments; any other is deleted."""

    def __init__(
        self,
        name: str,
        *,
        repository: pulumi.Input[str],
        environments: pulumi.Input[Sequence[str]],
        constants: pulumi.Input[Sequence[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare what workflows are given.

        Args:
            name: The resource's name.
            repository: The repository's name.
            environments: The environments to look into.
            constants: Each by its place in GitHub's API (`environments/production/variables/ROLE_ARN`).
            opts: Pulumi's options.
        """
        inputs = {"repository": repository, "environments": environments, "constants": constants}
        super().__init__(tokens.CONSTANT_INVENTORY, name, inputs, opts)


class EnvironmentInventory(pulumi.CustomResource):
    """Exactly the environments of a repository; any other is deleted."""

    def __init__(
        self,
        name: str,
        *,
        repository: pulumi.Input[str],
        names: pulumi.Input[Sequence[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the names of the environments."""
        super().__init__(tokens.ENVIRONMENT_INVENTORY, name, {"repository": repository, "names": names}, opts)


class EnvironmentProtection(pulumi.CustomResource):
    """An environment as one whole: reviewers, timer, bypass, branch policies and gates."""

    def __init__(  # noqa: PLR0913 - GitHub's settings of an environment, none of which has a safe default
        self,
        name: str,
        *,
        repository: pulumi.Input[str],
        environment: pulumi.Input[str],
        reviewers: Entries,
        prevent_self_review: pulumi.Input[bool],
        wait_timer: pulumi.Input[int],
        can_admins_bypass: pulumi.Input[bool],
        protected_branches: pulumi.Input[bool],
        branch_policies: Entries | None,
        gates: pulumi.Input[Sequence[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the environment.

        Args:
            name: The resource's name.
            repository: The repository's name.
            environment: The environment's name.
            reviewers: `{"type": "Team" | "User", "slug": ...}` each.
            prevent_self_review: Whoever started the run cannot approve it.
            wait_timer: Minutes a job waits.
            can_admins_bypass: Administrators may skip the protection.
            protected_branches: Protected branches may deploy, and no list is kept.
            branch_policies: `{"type": "branch" | "tag", "name": pattern}` each; None keeps no list.
            gates: Slugs of apps whose deployment protection rule must agree.
            opts: Pulumi's options.
        """
        inputs: dict[str, Any] = {
            "repository": repository,
            "environment": environment,
            "reviewers": reviewers,
            "preventSelfReview": prevent_self_review,
            "waitTimer": wait_timer,
            "canAdminsBypass": can_admins_bypass,
            "protectedBranches": protected_branches,
            "gates": gates,
        }
        if branch_policies is not None:
            inputs["branchPolicies"] = branch_policies
        super().__init__(tokens.ENVIRONMENT_PROTECTION, name, inputs, opts)


class RepositoryAccess(pulumi.CustomResource):
    """Exactly the ways into a repository: any other team, person, invitation, deploy key or webhook is removed."""

    def __init__(  # noqa: PLR0913 - the ways that GitHub offers
        self,
        name: str,
        *,
        repository: pulumi.Input[str],
        teams: Entries,
        collaborators: Entries,
        invitations: Entries,
        deploy_keys: pulumi.Input[Sequence[str]],
        webhooks: pulumi.Input[Sequence[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare who may come in.

        Args:
            name: The resource's name.
            repository: The repository's name.
            teams: `{"team": slug, "permission": ...}` each.
            collaborators: `{"login": ..., "permission": ...}` each.
            invitations: Open invitations that may stand, in the same form; none is made from here.
            deploy_keys: Titles of deploy keys that may stand (` (write)` behind those that push); none is made.
            webhooks: Addresses of webhooks that may stand; none is made.
            opts: Pulumi's options.
        """
        inputs: dict[str, Any] = {
            "repository": repository,
            "teams": teams,
            "collaborators": collaborators,
            "invitations": invitations,
            "deployKeys": deploy_keys,
            "webhooks": webhooks,
        }
        super().__init__(tokens.REPOSITORY_ACCESS, name, inputs, opts)


class OidcSubject(pulumi.CustomResource):
    """How the OIDC subjects of a repository's workflows are formed."""

    def __init__(
        self,
        name: str,
        *,
        repository: pulumi.Input[str],
        use_default: pulumi.Input[bool],
        use_immutable_subject: pulumi.Input[bool],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare GitHub's own form (`use_default`), with ids in it (`use_immutable_subject`)."""
        inputs = {
            "repository": repository,
            "useDefault": use_default,
            "useImmutableSubject": use_immutable_subject,
            "subjectPrefix": None,
        }
        super().__init__(tokens.OIDC_SUBJECT, name, inputs, opts)

    @property
    def subject_prefix(self) -> pulumi.Output[str]:
        """What the subjects begin with, as GitHub reports it."""
        prefix: pulumi.Output[str] = pulumi.get(self, "subjectPrefix")
        return prefix


class OrganizationOidc(pulumi.CustomResource):
    """What the OIDC tokens of all workflows of an organization are made of."""

    def __init__(
        self,
        name: str,
        *,
        organization: pulumi.Input[str],
        claim_keys: pulumi.Input[Sequence[str]],
        properties: pulumi.Input[Sequence[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the template of customised subjects, in order, and the custom properties that tokens carry."""
        inputs = {"organization": organization, "claimKeys": claim_keys, "properties": properties}
        super().__init__(tokens.ORGANIZATION_OIDC, name, inputs, opts)


class RoleInventory(pulumi.CustomResource):
    """Exactly the roles of an account that trust GitHub: any other gets an explicit deny, and is never deleted."""

    def __init__(
        self,
        name: str,
        *,
        account_id: pulumi.Input[str],
        roles: pulumi.Input[Sequence[str]],
        undeclared: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the names of the roles, and whether an undeclared one meets `quarantine` or `report`."""
        inputs = {"accountId": account_id, "roles": roles, "undeclared": undeclared}
        super().__init__(tokens.ROLE_INVENTORY, name, inputs, opts)
