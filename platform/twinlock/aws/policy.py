"""Policies: IAM's JSON and the model's statements.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html. Where IAM takes a string or a
list the model holds a set; element order has no meaning; actions and condition keys ignore case.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from twinlock.model.policy import Condition, Document, Effect, Statement

VERSION = "2012-10-17"

SPELLED: Mapping[str, str] = {
    action.lower(): action
    for action in (
        "sts:AssumeRole",
        "sts:AssumeRoleWithSAML",
        "sts:AssumeRoleWithWebIdentity",
        "sts:SetSourceIdentity",
        "sts:TagSession",
    )
}
"""How IAM spells the actions of trust policies. It ignores case, but not every tool that checks one does."""

_ELEMENTS = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)


class Malformed(Exception):  # noqa: N818 - says what the document is, not that the program failed
    """A document does not have the shape that IAM documents.

    Attributes:
        reason: One line: what is wrong with it.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def decode(raw: object) -> Document:
    """Return the statements of a document as IAM gives it: parsed, as JSON text, or as URL-encoded JSON text.

    Raises:
        Malformed: It is not a policy, or holds an element that the grammar does not have.
    """
    document = _parsed(raw)
    unknown = set(document) - {"Version", "Id", "Statement"}
    if unknown:
        raise Malformed(f"a policy has the unknown element {min(unknown)}")
    statements = document.get("Statement")
    listed = statements if isinstance(statements, list) else [statements]
    return frozenset(_statement(statement) for statement in listed)


def _parsed(raw: object) -> Mapping[str, object]:
    document = raw
    if isinstance(raw, str):
        try:
            document = json.loads(unquote(raw) if raw.lstrip().startswith("%") else raw)
        except ValueError:
            raise Malformed("a policy is not JSON") from None
    if not isinstance(document, Mapping):
        raise Malformed("a policy is not an object")
    return document


def _statement(raw: object) -> Statement:
    if not isinstance(raw, Mapping):
        raise Malformed("a statement is not an object")
    unknown = set(raw) - _ELEMENTS
    if unknown:
        raise Malformed(f"a statement has the unknown element {min(unknown)}")
    try:
        effect = Effect(raw.get("Effect"))
    except ValueError:
        raise Malformed("the effect of a statement is neither Allow nor Deny") from None
    return Statement(
        effect=effect,
        principals=_principals(raw.get("Principal")),
        not_principals=_principals(raw.get("NotPrincipal")),
        actions=frozenset(action.lower() for action in _texts(raw.get("Action"))),
        not_actions=frozenset(action.lower() for action in _texts(raw.get("NotAction"))),
        resources=_texts(raw.get("Resource")),
        not_resources=_texts(raw.get("NotResource")),
        conditions=_conditions(raw.get("Condition")),
    )


def _texts(raw: object) -> frozenset[str]:
    """Return a string or a list of strings as a set; booleans and numbers in conditions count as their text."""
    found = set()
    for element in raw if isinstance(raw, list) else [] if raw is None else [raw]:
        if isinstance(element, bool):
            found.add(str(element).lower())
        elif isinstance(element, str | int | float):
            found.add(str(element))
        else:
            raise Malformed("a value in a statement is neither a string nor a list of strings")
    return frozenset(found)


def _principals(raw: object) -> frozenset[str]:
    if raw is None:
        return frozenset()
    if isinstance(raw, str):
        return frozenset({raw})
    if not isinstance(raw, Mapping):
        raise Malformed("a principal is neither a string nor an object")
    return frozenset(f"{kind} {_full(kind, name)}" for kind, names in raw.items() for name in _texts(names))


def _full(kind: str, name: str) -> str:
    """Return a principal in its long form: IAM takes an account's twelve digits for its root."""
    return f"arn:aws:iam::{name}:root" if kind == "AWS" and re.fullmatch(r"[0-9]{12}", name) else name


def _conditions(raw: object) -> frozenset[Condition]:
    if raw is None:
        return frozenset()
    if not isinstance(raw, Mapping):
        raise Malformed("a condition is not an object")
    found = set()
    for operator, keys in raw.items():
        if not isinstance(keys, Mapping):
            raise Malformed(f"the condition {operator} is not an object")
        found |= {Condition(operator, key.lower(), _texts(values)) for key, values in keys.items()}
    return frozenset(found)


def encode(document: Document) -> str:
    """Return a document as JSON: equal documents give equal text, and trust actions are spelled as IAM spells them."""
    statements = sorted((_statement_body(statement) for statement in document), key=_text)
    return _text({"Version": VERSION, "Statement": statements})


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _statement_body(statement: Statement) -> dict[str, Any]:
    sets = {
        "Action": frozenset(SPELLED.get(action, action) for action in statement.actions),
        "NotAction": frozenset(SPELLED.get(action, action) for action in statement.not_actions),
        "Resource": statement.resources,
        "NotResource": statement.not_resources,
    }
    body: dict[str, Any] = {name: sorted(values) for name, values in sets.items() if values}
    for name, principals in (("Principal", statement.principals), ("NotPrincipal", statement.not_principals)):
        if principals:
            body[name] = _principals_body(principals)
    if statement.conditions:
        conditions: dict[str, dict[str, list[str]]] = {}
        for condition in statement.conditions:
            conditions.setdefault(condition.operator, {})[condition.key] = sorted(condition.values)
        body["Condition"] = conditions
    return body | {"Effect": statement.effect.value}


def _principals_body(principals: frozenset[str]) -> str | dict[str, list[str]]:
    if principals == {"*"}:
        return "*"
    kinds: dict[str, list[str]] = {}
    for principal in sorted(principals):
        kind, _, name = principal.partition(" ")
        kinds.setdefault(kind, []).append(name)
    return kinds
