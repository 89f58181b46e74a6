"""The rendered workflows as the world reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_world.actions.workflow import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.scaffold.tree import Tree


def test_every_rendered_workflow_is_one(trees: Mapping[str, Tree]) -> None:
    """With triggers and jobs; none is refused."""
    found = {
        (name, path): parse(file.content.decode(), path)
        for name, tree in trees.items()
        for path, file in tree.files.items()
        if path.startswith(".github/workflows/")
    }
    assert len(found) >= 12
    assert all(workflow.jobs and workflow.triggers for workflow in found.values())
    called = {path for (name, path), workflow in found.items() if "workflow_call" in workflow.triggers}
    assert called == {path for name, path in found if name == "delivery-pipelines"}
