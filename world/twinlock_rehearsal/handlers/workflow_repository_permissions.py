"""`WorkflowRepositoryPermissions`: what the token of a repository's workflows may do unless they say otherwise."""

from twinlock_rehearsal.handlers._setting import RestSetting

HANDLER = RestSetting(
    type="github:index/workflowRepositoryPermissions:WorkflowRepositoryPermissions",
    key="repository",
    path="/actions/permissions/workflow",
    fields={
        "defaultWorkflowPermissions": "default_workflow_permissions",
        "canApprovePullRequestReviews": "can_approve_pull_request_reviews",
    },
    reset={"default_workflow_permissions": "read", "can_approve_pull_request_reviews": False},
)
