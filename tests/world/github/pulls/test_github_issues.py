"""Pull requests as issues: comments and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.world.github.pulls.conftest import Workshop

    from twinlock_world.events import Event


def test_comments_are_everybodys_who_reads_and_changed_by_their_author(workshop: Workshop) -> None:
    """A reader comments; writers may change and delete anybody's."""
    workshop.propose()
    made = workshop.make("POST", "/issues/1/comments", {"body": "hello"}, "rita")
    assert (made["user"]["login"], made["body"]) == ("rita", "hello")
    path = f"/issues/comments/{made['id']}"
    other = workshop.make("POST", "/issues/1/comments", {"body": "mine"})
    answer = workshop.call("PATCH", f"/issues/comments/{other['id']}", {"body": "no"}, "rita")
    assert (answer.status, answer.message) == (403, "Must have push access to Repository.")
    assert workshop.make("PATCH", path, {"body": "better"}, "rita")["body"] == "better"
    workshop.make("DELETE", path, by="bob")
    assert [one["body"] for one in workshop.make("GET", "/issues/1/comments")] == ["mine"]
    assert workshop.call("GET", path).status == 404
    blank = workshop.call("POST", "/issues/1/comments", {"body": " "})
    assert (blank.status, blank.json["errors"][0]["message"]) == (422, "Body cannot be blank")
    assert workshop.make("GET", "/pulls/1")["comments"] == 1


def test_labels_are_made_put_on_and_taken_off(workshop: Workshop) -> None:
    """Unknown ones are made; each change is told."""
    heard: list[Event] = []
    workshop.propose()
    workshop.hub.store.events.subscribe(heard.append)
    made = workshop.make("POST", "/labels", {"name": "Bug", "color": "FF0000", "description": "broken"})
    assert (made["name"], made["color"], made["description"]) == ("Bug", "ff0000", "broken")
    again = workshop.call("POST", "/labels", {"name": "bug"})
    assert again.json["errors"] == [{"resource": "Label", "code": "already_exists", "field": "name"}]
    workshop.make("POST", "/issues/1/labels", {"labels": ["bug", "new"]})
    assert [label["name"] for label in workshop.make("GET", "/pulls/1")["labels"]] == ["Bug", "new"]
    workshop.make("DELETE", "/issues/1/labels/bug")
    assert workshop.call("DELETE", "/issues/1/labels/bug").message == "Label does not exist"
    workshop.make("PUT", "/issues/1/labels", {"labels": ["Bug"]})
    told = [(event.action, event.payload["label"]["name"]) for event in heard]  # type: ignore[call-overload,index]  # JSON of unknown depth
    assert told == [
        ("created", "Bug"),
        ("created", "new"),
        ("labeled", "Bug"),
        ("labeled", "new"),
        ("unlabeled", "Bug"),
        ("labeled", "Bug"),
        ("unlabeled", "new"),
    ]
    workshop.make("PATCH", "/labels/new", {"new_name": "old", "color": "000000"})
    workshop.make("DELETE", "/labels/bug")
    assert [label["name"] for label in workshop.make("GET", "/labels")] == ["old"]
    assert workshop.make("GET", "/issues/1")["labels"] == []
    assert workshop.call("POST", "/issues/1/labels", {"labels": ["x"]}, "rita").status == 403


def test_a_pull_request_is_an_issue(workshop: Workshop) -> None:
    """Shown and changed as one; issues of their own are not part of this world."""
    workshop.propose(body="Text")
    shown = workshop.make("GET", "/issues/1")
    assert (shown["number"], shown["pull_request"]["merged_at"], shown["body"]) == (1, None, "Text")
    changed = workshop.make("PATCH", "/issues/1", {"state": "closed", "labels": ["a"], "title": "New"})
    assert (changed["state"], changed["title"], changed["labels"][0]["name"]) == ("closed", "New", "a")
    assert workshop.make("GET", "/issues") == []
    assert [one["number"] for one in workshop.make("GET", "/issues?state=all")] == [1]
    assert workshop.call("POST", "/issues", {"title": "T"}).status == 501
