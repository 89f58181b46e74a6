"""CODEOWNERS: which team must review which files, with GitHub's semantics.

Source: https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners:
the last matching line decides, and an owner without write access is ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from twinlock.model.marks import Exact


@dataclass(frozen=True, slots=True)
class OwnerRule:
    """One line of CODEOWNERS.

    Attributes:
        pattern: The file pattern.
        owners: Slugs of the organization's teams; anybody else as CODEOWNERS writes them (`@login`,
            `@other-organization/team`, an address). Empty where the line takes ownership away.
    """

    pattern: str
    owners: tuple[str, ...]

    def __str__(self) -> str:
        """Return `pattern owners`."""
        return " ".join((self.pattern, *self.owners))


@dataclass(frozen=True, slots=True)
class CodeOwners:
    """The rules of the effective CODEOWNERS file, in order.

    Attributes:
        rules: Its lines; the last match wins.
    """

    rules: Annotated[tuple[OwnerRule, ...], Exact]
