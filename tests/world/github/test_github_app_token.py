"""Apps that sign in as themselves: web tokens, installation tokens, and what each opens."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from twinlock_world.github.app_token import make_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.world.github.conftest import Answer, Hub

UNDECODABLE: Final = "A JSON web token could not be decoded"
EXPIRED: Final = (
    "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion "
    "expires"
)
EARLY: Final = "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"


@pytest.fixture(scope="module")
def stranger() -> str:
    """A key that no app has."""
    return RSAKey.generate_key(2048).as_pem(private=True).decode()


def _token(hub: Hub, key: str, **claims: object) -> str:
    now = int(hub.store.clock.now().timestamp())
    app = hub.make("GET", "/apps/writer")
    payload: dict[str, Any] = {"iat": now - 60, "exp": now + 300, "iss": str(app["id"]), **claims}
    payload = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode({"alg": "RS256", "typ": "JWT"}, payload, RSAKey.import_key(key))


def _key(hub: Hub, slug: str = "writer") -> str:
    found = make_key(hub.store, slug)
    assert found is not None
    return found


def _call(hub: Hub, token: str, method: str, path: str, body: object = None) -> Answer:
    return hub.call(method, path, body, token=token)


def test_an_app_asks_about_itself(hub: Hub) -> None:
    """By its number or by its client id; its key is of the kind that GitHub gives."""
    key = _key(hub)
    assert key.startswith("-----BEGIN RSA PRIVATE KEY-----")
    token = _token(hub, key)
    shown = _call(hub, token, "GET", "/app")
    assert (shown.status, shown.json["slug"]) == (200, "writer")
    by_client = _token(hub, key, iss=shown.json["client_id"])
    assert _call(hub, by_client, "GET", "/app").json["id"] == shown.json["id"]
    installation = _call(hub, token, "GET", "/orgs/acme/installation").json
    assert _call(hub, token, "GET", "/app/installations").json == [installation]
    assert installation["permissions"]["contents"] == "write"


def test_an_installation_token_does_what_the_app_may(hub: Hub) -> None:
    """It is made with 201, works at once, and ends after an hour."""
    hub.repository()
    token = _token(hub, _key(hub))
    installation = _call(hub, token, "GET", "/orgs/acme/installation").json["id"]
    made = _call(hub, token, "POST", f"/app/installations/{installation}/access_tokens")
    assert (made.status, made.json["repository_selection"]) == (201, "all")
    mine = made.json["token"]
    assert _call(hub, mine, "GET", "/repos/acme/app").status == 200
    hub.store.clock.advance(timedelta(minutes=61))
    assert _call(hub, mine, "GET", "/repos/acme/app").status == 401


def test_a_token_may_be_narrower_than_its_app(hub: Hub) -> None:
    """In what it may do and where; asking for more than the app has is refused."""
    hub.repository()
    hub.repository("other")
    token = _token(hub, _key(hub))
    path = f"/app/installations/{_call(hub, token, 'GET', '/orgs/acme/installation').json['id']}/access_tokens"
    narrow = _call(hub, token, "POST", path, {"repositories": ["app"], "permissions": {"contents": "read"}}).json
    assert [one["name"] for one in narrow["repositories"]] == ["app"]
    assert _call(hub, narrow["token"], "GET", "/repos/acme/app/contents/README.md").status == 200
    assert _call(hub, narrow["token"], "GET", "/repos/acme/other/contents/README.md").status == 404
    assert _call(hub, narrow["token"], "PATCH", "/repos/acme/app", {}).status == 403
    assert _call(hub, token, "POST", path, {"permissions": {"checks": "write"}}).status == 422
    assert _call(hub, token, "POST", path, {"repositories": ["none"]}).status == 422


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        (
            {"exp": 1},
            EXPIRED,
        ),
        ({"exp": 4_000_000_000}, "'Expiration time' claim ('exp') is too far in the future"),
        (
            {"iat": 4_000_000_000, "exp": 4_000_000_300},
            EARLY,
        ),
        ({"iss": "1"}, UNDECODABLE),
        ({"iss": None}, UNDECODABLE),
        ({"exp": None}, "Missing 'expiration time' claim ('exp') in assertion"),
    ],
    ids=["expired", "far", "early", "nobody", "unsaid", "endless"],
)
def test_a_wrong_claim_is_refused(hub: Hub, claims: dict[str, object], message: str) -> None:
    """In GitHub's words, with 401."""
    answer = _call(hub, _token(hub, _key(hub), **claims), "GET", "/app")
    assert (answer.status, answer.message) == (401, message)


def test_a_forged_token_is_refused(hub: Hub, stranger: str) -> None:
    """Only a key that the world made for this app signs for it."""
    _key(hub)
    other = _key(hub, "reader")
    for key in (stranger, other):
        answer = _call(hub, _token(hub, key), "GET", "/app")
        assert (answer.status, answer.message) == (401, UNDECODABLE)
    for text in ("eyJ.eyJ.x", "eyJhbGciOiJub25lIn0.eyJpc3MiOiIxIn0.", "eyJ\u00e9.a.b"):
        assert _call(hub, text, "GET", "/app").status == 401


def test_a_web_token_opens_nothing_else(hub: Hub) -> None:
    """No repository is read with it, and no installation token asks about the app."""
    hub.repository()
    token = _token(hub, _key(hub))
    assert _call(hub, token, "GET", "/repos/acme/app").status == 404
    assert _call(hub, token, "PATCH", "/repos/acme/app", {}).status in {403, 404}
    assert _call(hub, token, "GET", "/orgs/acme/audit-log").status == 403
    refused = hub.call("GET", "/app", by="writer")
    assert (refused.status, refused.message) == (401, UNDECODABLE)
    assert hub.call("GET", "/app", by="olga").status == 401


def test_an_app_says_where_its_events_go(hub: Hub) -> None:
    """Its own webhook is configured with a web token."""
    token = _token(hub, _key(hub))
    assert _call(hub, token, "GET", "/app/hook/config").json == {}
    asked = {"url": "http://127.0.0.1:9/", "content_type": "json"}
    assert _call(hub, token, "PATCH", "/app/hook/config", asked).json == {**asked, "insecure_ssl": "0"}
    assert _call(hub, token, "PATCH", "/app/hook/config", {"content_type": "form"}).json["url"] == asked["url"]
    assert _call(hub, token, "GET", "/app/hook/deliveries").json == []


def _recorded(name: str) -> Iterator[Any]:
    path = Path(__file__).parents[2] / "conformance" / "wire" / f"tpg_v6.13.0_app_{name}.jsonl"
    lines = (json.loads(line) for line in path.read_text().splitlines())
    return (line for line in lines if "m" in line)


@pytest.mark.parametrize("name", ["true", "false"])
def test_the_providers_sign_in_as_an_app_is_answered_as_recorded(hub: Hub, name: str) -> None:
    """Each recorded request of both its clients: web token, installation token, and what is done with it."""
    key = _key(hub)
    installation = hub.make("GET", "/orgs/acme/installations")["installations"]
    number = next(one["id"] for one in installation if one["app_slug"] == "writer")
    token, wrong = "", []
    for line in _recorded(name):
        path = line["p"].replace("/installations/99/", f"/installations/{number}/")
        web = line["auth"].startswith("Bearer eyJ")
        answer = _call(hub, _token(hub, key) if web else token, line["m"], path, line["req"])
        if answer.status not in ({200, 304} if line["st"] == 304 else {line["st"]}):
            wrong.append((line["m"], path, answer.status, line["st"], answer.content[:120]))
        if path.endswith("/access_tokens"):
            token = answer.json["token"]
    assert wrong == []
