"""IAM's condition operators, evaluated against claims.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html. Only
operators that say something about a token are known here; for any other, and for values with policy variables, the
answer is None: not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twinlock.model.policy import Condition

FOR_ALL, FOR_ANY, _IF_EXISTS = "forallvalues:", "foranyvalue:", "ifexists"


@dataclass(frozen=True, slots=True)
class Operator:
    """A condition operator taken apart.

    Attributes:
        base: `stringequals`, `stringlike`, ... in lower case.
        quantifier: `forallvalues:`, `foranyvalue:`, or empty.
        if_exists: A missing key satisfies it.
    """

    base: str
    quantifier: str
    if_exists: bool


def parse(written: str) -> Operator:
    """Return an operator taken apart; IAM ignores its case."""
    base = written.lower()
    quantifier = next((known for known in (FOR_ALL, FOR_ANY) if base.startswith(known)), "")
    base = base.removeprefix(quantifier)
    if_exists = base.endswith(_IF_EXISTS)
    return Operator(base.removesuffix(_IF_EXISTS), quantifier, if_exists)


def is_known(condition: Condition) -> bool:
    """Return whether `holds` can decide about a condition."""
    base = parse(condition.operator).base
    return (base in _MATCHERS or base == "null") and not any("${" in value for value in condition.values)


def holds(condition: Condition, claims: Mapping[str, str]) -> bool | None:
    """Return whether a condition holds for a token with these claims; None where that is not known.

    A missing key makes an operator false, with four exceptions of IAM: a negated operator, `...IfExists`,
    `ForAllValues:` and `Null` may hold without it.
    """
    if not is_known(condition):
        return None
    operator = parse(condition.operator)
    claim = claims.get(condition.key)
    if operator.base == "null":
        return ("true" if claim is None else "false") in {value.lower() for value in condition.values}
    matcher, negated = _MATCHERS[operator.base]
    if claim is None:
        return operator.if_exists or operator.quantifier == FOR_ALL or (negated and operator.quantifier != FOR_ANY)
    return any(matcher(value, claim) for value in condition.values) is not negated


def like(pattern: str, text: str) -> bool:
    """Return whether text matches an IAM pattern: `*` any text, `?` any one character.

    Takes time in proportion to both lengths, whatever the pattern: whoever wrote a live policy chose it.
    """
    at, star, resumed, index = 0, -1, 0, 0
    while index < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, resumed = at, index
            at += 1
        elif at < len(pattern) and pattern[at] in {"?", text[index]}:
            at, index = at + 1, index + 1
        elif star >= 0:
            resumed += 1
            at, index = star + 1, resumed
        else:
            return False
    return not pattern[at:].strip("*")


def _equals(value: str, claim: str) -> bool:
    return value == claim


def _equals_ignoring_case(value: str, claim: str) -> bool:
    return value.lower() == claim.lower()


def _arn_like(value: str, claim: str) -> bool:
    """Compare two ARNs by their six parts: a wildcard does not reach over a colon of the first five."""
    patterns, parts = value.split(":", 5), claim.split(":", 5)
    return len(patterns) == len(parts) and all(map(like, patterns, parts))


_MATCHERS: dict[str, tuple[Callable[[str, str], bool], bool]] = {
    "stringequals": (_equals, False),
    "stringnotequals": (_equals, True),
    "stringequalsignorecase": (_equals_ignoring_case, False),
    "stringnotequalsignorecase": (_equals_ignoring_case, True),
    "stringlike": (like, False),
    "stringnotlike": (like, True),
    "arnequals": (_arn_like, False),
    "arnlike": (_arn_like, False),
    "arnnotequals": (_arn_like, True),
    "arnnotlike": (_arn_like, True),
    "bool": (_equals_ignoring_case, False),
}
"""Operator to how one value is compared, and whether the operator is negated."""
