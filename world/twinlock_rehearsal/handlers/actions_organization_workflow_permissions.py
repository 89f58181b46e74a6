"""`ActionsOrganizationWorkflowPermissions`: what workflows' tokens may do in a whole organization."""

from twinlock_rehearsal.handlers._setting import RestSetting

HANDLER = RestSetting(
    type="github:index/actionsOrganizationWorkflowPermissions:ActionsOrganizationWorkflowPermissions",
    key="organizationSlug",
    path="/actions/permissions/workflow",
    fields={
        "defaultWorkflowPermissions": "default_workflow_permissions",
        "canApprovePullRequestReviews": "can_approve_pull_request_reviews",
    },
    reset={"default_workflow_permissions": "read", "can_approve_pull_request_reviews": False},
    of_repository=False,
)
