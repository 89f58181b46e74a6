"""The whole story on the real engine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from twinlock_cli.app import run

if TYPE_CHECKING:
    import pytest

    from twinlock.engine.installation.place import Installation


def test_the_demo_succeeds_on_the_real_engine(installed: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    """Each weakening is found and then corrected by Pulumi, a ruleset's impostor among them."""
    del installed
    code = run(["demo", "--engine", "pulumi", "--format", "json"])
    document = json.loads(capsys.readouterr().out)
    assert [each["title"] for each in document["weakenings"] if not each["found"]] == []
    assert (code, document["succeeded"]) == (0, True)
