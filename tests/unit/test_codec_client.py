"""The client of GitHub: retries, pagination, errors a person can mend, and no token anywhere."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import httpx
import pytest

from twinlock.errors import Incomplete
from twinlock.github.client import Answer, ReadOnlyClient, mend, segment
from twinlock.github.http import PAUSES, HttpGitHub
from twinlock.model.declaration import Where

if TYPE_CHECKING:
    from collections.abc import Callable

URL = "http://127.0.0.1:9999/api/v3"
TOKEN = secrets.token_hex(16)


class Script(httpx.BaseTransport):
    """Answers requests by a function and remembers them."""

    def __init__(self, answer: Callable[[httpx.Request, int], httpx.Response]) -> None:
        self.answer = answer
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.requests.append(request)
        return self.answer(request, len(self.requests))


def _client(
    answer: Callable[[httpx.Request, int], httpx.Response], target: Where = Where.WORLD
) -> tuple[HttpGitHub, Script, list[float]]:
    script, slept = Script(answer), list[float]()
    client = HttpGitHub(URL, TOKEN, holder="auditor", target=target, transport=script, sleep=slept.append)
    return client, script, slept


def test_a_get_returns_status_headers_and_body() -> None:
    """Any status is an answer; the path is sent as it is encoded."""
    client, script, _ = _client(lambda *_: httpx.Response(404, json={"message": "Not\nFound"}, headers={"ETag": '"x"'}))
    answer = client.get(f"/repos/a/b/environments/{segment('prod/eu west')}", {"page": "2"})
    assert (answer.status, answer.ok, answer.message, answer.headers["etag"]) == (404, False, "Not Found", '"x"')
    (request,) = script.requests
    assert request.url.raw_path == b"/api/v3/repos/a/b/environments/prod%2Feu%20west?page=2"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["x-github-api-version"] == "2022-11-28"


def test_a_get_is_tried_again_a_bounded_number_of_times() -> None:
    """Server errors and lost connections are tried again after a pause; what then stands is the answer."""
    client, script, slept = _client(lambda _, n: httpx.Response(502 if n < 3 else 200, json=[]))
    assert client.get("/x").status == 200
    assert (len(script.requests), slept) == (3, list(PAUSES))
    client, script, slept = _client(lambda *_: httpx.Response(503, text="<html>"))
    assert client.get("/x") == Answer(503, client.get("/x").headers, None)

    def lost_once(request: httpx.Request, n: int) -> httpx.Response:
        if n == 1:
            raise httpx.ReadError("lost", request=request)
        return httpx.Response(200, json={})

    client, script, slept = _client(lost_once)
    assert client.get("/x").status == 200


@pytest.mark.parametrize("verb", ["post", "put", "patch", "delete"])
def test_a_write_that_a_limit_refused_is_sent_again(verb: str) -> None:
    """It was not carried out; a server error or a lost answer may have been, and is not repeated."""
    limited = httpx.Response(403, headers={"Retry-After": "7"}, json={"message": "secondary rate limit"})
    client, script, slept = _client(lambda _, n: limited if n == 1 else httpx.Response(200, json={}))
    assert (getattr(client, verb)("/x", {"a": 1}).status, slept) == (200, [7.0])
    assert [request.content for request in script.requests] == [b'{"a": 1}'] * 2
    client, script, slept = _client(lambda *_: limited)
    assert (getattr(client, verb)("/x", {}).status, slept, len(script.requests)) == (403, [7.0, 7.0], 3)
    client, script, slept = _client(lambda *_: httpx.Response(502, headers={"Retry-After": "7"}))
    assert (getattr(client, verb)("/x", {}).status, slept, len(script.requests)) == (502, [], 1)


def test_who_waits_is_told_for_what() -> None:
    """One line for each wait that GitHub asks for; the client's own pauses are too short to mention."""
    answers = [httpx.Response(429, headers={"Retry-After": "9"}), httpx.Response(502), httpx.Response(200, json={})]
    script, heard = Script(lambda _, n: answers[n - 1]), list[str]()
    client = HttpGitHub(
        URL,
        TOKEN,
        holder="auditor",
        target=Where.WORLD,
        transport=script,
        sleep=lambda _: None,
        notice=heard.append,
    )
    assert client.get("/x").status == 200
    assert heard == ["GitHub allows auditor no more requests for now: waiting 9 s."]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(502), "GitHub failed. Run the same command again; it goes on where this run stopped."),
        (
            Answer(403, {}, {"message": "API rate limit exceeded for installation ID 1."}),
            "Wait until GitHub allows more, then run the same command again; it goes on where this run stopped.",
        ),
        (
            Answer(429, {"retry-after": "3600"}),
            "Wait until GitHub allows more, then run the same command again; it goes on where this run stopped.",
        ),
        (
            Answer(403, {}, {"message": "Resource not accessible by integration"}),
            "See what the controller may do there, then run the same command again.",
        ),
    ],
)
def test_a_refusal_is_mended_by_its_kind(answer: Answer, told: str) -> None:
    """GitHub failed, its limit is used up, or it means what was asked."""
    assert mend(answer) == told


