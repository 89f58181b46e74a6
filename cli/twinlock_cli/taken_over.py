"""The import files of a platform directory: what its stacks take over instead of creating."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinlock.engine import imports
from twinlock.errors import Incomplete

if TYPE_CHECKING:
    from pathlib import Path

    from twinlock.engine.imports import Existing
    from twinlock.model.repository import Repository

_REPOSITORY = "github:index/repository:Repository"


@dataclass(frozen=True, slots=True)
class TakenOver:
    """What one platform directory says of it.

    Attributes:
        root: The platform directory.
    """

    root: Path

    def __call__(self, program: str, group: str) -> tuple[Existing, ...]:
        """Return what a stack may take over; nothing where it has no file.

        Raises:
            BadInput: The file is damaged.
            Incomplete: It cannot be read.
        """
        place = f"{imports.DIRECTORY}/{program}/{group}.json"
        try:
            content = (self.root / place).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except OSError as error:
            raise Incomplete(
                f"{place} was not read.", f"The system says: {error.strerror}.", "Make it readable, then try again."
            ) from None
        return imports.read(content, place)

    def was_there(self, repository: Repository) -> bool:
        """Tell whether a repository was there before the platform.

        Raises:
            TwinlockError: As of a call.
        """
        resources = self("repositories", repository.group)
        return any(each.type == _REPOSITORY and each.id == repository.name for each in resources)
