"""Does a live trust policy admit anybody beyond the declared ones?

The answer errs towards yes: an Allow of live must be *proven* to stay within one declared Allow, statement by
statement and condition by condition. What is not proven is reported, with a request that shows it where one is found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinlock.model.comparison import worded
from twinlock.model.conditions import FOR_ALL, is_known, like, parse
from twinlock.model.policy import Effect
from twinlock.model.trust import Request, admits, applies, covers_action, declared_requests, requests_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock.model.policy import Condition, Document, Statement

_WILDCARDS = frozenset("*?")
_POSITIVE = {"stringequals", "stringlike"}


@dataclass(frozen=True, slots=True)
class Counterexample:
    """Something live admits, or may admit, that is not declared.

    Attributes:
        reason: One clause: what in the policy is wider.
        request: A request that live admits and desired does not; None where none was found.
    """

    reason: str
    request: Request | None = None

    def __str__(self) -> str:
        """Return the reason, with the request where there is one."""
        return self.reason if self.request is None else f"{self.reason} (admits {self.request})"


def admits_beyond(desired: Document, live: Document) -> tuple[Counterexample, ...]:
    """Return where live is wider than desired; empty only where it is proven not to be."""
    found: dict[str, Counterexample] = {}
    for statement in sorted(live, key=str):
        if statement.effect is Effect.ALLOW:
            for example in _allow_beyond(desired, live, statement):
                found.setdefault(example.reason, example)
    for denial in sorted(desired - live, key=str):
        if denial.effect is Effect.DENY and not any(_denies_as_much(denial, other) for other in live):
            example = Counterexample(f"the denial '{denial}' is gone")
            found.setdefault(example.reason, example)
    return tuple(found.values())


def refuses(desired: Document, live: Document) -> tuple[Request, ...]:
    """Return the declared requests that live no longer admits."""
    return tuple(request for request in declared_requests(desired) if not admits(live, request))


def _allow_beyond(desired: Document, live: Document, statement: Statement) -> Iterator[Counterexample]:
    if statement.not_principals:
        yield Counterexample("it admits every principal but some (NotPrincipal)")
        return
    if statement.not_actions:
        yield Counterexample("it allows every action but some (NotAction)")
        return
    allows = [other for other in sorted(desired, key=str) if other.effect is Effect.ALLOW]
    for principal in sorted(statement.principals):
        own = [other for other in allows if principal in other.principals]
        if not own:
            yield Counterexample(f"it admits the principal {principal}")
            continue
        for action in sorted(statement.actions):
            fitting = [other for other in own if action in other.actions or _covers(other, action)]
            if not fitting:
                yield Counterexample(f"it allows {action} to {principal}")
                continue
            gaps = min((_gaps(other, statement) for other in fitting), key=len)
            if gaps:
                yield _example(desired, live, statement, fitting, gaps)


def _covers(desired: Statement, action: str) -> bool:
    return not _WILDCARDS & set(action) and covers_action(desired, action)


def _gaps(desired: Statement, live: Statement) -> list[Condition]:
    """Return the declared conditions that no live condition implies."""
    return [
        needed
        for needed in sorted(desired.conditions, key=str)
        if not any(implies(condition, needed) for condition in live.conditions)
    ]


def implies(condition: Condition, needed: Condition) -> bool:
    """Return whether every token that satisfies `condition` is proven to satisfy `needed`.

    Only the positive comparisons of whole strings prove anything, and only where a missing claim does not satisfy
    them; all else is equal or not proven.
    """
    if condition == needed:
        return True
    if condition.key != needed.key or not condition.values or not (is_known(condition) and is_known(needed)):
        return False
    ours, theirs = parse(condition.operator), parse(needed.operator)
    if not {ours.base, theirs.base} <= _POSITIVE or ours.if_exists or ours.quantifier == FOR_ALL:
        return False
    if ours.base == "stringlike" and any(_WILDCARDS & set(value) for value in condition.values):
        return theirs.base == "stringlike" and condition.values <= needed.values
    if theirs.base == "stringlike":
        return all(any(like(pattern, value) for pattern in needed.values) for value in condition.values)
    return condition.values <= needed.values


def _example(
    desired: Document, live: Document, statement: Statement, fitting: list[Statement], gaps: list[Condition]
) -> Counterexample:
    reason = " and ".join(_worded(gap, statement) for gap in gaps)
    candidates = (request for base in fitting for request in _variants(base, statement, gaps))
    shown = next(
        (
            request
            for request in candidates
            if applies(statement, request) and admits(live, request) and not admits(desired, request)
        ),
        None,
    )
    return Counterexample(reason, shown)


def _worded(gap: Condition, statement: Statement) -> str:
    name = gap.key.rsplit(":", 1)[-1]
    own = sorted((c for c in statement.conditions if c.key == gap.key), key=str)
    unknown = [condition.operator for condition in own if not is_known(condition)]
    if unknown:
        return f"{name} is held by {unknown[0]}, which cannot be evaluated"
    if not own:
        return f"{name} is not restricted"
    return f"{name} is {'; '.join(f'{c.operator} {worded(c.values)}' for c in own)}, must be {worded(gap.values)}"


def _variants(desired: Statement, live: Statement, gaps: list[Condition]) -> Iterator[Request]:
    """Yield requests near the declared ones: as live spells its values, and with each gap left out or changed."""
    for declared in requests_of(desired):
        for spelled in requests_of(live):
            both = {**declared.claims, **spelled.claims}
            yield Request(declared.principal, declared.action, both)
            for gap in gaps:
                yield Request(declared.principal, declared.action, {**both, gap.key: "other"})
                yield Request(declared.principal, declared.action, {k: v for k, v in both.items() if k != gap.key})


def _denies_as_much(denial: Statement, other: Statement) -> bool:
    return (
        other.effect is Effect.DENY
        and other.principals >= denial.principals
        and other.not_principals == denial.not_principals
        and other.actions >= denial.actions
        and other.not_actions == denial.not_actions
        and other.conditions <= denial.conditions
    )