@pytest.mark.parametrize("status", [403, 429])
def test_a_get_waits_as_long_as_it_is_asked_to(status: int) -> None:
    """A limit that lasts some seconds is waited for; how often is bounded, and then the refusal is the answer."""
    client, script, slept = _client(
        lambda _, n: httpx.Response(status, headers={"Retry-After": "7"}) if n == 1 else httpx.Response(200, json=[])
    )
    assert (client.get("/x").status, slept) == (200, [7.0])
    client, script, slept = _client(lambda *_: httpx.Response(status, headers={"Retry-After": "60"}))
    assert (client.get("/x").status, slept, len(script.requests)) == (status, [60.0, 60.0], 3)


@pytest.mark.parametrize("wait", ["61", "99999999", "Wed, 21 Oct 2026 07:28:00 GMT", "-1", "\u00b2", ""])
def test_a_limit_that_lasts_longer_is_the_answer(wait: str) -> None:
    """Nobody waits an hour for a report, nor for what is no number."""
    client, script, slept = _client(lambda *_: httpx.Response(429, headers={b"Retry-After": wait.encode()}))
    assert (client.get("/x").status, slept, len(script.requests)) == (429, [], 1)


def test_only_a_limit_makes_a_get_wait() -> None:
    """The header of any other answer asks nothing of a reader."""
    client, _, slept = _client(lambda *_: httpx.Response(200, json=[], headers={"Retry-After": "7"}))
    assert (client.get("/x").status, slept) == (200, [])


def _refused(request: httpx.Request, _: int) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


@pytest.mark.parametrize(
    ("target", "mend"),
    [
        (Where.WORLD, "Start the world: `twinlock world up --detach`."),
        (Where.CLOUD, "Check the network and https://www.githubstatus.com, then run the same command again."),
    ],
)
def test_an_unreachable_github_is_incomplete(target: Where, mend: str) -> None:
    """The error says who cannot be reached and how to mend it, and holds no request with the token."""
    client, script, _ = _client(_refused, target)
    with pytest.raises(Incomplete) as refused:
        client.get("/orgs/acme")
    assert str(refused.value) == (
        f"GET /orgs/acme had no answer.\nGitHub at {URL} cannot be reached: ConnectError.\n{mend}"
    )
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__
    assert len(script.requests) == 3


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_write_is_never_tried_twice(method: str) -> None:
    """A write that may have happened is not repeated, whether its answer was an error or lost."""
    client, script, _ = _client(lambda *_: httpx.Response(502))
    assert getattr(client, method)("/x", {"a": 1}).status == 502
    client, script, _ = _client(_refused)
    with pytest.raises(Incomplete):
        getattr(client, method)("/x", {"a": 1})
    (request,) = script.requests
    assert (request.method, request.read()) == (method.upper(), b'{"a": 1}')


