"""An author edits a workflow: not directly, and through a pull request only with those who own the file."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.world.github.pulls.conftest import Workshop

VIOLATIONS: Final = "Repository rule violations found\n\n"
WORKFLOW: Final = ".github/workflows/build.yml"


def test_a_workflow_is_changed_only_with_its_owners(workshop: Workshop) -> None:
    """A colleague's approval is enough for the application's own files, not for what runs them."""
    workshop.hub.team("platform", "carol")
    workshop.hub.make("PUT", "/orgs/acme/teams/platform/repos/acme/app", {"permission": "push"})
    workshop.commit("main", ".github/CODEOWNERS", "/.github/ @acme/platform\n")
    workshop.protect(workshop.review_rule(require_code_owner_review=True))
    content = base64.b64encode(b"on: push\n").decode()
    direct = workshop.call("PUT", f"/contents/{WORKFLOW}", {"message": "Edit", "content": content})
    assert (direct.status, direct.message) == (
        409,
        f"{VIOLATIONS}Changes must be made through a pull request.\n\n",
    )
    workshop.propose("own")
    workshop.branch("edit")
    workshop.commit("edit", WORKFLOW, "on: push\n")
    workshop.make("POST", "/pulls", {"title": "Edit", "head": "edit", "base": "main"})
    for number in (1, 2):
        workshop.make("POST", f"/pulls/{number}/reviews", {"event": "APPROVE"}, "bob")
    assert workshop.call("PUT", "/pulls/1/merge", {}).status == 200
    refused = workshop.call("PUT", "/pulls/2/merge", {})
    assert (refused.status, refused.message) == (
        405,
        f"{VIOLATIONS}Waiting on code owner review from acme/platform.\n\n",
    )
    workshop.make("POST", "/pulls/2/reviews", {"event": "APPROVE"}, "carol")
    assert workshop.call("PUT", "/pulls/2/merge", {}).status == 200
