"""Who signed a request, as policies see them: their names, what they hold, and the condition keys that follow.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinlock_world.aws.policy.principal import Who

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from twinlock_world.aws.holdings import Holder
    from twinlock_world.aws.policy.pattern import Context
    from twinlock_world.aws.sessions import Session


@dataclass(frozen=True, slots=True)
class Caller:
    """A user, or a role in one of its sessions.

    Attributes:
        account: The account of the key.
        holder: The user or the role.
        session: The session, for a role.
    """

    account: str
    holder: Holder
    session: Session | None = None

    @property
    def who(self) -> Who:
        """The names by which policies call the caller."""
        return Who("AWS", self.holder.arn, self.account, self.session.arn if self.session else "")

    @property
    def tags(self) -> Mapping[str, str]:
        """The principal's tags; a session's stand before its role's."""
        return {**self.holder.tags, **(self.session.tags if self.session else {})}

    def context(self) -> dict[str, tuple[str, ...]]:
        """Return the condition keys that tell who calls."""
        found: dict[str, tuple[str, ...]] = {
            "aws:principalarn": (self.holder.arn,),
            "aws:principalaccount": (self.account,),
            "aws:principalisawsservice": ("false",),
            **{f"aws:principaltag/{key.lower()}": (value,) for key, value in self.tags.items()},
        }
        if self.session is None:
            name = self.holder.arn.rpartition("/")[2]
            return {
                **found,
                "aws:principaltype": ("User",),
                "aws:userid": (self.holder.id,),
                "aws:username": (name,),
            }
        found |= {
            "aws:principaltype": ("AssumedRole",),
            "aws:userid": (f"{self.holder.id}:{self.session.name}",),
            "aws:multifactorauthpresent": ("false",),
        }
        if self.session.source_identity:
            found["aws:sourceidentity"] = (self.session.source_identity,)
        if self.session.provider:
            found["aws:federatedprovider"] = (self.session.provider,)
        return found


def surroundings(now: datetime, region: str, agent: str) -> Context:
    """Return the condition keys that tell when, where and how a request was made.

    Loopback stands for AWS's own endpoints, which are all behind TLS: `aws:SecureTransport` is true, or every bucket
    policy that asks for it would refuse everybody here.
    """
    return {
        "aws:currenttime": (now.strftime("%Y-%m-%dT%H:%M:%SZ"),),
        "aws:epochtime": (str(int(now.timestamp())),),
        "aws:requestedregion": (region,),
        "aws:securetransport": ("true",),
        "aws:sourceip": ("127.0.0.1",),
        "aws:useragent": (agent,),
        "aws:viaawsservice": ("false",),
    }
