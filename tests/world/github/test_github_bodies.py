"""Bodies that no honest client sends: too large, too deep, half there, of another type, empty."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any, Final

import pytest

from twinlock_world.github.routes import ROUTES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.world.github.conftest import Hub

MEGABYTE: Final = 1_000_000
SETTINGS: Final = "/repos/acme/app"
FILE: Final = "/repos/acme/app/contents/large.bin"
LARGEST: Final = 64 * 1024 * 1024


def _ruleset(**changed: object) -> dict[str, object]:
    return {"name": "r", "target": "branch", "enforcement": "active", **changed}


def test_only_what_carries_files_takes_large_bodies() -> None:
    """Every other route refuses more than a megabyte."""
    files = {f"{route.method} {route.template}" for route in ROUTES if route.largest > 1024 * 1024}
    assert files == {
        f"{method} {place}{path}"
        for place in ("/repos/{owner}/{repo}", "/repositories/{repository_id}")
        for method, path in (("PUT", "/contents/{path...}"), ("POST", "/git/blobs"), ("POST", "/git/trees"))
    }


@pytest.mark.parametrize("path", ["/orgs/acme/repos", "/repos/acme/app/rulesets", "/graphql"])
def test_ten_megabytes_are_no_document(hub: Hub, path: str) -> None:
    """413 in GitHub's shape, before anything of it is read."""
    hub.repository()
    answer = hub.call("POST", path, b"{" + b" " * 10 * MEGABYTE + b"}")
    assert (answer.status, answer.json) == (
        413,
        {
            "message": "Payload Too Large",
            "documentation_url": "https://docs.github.com/rest",
            "status": "413",
        },
    )


def test_ten_megabytes_are_a_file(hub: Hub) -> None:
    """Files are what large bodies are for."""
    hub.repository()
    content = bytes(10 * MEGABYTE)
    asked = {"message": "Add a large file", "content": base64.b64encode(content).decode()}
    assert hub.call("PUT", FILE, asked).status == 201
    assert hub.call("GET", FILE).json["size"] == len(content)


def test_a_file_has_an_end(hub: Hub) -> None:
    """Beyond 64 MiB even a file is too large; no more of it than that is kept in memory."""
    hub.repository()
    chunk = bytes(MEGABYTE)
    status, _ = _send(hub, "PUT", FILE, [chunk] * (LARGEST // MEGABYTE + 40))
    assert status == 413


def test_half_a_request_has_no_effect(hub: Hub) -> None:
    """Who goes before the end is not answered, and what came before is not taken for the whole."""
    hub.repository()
    before = hub.call("GET", SETTINGS).json
    assert _send(hub, "PATCH", SETTINGS, [b'{"description":"half"}'], gone=True) == (None, b"")
    assert hub.call("GET", SETTINGS).json == before


@pytest.mark.parametrize("content", [b"{", b"{}}", b"\xff\xfe", b"nul", b'{"name":NaN}', b"[" * 100_000, b"name=r"])
def test_what_is_no_json_is_a_problem_of_parsing(hub: Hub, content: bytes) -> None:
    """400, in GitHub's words."""
    hub.repository()
    answer = hub.call("POST", "/repos/acme/app/rulesets", content)
    assert (answer.status, answer.message) == (400, "Problems parsing JSON")


@pytest.mark.parametrize("content", [b"[]", b'"text"', b"7", b"null", b"true"])
def test_json_that_is_no_object_is_refused(hub: Hub, content: bytes) -> None:
    """400, in GitHub's words."""
    hub.repository()
    answer = hub.call("POST", "/repos/acme/app/rulesets", content)
    assert (answer.status, answer.message) == (400, "Body should be a JSON object")


@pytest.mark.parametrize(("depth", "status"), [(98, 201), (99, 201), (100, 400), (5_000, 400)])
def test_json_may_be_a_hundred_deep(hub: Hub, depth: int, status: int) -> None:
    """In an unknown field it is ignored up to a hundred, and beyond that it is no JSON."""
    hub.repository()
    deep = "[" * depth + "]" * depth
    asked = f'{{"name":"r","target":"branch","enforcement":"active","more":{deep}}}'.encode()
    assert hub.call("POST", "/repos/acme/app/rulesets", asked).status == status


@pytest.mark.parametrize(
    "type_", ["", "text/plain", "application/x-www-form-urlencoded", "image/png", "application/xml"]
)
def test_the_content_type_does_not_matter(hub: Hub, type_: str) -> None:
    """As with curl's `-d`, which GitHub's documentation uses: JSON is what the content is read as."""
    hub.repository()
    headers = {"content-type": type_} if type_ else {}
    assert hub.call("POST", "/repos/acme/app/rulesets", _ruleset(), headers=headers).status == 201


def test_unknown_fields_are_ignored(hub: Hub) -> None:
    """And are in nothing that is read back."""
    hub.repository()
    made = hub.make("POST", "/repos/acme/app/rulesets", _ruleset(surprise={"a": 1}))
    assert "surprise" not in made


def test_a_refusal_repeats_no_more_than_a_hundred_characters(hub: Hub) -> None:
    """Of what was sent."""
    hub.repository()
    wrong = hub.call("POST", "/repos/acme/app/rulesets", _ruleset(rules="x" * 1000))
    assert (wrong.status, len(wrong.content) < 500) == (422, True)
    other = hub.call("POST", "/repos/acme/app/rulesets", _ruleset(enforcement="x" * 1000))
    assert (other.status, len(other.content) < 500) == (422, True)


def _send(hub: Hub, method: str, path: str, parts: Iterable[bytes], *, gone: bool = False) -> tuple[int | None, bytes]:
    """Send content in parts, and go before the last where that is asked for; return the answer, if one came."""
    scope = {
        "type": "http",
        "method": method,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1:4000"), (b"authorization", f"Bearer {hub.tokens['olga']}".encode())],
    }
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages.append({"type": "http.disconnect"} if gone else {"type": "http.request", "body": b"", "more_body": False})
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: Any) -> None:  # noqa: ANN401 - ASGI's own
        sent.append(message)

    asyncio.run(hub.app(scope, receive, send))
    return (int(sent[0]["status"]), bytes(sent[1]["body"])) if sent else (None, b"")
