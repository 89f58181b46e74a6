"""How a directory differs from its rendering, for `scaffold --check`."""

from __future__ import annotations

import difflib
import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinlock.scaffold.directory import find, left_over

if TYPE_CHECKING:
    from pathlib import Path

    from twinlock.scaffold.tree import Tree


class Difference(enum.Enum):
    """In what way a managed file is not as rendered."""

    MISSING = "missing"
    EDITED = "edited"
    EXTRA = "extra-managed"


@dataclass(frozen=True, slots=True)
class FileDifference:
    """One managed file that is not as rendered.

    Attributes:
        path: Where it is.
        kind: In what way.
        diff: From what is there to the rendering, in unified form.
    """

    path: str
    kind: Difference
    diff: str


def compare(tree: Tree, directory: Path) -> tuple[FileDifference, ...]:
    """Return every managed file that is not as rendered, by path; seeded files are the team's and never differ.

    Raises:
        BadInput: A link or something else than a file or directory is in the way.
        Incomplete: The directory cannot be read.
    """
    differences = []
    for path, file in tree.files.items():
        if not file.managed:
            continue
        found = find(directory, path)
        if found is None:
            differences.append(FileDifference(path, Difference.MISSING, _diff(path, None, file.content)))
        elif (found.content, found.executable) != (file.content, file.executable):
            mode = "" if found.executable == file.executable else _mode(path, executable=file.executable)
            diff = mode + _diff(path, found.content, file.content)
            differences.append(FileDifference(path, Difference.EDITED, diff))
    for path, content in left_over(tree, directory).items():
        differences.append(FileDifference(path, Difference.EXTRA, _diff(path, content, None)))
    return tuple(sorted(differences, key=lambda difference: difference.path))


def _mode(path: str, *, executable: bool) -> str:
    return f"{path}: must {'' if executable else 'not '}be executable\n"


def _diff(path: str, old: bytes | None, new: bytes | None) -> str:
    lines = difflib.unified_diff(
        _lines(old),
        _lines(new),
        "/dev/null" if old is None else f"a/{path}",
        "/dev/null" if new is None else f"b/{path}",
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(content: bytes | None) -> list[str]:
    if content is None:
        return []
    text = content.decode(errors="backslashreplace")
    # What a team wrote may hold escape sequences, which would command the terminal that shows the difference.
    shown = (c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)
    return "".join(shown).splitlines(keepends=True)