@pytest.mark.parametrize(
    ("target", "mend"),
    [
        (Where.WORLD, "Make fresh tokens: `twinlock world up --detach`."),
        (Where.CLOUD, "Check the app's installation: `twinlock bootstrap`."),
    ],
)
def test_a_refused_token_is_incomplete(target: Where, mend: str) -> None:
    """401 says whose token it was, never the token."""
    client, _, _ = _client(lambda *_: httpx.Response(401, json={"message": "Bad credentials"}), target)
    with pytest.raises(Incomplete) as refused:
        client.get("/x?y=z")
    assert str(refused.value) == (
        f"GET /x was refused.\nGitHub does not accept the token of auditor: it has expired or was revoked.\n{mend}"
    )


def test_the_token_is_in_no_text() -> None:
    """Neither the client's text nor an error's shows the token."""
    client, _, _ = _client(_refused)
    with pytest.raises(Incomplete) as refused:
        client.get("/x")
    assert TOKEN not in repr(client) + str(refused.value) + repr(refused.value)


def test_calls_are_counted_but_for_what_did_not_change() -> None:
    """A 304 costs nothing of the rate limit; every other answer does."""
    client, _, _ = _client(lambda _, n: httpx.Response(304 if n == 1 else 200))
    client.get("/x")
    client.get("/x")
    assert client.calls == 1


def _pages(request: httpx.Request, _: int) -> httpx.Response:
    page = int(request.url.params.get("page", "1"))
    links = f'<{URL}/list?per_page=100&page={page + 1}>; rel="next", <{URL}/list?page=3>; rel="last"'
    return httpx.Response(200, json={"total_count": 3, "items": [page]}, headers={"Link": links} if page < 3 else {})


def test_a_list_is_read_through_all_its_pages() -> None:
    """Pages are followed by their links and joined; a list wrapped in an object is named by its key."""
    client, script, _ = _client(_pages)
    assert client.get_all("/list", {"affiliation": "direct"}, key="items").body == [1, 2, 3]
    assert script.requests[0].url.query == b"per_page=100&affiliation=direct"
    assert len(script.requests) == 3


def test_a_page_that_fails_fails_the_list() -> None:
    """Half a list is no list; something that is no list has no body."""
    client, _, _ = _client(lambda request, n: _pages(request, n) if n < 2 else httpx.Response(403, json={}))
    assert client.get_all("/list", key="items").status == 403
    client, _, _ = _client(lambda *_: httpx.Response(200, json={"x": 1}))
    assert client.get_all("/list").body is None


def test_a_next_page_elsewhere_is_not_followed() -> None:
    """Another host would be sent the token."""
    links = {"Link": '<https://evil.example/api/v3/list>; rel="next"'}
    client, script, _ = _client(lambda *_: httpx.Response(200, json=[], headers=links))
    with pytest.raises(Incomplete) as refused:
        client.get_all("/list")
    assert refused.value.why == "GitHub named a next page at another address."
    assert len(script.requests) == 1


def test_a_list_without_end_is_incomplete(monkeypatch: pytest.MonkeyPatch) -> None:
    """A next page that leads to itself does not keep the audit for ever."""
    monkeypatch.setattr("twinlock.github.http.MOST_PAGES", 5)
    client, script, _ = _client(
        lambda *_: httpx.Response(200, json=[], headers={"Link": f'<{URL}/list?page=2>; rel="next"'})
    )
    with pytest.raises(Incomplete):
        client.get_all("/list")
    assert len(script.requests) == 5


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_the_auditors_client_only_reads(method: str) -> None:
    """Any method but GET is refused before anything is sent."""
    client, script, _ = _client(lambda *_: httpx.Response(200, json=[1]))
    reader = ReadOnlyClient(client)
    with pytest.raises(Incomplete) as refused:
        getattr(reader, method)("/repos/acme/payments", {})
    assert str(refused.value) == (
        f"{method.upper()} /repos/acme/payments was not sent.\n"
        "The auditor only reads, whatever its token would allow.\n"
        "Report this as a defect of twinlock."
    )
    assert script.requests == []
    assert (reader.get("/x").status, reader.get_all("/x").body, reader.calls) == (200, [1], 2)
