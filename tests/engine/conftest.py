"""Platforms on worlds of their own, provisioned by the engine that is installed on this machine."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from twinlock.engine.installation import place
from twinlock.engine.pulumi.engine import PulumiEngine
from twinlock.engine.pulumi.workspace import Workspace
from twinlock.errors import Incomplete
from twinlock_cli import compose

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Platform

    from twinlock.engine.installation.place import Installation
    from twinlock.engine.port import Stack

SERVERS = {"aws": "twinlock_rehearsal.aws_provider", "twinlock": "twinlock.provider.server"}
REQUIRED = "TWINLOCK_TEST_ENGINE"
"""Set where the engine must be there (`make test-engine`, CI): its absence is then a failure."""


@pytest.fixture(scope="session")
def installed() -> Installation:
    """Return the engine of this machine."""
    try:
        return place.usable(place.cache(os.environ))
    except Incomplete as missing:
        if os.environ.get(REQUIRED):
            pytest.fail(str(missing))
        pytest.skip("no Pulumi engine is installed: `make test-engine` builds it and runs these")


@pytest.fixture(scope="session")
def provisioned(installed: Installation, new_platform: Callable[[], Platform]) -> Platform:
    """Return a platform that Pulumi provisioned from nothing; each test leaves it as declared."""
    del installed
    platform = new_platform()
    done = platform.twinlock("up", "--yes", "--engine", "pulumi")
    assert done.code == 0, done.err
    return platform


@pytest.fixture
def impatient(installed: Installation, provisioned: Platform) -> tuple[PulumiEngine, Callable[[str, str], Stack]]:
    """Return the engine of the provisioned platform that bears a few seconds of silence, and its stacks."""
    platform = compose.load(provisioned.root)
    served = {package: (sys.executable, "-I", "-m", module) for package, module in SERVERS.items()}
    workspace = Workspace(provisioned.root, "file://./state", {"github": installed.executables}, served)
    vouched = compose.custody(platform)
    engine = PulumiEngine(
        workspace, installed.pulumi, installed.record.version, os.environ, custody=vouched, patience=5.0
    )
    return engine, compose.stacks(platform, compose.world(platform))
