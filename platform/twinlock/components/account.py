"""An AWS account as GitHub Actions enters it: identity provider, permissions boundary, and no other bridge.

The roles that belong to no service stand here too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from twinlock.aws import policy
from twinlock.components.role import Role
from twinlock.names import OIDC_AUDIENCE, OIDC_HOST, PLATFORM_GROUP
from twinlock.provider.resources import RoleInventory

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twinlock.model.account import Account as DesiredAccount
    from twinlock.model.policy import Role as DesiredRole


class Account(pulumi.ComponentResource):
    """What every role of an account stands on."""

    def __init__(
        self,
        name: str,
        account: DesiredAccount,
        *,
        shared: Iterable[DesiredRole],
        undeclared_roles: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Declare an account.

        Args:
            name: The component's name.
            account: The account.
            shared: Those of its roles that belong to no service.
            undeclared_roles: Whether such meet `quarantine` or `report`.
            opts: Pulumi's options, with the account's AWS provider.
        """
        super().__init__("twinlock:aws:Account", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        aws.iam.OpenIdConnectProvider(name, url=f"https://{OIDC_HOST}", client_id_lists=[OIDC_AUDIENCE], opts=child)
        boundary = aws.iam.Policy(
            name,
            name=account.boundary.arn.rsplit("/", 1)[-1],
            path="/",
            policy=policy.encode(account.boundary.document),
            opts=child,
        )
        for role in shared:
            Role(
                role.name,
                role,
                trust=policy.encode(role.trust),
                service=PLATFORM_GROUP,
                boundary=boundary.arn,
                opts=child,
            )
        RoleInventory(
            name,
            account_id=account.id,
            roles=sorted(role.name for role in account.roles),
            undeclared=undeclared_roles,
            opts=child,
        )
        self.register_outputs({})
