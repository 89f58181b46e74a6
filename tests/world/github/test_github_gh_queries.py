"""The queries that `gh` sends (recorded), each answered without a field that this world does not know."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tests.world.github.conftest import Hub

WIRE: Final = Path(__file__).parents[2] / "conformance" / "wire" / "gh_queries.jsonl"
LOOKED_UP: Final = ("R_1", "PR_1")


def _queries() -> list[dict[str, Any]]:
    lines = (json.loads(line) for line in WIRE.read_text().splitlines())
    return [line["body"] for line in lines if isinstance(line.get("body"), dict) and "query" in line["body"]]


def test_each_recorded_query_is_answered(hub: Hub) -> None:
    """On a repository with a pull request, none of them meets an unmodelled field or breaks the schema's rules."""
    repository = hub.repository()
    hub.make("PUT", "/repos/acme/app/collaborators/alice", {"permission": "push"})
    tip = hub.make("GET", "/repos/acme/app/git/ref/heads/main")["object"]["sha"]
    for branch in ("topic", "f"):
        hub.make("POST", "/repos/acme/app/git/refs", {"ref": f"refs/heads/{branch}", "sha": tip})
        content = base64.b64encode(branch.encode()).decode()
        change = {"message": "Add", "content": content, "branch": branch}
        hub.make("PUT", f"/repos/acme/app/contents/{branch}.txt", change)
    pull = hub.make("POST", "/repos/acme/app/pulls", {"title": "T", "head": "topic", "base": "main"}, by="alice")
    nodes = dict(zip(LOOKED_UP, (repository["node_id"], pull["node_id"]), strict=True))
    queries = _queries()
    assert len(queries) >= 15
    for query in queries:
        text = json.dumps(query)
        for recorded, ours in nodes.items():
            text = text.replace(f'"{recorded}"', f'"{ours}"')
        answer = hub.call("POST", "/graphql", json.loads(text)).json
        assert "errors" not in answer, (query["query"], answer["errors"])
