"""The port through which templates come in: data, never code that runs by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable


class TemplateSource(Protocol):
    """Gives the templates of one kind of repository."""

    def __call__(self, kind: str, /) -> Iterable[tuple[str, str, str]]:
        """Yield `(class, path, text)` of each template: `managed` or `seeded`, and where its rendering goes.

        Raises:
            BadInput: There is no such kind.
        """
