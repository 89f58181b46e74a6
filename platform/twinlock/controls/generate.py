"""Writes the pages of the controls and the index of their slugs: `python -m twinlock.controls.generate [--check]`.

Both come from the modules alone, so that adding a control touches its module and its test, and this regenerates the
rest. `make docs` runs it; `--check` changes nothing and exits 1 where something would change.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from twinlock.controls import CONTROLS
from twinlock.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from twinlock.controls._control import Control

INDEX = Path("platform/twinlock/controls/index.txt")
PAGES = Path("docs/controls")
CONTENTS = "index.md"


def pages(controls: Iterable[Control] = CONTROLS) -> Mapping[str, str]:
    """Return the page of each control by file name (`branch-ruleset.md`), and the one that links them all."""
    controls = tuple(controls)
    return {CONTENTS: _contents(controls)} | {f"{control.slug}.md": _page(control) for control in controls}


def index(controls: Iterable[Control] = CONTROLS) -> str:
    """Return the slugs, one a line."""
    return "".join(f"{control.slug}\n" for control in controls)


def _contents(controls: Iterable[Control]) -> str:
    rows = "".join(
        f"| [`{control.slug}`]({control.slug}.md) | {control.title} | {control.promise} | {control.severity.value} |\n"
        for control in controls
    )
    return f"""\
<!-- Written by `make docs` from the controls' modules; edit those. -->
# Controls

Each is a rule that the [audit](../audit.md) checks by comparing what the manifest says with what GitHub and AWS report.
The promises are those of the [architecture](../architecture.md#promises).

| Control | What holds | Promise | Severity |
|---|---|---|---|
{rows}"""


def _page(control: Control) -> str:
    module = importlib.import_module(control.check.__module__)
    return f"""\
<!-- Written by `make docs` from the control's module; edit that. -->
# {control.title}

| | |
|---|---|
| Control | `{control.slug}` |
| Promise | {control.promise} |
| Severity | {control.severity.value} |

{(module.__doc__ or "").strip()}

## Remediation

{control.remediation}
"""


def expected(root: Path) -> Mapping[Path, str]:
    """Return every generated file under a checkout's root, with its text."""
    return {root / PAGES / name: text for name, text in pages().items()} | {root / INDEX: index()}


def stale(root: Path) -> tuple[Path, ...]:
    """Return the files that differ from what would be generated, and pages of controls that are gone."""
    files = expected(root)
    differing = [path for path, text in files.items() if not path.is_file() or path.read_text("utf-8") != text]
    return tuple(sorted([*differing, *(set((root / PAGES).glob("*.md")) - files.keys())]))


def generate(root: Path) -> None:
    """Write every generated file that differs, and remove the pages of controls that are gone.

    Raises:
        Incomplete: A file cannot be written.
    """
    files = expected(root)
    for path in stale(root):
        if path in files:
            write_atomically(path, files[path])
        else:
            path.unlink()


def main(arguments: list[str]) -> int:
    """Generate, or with `--check` only say what is stale; return the exit code."""
    root = Path.cwd()
    old = stale(root)
    if "--check" not in arguments:
        generate(root)
        return 0
    sys.stderr.writelines(f"{path.relative_to(root)} is not as generated: run `make docs`.\n" for path in old)
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
