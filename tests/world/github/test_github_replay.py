"""The requests that a real client sends (recorded), answered by the local GitHub."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from nacl.public import PublicKey, SealedBox

from twinlock_world.github import accounts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.world.github.conftest import Hub

WIRE: Final = Path(__file__).parents[2] / "conformance" / "wire" / "tpg_v6.13.0_legacy_token.jsonl"
OTHERWISE: Final = {
    ("DELETE", "/repos/acme/gen/branches/main/protection"): {204, 404},  # GraphQL has deleted it: one for a pattern
    # 200 where there was such a file; 409 once the recorded protection of main stands, which no recorder enforced
    ("PUT", "/repos/acme/gen/contents/.github/CODEOWNERS"): {200, 201, 409},
    ("DELETE", "/repos/acme/gen/contents/.github/CODEOWNERS"): {200, 409},
    ("DELETE", "/organizations/{org}/team/{sec-team}/memberships/bob"): {204, 404},
}
"""Where GitHub's own answer is another than the recorder's, as its notes say."""
VOLATILE: Final = re.compile(r"aaaa[a-f0-9]*|[0-9a-f]{40}")


@dataclass
class Replay:
    """A run of the recording: which of the recorded ids stands for which of the world's."""

    hub: Hub
    ids: dict[int, int] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    blobs: dict[str, str] = field(default_factory=dict)
    nodes: dict[str, str] = field(default_factory=dict)
    plain: int = 0

    def path(self, recorded: str) -> str:
        """Return a recorded path with the world's ids, encoded again."""
        if recorded.endswith("/environments/prod/eu west"):
            return recorded.replace("prod/eu west", "prod%2Feu%20west")
        segments = [str(self.ids.get(int(part), part)) if part.isdigit() else part for part in recorded.split("/")]
        if "commits" in segments:
            segments[-1] = self.tip("gen")
        return "/".join(quote(segment, safe="") for segment in segments)

    def body(self, line: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever was recorded
        """Return a recorded body with what the world would have told the client."""
        body = self.renumbered(line["req"])
        if isinstance(body, dict) and "encrypted_value" in body:
            base = line["p"].removeprefix("/api/v3").rpartition("/")[0]
            key = self.hub.make("GET", f"{self.path(base)}/public-key")
            sealed = SealedBox(PublicKey(base64.b64decode(key["key"]))).encrypt(b"value")
            return {"key_id": key["key_id"], "encrypted_value": base64.b64encode(sealed).decode()}
        if isinstance(body, dict) and "sha" in body:
            known = self.blobs.get(line["p"])
            return {**body, "sha": known if "/contents/" in line["p"] else self.tip("gen")}
        return body

    def renumbered(self, value: Any) -> Any:  # noqa: ANN401 - whatever was recorded
        """Return a document with the world's ids in place of the recorded ones."""
        if isinstance(value, dict):
            return {name: self.renumbered(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.renumbered(item) for item in value]
        if isinstance(value, str):
            return self.nodes.get(value, value)
        return self.ids.get(value, value) if isinstance(value, int) and not isinstance(value, bool) else value

    def tip(self, name: str) -> str:
        """Return the commit that main is at."""
        return str(self.hub.make("GET", f"/repos/acme/{name}/git/ref/heads/main")["object"]["sha"])

    def learn(self, line: Mapping[str, Any], made: Any) -> None:  # noqa: ANN401 - whatever was answered
        """Remember the ids that a creating request was answered with."""
        self.learn_nodes(line, made)
        known = {"app": 1000, "Sec Team": 1001, "tpl": 1002, "dev": 1003, "gen": 1004, "push": 1008, "org": 1010}
        if line["m"] != "POST" or not isinstance(made, dict):
            return
        recorded = known.get(str(made.get("name")))
        if line["p"].endswith("/autolinks"):
            recorded = 1006
        elif line["p"].endswith("/rulesets") and made["name"] == "main":
            recorded = 1011
        elif line["p"].endswith("/deployment-branch-policies"):
            recorded = 1013 if made["name"] == "main" else 1014
        if recorded:
            self.ids[recorded] = made["id"]

    def learn_nodes(self, line: Mapping[str, Any], made: Any) -> None:  # noqa: ANN401 - whatever was answered
        """Remember the global ids that an answer holds."""
        if line["p"] == "/api/graphql" and line["m"] == "POST":
            rule = ((made.get("data") or {}).get("createBranchProtectionRule") or {}).get("branchProtectionRule")
            if rule:
                self.nodes["BPR_1009" if "BPR_1009" not in self.nodes else "BPR_1012"] = rule["id"]
            user = (made.get("data") or {}).get("user")
            if user:
                self.nodes["U_bob"] = user["id"]
        elif isinstance(made, dict) and made.get("name") in {"app", "gen", "Sec Team"} and "node_id" in made:
            self.nodes[{"app": "R_1000", "gen": "R_1004", "Sec Team": "T_1001"}[made["name"]]] = made["node_id"]

    def query_problems(self, line: Mapping[str, Any], made: Any) -> list[str]:  # noqa: ANN401 - as above
        """Return what is wrong with a GraphQL answer: errors where none may be, or none where one must be."""
        if line["p"] != "/api/graphql":
            return []
        messages = [error["message"] for error in made.get("errors", [])]
        named = line["req"]["variables"].get("id") == "gen"
        expected = ["Could not resolve to a node with the global id of 'gen'"] if named else []
        return [] if messages == expected else [f"{line['req']}: {messages}"]


def test_recorded_requests_of_the_provider_get_the_recorded_answers(hub: Hub) -> None:
    """Each request of a whole apply, plan, update and destroy gets the recorded status, or GitHub's own."""
    for login in ("carol", "dave"):
        accounts.ensure_user(hub.store, hub.organization, login, "member")
    hub.make("PUT", "/orgs/acme/memberships/alice", {"role": "admin"})
    replay = Replay(hub, ids={7: hub.organization.id})
    wrong: list[str] = []
    for text in WIRE.read_text().splitlines():
        line = json.loads(text)
        if "m" not in line:
            continue
        name = f"{line['m']} {line['p']}"
        path = replay.path(line["p"])
        headers = {"accept": line["accept"], "x-github-api-version": line["ver"] or "2022-11-28"}
        if line["inm"] and path in replay.etags:
            headers["if-none-match"] = replay.etags[path]
        answer = hub.call(
            line["m"], f"{path}?{line['q']}" if line["q"] else path, replay.body(line), headers=headers, by="alice"
        )
        expected = _expected(line)
        if answer.status not in expected:
            wrong.append(f"{name}: {answer.status} instead of {sorted(expected)}: {answer.content[:200]!r}")
            continue
        if "etag" in answer.headers:
            replay.etags[path] = answer.headers["etag"]
        document: Any = json.loads(answer.content) if answer.content else None
        replay.learn(line, document)
        wrong += replay.query_problems(line, document)
        if answer.status == 201 and re.fullmatch(r"/api/v3/(orgs/acme/repos|repos/acme/tpl/generate)", line["p"]):
            _first_commit(hub, document["name"])
        if "/contents/" in line["p"] and isinstance(document, dict) and document.get("content"):
            content = document["content"]
            replay.blobs[line["p"]] = content["sha"] if isinstance(content, dict) else document["sha"]
    assert wrong == []
    left = hub.make("GET", "/orgs/acme/repos") + hub.make("GET", "/orgs/acme/teams")
    assert left == []


def _expected(line: Mapping[str, Any]) -> set[int]:
    path = line["p"].removeprefix("/api/v3")
    shape = path.replace("/7/", "/{org}/").replace("/1001/", "/{sec-team}/")
    if (line["m"], shape) in OTHERWISE:
        return OTHERWISE[line["m"], shape]
    if line["st"] == 304:
        return {200, 304}
    return {line["st"], 304} if line["inm"] and line["m"] == "GET" else {line["st"]}


def _first_commit(hub: Hub, name: str) -> None:
    if hub.call("GET", f"/repos/acme/{name}/git/ref/heads/main").status != 200:
        document = {"message": "Begin", "content": base64.b64encode(b"x").decode()}
        hub.make("PUT", f"/repos/acme/{name}/contents/README.md", document)
