"""What every answer has in common: entity tags, pages, refusals of malformed requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.world.github.conftest import Hub


def test_an_unchanged_document_need_not_be_sent_again(hub: Hub) -> None:
    """The tag of an answer, sent back, brings 304 without a body until the document changes."""
    hub.repository()
    first = hub.call("GET", "/repos/acme/app")
    tag = {"if-none-match": first.headers["etag"]}
    again = hub.call("GET", "/repos/acme/app", headers=tag)
    assert (again.status, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    hub.make("PATCH", "/repos/acme/app", {"description": "other"})
    assert hub.call("GET", "/repos/acme/app", headers=tag).status == 200
    assert hub.call("GET", "/repos/acme/app", headers={"if-none-match": 'W/"x", "y"'}).status == 200


def test_the_tag_of_a_creation_serves_the_next_read(hub: Hub) -> None:
    """Clients keep the tag of a POST and ask with it; it must be the tag of the same document."""
    made = hub.call("POST", "/orgs/acme/teams", {"name": "one"})
    number = made.json["id"]
    path = f"/organizations/{hub.organization.id}/team/{number}"
    assert hub.call("GET", path, headers={"if-none-match": made.headers["etag"]}).status == 304


def test_a_write_is_never_answered_with_304(hub: Hub) -> None:
    """A condition on a write is none that this API knows."""
    hub.repository()
    tag = hub.call("PATCH", "/repos/acme/app", {}).headers["etag"]
    assert hub.call("PATCH", "/repos/acme/app", {}, headers={"if-none-match": tag}).status == 200


def test_lists_come_in_pages_that_name_each_other(hub: Hub) -> None:
    """`Link` leads through all pages, with the other parameters kept, and each item stands on one."""
    for number in range(5):
        hub.team(f"t{number}")
    seen = []
    first = hub.call("GET", "/api/v3/orgs/acme/teams?per_page=2&x=y%20z")
    path = "/orgs/acme/teams"
    assert first.headers["link"] == (
        f'<http://127.0.0.1:4000/api/v3{path}?per_page=2&x=y+z&page=2>; rel="next", '
        f'<http://127.0.0.1:4000/api/v3{path}?per_page=2&x=y+z&page=3>; rel="last"'
    )
    for page in (1, 2, 3):
        seen += [team["slug"] for team in hub.make("GET", f"{path}?per_page=2&page={page}")]
    assert seen == ["t0", "t1", "t2", "t3", "t4"]
    last = hub.call("GET", f"{path}?per_page=2&page=3")
    assert 'rel="next"' not in last.headers["link"]
    assert 'rel="prev"' in last.headers["link"]
    assert "link" not in hub.call("GET", path).headers
    assert hub.make("GET", f"{path}?page=9") == []


@pytest.mark.parametrize("size", ["0", "-1", "x", "99999999999999999999", ""])
def test_an_impossible_page_size_is_no_error(hub: Hub, size: str) -> None:
    """GitHub takes a sensible size instead."""
    assert hub.call("GET", f"/orgs/acme/teams?per_page={size}").status == 200


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"{", 400, "Problems parsing JSON"),
        (b"[" * 100_000, 400, "Problems parsing JSON"),
        (b"[]", 400, "Body should be a JSON object"),
        (b"\xff\xfe", 400, "Problems parsing JSON"),
        (b"", 422, 'Invalid request.\n\n"name" wasn\'t supplied.'),
        (b'{"name": 3}', 422, "Invalid request.\n\nFor 'properties/name', 3 is not a string."),
        (b'{"name": null}', 422, "Invalid request.\n\nFor 'properties/name', nil is not a string."),
        (
            b'{"name": "a", "privacy": "open"}',
            422,
            (
                "Invalid request.\n\nInvalid property /privacy: `open` is not a possible value. "
                "Must be one of the following: secret, closed."
            ),
        ),
    ],
)
def test_a_malformed_request_is_refused_in_githubs_words(hub: Hub, body: bytes, status: int, message: str) -> None:
    """Whatever comes, the answer is a JSON refusal that names the field."""
    answer = hub.call("POST", "/orgs/acme/teams", body)
    assert (answer.status, answer.message) == (status, message)


def test_a_null_character_is_refused(hub: Hub) -> None:
    """No name may hold one, and nothing below is asked to cope."""
    assert hub.call("GET", "/repos/acme/a%00b").status == 422


def test_a_refused_request_leaves_nothing_behind(hub: Hub) -> None:
    """A team whose maintainer is unknown is not made at all."""
    answer = hub.call("POST", "/orgs/acme/teams", {"name": "half", "maintainers": ["nobody"]})
    assert (answer.status, hub.call("GET", "/orgs/acme/teams/half").status) == (422, 404)


def test_rate_limits_are_shown_and_never_reached(hub: Hub) -> None:
    """Clients that plan by the limits see plenty; none is told to wait."""
    answer = hub.call("GET", "/rate_limit")
    assert answer.json["resources"]["core"]["remaining"] > 0
    assert int(answer.headers["x-ratelimit-remaining"]) > 0
    assert hub.call("GET", "/meta", by=None).status == 200


NEWER = {"x-github-api-version": "2026-03-10"}


def test_a_later_version_leaves_out_what_it_removed(hub: Hub) -> None:
    """Nothing else differs, and the answer says which version it is of; without a version it is the first."""
    hub.repository()
    for path, fields in (
        ("/repos/acme/app", {"has_downloads", "use_squash_pr_title_as_default"}),
        ("/rate_limit", {"rate"}),
    ):
        first, older = hub.call("GET", path), hub.call("GET", path, headers={"x-github-api-version": "2022-11-28"})
        newer = hub.call("GET", path, headers=NEWER)
        assert set(first.json) == set(older.json) == set(newer.json) | fields
        assert fields.isdisjoint(newer.json)
        versions = [answer.headers["x-github-api-version-selected"] for answer in (first, older, newer)]
        assert versions == ["2022-11-28", "2022-11-28", "2026-03-10"]
    kept = dict(hub.make("GET", "/repos/acme/app"))
    for name in ("has_downloads", "use_squash_pr_title_as_default"):
        del kept[name]
    assert hub.call("GET", "/repos/acme/app", headers=NEWER).json == kept


def test_the_tag_of_one_version_is_none_of_another(hub: Hub) -> None:
    """A client that changes its version is not told that nothing changed."""
    hub.repository()
    tag = {"if-none-match": hub.call("GET", "/repos/acme/app").headers["etag"]}
    assert hub.call("GET", "/repos/acme/app", headers={**tag, **NEWER}).status == 200


@pytest.mark.parametrize("version", ["v3", "2021-01-01", "", "x" * 1000])
def test_a_version_that_is_none_is_refused(hub: Hub, version: str) -> None:
    """400, before anything is done; GraphQL has no versions."""
    hub.repository()
    headers = {"x-github-api-version": version}
    refused = hub.call("PATCH", "/repos/acme/app", {"description": "changed"}, headers=headers)
    assert refused.status == 400
    assert refused.message == (
        f'The version you specified in the "X-GitHub-API-Version" request header, "{version[:100]}", is not a '
        'supported version. The following versions are currently supported: "2026-03-10" (most recent), "2022-11-28".'
    )
    assert hub.make("GET", "/repos/acme/app")["description"] != "changed"
    assert hub.call("POST", "/graphql", {"query": "{ viewer { login } }"}, headers=headers).status == 200
