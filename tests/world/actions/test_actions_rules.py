"""Triggers' filters, matrices, schedules, permissions and the policy of allowed actions."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock_world.actions.cron import Cron, CronError, Schedule
from twinlock_world.actions.matrix import MatrixError, combinations, leg_title
from twinlock_world.actions.model import Filter, Trigger
from twinlock_world.actions.patterns import PatternError, compiled, last_match
from twinlock_world.actions.permissions import LEVELS, NAMES, default_permissions, excess, narrow, read_only
from twinlock_world.actions.policy import ActionsPolicy, pin_refusal, refusal, refused, unpinned
from twinlock_world.actions.triggers import Occurrence, starts
from twinlock_world.actions.uses import Image, Local, Remote, parse_uses

SHA = "3d3c42e5aac5ba805825da76410c181273ba90b1"


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("main", "main", True),
        ("feature/*", "feature/a", True),
        ("feature/*", "feature/a/b", False),
        ("feature/**", "feature/a/b", True),
        ("**", "a/b", True),
        ("*", "a/b", False),
        ("v[12].[0-9]+.[0-9]+", "v1.10.1", True),
        ("v[12].[0-9]+.[0-9]+", "v3.1.1", False),
        ("*.jsx?", "page.js", True),
        ("docs/**/*.md", "docs/a/b/c.md", True),
        ("**/README.md", "README.md", True),
        ("main", "maine", False),
    ],
)
def test_a_pattern_matches_as_the_documentation_says(pattern: str, name: str, expected: bool) -> None:  # noqa: FBT001 - a row of the table
    """GitHub's cheat sheet of filter patterns."""
    assert last_match([pattern], name) is expected


def test_a_later_pattern_takes_back() -> None:
    """Order counts."""
    assert last_match(["releases/**", "!releases/**-alpha"], "releases/10")
    assert not last_match(["releases/**", "!releases/**-alpha"], "releases/10-alpha")


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_text_is_a_pattern_or_none(pattern: str, name: str) -> None:
    """Never another error."""
    with suppress(PatternError):
        compiled(pattern).fullmatch(name)


@pytest.mark.parametrize(
    ("trigger", "occurrence", "expected"),
    [
        (Trigger("push"), Occurrence("push", branch="x"), True),
        (Trigger("push"), Occurrence("push", tag="v1"), True),
        (Trigger("push", branches=Filter(("main",))), Occurrence("push", branch="release/1"), False),
        (Trigger("push", branches=Filter(("main",))), Occurrence("push", tag="main"), False),
        (Trigger("push", tags=Filter(("v*",))), Occurrence("push", branch="v1"), False),
        (Trigger("push", tags=Filter(("v*",))), Occurrence("push", tag="v1"), True),
        (Trigger("push", branches=Filter(None, ("main",))), Occurrence("push", branch="main"), False),
        (Trigger("push", paths=Filter(("src/**",))), Occurrence("push", branch="m", changed=lambda: ["a"]), False),
        (Trigger("push", paths=Filter(("src/**",))), Occurrence("push", branch="m", changed=lambda: ["src/a"]), True),
        (Trigger("push", paths=Filter(("src/**",))), Occurrence("push", tag="v1", changed=lambda: ["a"]), True),
        (
            Trigger("push", paths=Filter(None, ("*.md",))),
            Occurrence("push", branch="m", changed=lambda: ["a.md"]),
            False,
        ),
        (Trigger("pull_request"), Occurrence("pull_request", "opened", branch="main"), True),
        (Trigger("pull_request"), Occurrence("pull_request", "closed", branch="main"), False),
        (Trigger("pull_request", types=("closed",)), Occurrence("pull_request", "closed", branch="main"), True),
        (Trigger("issues"), Occurrence("issues", "labeled"), True),
        (Trigger("workflow_run", workflows=("ci",)), Occurrence("workflow_run", "completed", workflow="ci"), True),
        (Trigger("workflow_run", workflows=("ci",)), Occurrence("workflow_run", "completed", workflow="other"), False),
    ],
)
def test_a_trigger_means_these_occurrences(trigger: Trigger, occurrence: Occurrence, expected: bool) -> None:  # noqa: FBT001 - as above
    """Filters of branches leave tags out, paths are not compared for tags, pull requests mean three types."""
    assert starts(trigger, occurrence) is expected


