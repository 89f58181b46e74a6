"""Roles and who may take them on: the trust policy decides, as STS evaluates it.

A web identity is believed only if the role's account has a provider for its issuer, whose keys sign it, whose client
ids are among its audiences, and whose times are right; only then the trust policy is asked. Called by the edge.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from moto.sts.models import sts_backends

from twinlock_world.aws import sts, web_identity
from twinlock_world.aws.call import Refusal, RefusedError
from twinlock_world.aws.caller import surroundings
from twinlock_world.aws.decisions import Refused, reason
from twinlock_world.aws.holdings import PARTITION, controls, find_provider, find_role, managed
from twinlock_world.aws.policy.decision import Layer, Policies, Request, decide, missed
from twinlock_world.aws.policy.document import read
from twinlock_world.aws.policy.principal import Who
from twinlock_world.aws.sessions import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from moto.iam.models import OpenIDConnectProvider

    from twinlock_world.aws import call as calls
    from twinlock_world.aws.caller import Caller
    from twinlock_world.aws.decisions import Decisions
    from twinlock_world.aws.holdings import Holder
    from twinlock_world.aws.policy.decision import Control
    from twinlock_world.aws.policy.document import Policy
    from twinlock_world.aws.sessions import Sessions

_GLOBAL_REGION: Final = "us-east-1"
_NOT_FEDERATED: Final = Refusal(403, "AccessDenied", f"Not authorized to perform sts:{sts.WEB_IDENTITY}")
_TOO_LONG: Final = Refusal(
    400, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
)
_CHAINED_TOO_LONG: Final = Refusal(
    400,
    "ValidationError",
    "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
)


@dataclass(frozen=True, slots=True)
class _Origin:
    """What a new session inherits from how it came about."""

    tags: Mapping[str, str]
    transitive: frozenset[str] = frozenset()
    source_identity: str | None = None
    provider: str | None = None


class Roles:
    """Gives out sessions of roles."""

    def __init__(self, sessions: Sessions, decisions: Decisions, now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._decisions = decisions
        self._now = now
        self._issuers: dict[str, web_identity.Issuer] = {}

    def federate(self, name: str, issuer: web_identity.Issuer) -> None:
        """Let the keys of an issuer be found; whether its tokens count, each account's providers say."""
        self._issuers[name] = issuer

    def with_web_identity(self, request: calls.Request) -> bytes:
        """Answer AssumeRoleWithWebIdentity.

        Raises:
            RefusedError: The token, or the role's trust policy, does not let it.
        """
        asked = sts.read(request, sts.WEB_IDENTITY)
        token, provider = self._believed(asked)
        who = Who("Federated", provider.arn)
        context = {
            **surroundings(self._now(), _GLOBAL_REGION, request.headers.get("user-agent", "")),
            **web_identity.context(token),
            "aws:federatedprovider": (provider.arn,),
            "sts:rolesessionname": (asked.name,),
        }
        wanted = Request(who, f"sts:{sts.WEB_IDENTITY}", asked.role, context)
        role = self._trusting(wanted, Policies(controls=_controls(asked.account, Layer.RESOURCE_CONTROL)), asked)
        if role is None:
            raise RefusedError(_NOT_FEDERATED)
        session, secret = self._begin(asked, role, _Origin({}, provider=provider.arn))
        more = {
            "SubjectFromWebIdentityToken": token.claims.text("sub"),
            "Audience": next(audience for audience in token.audiences if audience in provider.client_id_list),
            "Provider": provider.arn,
        }
        return sts.answer(sts.WEB_IDENTITY, session, role.id, secret, more)

    def assume(self, caller: Caller, request: calls.Request, region: str) -> bytes:
        """Answer AssumeRole.

        Raises:
            RefusedError: The caller's policies, or the role's trust policy, do not let it.
        """
        asked = sts.read(request, sts.ASSUME_ROLE)
        context = {
            **surroundings(self._now(), region, request.headers.get("user-agent", "")),
            **caller.context(),
            **_asked_context(asked),
        }
        policies = Policies(
            identity=caller.holder.identity,
            boundary=caller.holder.boundary,
            session=caller.session.policies if caller.session else None,
            controls=(
                *_controls(caller.account, Layer.SERVICE_CONTROL),
                *_controls(asked.account, Layer.RESOURCE_CONTROL),
            ),
            foreign=caller.account != asked.account,
        )
        role = None
        for action in _actions(asked):
            role = self._trusting(Request(caller.who, action, asked.role, context), policies, asked)
            if role is None:
                message = f"User: {caller.who.shown} is not authorized to perform: {action} on resource: {asked.role}"
                raise RefusedError(Refusal(403, "AccessDenied", message))
        if role is None or (caller.session is not None and asked.seconds > sts.HOUR):
            raise RefusedError(_CHAINED_TOO_LONG)
        session, secret = self._begin(asked, role, _origin(asked, caller.session))
        more = {} if asked.source_identity is None else {"SourceIdentity": asked.source_identity}
        return sts.answer(sts.ASSUME_ROLE, session, role.id, secret, more)

    def is_for_service(self, account: str, arn: str, principal: str, source: str) -> bool:
        """Tell whether a service of AWS may assume a role for something of the role's account; why not is logged."""
        context = {
            **surroundings(self._now(), _GLOBAL_REGION, principal),
            "aws:principalisawsservice": ("true",),
            "aws:principalservicename": (principal,),
            "aws:sourceaccount": (account,),
            "aws:sourcearn": (source,),
        }
        asked = sts.Asked(arn, account, "")
        controls = Policies(controls=_controls(account, Layer.RESOURCE_CONTROL))
        return (
            self._trusting(Request(Who("Service", principal), "sts:AssumeRole", arn, context), controls, asked)
            is not None
        )

    def begin_for_service(self, account: str, arn: str, name: str, seconds: int) -> tuple[Session, str]:
        """Begin a session that a service of AWS has of a role, and return it with its secret key.

        How long such a session may last, the service says and not the role.

        Raises:
            RefusedError: There is no such role any more.
        """
        role = find_role(account, arn)
        if role is None:
            raise RefusedError(Refusal(403, "AccessDenied", f"There is no role {arn}"))
        asked = sts.Asked(arn, account, name, seconds)
        return self._begin(asked, replace(role, longest_session=seconds), _Origin({}))

    def _believed(self, asked: sts.Asked) -> tuple[web_identity.Token, OpenIDConnectProvider]:
        """Return a token that is genuine and meant for this account, with the provider that vouches for it."""
        issuer, context = "a token", None
        try:
            token = web_identity.parse(asked.token)
            issuer, context = token.issuer, web_identity.context(token)
            provider = _provider(asked.account, issuer)
            web_identity.verify(token, self._issuers.get(issuer), provider.client_id_list, self._now().timestamp())
        except RefusedError as error:
            action, why = f"sts:{sts.WEB_IDENTITY}", error.refusal.message
            self._decisions.add(Refused(self._now(), issuer, action, asked.role, why, context=context or {}))
            raise
        return token, provider

    def _trusting(self, wanted: Request, policies: Policies, asked: sts.Asked) -> Holder | None:
        """Return the role if it may be assumed; why not is logged."""
        role = find_role(asked.account, asked.role)
        trust = None if role is None else role.trust
        decision = decide(wanted, replace(policies, resource=trust, resource_decides=True))
        if decision.allowed:
            return role
        why = "there is no such role" if role is None else reason(decision, wanted.action)
        statements = () if trust is None else tuple(missed((trust,), wanted))
        entry = Refused(self._now(), wanted.who.shown, wanted.action, wanted.resource, why, decision, statements)
        self._decisions.add(replace(entry, context=wanted.context))
        return None

    def _begin(self, asked: sts.Asked, role: Holder, origin: _Origin) -> tuple[Session, str]:
        """Begin a session, and return it with its secret key."""
        if asked.seconds > role.longest_session:
            raise RefusedError(_TOO_LONG)
        policies = _session_policies(asked)
        keys = sts_backends[asked.account][PARTITION].assume_role(
            region_name=_GLOBAL_REGION,
            role_session_name=asked.name,
            role_arn=asked.role,
            policy=asked.policy or "",
            duration=asked.seconds,
            external_id=asked.external_id or "",
        )
        session = Session(
            access_key=keys.access_key_id,
            token=keys.session_token,
            role=asked.role,
            account=asked.account,
            name=asked.name,
            expires=self._now() + timedelta(seconds=asked.seconds),
            policies=policies,
            tags=origin.tags,
            transitive=origin.transitive,
            source_identity=origin.source_identity,
            provider=origin.provider,
        )
        self._sessions.add(session)
        return session, keys.secret_access_key


