"""`ActionsOrganizationPermissions`: which repositories run workflows, and which actions they may use."""

from twinlock_rehearsal.handlers._actions import ActionsPermissions

HANDLER = ActionsPermissions(
    type="github:index/actionsOrganizationPermissions:ActionsOrganizationPermissions",
    switch=("enabledRepositories", "enabled_repositories"),
    off="none",
    reset={"enabled_repositories": "all", "allowed_actions": "all"},
    of_repository=False,
)
