"""Policy documents, parsed.

AWS refuses a malformed document when it is stored. What was stored nevertheless is read as a denial of everything, so
that a mistake of the reader or of the store opens nothing.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from twinlock_world.jsonvalue import FieldError, Fields, as_array, as_object, as_text

if TYPE_CHECKING:
    from twinlock_world.jsonvalue import JsonValue

_VARIABLES_SINCE: Final = "2012-10-17"


class PolicyError(ValueError):
    """A text is no policy document; the message says why."""


class Effect(Enum):
    """What a statement does to the requests that it is about."""

    ALLOW = "Allow"
    DENY = "Deny"


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator on one key, both as written, with the values that it takes."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Principal:
    """Whom a statement of a resource's policy names: a kind (`AWS`, `Federated`, `Service`, `*`) and a name."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement.

    Attributes:
        sid: What it is called, or where it stands (`#2`).
        effect: What it does.
        actions: Patterns of actions.
        resources: Patterns of ARNs.
        principals: Whom it names; nothing in a policy that is attached to whom it concerns.
        conditions: What must hold besides.
        not_actions: Whether `actions` says what it is *not* about.
        not_resources: The same of `resources`.
        not_principals: The same of `principals`.
        variables: Whether `${...}` is a variable.
    """

    sid: str
    effect: Effect
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)
    principals: tuple[Principal, ...] = ()
    conditions: tuple[Condition, ...] = ()
    not_actions: bool = False
    not_resources: bool = False
    not_principals: bool = False
    variables: bool = True


@dataclass(frozen=True, slots=True)
class Policy:
    """A document and what it is called: an ARN, an inline policy's name."""

    name: str
    statements: tuple[Statement, ...]


def parse(name: str, text: str) -> Policy:
    """Read a policy document.

    Raises:
        PolicyError: It is none.
    """
    try:
        document = Fields(as_object(json.loads(text), "policy"))
        held = document.raw.get("Statement")
        items = [held] if isinstance(held, dict) else as_array(held, "Statement")
        variables = document.text("Version", "2008-10-17") >= _VARIABLES_SINCE
        return Policy(
            name,
            tuple(
                _statement(Fields(as_object(item, "Statement")), at, variables=variables)
                for at, item in enumerate(items, 1)
            ),
        )
    except FieldError as error:
        raise PolicyError(str(error)) from error
    except (ValueError, RecursionError) as error:
        raise PolicyError("it is no JSON") from error


def read(name: str, text: str) -> Policy:
    """Return a policy; one that cannot be read denies everything."""
    try:
        return parse(name, text)
    except PolicyError:
        return Policy(name, (Statement("unreadable", Effect.DENY, ("*",)),))


def _statement(item: Fields, at: int, *, variables: bool) -> Statement:
    actions, not_actions = _either(item, "Action")
    resources, not_resources = _either(item, "Resource")
    not_principals = "NotPrincipal" in item
    principals = item.raw.get("NotPrincipal" if not_principals else "Principal")
    if not actions:
        raise FieldError("Action", "wasn't supplied")
    return Statement(
        sid=item.text("Sid", "") or f"#{at}",
        effect=Effect(item.choice("Effect", [effect.value for effect in Effect])),
        actions=actions,
        resources=resources or ("*",),  # a trust policy has none, and is about its role
        principals=() if principals is None else _principals(principals),
        conditions=_conditions(item.raw.get("Condition")),
        not_actions=not_actions,
        not_resources=not_resources,
        not_principals=not_principals,
        variables=variables,
    )


def _either(item: Fields, name: str) -> tuple[tuple[str, ...], bool]:
    """Return an element that may be said by what it is, or by what it is not."""
    inverse = f"Not{name}"
    if name in item and inverse in item:
        raise FieldError(inverse, f"stands beside {name}")
    return _texts(item.raw.get(name, item.raw.get(inverse)), name), inverse in item


def _texts(value: JsonValue, name: str) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(as_text(item, name) for item in as_array(value, name))


def _principals(value: JsonValue) -> tuple[Principal, ...]:
    if value == "*":
        return (Principal("*", "*"),)
    named = as_object(value, "Principal")
    return tuple(Principal(kind, name) for kind, names in named.items() for name in _texts(names, "Principal"))


def _conditions(value: JsonValue) -> tuple[Condition, ...]:
    if value is None:
        return ()
    return tuple(
        Condition(operator, key, tuple(_scalar(item, key) for item in _several(values)))
        for operator, keys in as_object(value, "Condition").items()
        for key, values in as_object(keys, f"Condition/{operator}").items()
    )


def _several(value: JsonValue) -> list[JsonValue]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _scalar(value: JsonValue, key: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else as_text(value, key)
