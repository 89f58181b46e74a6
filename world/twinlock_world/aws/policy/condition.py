"""Conditions of policies, evaluated.

The traps are AWS's own: a negated operator holds where the key is missing, `...IfExists` too, and `ForAllValues` holds
for a key without any value. A condition that cannot be understood is neither true nor false: an Allow with it allows
nothing, a Deny with it denies.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html.
"""

from __future__ import annotations

import base64
import binascii
import operator as compare
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Final, TypeAlias

from twinlock_world.aws.policy.pattern import expand, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinlock_world.aws.policy.document import Condition
    from twinlock_world.aws.policy.pattern import Context

_Test: TypeAlias = "Callable[[str, str, Context, bool], bool]"
"""Whether a request's value fits one value of the policy; the last argument tells whether variables count."""

_FOR_ALL: Final = "forallvalues:"
_FOR_ANY: Final = "foranyvalue:"
_IF_EXISTS: Final = "ifexists"
_MILLISECONDS: Final = 1e11


class NotUnderstoodError(ValueError):
    """A value of the policy is none that its operator takes."""


def holds(condition: Condition, context: Context, *, variables: bool = True) -> bool | None:
    """Tell whether a condition holds for a request, or nothing where it is not understood."""
    name = condition.operator.lower()
    qualifier = next((prefix for prefix in (_FOR_ALL, _FOR_ANY) if name.startswith(prefix)), "")
    name = name.removeprefix(qualifier)
    values = context.get(condition.key.lower(), ())
    if name == "null":
        return None if qualifier else _null(condition, exists=bool(values))
    known = _OPERATORS.get(name.removesuffix(_IF_EXISTS))
    if known is None:
        return None
    test, negated = known
    if not values:
        return name.endswith(_IF_EXISTS) or qualifier == _FOR_ALL or (negated and qualifier != _FOR_ANY)
    try:
        fits = [any(test(value, wanted, context, variables) for wanted in condition.values) for value in values]
    except NotUnderstoodError:
        return None
    if qualifier:
        each = [fit is not negated for fit in fits]
        return all(each) if qualifier == _FOR_ALL else any(each)
    return any(fits) is not negated


def _null(condition: Condition, *, exists: bool) -> bool | None:
    wanted = {value.lower() for value in condition.values}
    if not wanted <= {"true", "false"}:
        return None
    return ("false" if exists else "true") in wanted


def _equals(value: str, wanted: str, context: Context, variables: bool) -> bool:  # noqa: FBT001 - the signature of a test
    """Compare literally: a wildcard in the policy is a character like any other."""
    if not variables or "${" not in wanted:
        return value == wanted
    filled = expand(wanted, context)
    return filled is not None and value == filled.literal


def _equals_whatever_case(value: str, wanted: str, context: Context, variables: bool) -> bool:  # noqa: FBT001 - as above
    lowered = {key: tuple(item.lower() for item in items) for key, items in context.items()}
    return _equals(value.lower(), wanted.lower(), lowered, variables)


def _like(value: str, wanted: str, context: Context, variables: bool) -> bool:  # noqa: FBT001 - as above
    pattern = expand(wanted, context) if variables else plain(wanted)
    return pattern is not None and pattern.matches(value)


def _arn(value: str, wanted: str, context: Context, variables: bool) -> bool:  # noqa: FBT001 - as above
    pattern = expand(wanted, context) if variables else plain(wanted)
    return pattern is not None and pattern.matches_arn(value)


def _boolean(value: str, wanted: str, _context: Context, _variables: bool) -> bool:  # noqa: FBT001 - as above
    if wanted.lower() not in {"true", "false"}:
        raise NotUnderstoodError(wanted)
    return value.lower() == wanted.lower()


def _binary(value: str, wanted: str, _context: Context, _variables: bool) -> bool:  # noqa: FBT001 - as above
    try:
        return base64.b64decode(value, validate=True) == base64.b64decode(wanted, validate=True)
    except binascii.Error as error:
        raise NotUnderstoodError(wanted) from error


def _address(value: str, wanted: str, _context: Context, _variables: bool) -> bool:  # noqa: FBT001 - as above
    try:
        network = ip_network(wanted, strict=False)
    except ValueError as error:
        raise NotUnderstoodError(wanted) from error
    try:
        return ip_address(value) in network
    except ValueError:
        return False


def _ordered(read: Callable[[str], float], relation: Callable[[float, float], bool]) -> _Test:
    def test(value: str, wanted: str, _context: Context, _variables: bool) -> bool:  # noqa: FBT001 - as above
        try:
            limit = read(wanted)
        except (ValueError, OverflowError) as error:
            raise NotUnderstoodError(wanted) from error
        try:
            return relation(read(value), limit)
        except (ValueError, OverflowError):
            return False

    return test


def _moment(text: str) -> float:
    """Return a time in seconds; a policy writes ISO 8601 or the seconds (or milliseconds) since 1970."""
    try:
        number = float(text)
    except ValueError:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    return number / 1000 if abs(number) >= _MILLISECONDS else number


_RELATIONS: Final[dict[str, tuple[Callable[[float, float], bool], bool]]] = {
    "equals": (compare.eq, False),
    "notequals": (compare.eq, True),
    "lessthan": (compare.lt, False),
    "lessthanequals": (compare.le, False),
    "greaterthan": (compare.gt, False),
    "greaterthanequals": (compare.ge, False),
}
_OPERATORS: Final[dict[str, tuple[_Test, bool]]] = {
    "stringequals": (_equals, False),
    "stringnotequals": (_equals, True),
    "stringequalsignorecase": (_equals_whatever_case, False),
    "stringnotequalsignorecase": (_equals_whatever_case, True),
    "stringlike": (_like, False),
    "stringnotlike": (_like, True),
    "arnequals": (_arn, False),
    "arnnotequals": (_arn, True),
    "arnlike": (_arn, False),
    "arnnotlike": (_arn, True),
    "bool": (_boolean, False),
    "binaryequals": (_binary, False),
    "ipaddress": (_address, False),
    "notipaddress": (_address, True),
    **{f"numeric{name}": (_ordered(float, test), negated) for name, (test, negated) in _RELATIONS.items()},
    **{f"date{name}": (_ordered(_moment, test), negated) for name, (test, negated) in _RELATIONS.items()},
}
"""Each operator's test of one value, and whether it holds where the test does not."""
