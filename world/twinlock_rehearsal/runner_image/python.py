"""`python` for jobs: the interpreter of this environment, which installs nothing.

A hosted runner takes packages from an index. A rehearsal reaches only loopback, so `pip install` checks instead that
every package of the lock file can be imported from this environment, says which version stands in for which, and
fails where one is missing.
"""

from __future__ import annotations

import os
import re
import sys
from importlib import metadata
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_PIN: Final = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[^\s;\\]+)")
_STAND_IN: Final = "stand-in for pip: "


def main(arguments: list[str]) -> int:
    """Run Python, or stand in for `python -m pip install`."""
    if arguments[:2] != ["-m", "pip"]:
        os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606 - the same interpreter, without a shell
    if arguments[2:3] != ["install"]:
        sys.stderr.write(f"{_STAND_IN}it knows only `install --requirement FILE`\n")
        return 2
    return _install(arguments[3:])


def _install(arguments: list[str]) -> int:
    files = [value for flag, value in pairwise(arguments) if flag in {"--requirement", "-r"}]
    if not files or arguments[-1] != files[-1]:
        sys.stderr.write(f"{_STAND_IN}it knows only `install [OPTIONS] --requirement FILE`\n")
        return 2
    missing = []
    for path in files:
        for name, version in _pins(Path(path)):
            held = _held(name)
            if held is None:
                missing.append(f"{name}=={version}")
            else:
                sys.stdout.write(f"{_STAND_IN}{name} {held} of this machine for {version}\n")
    if missing:
        sys.stderr.write(f"{_STAND_IN}this machine does not have {', '.join(missing)}\n")
        return 1
    return 0


def _pins(path: Path) -> Iterator[tuple[str, str]]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        sys.stderr.write(f"ERROR: Could not open requirements file: {error}\n")
        raise SystemExit(1) from None
    for line in text.splitlines():
        found = _PIN.match(line)
        if found:
            yield found["name"], found["version"]


def _held(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
