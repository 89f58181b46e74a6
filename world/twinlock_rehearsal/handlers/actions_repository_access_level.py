"""`ActionsRepositoryAccessLevel`: which other repositories may use a repository's workflows."""

from twinlock_rehearsal.handlers._setting import RestSetting

HANDLER = RestSetting(
    type="github:index/actionsRepositoryAccessLevel:ActionsRepositoryAccessLevel",
    key="repository",
    path="/actions/permissions/access",
    fields={"accessLevel": "access_level"},
    reset={"access_level": "none"},
)
