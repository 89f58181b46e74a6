"""Whose keys a task has: sessions of its roles, handed out as ECS does.

A program finds its task role's keys at an address in `AWS_CONTAINER_CREDENTIALS_FULL_URI`, which SDKs take from
loopback as they take ECS's own relative one from 169.254.170.2. Source:
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html and
https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html. Called under AWS's lock.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from twinlock_world.aws.call import Refusal, RefusedError
from twinlock_world.aws.caller import Caller
from twinlock_world.aws.holdings import find_role

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from twinlock_world.aws.enforcement import Enforcement
    from twinlock_world.aws.needs.need import Need
    from twinlock_world.aws.roles import Roles
    from twinlock_world.aws.sessions import Session
    from twinlock_world.aws.tasks.state import Identity
    from twinlock_world.jsonvalue import JsonObject

CREDENTIALS: Final = "/_credentials/"
"""Where programs find their keys; no bucket can have this name."""
_PRINCIPAL: Final = "ecs-tasks.amazonaws.com"
_SECONDS: Final = 6 * 3600


class Identities:
    """The sessions of every task."""

    def __init__(self, roles: Roles, enforcement: Enforcement, url: str, now: Callable[[], datetime]) -> None:
        self._roles = roles
        self._enforcement = enforcement
        self._url = url
        self._now = now
        self._places: dict[str, Identity] = {}
        self._sessions: dict[tuple[str, str], tuple[Session, str]] = {}

    def require_trust(self, account: str, region: str, role: str) -> None:
        """Let a role pass that ECS may assume for a task of this account.

        Raises:
            RefusedError: There is no such role there, or it trusts others.
        """
        source = f"arn:aws:ecs:{region}:{account}:task/*"
        if not self._roles.is_for_service(account, role, _PRINCIPAL, source):
            message = (
                f"ECS was unable to assume the role '{role}' that was provided for this task. Please verify that the "
                "role being passed has the proper trust relationship and permissions and that your IAM user has "
                "permissions to pass this role."
            )
            raise RefusedError(Refusal(400, "ClientException", message))

    def variables(self, identity: Identity) -> dict[str, str]:
        """Return what tells a program where AWS is and, if it has a role, where that role's keys are."""
        found = {
            "AWS_DEFAULT_REGION": identity.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self._url,
            "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
            "AWS_REGION": identity.region,
        }
        if not identity.role:
            return found
        path = f"{CREDENTIALS}{secrets.token_urlsafe(32)}"
        self._places[path] = identity
        return {**found, "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{self._url}{path}"}

    def credentials(self, path: str) -> JsonObject | None:
        """Return the keys that are found at a path; nothing where no task that lives has them."""
        identity = self._places.get(path)
        if identity is None:
            return None
        session, secret = self._session(identity, identity.role)
        return {
            "RoleArn": identity.role,
            "AccessKeyId": session.access_key,
            "SecretAccessKey": secret,
            "Token": session.token,
            "Expiration": session.expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }

    def require(self, identity: Identity, needs: Sequence[Need]) -> None:
        """Hold a task's execution role to its policies for what AWS does in its name.

        Raises:
            RefusedError: They do not allow it.
        """
        session, _ = self._session(identity, identity.execution)
        holder = find_role(identity.account, identity.execution)
        if holder is None:
            raise RefusedError(Refusal(403, "AccessDenied", f"There is no role {identity.execution}"))
        self._enforcement.require_all(Caller(identity.account, holder, session), needs, identity.region)

    def ended(self, identity: Identity) -> None:
        """Give out no more keys of a task."""
        self._places = {path: held for path, held in self._places.items() if held.arn != identity.arn}
        for key in [key for key in self._sessions if key[0] == identity.arn]:
            del self._sessions[key]

    def _session(self, identity: Identity, role: str) -> tuple[Session, str]:
        """Return a session with more than half of its time left."""
        held = self._sessions.get((identity.arn, role))
        if held is None or (held[0].expires - self._now()).total_seconds() < _SECONDS / 2:
            held = self._roles.begin_for_service(identity.account, role, identity.id, _SECONDS)
            self._sessions[identity.arn, role] = held
        return held
