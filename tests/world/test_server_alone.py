"""The world stands alone: it needs no other package of this repository, and knows none of their words."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2] / "world"
SOURCES: Final = sorted((ROOT / "twinlock_world").rglob("*"))
WORDS: Final = (
    r"payments",
    r"testers?\b",
    r"releasers?\b",
    r"auditors?\b",
    r"twinlock(?!_world)",
    r"delivery-",
    *(r"branch-ruleset", r"tag-ruleset", r"environment-protection", r"code-owners", r"repository-access"),
    *(r"team-members", r"actions-policy", r"role-trust", r"role-permissions", r"role-inventory"),
)
BLOCKER: Final = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0].startswith("twinlock") and name.partition(".")[0] != "twinlock_world":
            raise ImportError(name)

sys.meta_path.insert(0, Blocker())
import twinlock_world.__main__, twinlock_world.aws.edge, twinlock_world.listener, twinlock_world.world
"""


def test_no_other_package_is_needed() -> None:
    """Every part of the server can be imported where none of our other packages can."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", BLOCKER], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_command_line_is_quick_to_refuse() -> None:
    """What can refuse a start is loaded without moto and uvicorn."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    script = "import sys, twinlock_world.__main__; print([m for m in ('moto', 'uvicorn', 'boto3') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("word", WORDS)
def test_the_source_knows_no_word_of_ours(word: str) -> None:
    """Duties, controls and names of repositories and apps come with the seed, never with the source."""
    texts = {path: path.read_text() for path in SOURCES if path.suffix in {".py", ".md"}}
    assert len(texts) > 20
    assert [str(path.relative_to(ROOT)) for path, text in texts.items() if re.search(word, text, re.IGNORECASE)] == []