def _provider(account: str, issuer: str) -> OpenIDConnectProvider:
    found = find_provider(account, issuer)
    if found is None:
        message = f"No OpenIDConnect provider found in your account for {issuer[:300]}"
        raise RefusedError(Refusal(400, "InvalidIdentityToken", message))
    return found


def _controls(account: str, layer: Layer) -> tuple[Control, ...]:
    return tuple(control for control in controls(account) if control.layer is layer)


def _actions(asked: sts.Asked) -> tuple[str, ...]:
    """Return everything that a request needs to be allowed."""
    return (
        "sts:AssumeRole",
        *(("sts:TagSession",) if asked.tags else ()),
        *(("sts:SetSourceIdentity",) if asked.source_identity else ()),
    )


def _asked_context(asked: sts.Asked) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {"sts:rolesessionname": (asked.name,)}
    if asked.external_id is not None:
        found["sts:externalid"] = (asked.external_id,)
    if asked.source_identity is not None:
        found["sts:sourceidentity"] = (asked.source_identity,)
    if asked.tags:
        found["aws:tagkeys"] = tuple(asked.tags)
        found |= {f"aws:requesttag/{key.lower()}": (value,) for key, value in asked.tags.items()}
    if asked.transitive:
        found["sts:transitivetagkeys"] = tuple(sorted(asked.transitive))
    return found


def _origin(asked: sts.Asked, session: Session | None) -> _Origin:
    """Return what a chained session inherits: transitive tags and the identity behind the chain."""
    if session is None:
        return _Origin(asked.tags, asked.transitive, asked.source_identity)
    inherited = {key: value for key, value in session.tags.items() if key in session.transitive}
    return _Origin(
        {**asked.tags, **inherited},
        asked.transitive | session.transitive,
        session.source_identity or asked.source_identity,
    )


def _session_policies(asked: sts.Asked) -> tuple[Policy, ...] | None:
    if asked.policy is None and not asked.policies:
        return None
    found = [] if asked.policy is None else [read("session policy", asked.policy)]
    for arn in asked.policies:
        policy = managed(asked.account, arn)
        if policy is None:
            message = f"Policy {arn} does not exist or is not attachable."
            raise RefusedError(Refusal(400, "MalformedPolicyDocument", message))
        found.append(policy)
    return tuple(found)
