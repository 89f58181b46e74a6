"""The controls: one module each, found by looking into this package.

Modules whose name begins with an underscore serve the controls, and `generate` writes their pages; every other module
is a control and must define `CONTROL`. The committed `index.txt` makes a disappearance visible.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

from twinlock.controls._control import Control
from twinlock.controls._judgement import Fault, Judgement, Remark

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["CONTROLS", "Control", "Fault", "Judgement", "Remark", "discover", "pages"]

_NO_CONTROL = frozenset({"generate"})


def discover(package: str, path: Iterable[str]) -> tuple[Control, ...]:
    """Return the controls of a package, by slug.

    Raises:
        ImportError: A module has no `CONTROL`, or one whose slug is not the module's name.
    """
    found = []
    for module in pkgutil.iter_modules(path):
        if module.name.startswith("_") or module.name in _NO_CONTROL:
            continue
        control = getattr(importlib.import_module(f"{package}.{module.name}"), "CONTROL", None)
        if not isinstance(control, Control):
            raise ImportError(  # noqa: TRY004 - the module is wrong, not an argument
                f"{package}.{module.name} is no control: it defines no CONTROL"
            )
        if control.slug != module.name.replace("_", "-"):
            raise ImportError(f"{package}.{module.name} defines the control {control.slug!r}, not one of its own name")
        found.append(control)
    return tuple(sorted(found, key=lambda control: control.slug))


CONTROLS = discover(__name__, __path__)
"""Every control, by slug."""


def pages() -> Mapping[str, str]:
    """Return the page of each control by file name; see `generate`."""
    from twinlock.controls import generate  # noqa: PLC0415 - it imports this package

    return generate.pages()