def test_a_matrix_multiplies() -> None:
    """Excluded combinations go, included ones join those that they fit, or stand alone."""
    matrix = {
        "fruit": ["apple", "pear"],
        "animal": ["cat", "dog"],
        "include": [{"color": "green"}, {"fruit": "apple", "shape": "round"}, {"fruit": "fig"}],
        "exclude": [{"fruit": "pear", "animal": "dog"}],
    }
    assert combinations(matrix) == [
        {"fruit": "apple", "animal": "cat", "color": "green", "shape": "round"},
        {"fruit": "apple", "animal": "dog", "color": "green", "shape": "round"},
        {"fruit": "pear", "animal": "cat", "color": "green"},
        {"fruit": "fig"},
    ]
    assert combinations(None) == [{}]
    assert leg_title({"a": 1, "b": {"c": [True, "x"]}}) == "1, true, x"


@pytest.mark.parametrize("matrix", [{}, {"a": []}, {"a": 5}, [1], {"a": list(range(17)), "b": list(range(16))}])
def test_a_matrix_of_nothing_or_too_much_is_refused(matrix: object) -> None:
    """Like one that is no mapping."""
    with pytest.raises(MatrixError):
        combinations(matrix)  # type: ignore[arg-type]  # deliberately anything


@pytest.mark.parametrize(
    ("cron", "moment", "expected"),
    [
        ("30 5 * * 1,3", datetime(2024, 1, 1, 5, 30, tzinfo=UTC), True),  # a Monday
        ("30 5 * * 1,3", datetime(2024, 1, 2, 5, 30, tzinfo=UTC), False),
        ("*/15 * * * *", datetime(2024, 1, 2, 5, 45, tzinfo=UTC), True),
        ("0 0 13 * FRI", datetime(2024, 1, 5, 0, 0, tzinfo=UTC), True),
        ("0 0 13 * FRI", datetime(2024, 1, 13, 0, 0, tzinfo=UTC), True),
        ("0 0 13 * FRI", datetime(2024, 1, 6, 0, 0, tzinfo=UTC), False),
        ("0 0 * JAN 7", datetime(2024, 1, 7, 0, 0, tzinfo=UTC), True),
    ],
)
def test_a_schedule_is_due(cron: str, moment: datetime, expected: bool) -> None:  # noqa: FBT001 - as above
    """POSIX cron, in UTC."""
    assert Schedule.parse(cron).due(moment) is expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2024, 1, 2, 8, 30, tzinfo=UTC), True),  # half past nine in winter
        (datetime(2024, 7, 2, 7, 30, tzinfo=UTC), True),  # and in summer
        (datetime(2024, 7, 2, 8, 30, tzinfo=UTC), False),
        (datetime(2024, 1, 2, 9, 30, tzinfo=UTC), False),
    ],
)
def test_a_schedule_has_a_time_zone(moment: datetime, expected: bool) -> None:  # noqa: FBT001 - as above
    """Its clock is that of the zone, daylight saving included; kept as one text, it is the same again."""
    cron = Cron("30 9 * * *", "Europe/Berlin")
    assert cron.schedule().due(moment) is expected
    assert Cron.kept(cron.keep()) == cron
    assert Cron.kept(Cron("30 9 * * *").keep()) == Cron("30 9 * * *")


@given(st.text(max_size=20) | st.sampled_from(["../../../etc/passwd", "/etc", "Europe", "\0", "posixrules/.."]))
def test_any_name_is_a_time_zone_or_none(name: str) -> None:
    """Never another error, and never another file."""
    with suppress(CronError):
        Cron("0 0 * * *", name).schedule()


