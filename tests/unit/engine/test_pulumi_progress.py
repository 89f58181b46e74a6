"""What a run is told to have done, from the engine's events; and the errors that are made of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.automation import EngineEvent

from twinlock.engine.port import Provider, Stack
from twinlock.engine.pulumi import failure
from twinlock.engine.pulumi.progress import Problem, Progress, first, named
from twinlock.engine.pulumi.property_path import at
from twinlock.engine.result import Change, FieldChange, Operation

TYPE = "github:index/team:Team"
URN = f"urn:pulumi:platform::twinlock-organization::twinlock:github:Team${TYPE}::testers"
STACK_URN = "urn:pulumi:platform::twinlock-organization::pulumi:pulumi:Stack::twinlock-organization-platform"


def state(urn: str = URN, type_: str = TYPE, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a resource's state in an event."""
    return {"urn": urn, "type": type_, "id": "1", "parent": "", "provider": "", "custom": True, **more}


def step(op: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a step in an event."""
    return {"op": op, "urn": URN, "type": TYPE, "provider": "", "new": state(), **more}


def event(kind: str, body: dict[str, Any]) -> EngineEvent:
    """Return an event as the engine sends it."""
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, kind: body})


def done(op: str, **more: Any) -> EngineEvent:  # noqa: ANN401 - JSON
    """Return the event of a step that ended."""
    return event("resOutputsEvent", {"metadata": step(op, **more)})


@pytest.fixture
def heard() -> list[tuple[str, Change]]:
    """Return what the listener has heard."""
    return []


@pytest.fixture
def clock() -> list[float]:
    """Return a time that stands still until a test moves it."""
    return [100.0]


@pytest.fixture
def progress(heard: list[tuple[str, Change]], clock: list[float]) -> Progress:
    """Return a run's progress that has heard nothing yet."""
    return Progress("organization/platform", lambda stack, change: heard.append((stack, change)), now=lambda: clock[0])


def test_each_step_is_told_as_it_ends(progress: Progress, heard: list[tuple[str, Change]]) -> None:
    """A created resource is one change, told to the listener under the stack's name."""
    progress.hear(done("create"))
    expected = Change(URN, TYPE, "testers", Operation.CREATE)
    assert (progress.changes, heard) == ([expected], [("organization/platform", expected)])


def test_an_update_says_what_differs(progress: Progress) -> None:
    """Fields come with live before and declared after; a secret stays one."""
    changed = done(
        "update",
        old=state(inputs={"name": "testers"}, outputs={"name": "testers", "privacy": "secret", "token": "[secret]"}),
        new=state(inputs={"name": "testers", "privacy": "closed", "token": "[secret]"}),
        detailedDiff={
            "privacy": {"diffKind": "update", "inputDiff": False},
            "token": {"diffKind": "update", "inputDiff": False},
        },
    )
    progress.hear(changed)
    assert progress.changes[0].fields == (
        FieldChange("privacy", "secret", "closed"),
        FieldChange("token", "[secret]", "[secret]"),
    )


@pytest.mark.parametrize("op", ["refresh", "read", "create-replacement", "delete-replaced"])
def test_what_is_a_part_of_something_else_is_not_told(progress: Progress, op: str) -> None:
    """Refreshes, reads and the halves of a replacement are no changes of their own."""
    progress.hear(done(op))
    assert progress.changes == []


def test_components_and_providers_are_not_told(progress: Progress) -> None:
    """Only what a provider manages counts, as with the embedded engine."""
    progress.hear(done("create", new=state(custom=False)))
    progress.hear(done("create", type="pulumi:providers:github", new=state(type_="pulumi:providers:github")))
    assert progress.changes == []


def test_the_stack_itself_gives_the_outputs(progress: Progress) -> None:
    """Outputs are those of the stack's own resource."""
    outputs = {"repositories": {"payments": {"repositoryId": 7}}}
    body = step("same", urn=STACK_URN, type="pulumi:pulumi:Stack")
    body["new"] = state(STACK_URN, "pulumi:pulumi:Stack", custom=False, outputs=outputs)
    progress.hear(event("resOutputsEvent", {"metadata": body}))
    assert (progress.outputs, progress.changes) == (outputs, [])


def test_a_silent_run_names_what_it_waits_for(progress: Progress, clock: list[float]) -> None:
    """What was begun and not ended is named with its age; what ended or failed is not."""
    progress.hear(event("resourcePreEvent", {"metadata": step("create")}))
    clock[0] += 75
    assert (progress.silence, progress.waiting) == (75.0, (f"create {TYPE} testers (75 s)",))
    progress.hear(event("resOpFailedEvent", {"metadata": step("create"), "status": 1, "steps": 1}))
    assert (progress.silence, progress.waiting) == (0.0, ())


def test_errors_are_kept_without_colours(progress: Progress) -> None:
    """Diagnostics of severity error are problems; warnings are not."""
    body = {"message": "<{%reset%}>no permission<{%reset%}>\n", "color": "raw", "severity": "error", "urn": URN}
    progress.hear(event("diagnosticEvent", body))
    progress.hear(event("diagnosticEvent", {**body, "severity": "warning"}))
    assert progress.problems == [Problem(URN, "no permission")]


def test_the_error_that_others_follow_from_comes_first() -> None:
    """`update failed` says nothing while another error stands beside it."""
    telling = Problem(URN, "no permission")
    assert first([Problem(STACK_URN, "update failed"), telling]) == telling
    assert first([Problem(STACK_URN, "update failed")]) == Problem(STACK_URN, "update failed")
    assert first([]) is None


def a_stack() -> Stack:
    """Return a stack whose provider has a secret."""
    provider = Provider("github", "github", {"token": "s3cret-token"}, frozenset({"token"}))
    return Stack("protections", "payments", lambda: None, providers=lambda: (provider,))


def test_an_error_names_the_resource_and_hides_secrets() -> None:
    """The resource, what the engine says in one line, no secret of a provider."""
    told = failure.told(a_stack(), "applied", [Problem(URN, "POST: 401\nwith s3cret-token")], "")
    assert str(told) == (
        f"protections/payments: {TYPE} testers was not applied.\n"
        "The engine says: POST: 401 with [secret]\n"
        "Run the same command again; it goes on where this run stopped."
    )


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (
            f"resource {URN} violates plan: properties changed: =~token[{{&{{an old token}}}}], +a[{{b}}]",
            "its token is another than planned",
        ),
        (f"resource {URN} violates plan: parent changed (expected {URN})", f"parent changed (expected {URN})"),
        (
            "update is not allowed by the plan: no steps were expected for this resource",
            "no steps were expected for this resource",
        ),
        (
            f"expected resource operations for {URN} but none were seen",
            f"expected resource operations for {URN} but none were seen",
        ),
    ],
)
def test_what_was_not_planned_is_told_without_its_value(message: str, why: str) -> None:
    """Pulumi prints the value that is another, and those of an old plan are in no list of secrets."""
    told = failure.told(a_stack(), "applied", [Problem(URN, message)], "")
    assert str(told) == (
        f"protections/payments: {TYPE} testers was not applied.\n"
        f"That was not planned: {why}.\n"
        "Find out what changed since. Then preview again, and have the new plan approved."
    )


