"""`ActionsRepositoryPermissions`: whether a repository runs workflows, and which actions they may use."""

from twinlock_rehearsal.handlers._actions import ActionsPermissions

HANDLER = ActionsPermissions(
    type="github:index/actionsRepositoryPermissions:ActionsRepositoryPermissions",
    switch=("enabled", "enabled"),
    off=False,
    reset={"enabled": True, "allowed_actions": "all"},
    of_repository=True,
)