@given(st.text("0123456789*/,-ABCJAN ", max_size=20))
def test_any_text_is_a_schedule_or_none(text: str) -> None:
    """Never another error."""
    with suppress(CronError):
        Schedule.parse(text)


_PERMISSIONS = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(LEVELS[1:]))


@given(_PERMISSIONS, _PERMISSIONS)
def test_narrowing_never_gives_more(asked: dict[str, str], most: dict[str, str]) -> None:
    """Neither than was asked nor than is allowed; and for a fork's pull request nothing but reading."""
    found = narrow(asked, most)
    assert excess(found, asked) == excess(found, most) == []
    assert set(read_only(asked).values()) <= {"read"}
    assert "id-token" not in read_only(asked)
    assert "id-token" not in default_permissions("write")


def test_the_restricted_default_reads() -> None:
    """Contents and packages, as GitHub's documentation has it."""
    assert default_permissions("read") == {"contents": "read", "packages": "read"}


def test_uses_name_what_they_name() -> None:
    """Here, elsewhere at a ref, an image, or nothing."""
    assert parse_uses("./a/b") == Local("a/b")
    assert parse_uses("docker://alpine:3") == Image("docker://alpine:3")
    assert parse_uses(f"acme/x/sub/dir@{SHA}") == Remote("acme", "x", "sub/dir", SHA)
    assert [parse_uses(text) for text in ("acme/x", "x@v1", "a/b/../c@v1", "")] == [None] * 4


def test_what_the_policy_does_not_allow_is_refused_in_githubs_words() -> None:
    """Everything of the own organization is allowed; patterns name the rest."""
    policy = ActionsPolicy("selected", "acme", enterprise=True, github_owned=True, patterns=("good/*", "other/x@v1"))
    used = [Remote("acme", "own", "", "v1"), Remote("actions", "checkout", "", "v4"), Remote("good", "a", "", "v1")]
    bad: list[Remote | Image] = [Remote("evil", "a", "sub", "v1"), Remote("other", "x", "", "v2"), Image("docker://x")]
    assert refused(policy, [*used, *bad, *bad]) == bad
    assert refusal(policy, bad, "acme/app") == (
        "evil/a/sub@v1, other/x@v2, and docker://x are not allowed to be used in acme/app. Actions in this workflow "
        "must be: within a repository that belongs to your Enterprise account, created by GitHub, or matching the "
        "following: good/*, other/x@v1."
    )
    local = ActionsPolicy("local_only", "acme", enterprise=False)
    assert refusal(local, [Remote("actions", "checkout", "", "v4")], "acme/app") == (
        "actions/checkout@v4 is not allowed to be used in acme/app. "
        "Actions in this workflow must be: within a repository owned by acme."
    )


def test_what_must_be_pinned_is_refused_in_githubs_words() -> None:
    """One action, or several."""
    policy = ActionsPolicy("all", "acme", enterprise=True, pinned=True)
    loose = [Remote("actions", "checkout", "", "v4"), Remote("acme", "own", "", "main")]
    assert unpinned(policy, [*loose, Remote("actions", "checkout", "", SHA)]) == loose
    assert pin_refusal(loose[:1], "acme/app") == (
        "The action actions/checkout@v4 is not allowed in acme/app "
        "because all actions must be pinned to a full-length commit SHA."
    )
    assert pin_refusal(loose, "acme/app").startswith(
        "The actions actions/checkout@v4 and acme/own@main are not allowed"
    )


@given(st.lists(st.text("ab*/@!", min_size=1, max_size=6), max_size=4), st.text("ab*/@!", min_size=1, max_size=6))
def test_taking_a_pattern_away_never_allows_more(patterns: list[str], extra: str) -> None:
    """Unless it is one that takes back."""
    if extra.startswith("!"):
        return
    used = [Remote("a", "b", "", "a"), Remote("b", "a", "", "b")]
    fewer = ActionsPolicy("selected", "acme", enterprise=True, patterns=tuple(patterns))
    more = ActionsPolicy("selected", "acme", enterprise=True, patterns=(*patterns, extra))
    assert set(refused(more, used)) <= set(refused(fewer, used))
