"""Constants of workflows: variables and secrets, of a repository, of an environment, or lent by the organization.

Source: https://docs.github.com/en/actions/reference/security/secrets and
https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/use-variables. Whoever can push to a
repository can set its own; an environment's need an administrator.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from twinlock.model.marks import Exact, Subset


@dataclass(frozen=True, slots=True, order=True)
class Variable:
    """A variable; its value is no secret to GitHub, and may be one to its owner.

    Attributes:
        name: Its name, in upper case.
        value: What workflows read.
    """

    name: str
    value: str

    def __str__(self) -> str:
        """Return the name alone: what nobody declared may hold anything."""
        return self.name


@dataclass(frozen=True, slots=True)
class Constants:
    """What one holder gives to workflows.

    Attributes:
        variables: Its variables.
        secrets: Names of its secrets for Actions.
        dependabot_secrets: Names of its secrets for workflows that Dependabot starts.
        codespaces_secrets: Names of its secrets for Codespaces.
    """

    variables: Annotated[frozenset[Variable], Exact] = frozenset()
    secrets: Annotated[frozenset[str], Subset] = frozenset()
    dependabot_secrets: Annotated[frozenset[str], Subset] = frozenset()
    codespaces_secrets: Annotated[frozenset[str], Subset] = frozenset()
