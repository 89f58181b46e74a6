"""Remembered answers: asked for changes alone, taken from nobody else, and never in the way of a change."""

from __future__ import annotations

import secrets
import stat
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from twinlock.github.http import HttpGitHub
from twinlock.github.remembered import PAGE, Remembered
from twinlock.model.declaration import Where

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

URL = "http://127.0.0.1:9999"
TOKEN = secrets.token_hex(16)


class Tagging(httpx.BaseTransport):
    """A GitHub that holds documents, tags them by their content and answers 304 to whoever knows the tag.

    Attributes:
        held: Path with its query to the document and the address of the next page.
        full: How many answers were sent in full.
    """

    def __init__(self, held: dict[str, tuple[object, str | None]]) -> None:
        self.held = held
        self.full = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        found = self.held.get(request.url.raw_path.decode())
        if found is None:
            return httpx.Response(404, json={"message": "Not Found"})
        body, following = found
        headers = {"ETag": f'"{hash(repr(body))}"'}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return httpx.Response(304, headers=headers)
        self.full += 1
        if following is not None:
            headers["Link"] = f'<{URL}{following}>; rel="next"'
        return httpx.Response(200, json=body, headers=headers)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where answers are remembered."""
    return tmp_path / ".twinlock" / "answers.json"


def _sweep(
    file: Path, github: Tagging, read: Callable[[HttpGitHub], Any], *, token: str = TOKEN, url: str = URL
) -> tuple[Any, int]:
    """Read as one run of a program does; return what was read, and how many calls that counted."""
    remembered = Remembered(file, root=url, token=token)
    client = HttpGitHub(url, token, holder="auditor", target=Where.WORLD, remembered=remembered, transport=github)
    found = read(client)
    remembered.save(whole=True)
    return found, client.calls


def _one(client: HttpGitHub) -> object:
    return client.get("/x").body


def _list(client: HttpGitHub) -> object:
    return client.get_all("/list").body


def test_what_did_not_change_is_not_sent_again_nor_counted(file: Path) -> None:
    """The second sweep gives the same and counts nothing; the file is its owner's alone and holds no token."""
    github = Tagging({"/x": ({"a": 1}, None)})
    assert _sweep(file, github, _one) == ({"a": 1}, 1)
    assert _sweep(file, github, _one) == ({"a": 1}, 0)
    assert github.full == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert TOKEN not in file.read_text()


def test_a_change_is_seen_at_once(file: Path) -> None:
    """Another content is another tag: it is sent in full, and remembered in the old one's place."""
    github = Tagging({"/x": ({"a": 1}, None)})
    _sweep(file, github, _one)
    github.held["/x"] = ({"a": 2}, None)
    assert [_sweep(file, github, _one) for _ in range(2)] == [({"a": 2}, 1), ({"a": 2}, 0)]


def test_what_is_gone_is_asked_again_each_time(file: Path) -> None:
    """An answer without a tag, such as 404, is neither remembered nor hidden by what was there before."""
    github = Tagging({"/x": ({"a": 1}, None)})
    _sweep(file, github, _one)
    del github.held["/x"]
    assert [_sweep(file, github, _one) for _ in range(2)] == [({"message": "Not Found"}, 1)] * 2


def test_a_list_that_grows_by_a_page_is_read_to_its_new_end(file: Path) -> None:
    """A full page may be followed by another from one day to the next without a change of its own content."""
    first, second = f"/list?per_page={PAGE}", f"/list?per_page={PAGE}&page=2"
    hundred = list(range(PAGE))
    github = Tagging({first: (hundred, None)})
    assert _sweep(file, github, _list) == (hundred, 1)
    github.held |= {first: (hundred, second), second: ([PAGE], None)}
    assert _sweep(file, github, _list) == ([*hundred, PAGE], 2)
    assert _sweep(file, github, _list) == ([*hundred, PAGE], 0)
    github.held[second] = ([PAGE, PAGE + 1], None)
    assert _sweep(file, github, _list) == ([*hundred, PAGE, PAGE + 1], 1)


@pytest.mark.parametrize(
    ("token", "url"), [(secrets.token_hex(16), URL), (TOKEN, "http://127.0.0.1:8888")], ids=["identity", "address"]
)
def test_another_identity_or_address_begins_anew(file: Path, token: str, url: str) -> None:
    """What one identity was answered is nothing that another, or another world, is taken to have said."""
    github = Tagging({"/x": ({"a": 1}, None)})
    _sweep(file, github, _one)
    assert _sweep(file, github, _one, token=token, url=url) == ({"a": 1}, 1)


@pytest.mark.parametrize("damage", [b"", b"{}", b"\n{}", b"\xff\n\xff", b"0" * 64 + b"\n{}"], ids=repr)
def test_a_file_that_nobody_sealed_is_not_read(file: Path, damage: bytes) -> None:
    """Whatever stands there instead costs the requests of a first sweep, and is replaced."""
    github = Tagging({"/x": ({"a": 1}, None)})
    file.parent.mkdir()
    file.write_bytes(damage)
    assert [_sweep(file, github, _one) for _ in range(2)] == [({"a": 1}, 1), ({"a": 1}, 0)]


def test_an_answer_that_somebody_wrote_in_is_not_taken(file: Path) -> None:
    """Whoever can write the file, and has no token, cannot make an audit see what GitHub did not say."""
    github = Tagging({"/x": ({"a": 1}, None)})
    _sweep(file, github, _one)
    file.write_bytes(file.read_bytes().replace(b'{"a":1}', b'{"a":7}'))
    assert _sweep(file, github, _one) == ({"a": 1}, 1)


def test_a_whole_sweep_forgets_what_it_did_not_ask_and_an_interrupted_one_does_not(file: Path) -> None:
    """Answers of what is gone do not pile up; those of a sweep that ended early serve the next."""
    github = Tagging({"/x": (1, None), "/y": (2, None)})
    _sweep(file, github, lambda client: (client.get("/x"), client.get("/y")))
    interrupted = Remembered(file, root=URL, token=TOKEN)
    client = HttpGitHub(URL, TOKEN, holder="auditor", target=Where.WORLD, remembered=interrupted, transport=github)
    client.get("/x")
    interrupted.save(whole=False)
    assert [Remembered(file, root=URL, token=TOKEN).tag(path) is None for path in ("/x", "/y")] == [False, False]
    _sweep(file, github, _one)
    assert [Remembered(file, root=URL, token=TOKEN).tag(path) is None for path in ("/x", "/y")] == [False, True]


def test_a_place_that_cannot_be_written_costs_no_more_than_requests(tmp_path: Path) -> None:
    """Where a file stands in the directory's place nothing is remembered, and the answers are there all the same."""
    (tmp_path / "taken").write_text("")
    github = Tagging({"/x": (1, None)})
    assert [_sweep(tmp_path / "taken" / "answers.json", github, _one) for _ in range(2)] == [(1, 1), (1, 1)]
    assert repr(Remembered(tmp_path / "a", root=URL, token=TOKEN)) == f"Remembered({str(tmp_path / 'a')!r})"