def test_an_error_of_ours_that_a_program_raised_is_told_as_it_is() -> None:
    """What, why and mend survive the way through the engine."""
    message = "python inline source runtime error: What.\nWhy.\nMend.\nTraceback (most recent call last):\n  File ..."
    assert str(failure.told(a_stack(), "applied", [Problem("", message)], "")) == "What.\nWhy.\nMend."


def test_without_a_reported_error_the_last_line_counts() -> None:
    """What the engine wrote is told, where it reported nothing."""
    told = failure.told(a_stack(), "applied", [], "\n code: 255\n stdout: \n stderr: error: no stack\n")
    assert told.why == "The engine says: error: no stack"


def test_an_engine_that_was_killed_is_no_riddle() -> None:
    """It has written nothing about it."""
    told = failure.told(a_stack(), "applied", [], "\n code: -9\n stdout: Updating:\n stderr: \n")
    assert str(told) == (
        "protections/payments was not applied.\n"
        "The engine was ended by a signal.\n"
        "Run the same command again; it goes on where this run stopped, and takes over what was made nevertheless."
    )


def test_a_run_that_was_ended_says_why() -> None:
    """The error of the watchdog names how long, and what was waited for."""
    told = failure.silent(a_stack(), 180.0, (f"create {TYPE} testers (181 s)",))
    assert (told.what, told.why) == (
        "protections/payments was ended: for 180 s nothing happened.",
        f"It waited for: create {TYPE} testers (181 s).",
    )


@pytest.mark.parametrize(
    ("path", "found"),
    [("a", {"b": [{"c.d": 1}]}), ("a.b[0]", {"c.d": 1}), ('a.b[0]["c.d"]', 1), ("a.x", None), ("a.b[7]", None)],
)
def test_property_paths_lead_where_pulumi_says(path: str, found: object) -> None:
    """Names, indices and quoted names; nothing where nothing stands."""
    assert at(path, {"a": {"b": [{"c.d": 1}]}}) == found


@given(st.text(max_size=40), st.recursive(st.none() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=3)))
def test_any_path_in_any_value_gives_something_or_nothing(path: str, value: object) -> None:
    """No path and no value is an error."""
    at(path, value)


@given(st.text(max_size=60))
def test_any_urn_has_a_name_or_none(urn: str) -> None:
    """What is no URN has an empty name."""
    assert isinstance(named(urn), str)


def test_a_refresh_says_what_is_live_otherwise_than_it_was_left(progress: Progress) -> None:
    """From the property as it was left to what is live; it is no change of the run."""
    found = done(
        "refresh",
        old=state(inputs={"privacy": "closed"}, outputs={"privacy": "closed", "found": []}),
        new=state(inputs={"privacy": "secret"}, outputs={"privacy": "secret", "found": ["rogue"]}),
        detailedDiff={
            "privacy": {"diffKind": "update", "inputDiff": False},
            "found": {"diffKind": "update", "inputDiff": False},
        },
    )
    progress.hear(found)
    fields = (FieldChange("found", "none", "rogue"), FieldChange("privacy", "closed", "secret"))
    assert (progress.drifted, progress.changes) == ([Change(URN, TYPE, "testers", Operation.UPDATE, fields)], [])


def test_a_refresh_that_finds_nothing_there_says_so(progress: Progress) -> None:
    """What is gone has no fields."""
    progress.hear(done("refresh", old=state(inputs={"privacy": "closed"}), new=None))
    assert progress.drifted == [Change(URN, TYPE, "testers", Operation.DELETE)]


def test_what_a_provider_merely_reports_is_no_drift(progress: Progress) -> None:
    """An ETag or a count moves without a difference in anything that is declared."""
    progress.hear(done("refresh", old=state(outputs={"etag": "a"}), new=state(outputs={"etag": "b"})))
    progress.hear(done("refresh", old=state(custom=False), new=None))
    assert progress.drifted == []
