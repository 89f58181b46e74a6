"""The real templates rendered for real manifests, in memory and on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import twinlock_templates
from twinlock import desired, manifest
from twinlock.manifest import edit, examples
from twinlock.model.account import Purpose
from twinlock.model.organization import Duty
from twinlock.scaffold import rendering
from twinlock.scaffold.writing import write

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from twinlock.model.estate import Estate
    from twinlock.scaffold.tree import Tree

ACCOUNTS = {
    Purpose.BUILD: "444444444444",
    Purpose.INTEGRATION: "111111111111",
    Purpose.PRODUCTION: "222222222222",
    Purpose.EVIDENCE: "333333333333",
}
DUTIES = {
    "authors": ("developers", Duty.AUTHOR),
    "reviewers": ("reviewers", Duty.REVIEWER),
    "testers": ("testers", Duty.TESTER),
    "releasers": ("releasers", Duty.RELEASER),
}
QUIET = "quiet"
"""The service that declares no integration point."""


@pytest.fixture(scope="session")
def estate() -> Estate:
    """Two services: payments with a queue, and one that talks to nothing."""
    commit = rendering.pipelines_commit("acme", "eu-west-1", ACCOUNTS, twinlock_templates.templates)
    platform, people = examples.platform_yaml("acme", commit), list(examples.founders())
    files: dict[str, bytes] = {}
    for service in ("payments", QUIET):
        teams = {role: f"{service}-{suffix}" for role, (suffix, _) in DUTIES.items()}
        platform = edit.add_teams(platform, {teams[role]: duty for role, (_, duty) in DUTIES.items()})
        people += examples.crew(service, teams, [person.name for person in people])
        text = examples.service_yaml(service, teams)
        if service == QUIET:
            text = text.replace("  - {name: orders-queue, kind: aws-sqs, critical: true}\n", "").replace(
                "integration_points:", "integration_points: []"
            )
        files[f"services/{service}.yaml"] = text.encode()
    roster = examples.roster_yaml("acme", people).encode()
    return desired.derive(manifest.parse({"platform.yaml": platform.encode(), "roster.yaml": roster, **files}))


@pytest.fixture(scope="session")
def trees(estate: Estate) -> Mapping[str, Tree]:
    """Every tree by repository, the platform directory's as `platform`."""
    platform = rendering.platform_tree(estate, twinlock_templates.templates)
    return {**rendering.render(estate, twinlock_templates.templates), "platform": platform}


@pytest.fixture(scope="session")
def rendered(trees: Mapping[str, Tree], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with each tree written into a directory of its name."""
    directory = tmp_path_factory.mktemp("rendered")
    for name, tree in trees.items():
        write(tree, directory / name)
    return directory
