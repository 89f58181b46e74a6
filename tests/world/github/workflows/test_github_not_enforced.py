"""What the local GitHub says that it only keeps is what it only keeps, no more and no less."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

import twinlock_world
from twinlock_world import world
from twinlock_world.github.not_enforced import KEPT_ONLY, NOT_ENFORCED
from twinlock_world.github.organization_settings import NEW_ORGANIZATION
from twinlock_world.github.repository_settings import FLAGS

if TYPE_CHECKING:
    from tests.world.github.conftest import Hub
    from tests.world.github.workflows.conftest import Works

KEEPING = ("github/organization_settings.py", "github/repository_settings.py", "github/not_enforced.py")
SHOWING = ("github/api_version.py", "github/bodies/", "github/changes/", "github/routes/organizations.py", "graphql/")


def test_each_setting_decides_something_or_is_named(hub: Hub) -> None:
    """A setting that no module but those that keep and show it ever reads binds nobody."""
    root = Path(str(twinlock_world.__file__)).parent
    places = {path.relative_to(root).as_posix(): path for path in root.rglob("*.py")}
    deciding = [path.read_text() for name, path in places.items() if not name.startswith((*KEEPING, *SHOWING))]
    security = hub.repository()["security_and_analysis"]
    settings = {*NEW_ORGANIZATION, *FLAGS, *security}
    idle = {name for name in settings if not any(f'"{name}"' in text for text in deciding)}
    named = [name for names in KEPT_ONLY.values() for name in names]
    assert sorted(named) == sorted(idle)
    assert set(NOT_ENFORCED) < set(world.NOT_ENFORCED)


def test_a_secret_in_a_push_is_not_found(hub: Hub) -> None:
    """Push protection is kept and shown, and refuses nothing."""
    hub.repository()
    asked = {"secret_scanning": {"status": "enabled"}, "secret_scanning_push_protection": {"status": "enabled"}}
    shown = hub.make("PATCH", "/repos/acme/app", {"security_and_analysis": asked})["security_and_analysis"]
    assert shown["secret_scanning_push_protection"] == {"status": "enabled"}
    looks_like_a_token = f"ghp_{'a' * 36}"
    content = base64.b64encode(looks_like_a_token.encode()).decode()
    assert hub.call("PUT", "/repos/acme/app/contents/x", {"message": "m", "content": content}).status == 201


def test_a_required_workflow_counts_by_its_path(works: Works) -> None:
    """Its commit and branch are kept, and whatever ran under its name on the head lets a merge through."""
    hub = works.hub
    number = hub.repository()["id"]
    required = {
        "repository_id": number,
        "path": ".github/workflows/gate.yml",
        "ref": "refs/heads/main",
        "sha": "1" * 40,
    }
    document = {
        "name": "held",
        "target": "branch",
        "enforcement": "active",
        "conditions": {
            "ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []},
            "repository_name": {"include": ["app"], "exclude": []},
        },
        "rules": [{"type": "workflows", "parameters": {"workflows": [required]}}],
    }
    hub.make("POST", "/orgs/acme/rulesets", document)
    works.write("app", "x", "1", ref="refs/heads/topic")
    hub.make("POST", "/repos/acme/app/pulls", {"title": "T", "head": "topic", "base": "main"})
    assert hub.call("PUT", "/repos/acme/app/pulls/1/merge", {}).status == 405
    works.workflow("on: push\njobs: {a: {runs-on: u, steps: [{run: x}]}}\n", "gate", ref="refs/heads/topic")
    assert hub.call("PUT", "/repos/acme/app/pulls/1/merge", {}).status == 200
