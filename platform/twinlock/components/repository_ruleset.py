"""A ruleset of one repository, in the official provider's spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_github as github

if TYPE_CHECKING:
    from twinlock.components.directory import Directory
    from twinlock.model.ruleset import PullRequestRule, Ruleset


class RepositoryRuleset(pulumi.ComponentResource):
    """A ruleset; every rule is set, also the ones it does not have.

    Attributes:
        id: The ruleset's id on GitHub.
    """

    def __init__(
        self,
        name: str,
        ruleset: Ruleset,
        *,
        repository: pulumi.Input[str],
        directory: Directory,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Declare a ruleset of the repository with name `repository`, with ids from `directory`."""
        super().__init__("twinlock:github:RepositoryRuleset", name, None, opts)
        resource = github.RepositoryRuleset(
            name,
            name=ruleset.name,
            repository=repository,
            target=ruleset.target.value,
            enforcement=ruleset.enforcement.name.lower(),
            bypass_actors=_bypass(ruleset, directory),
            conditions=github.RepositoryRulesetConditionsArgs(
                ref_name=github.RepositoryRulesetConditionsRefNameArgs(
                    includes=sorted(ruleset.include), excludes=sorted(ruleset.exclude)
                )
            ),
            rules=github.RepositoryRulesetRulesArgs(
                creation=ruleset.creation,
                update=ruleset.update,
                # GitHub has this parameter inside the update rule only.
                update_allows_fetch_and_merge=ruleset.fetch_and_merge if ruleset.update else None,
                deletion=ruleset.deletion,
                non_fast_forward=ruleset.non_fast_forward,
                required_linear_history=ruleset.linear_history,
                required_signatures=ruleset.signatures,
                pull_request=None if ruleset.pull_request is None else _pull_request(ruleset.pull_request, directory),
                required_status_checks=_checks(ruleset, directory) if ruleset.checks else None,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id: pulumi.Output[str] = resource.id
        self.register_outputs({"id": self.id})


def _bypass(ruleset: Ruleset, directory: Directory) -> list[github.RepositoryRulesetBypassActorArgs]:
    return [
        github.RepositoryRulesetBypassActorArgs(
            actor_type=actor.kind.value,
            actor_id=directory.actor(actor.kind, actor.slug),
            bypass_mode=actor.mode.value,
        )
        for actor in sorted(ruleset.bypass, key=str)
    ]


def _pull_request(rule: PullRequestRule, directory: Directory) -> github.RepositoryRulesetRulesPullRequestArgs:
    return github.RepositoryRulesetRulesPullRequestArgs(
        required_approving_review_count=rule.approvals,
        require_code_owner_review=rule.code_owner_review,
        require_last_push_approval=rule.last_push_approval,
        dismiss_stale_reviews_on_push=rule.dismiss_stale_reviews,
        required_review_thread_resolution=rule.resolve_threads,
        allowed_merge_methods=sorted(rule.merge_methods),
        required_reviewers=[
            github.RepositoryRulesetRulesPullRequestRequiredReviewerArgs(
                file_patterns=sorted(reviewer.patterns),
                minimum_approvals=reviewer.approvals,
                reviewer=github.RepositoryRulesetRulesPullRequestRequiredReviewerReviewerArgs(
                    id=directory.team(reviewer.team), type="Team"
                ),
            )
            for reviewer in sorted(rule.required_reviewers, key=str)
        ],
    )


def _checks(ruleset: Ruleset, directory: Directory) -> github.RepositoryRulesetRulesRequiredStatusChecksArgs:
    return github.RepositoryRulesetRulesRequiredStatusChecksArgs(
        strict_required_status_checks_policy=ruleset.strict_checks,
        do_not_enforce_on_create=not ruleset.checks_on_creation,
        required_checks=[
            github.RepositoryRulesetRulesRequiredStatusChecksRequiredCheckArgs(
                context=check.context,
                integration_id=None if check.app is None else directory.app(check.app),
            )
            for check in sorted(ruleset.checks, key=str)
        ],
    )
