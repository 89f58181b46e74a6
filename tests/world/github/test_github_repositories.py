"""Repositories: made, changed, renamed, deleted, copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.world.github.conftest import Hub


def test_a_repository_keeps_its_number_through_renames_and_takes_none_that_was_used(hub: Hub) -> None:
    """By number it is always found; a new one of the old name is another."""
    made = hub.repository("one")
    renamed = hub.make("PATCH", "/repos/acme/one", {"name": "two"})
    assert (renamed["id"], renamed["full_name"]) == (made["id"], "acme/two")
    assert hub.make("GET", f"/repositories/{made['id']}")["name"] == "two"
    assert hub.make("GET", "/repos/acme/two/git/ref/heads/main")["ref"] == "refs/heads/main"
    again = hub.repository("one")
    hub.make("DELETE", "/repos/acme/one")
    assert not (hub.directory / "git" / f"{again['id']}.git").exists()
    assert hub.repository("one")["id"] > again["id"] > made["id"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a b", "a-b"),
        ("платежи", "-"),
        ("x" * 101, None),
        ("..", None),
        ("a.git", None),
        ("", None),
        ("A/../b", "A-..-b"),
    ],
)
def test_names_are_cleaned_or_refused(hub: Hub, name: str, expected: str | None) -> None:
    """GitHub puts a hyphen for what it cannot hold."""
    answer = hub.call("POST", "/orgs/acme/repos", {"name": name})
    assert (answer.json.get("name"), answer.status) == ((expected, 201) if expected else (None, 422))


def test_a_taken_name_is_refused_whatever_its_case(hub: Hub) -> None:
    """In the words that clients look for."""
    hub.repository("app")
    answer = hub.call("POST", "/orgs/acme/repos", {"name": "APP"})
    assert (answer.status, answer.message, answer.json["errors"][0]["message"]) == (
        422,
        "Repository creation failed.",
        "name already exists on this account",
    )


def test_visibility_is_changed_once(hub: Hub) -> None:
    """Setting what is already so is refused, as GitHub does."""
    hub.repository()
    answer = hub.call("PATCH", "/repos/acme/app", {"visibility": "private"})
    assert (answer.status, answer.message) == (422, "Visibility is already private.")
    changed = hub.make("PATCH", "/repos/acme/app", {"visibility": "internal"})
    assert (changed["visibility"], changed["private"]) == ("internal", True)
    assert hub.make("PATCH", "/repos/acme/app", {"private": False})["visibility"] == "public"


def test_settings_are_kept_and_shown_to_those_who_may_see_them(hub: Hub) -> None:
    """How it merges is for those who push, security for administrators."""
    asked = {
        "description": "d",
        "has_issues": False,
        "allow_merge_commit": False,
        "delete_branch_on_merge": True,
        "squash_merge_commit_title": "PR_TITLE",
        "security_and_analysis": {"secret_scanning": {"status": "enabled"}},
    }
    hub.repository()
    changed = hub.make("PATCH", "/repos/acme/app", asked)
    assert {name: changed[name] for name in asked if name != "security_and_analysis"} == {
        name: value for name, value in asked.items() if name != "security_and_analysis"
    }
    assert changed["security_and_analysis"]["secret_scanning"] == {"status": "enabled"}
    assert changed["security_and_analysis"]["advanced_security"] == {"status": "disabled"}
    seen = hub.make("GET", "/repos/acme/app", by="alice")
    assert [name for name in ("allow_merge_commit", "security_and_analysis") if name in seen] == []
    nothing = {"allow_merge_commit": False, "allow_squash_merge": False, "allow_rebase_merge": False}
    assert hub.call("PATCH", "/repos/acme/app", nothing).status == 422


def test_an_empty_repository_says_so(hub: Hub) -> None:
    """Until the first commit there is nothing to read."""
    hub.make("POST", "/orgs/acme/repos", {"name": "empty"})
    for path in ("/git/ref/heads/main", "/commits", "/commits/main", "/git/trees/main?recursive=1"):
        answer = hub.call("GET", f"/repos/acme/empty{path}")
        assert (answer.status, answer.message) == (409, "Git Repository is empty.")
    assert hub.make("GET", "/repos/acme/empty/branches") == []
    assert hub.call("GET", "/repos/acme/empty/contents/README.md").message == "This repository is empty."


def test_the_default_branch_must_exist(hub: Hub) -> None:
    """And is what a clone checks out."""
    hub.repository()
    assert hub.call("PATCH", "/repos/acme/app", {"default_branch": "none"}).status == 422
    sha = hub.make("GET", "/repos/acme/app/git/ref/heads/main")["object"]["sha"]
    hub.make("POST", "/repos/acme/app/git/refs", {"ref": "refs/heads/next", "sha": sha})
    assert hub.make("PATCH", "/repos/acme/app", {"default_branch": "next"})["default_branch"] == "next"
    head = next((hub.directory / "git").glob("*.git")) / "HEAD"
    assert head.read_text() == "ref: refs/heads/next\n"


def test_a_template_gives_its_files_and_not_its_history(hub: Hub) -> None:
    """One commit of the same tree; what is no template gives nothing."""
    hub.repository("tpl")
    hub.make("PUT", "/repos/acme/tpl/contents/a/b.txt", {"message": "m", "content": "Yg=="})
    assert hub.call("POST", "/repos/acme/tpl/generate", {"name": "gen"}).status == 422
    hub.make("PATCH", "/repos/acme/tpl", {"is_template": True})
    made = hub.make("POST", "/repos/acme/tpl/generate", {"name": "gen", "private": True})
    assert made["template_repository"]["full_name"] == "acme/tpl"

    def tree(name: str) -> Any:  # noqa: ANN401 - a document
        return hub.make("GET", f"/repos/acme/{name}/git/trees/main")["sha"]

    assert tree("gen") == tree("tpl")
    assert len(hub.make("GET", "/repos/acme/gen/commits")) == 1


def test_lists_show_what_the_caller_may_see_in_the_asked_order(hub: Hub) -> None:
    """Newest first by default, by name where asked; private ones only for those with access."""
    for name, private in (("b", True), ("a", False), ("c", True)):
        hub.repository(name, private=private)

    def names(query: str = "", by: str = "olga") -> list[str]:
        return [found["name"] for found in hub.make("GET", f"/orgs/acme/repos{query}", by=by)]

    assert (names(), names("?sort=full_name"), names("?type=public")) == (["c", "a", "b"], ["a", "b", "c"], ["a"])
    assert names(by="mallory") == ["a"]


def test_alerts_and_fixes_are_switched(hub: Hub) -> None:
    """The status tells."""
    hub.repository()
    alerts = "/repos/acme/app/vulnerability-alerts"
    assert hub.call("GET", alerts).status == 404
    hub.make("PUT", alerts)
    assert hub.call("GET", alerts).status == 204
    hub.make("DELETE", alerts)
    assert hub.call("GET", alerts).status == 404
    hub.make("PUT", "/repos/acme/app/automated-security-fixes")
    assert hub.make("GET", "/repos/acme/app/automated-security-fixes") == {"enabled": True, "paused": False}


def test_members_delete_only_where_the_organization_lets_them(hub: Hub) -> None:
    """Whoever made a repository administers it; deletion is a setting of its own."""
    hub.make("POST", "/orgs/acme/repos", {"name": "mine", "private": True}, by="alice")
    assert hub.make("GET", "/repos/acme/mine", by="alice")["permissions"]["admin"] is True
    settings = hub.organization.record.data["settings"]
    assert isinstance(settings, dict)
    hub.store.update(
        hub.organization.record,
        {**hub.organization.record.data, "settings": {**settings, "members_can_delete_repositories": False}},
    )
    assert hub.call("DELETE", "/repos/acme/mine", by="alice").status == 403
    assert hub.call("DELETE", "/repos/acme/mine").status == 204


def test_topics_are_lower_case_words(hub: Hub) -> None:
    """Kept in lower case, refused where they are no words."""
    hub.repository()
    assert hub.make("PUT", "/repos/acme/app/topics", {"names": ["One", "two-2"]}) == {"names": ["one", "two-2"]}
    assert hub.make("GET", "/repos/acme/app/topics") == {"names": ["one", "two-2"]}
    assert hub.call("PUT", "/repos/acme/app/topics", {"names": ["a b"]}).status == 422
