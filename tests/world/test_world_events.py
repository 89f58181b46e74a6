"""The bus: who hears of a change, when, and of which changes nobody does."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from twinlock_world.events import Event
from twinlock_world.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store with its bus."""
    opened = Store.open(tmp_path / "store.sqlite")
    yield opened
    opened.close()


def _event(name: str) -> Event:
    return Event(name, None, 1, None, None, {})


def test_subscribers_hear_once_the_change_is_durable(store: Store) -> None:
    """Within the transaction nobody but recorders knows of it."""
    heard: list[str] = []
    store.events.record(lambda event: heard.append(f"recorded {event.name}"))
    store.events.subscribe(lambda event: heard.append(f"heard {event.name}"))
    with store.transaction():
        store.events.publish(_event("push"))
        assert heard == ["recorded push"]
    assert heard == ["recorded push", "heard push"]


def test_an_undone_change_is_never_heard_of(store: Store) -> None:
    """What was published in it is forgotten, not told with the next change."""
    heard: list[str] = []
    store.events.subscribe(lambda event: heard.append(event.name))
    with suppress(RuntimeError), store.transaction():
        store.events.publish(_event("push"))
        raise RuntimeError
    with store.transaction():
        store.events.publish(_event("create"))
    assert heard == ["create"]


def test_a_failing_recorder_undoes_the_change(store: Store) -> None:
    """A change that cannot be recorded is not made."""

    def refuse(_event: Event) -> None:
        raise RuntimeError("full")

    store.events.record(refuse)
    with suppress(RuntimeError), store.transaction():
        store.insert("thing", "a", {})
        store.events.publish(_event("push"))
    assert store.find("thing", "a") is None


def test_a_failing_subscriber_is_kept_from_everybody_else(store: Store) -> None:
    """The others hear of the event, whoever published goes on, and the failure can be seen."""
    heard: list[str] = []

    def fail(_event: Event) -> None:
        raise RuntimeError("broken")

    store.events.subscribe(fail)
    store.events.subscribe(lambda event: heard.append(event.name))
    store.events.publish(_event("push"))
    assert heard == ["push"]
    assert list(store.events.failures) == ["push None: RuntimeError('broken')"]


def test_all_hear_of_events_in_one_order(store: Store) -> None:
    """What a subscriber publishes comes after what it was told of, for every subscriber."""
    heard: list[str] = []

    def answer(event: Event) -> None:
        if event.name == "push":
            store.events.publish(_event("workflow_run"))

    store.events.subscribe(answer)
    store.events.subscribe(lambda event: heard.append(event.name))
    store.events.publish(_event("push"))
    assert heard == ["push", "workflow_run"]
