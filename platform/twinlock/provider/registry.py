"""Find the handlers of a package: one module, one resource type, so that a new type is one new file."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from twinlock.provider.port import HandlerFactory


def handlers_in(package: ModuleType) -> Mapping[str, HandlerFactory]:
    """Return the handlers of a package by resource type token, in the order of the tokens.

    Modules whose name begins with an underscore are passed over.

    Raises:
        ImportError: A module has no `HANDLER`, or two handle the same type.
    """
    found: dict[str, HandlerFactory] = {}
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if module.name.rpartition(".")[2].startswith("_"):
            continue
        handler: HandlerFactory | None = getattr(importlib.import_module(module.name), "HANDLER", None)
        if handler is None:
            raise ImportError(f"{module.name} has no HANDLER")
        if handler.type in found:
            raise ImportError(f"{module.name} handles {handler.type}, which another module handles already")
        found[handler.type] = handler
    return dict(sorted(found.items()))
