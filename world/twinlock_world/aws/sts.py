"""The requests by which roles are assumed, read and answered as STS does. Pure.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html and
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html; limits from botocore's model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from twinlock_world.aws.call import Refusal, RefusedError, form
from twinlock_world.aws.policy.document import PolicyError, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twinlock_world.aws.call import Request
    from twinlock_world.aws.sessions import Session

WEB_IDENTITY: Final = "AssumeRoleWithWebIdentity"
ASSUME_ROLE: Final = "AssumeRole"
HOUR: Final = 3600

_NAMESPACE: Final = "https://sts.amazonaws.com/doc/2011-06-15/"
_ROLE: Final = re.compile(r"arn:aws:iam::(?P<account>\d{12}):role/(?:[\x21-\x7e]{1,510}/)?[\w+=,.@-]{1,64}")
_SHORTEST, _LONGEST = 900, 43200
_MOST_TAGS: Final = 50
_LONGEST_POLICY: Final = 2048


@dataclass(frozen=True, slots=True)
class Rule:
    """What the API's model says of a text."""

    pattern: str
    shortest: int
    longest: int


_RULES: Final = {
    "RoleSessionName": Rule(r"[\w+=,.@-]*", 2, 64),
    "SourceIdentity": Rule(r"[\w+=,.@-]*", 2, 64),
    "ExternalId": Rule(r"[\w+=,.@:\/-]*", 2, 1224),
    "WebIdentityToken": Rule(r"[\s\S]*", 4, 20000),
    "Policy": Rule(r"[\u0009\u000A\u000D\u0020-\u00FF]+", 1, _LONGEST_POLICY),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to assume a role.

    Attributes:
        role: The role's ARN.
        account: The role's account.
        name: The session's name.
        seconds: How long it shall last.
        policy: A document that narrows it, as text.
        policies: ARNs of managed policies that narrow it.
        tags: Session tags.
        transitive: Keys of tags that go on to further sessions.
        external_id: What the caller was told to say.
        source_identity: Who is behind the caller.
        token: The web identity's.
    """

    role: str
    account: str
    name: str
    seconds: int = HOUR
    policy: str | None = None
    policies: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive: frozenset[str] = frozenset()
    external_id: str | None = None
    source_identity: str | None = None
    token: str = field(default="", repr=False)


def read(request: Request, action: str) -> Asked:
    """Return what is asked for.

    Raises:
        RefusedError: It cannot be understood, or asks for more than the API takes.
    """
    fields = form(request)
    problems = list(_problems(fields, action))
    if problems:
        plural = "s" if len(problems) > 1 else ""
        raise _invalid(f"{len(problems)} validation error{plural} detected: {'; '.join(problems)}")
    role = _ROLE.fullmatch(fields["RoleArn"])
    if role is None:
        raise _invalid("Request ARN is invalid")
    if "Policy" in fields:
        try:
            parse("session policy", fields["Policy"])
        except PolicyError as error:
            malformed = Refusal(400, "MalformedPolicyDocument", f"This policy is malformed: {error}")
            raise RefusedError(malformed) from error
    federated = action == WEB_IDENTITY
    return Asked(
        role=fields["RoleArn"],
        account=role["account"],
        name=fields["RoleSessionName"],
        seconds=int(fields.get("DurationSeconds", HOUR)),
        policy=fields.get("Policy"),
        policies=tuple(_members(fields, "PolicyArns", "arn")),
        tags={}
        if federated
        else dict(zip(_members(fields, "Tags", "Key"), _members(fields, "Tags", "Value"), strict=True)),
        transitive=frozenset() if federated else frozenset(_members(fields, "TransitiveTagKeys")),
        external_id=None if federated else fields.get("ExternalId"),
        source_identity=None if federated else fields.get("SourceIdentity"),
        token=fields.get("WebIdentityToken", ""),
    )


def answer(action: str, session: Session, role_id: str, secret: str, more: Mapping[str, str]) -> bytes:
    """Return STS's answer with the keys of a new session; `more` is what only this action tells."""
    credentials = _elements(
        {
            "AccessKeyId": session.access_key,
            "SecretAccessKey": secret,
            "SessionToken": session.token,
            "Expiration": session.expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    )
    user = _elements({"AssumedRoleId": f"{role_id}:{session.name}", "Arn": session.arn})
    result = f"<Credentials>{credentials}</Credentials><AssumedRoleUser>{user}</AssumedRoleUser>{_elements(more)}"
    return (
        f'<{action}Response xmlns="{_NAMESPACE}"><{action}Result>{result}</{action}Result>'
        f"<ResponseMetadata><RequestId>{session.access_key}</RequestId></ResponseMetadata></{action}Response>"
    ).encode()


def _problems(fields: Mapping[str, str], action: str) -> Iterator[str]:
    needed = ("RoleArn", "RoleSessionName", *(("WebIdentityToken",) if action == WEB_IDENTITY else ()))
    for name in needed:
        if name not in fields:
            yield f"Value null at '{_spelt(name)}' failed to satisfy constraint: Member must not be null"
    for name, rule in _RULES.items():
        if name in fields:
            yield from _constraints(name, fields[name], rule)
    yield from _duration(fields.get("DurationSeconds", str(HOUR)))
    tags = [list(_members(fields, "Tags", part)) for part in ("Key", "Value")]
    if len(tags[0]) != len(tags[1]) or len(tags[0]) > _MOST_TAGS:
        constraint = f"Member must have length less than or equal to {_MOST_TAGS}"
        yield f"Value at 'tags' failed to satisfy constraint: {constraint}"


def _constraints(name: str, value: str, rule: Rule) -> Iterator[str]:
    shown = "***" if name == "WebIdentityToken" else value[:200]
    failed = f"Value '{shown}' at '{_spelt(name)}' failed to satisfy constraint: Member must"
    if len(value) < rule.shortest:
        yield f"{failed} have length greater than or equal to {rule.shortest}"
    if len(value) > rule.longest:
        yield f"{failed} have length less than or equal to {rule.longest}"
    if re.fullmatch(rule.pattern, value, re.ASCII) is None:
        yield f"{failed} satisfy regular expression pattern: {rule.pattern}"


def _duration(text: str) -> Iterator[str]:
    failed = f"Value '{text[:20]}' at 'durationSeconds' failed to satisfy constraint: Member must"
    if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004 - no session lasts that long
        yield f"{failed} be an integer"
    elif int(text) < _SHORTEST:
        yield f"{failed} have value greater than or equal to {_SHORTEST}"
    elif int(text) > _LONGEST:
        yield f"{failed} have value less than or equal to {_LONGEST}"


def _tags(fields: Mapping[str, str]) -> dict[str, str]:
    return dict(zip(_members(fields, "Tags", "Key"), _members(fields, "Tags", "Value"), strict=True))


def _members(fields: Mapping[str, str], name: str, part: str = "") -> Iterator[str]:
    """Yield the members of a list as the query protocol numbers them."""
    at = 1
    while (key := f"{name}.member.{at}" + (f".{part}" if part else "")) in fields:
        yield fields[key]
        at += 1


def _invalid(message: str) -> RefusedError:
    return RefusedError(Refusal(400, "ValidationError", message))


def _spelt(name: str) -> str:
    return name[0].lower() + name[1:]


def _elements(values: Mapping[str, str]) -> str:
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())
