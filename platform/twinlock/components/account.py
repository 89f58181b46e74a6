"""An AWS account as GitHub Actions enters it: identity provider, permissions boundary, and no other bridge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from twinlock.aws import policy
from twinlock.names import OIDC_AUDIENCE, OIDC_HOST
from twinlock.provider.resources import RoleInventory

if TYPE_CHECKING:
    from twinlock.model.account import Account as DesiredAccount


class Account(pulumi.ComponentResource):
    """What every role of an account stands on."""

    def __init__(
        self, name: str, account: DesiredAccount, *, undeclared_roles: pulumi.Input[str], opts: pulumi.ResourceOptions
    ) -> None:
        """Declare an account; `undeclared_roles` says whether they meet `quarantine` or `report`."""
        super().__init__("twinlock:aws:Account", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        aws.iam.OpenIdConnectProvider(name, url=f"https://{OIDC_HOST}", client_id_lists=[OIDC_AUDIENCE], opts=child)
        aws.iam.Policy(
            name,
            name=account.boundary.arn.rsplit("/", 1)[-1],
            path="/",
            policy=policy.encode(account.boundary.document),
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
