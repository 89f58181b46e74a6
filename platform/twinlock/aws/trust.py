"""Trust policies: repository ids and subject prefixes in conditions, and the names that stand for them.

Desired holds names (`{acme/payments}`), AWS holds what GitHub reports (`repo:acme@7/payments@1001`, `1001`). What
belongs to no known repository stays as it is, so that it differs from everything declared.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from twinlock.aws import policy
from twinlock.errors import Incomplete

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twinlock.model.live import RepositoryIdentity
    from twinlock.model.policy import Condition, Document

_PLACEHOLDER = re.compile(r"(?<!\$)\{([^{}/:\s]+/[^{}/:\s]+)\}")
_REPOSITORY_ID = ":repository_id"


def decode(raw: object, repositories: Mapping[str, RepositoryIdentity]) -> Document:
    """Return the statements of a trust policy with names in place of what GitHub reports for a repository.

    Raises:
        Malformed: It is not a policy (`policy.Malformed`).
    """
    return _mapped(policy.decode(raw), lambda condition, value: _named(condition, value, repositories))


def encode(document: Document, repositories: Mapping[str, RepositoryIdentity]) -> str:
    """Return a trust policy as JSON with what GitHub reports in place of the names.

    Raises:
        Incomplete: A repository that the policy names has not been seen on GitHub yet.
    """
    return policy.encode(_mapped(document, lambda condition, value: _reported(condition, value, repositories)))


def _mapped(document: Document, change: Callable[[Condition, str], str]) -> Document:
    return frozenset(
        dataclasses.replace(
            statement,
            conditions=frozenset(
                dataclasses.replace(condition, values=frozenset(change(condition, value) for value in condition.values))
                for condition in statement.conditions
            ),
        )
        for statement in document
    )


def _named(condition: Condition, value: str, repositories: Mapping[str, RepositoryIdentity]) -> str:
    # A name that stands in AWS itself is no placeholder: it matches nothing there, and must not look as declared.
    literal = _PLACEHOLDER.sub(r"{{\1}}", value)
    for name, identity in repositories.items():
        if condition.key.endswith(_REPOSITORY_ID) and value == str(identity.id):
            return f"{{{name}}}"
        prefix = identity.subject_prefix
        if condition.key.endswith(":sub") and (value == prefix or value.startswith(f"{prefix}:")):
            return f"{{{name}}}{literal[len(prefix) :]}"
    return literal


def _reported(condition: Condition, value: str, repositories: Mapping[str, RepositoryIdentity]) -> str:
    def resolve(match: re.Match[str]) -> str:
        identity = repositories.get(match[1])
        if identity is None:
            raise Incomplete(
                f"A trust policy names {match[1]}, whose id is not known.",
                "GitHub has not reported that repository yet.",
                "Provision the repositories first: `twinlock up`.",
            )
        return identity.subject_prefix if condition.key.endswith(":sub") else str(identity.id)

    return _PLACEHOLDER.sub(resolve, value)
