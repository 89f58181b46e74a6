"""Finding a route by a path that is still percent-encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock_world.github.call import Reply
from twinlock_world.github.routes import ROUTES
from twinlock_world.github.routing import Route, Router

if TYPE_CHECKING:
    from tests.world.github.conftest import Hub

    from twinlock_world.github.call import Call


def _answer(_call: Call) -> Reply:
    return Reply()


def _router(*templates: str) -> Router:
    return Router(Route("GET", template, _answer) for template in templates)


def _found(router: Router, path: str) -> tuple[str, dict[str, str]] | None:
    found = router.find("GET", path)
    return None if found is None else (found[0].template, dict(found[1]))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/a/x/b", ("/a/{n}/b", {"n": "x"})),
        ("/a/x%2Fy%20z/b", ("/a/{n}/b", {"n": "x/y z"})),
        ("/a/fixed/b", ("/a/fixed/b", {})),
        ("/a/fixed/c", ("/a/{n}/c", {"n": "fixed"})),
        ("/r/one/two", ("/r/{p...}", {"p": "one/two"})),
        ("/r/one/two/tail", ("/r/{p...}/tail", {"p": "one/two"})),
        ("/r/tail", ("/r/{p...}", {"p": "tail"})),
        ("/a//b", None),
        ("/a", None),
        ("/r", None),
        ("/", None),
    ],
)
def test_a_path_finds_its_route_and_parameters(path: str, expected: tuple[str, dict[str, str]] | None) -> None:
    """Fixed segments come before parameters, tails before names that could hold them; slashes stay encoded."""
    router = _router("/a/{n}/b", "/a/fixed/b", "/a/{n}/c", "/r/{p...}", "/r/{p...}/tail")
    assert _found(router, path) == expected


@given(st.text(min_size=1, max_size=20))
def test_any_name_is_one_segment_when_encoded(name: str) -> None:
    """What a client encodes arrives as it was, whatever characters it holds."""
    encodable = name.encode("utf-8", "replace").decode()
    path = f"/a/{quote(encodable, safe='')}/b"
    assert _found(_router("/a/{n}/b"), path) == ("/a/{n}/b", {"n": encodable})


def test_two_routes_for_one_path_are_refused() -> None:
    """A route that would hide another is a mistake of ours, seen at start."""
    with pytest.raises(ValueError, match=r"two routes for GET /a/\{m\}"):
        _router("/a/{n}", "/a/{m}")


def test_every_route_stands_at_its_name_and_at_its_number() -> None:
    """What hangs on a repository or organization answers by id, too."""
    shapes = {(route.method, route.template) for route in ROUTES}
    for method, template in shapes:
        if template.startswith("/repos/{owner}/{repo}"):
            assert (method, template.replace("/repos/{owner}/{repo}", "/repositories/{repository_id}", 1)) in shapes


def test_an_unknown_route_says_so_and_is_counted(hub: Hub) -> None:
    """Never a false success: 501 with the method and the shape of the path."""
    for path in ("/repos/acme/app/pages", "/repos/acme/other/pages", "/api/v3/repos/a/b/milestones/12"):
        answer = hub.call("GET", path)
        assert answer.status == 501
    assert answer.json == {
        "message": "This world has no route GET /repos/{owner}/{repo}/milestones/{id}",
        "documentation_url": "https://docs.github.com/rest",
        "status": "501",
    }
    assert dict(hub.app.statistics.unknown_routes) == {
        "GET /repos/{owner}/{repo}/pages": 2,
        "GET /repos/{owner}/{repo}/milestones/{id}": 1,
    }


def test_the_api_answers_at_both_mounts_with_addresses_of_its_own(hub: Hub) -> None:
    """A client that found the API below /api/v3 is sent nowhere else."""
    hub.repository()
    assert hub.make("GET", "/repos/acme/app")["url"] == "http://127.0.0.1:4000/repos/acme/app"
    assert hub.make("GET", "/api/v3/repos/acme/app")["url"] == "http://127.0.0.1:4000/api/v3/repos/acme/app"
