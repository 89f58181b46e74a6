"""Type tokens of twinlock's provider: changing one replaces every resource of that type."""

from __future__ import annotations

PACKAGE = "twinlock"

TEAM_MEMBERS = "twinlock:github:TeamMembers"
RULESET_INVENTORY = "twinlock:github:RulesetInventory"
ENVIRONMENT_PROTECTION = "twinlock:github:EnvironmentProtection"
ENVIRONMENT_INVENTORY = "twinlock:github:EnvironmentInventory"
BRANCH_PROTECTION_INVENTORY = "twinlock:github:BranchProtectionInventory"
CONSTANT_INVENTORY = "twinlock:github:ConstantInventory"
ORGANIZATION_OIDC = "twinlock:github:OrganizationOidc"
REPOSITORY_ACCESS = "twinlock:github:RepositoryAccess"
OIDC_SUBJECT = "twinlock:github:OidcSubject"
ROLE_INVENTORY = "twinlock:aws:RoleInventory"
