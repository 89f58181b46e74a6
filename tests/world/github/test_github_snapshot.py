"""One document of all state: the same for the same deeds, without secrets."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

from nacl.public import PublicKey, SealedBox

from twinlock_world.github.accounts import ensure_app
from twinlock_world.github.snapshot import snapshot

if TYPE_CHECKING:
    from tests.world.github.conftest import Hub


def _fill(hub: Hub) -> str:
    hub.repository()
    team = hub.team("team", "alice")
    writer = hub.make("GET", "/apps/writer")["id"]
    hub.make("PUT", "/orgs/acme/teams/team/repos/acme/app", {"permission": "push"})
    hub.make("PUT", "/repos/acme/app/collaborators/mallory", {"permission": "admin"})
    hub.make("PUT", "/repos/acme/app/environments/e", {"reviewers": [{"type": "Team", "id": team["id"]}]})
    actors = [{"actor_id": writer, "actor_type": "Integration"}, {"actor_id": 5, "actor_type": "RepositoryRole"}]
    hub.make("POST", "/repos/acme/app/rulesets", {"name": "r", "enforcement": "active", "bypass_actors": actors})
    key = hub.make("GET", "/repos/acme/app/actions/secrets/public-key")
    sealed = base64.b64encode(SealedBox(PublicKey(base64.b64decode(key["key"]))).encrypt(b"v")).decode()
    hub.make("PUT", "/repos/acme/app/actions/secrets/S", {"key_id": key["key_id"], "encrypted_value": sealed})
    return sealed


def _propose(hub: Hub) -> None:
    """Open a pull request that has one of everything."""
    sha = hub.make("GET", "/repos/acme/app/git/ref/heads/main")["object"]["sha"]
    hub.make("POST", "/repos/acme/app/git/refs", {"ref": "refs/heads/topic", "sha": sha})
    file = {"message": "m", "branch": "topic", "content": base64.b64encode(b"1\n").decode()}
    head = hub.make("PUT", "/repos/acme/app/contents/a", file)["commit"]["sha"]
    hub.make("POST", "/repos/acme/app/pulls", {"title": "T", "head": "topic", "base": "main"})
    review = {"event": "COMMENT", "body": "r", "comments": [{"path": "a", "line": 1, "body": "c"}]}
    hub.make("POST", "/repos/acme/app/pulls/1/reviews", review, by="alice")
    hub.make("POST", "/repos/acme/app/issues/1/comments", {"body": "c"})
    hub.make("POST", "/repos/acme/app/issues/1/labels", {"labels": ["l"]})
    hub.make("POST", f"/repos/acme/app/statuses/{head}", {"state": "success"})
    _, hub.tokens["checker"] = ensure_app(hub.store, hub.organization, "checker", {"checks": "write"})
    hub.make("POST", "/repos/acme/app/check-runs", {"name": "n", "head_sha": head}, by="checker")


def test_a_pull_request_shows_people_and_apps_by_name(hub: Hub) -> None:
    """Who opened, reviewed, commented, checked; and what was found of the commit."""
    _fill(hub)
    _propose(hub)
    app = json.loads(json.dumps(snapshot(hub.store, hub.directory / "git")))["organizations"]["acme"]["repositories"]
    pull = app["app"]["pulls"]["1"]
    assert (pull["author"], pull["labels"], pull["reviews"]["1"]["author"]) == ("olga", ["l"], "alice")
    assert (pull["review_comments"]["1"]["author"], pull["issue_comments"]["1"]["author"]) == ("alice", "olga")
    commit = app["app"]["commits"][pull["head_sha"]]
    assert commit["statuses"]["1"]["creator"] == "olga"
    assert commit["check_suites"]["checker/"]["check_runs"]["1"]["app_id"] == "checker"


def test_references_are_names_and_secrets_are_left_out(hub: Hub) -> None:
    """Actors, reviewers, teams and people stand there by name; no token, key or sealed value does."""
    sealed = _fill(hub)
    shown: Any = snapshot(hub.store, hub.directory / "git")
    app = shown["organizations"]["acme"]["repositories"]["app"]
    actors = app["rulesets"]["r"]["bypass_actors"]
    assert [actor["actor_id"] for actor in actors] == ["writer", "5"]
    assert app["environments"]["e"]["reviewers"] == ["Team team"]
    assert app["team_repositories"]["team"]["permission"] == "push"
    assert app["repository_invitations"]["mallory"]["inviter"] == "olga"
    assert shown["organizations"]["acme"]["teams"]["team"]["team_members"]["alice"]["role"] == "member"
    assert re.fullmatch("[0-9a-f]{40}", app["git"]["refs/heads/main"]["tree"])
    text = json.dumps(shown)
    assert [secret for secret in (sealed, *hub.tokens.values()) if secret in text] == []
    assert "private_key" not in text


def test_every_record_but_tokens_and_keys_is_in_the_snapshot(hub: Hub) -> None:
    """A kind of record that nobody shows would hide a difference; the audit log tells how the state came to be."""
    _fill(hub)
    _propose(hub)
    text = json.dumps(snapshot(hub.store, hub.directory / "git"))
    for kind in hub.store.counts().keys() - {"token", "key_pair", "audit_entry"}:
        for record in hub.store.all(kind):
            assert f'"id": {record.id},' in text, kind
