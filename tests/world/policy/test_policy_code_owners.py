"""CODEOWNERS as GitHub reads it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock_world.policy.code_owners import Mistake, line_for, owner_groups, parse
from twinlock_world.policy.facts import OwnerGroup
from twinlock_world.policy.file_pattern import any_matches

DOCUMENTED = """
# These owners will be the default owners
*       @global-owner1 @global-owner2
*.js    @js-owner #This is an inline comment.
*.go docs@example.com
*.txt @octo-org/octocats
/build/logs/ @doctocat
docs/* docs@example.com
apps/ @octocat
/docs/ @doctocat
/scripts/ @doctocat @octocat
**/logs @octocat
/apps/ @octocat
/apps/github
"""


@pytest.mark.parametrize(
    ("path", "owners"),
    [
        ("README.md", ("@global-owner1", "@global-owner2")),
        ("src/deep/a.js", ("@js-owner",)),
        ("src/a.txt", ("@octo-org/octocats",)),
        ("main.go", ("docs@example.com",)),
        ("docs/a/b", ("@doctocat",)),
        ("build/logs/a/b", ("@octocat",)),
        ("deeply/nested/logs/x", ("@octocat",)),
        ("other/apps/x", ("@octocat",)),
        ("apps/x", ("@octocat",)),
        ("apps/github/x/y", ()),
        ("scripts/run", ("@doctocat", "@octocat")),
    ],
)
def test_the_documented_example(path: str, owners: tuple[str, ...]) -> None:
    """The last line that matches decides, also one without owners."""
    lines, mistakes = parse(DOCUMENTED)
    found = line_for(lines, path)
    assert mistakes == ()
    assert found is not None
    assert found.owners == owners


def test_one_star_after_a_slash_stays_in_its_directory() -> None:
    """`docs/*` is about the files of docs, not of what is below."""
    lines, _ = parse("docs/* @a\n")
    assert line_for(lines, "docs/x") is not None
    assert line_for(lines, "docs/x/y") is None


def test_invalid_lines_are_skipped_and_named() -> None:
    """Negation, ranges and words that are no owner: the line is as if it were not there."""
    lines, mistakes = parse("* @all\n!x @a\nx[1] @a\n*.py nobody\n\\#x @a\n")
    assert [(line.pattern, line.owners) for line in lines] == [("*", ("@all",))]
    assert mistakes == (
        Mistake(2, 1, "Invalid pattern", "!x @a"),
        Mistake(3, 1, "Invalid pattern", "x[1] @a"),
        Mistake(4, 6, "Invalid owner", "*.py nobody"),
        Mistake(5, 1, "Invalid pattern", "\\#x @a"),
    )


def test_an_escaped_space_belongs_to_the_pattern() -> None:
    """Names with spaces are written with a backslash."""
    lines, _ = parse("my\\ file @a\n")
    assert line_for(lines, "some/my file") is not None


def test_unknown_owners_own_nothing_and_still_decide() -> None:
    """A line whose owners are all unknown leaves its files without owner, though an earlier line has one."""
    people = {"@all": frozenset({1}), "@acme/team": frozenset({2, 3})}.get
    lines, _ = parse("* @all\nsrc/ @acme/team @ghost\nlib/ @ghost\n")
    assert owner_groups(lines, ["a", "src/b", "src/c", "lib/d"], people) == (
        OwnerGroup(("all",), frozenset({1})),
        OwnerGroup(("acme/team",), frozenset({2, 3})),
    )


@given(st.text(max_size=200), st.text(min_size=1, max_size=50))
def test_any_text_can_be_read(text: str, path: str) -> None:
    """Whatever stands in the file is read or skipped, and matching it ends."""
    lines, _ = parse(text)
    line_for(lines, path)


@given(st.lists(st.sampled_from(["*", "**", "/", "a", "?", "\\"]), max_size=40).map("".join))
def test_any_pattern_takes_no_time(pattern: str) -> None:
    """Patterns made to backtrack do not."""
    lines, _ = parse(f"{pattern} @a\n")
    line_for(lines, "a/" * 2000 + "b")


@pytest.mark.parametrize(
    ("patterns", "path", "meant"),
    [
        (["**"], "a/b/c", True),
        ([".github/**"], ".github/workflows/x.yml", True),
        (["*.py"], "a.py", True),
        (["*.py"], "src/a.py", False),
        (["**/*.py"], "src/deep/a.py", True),
        (["**/*.py"], "a.py", True),
        (["src/**", "!src/free/**"], "src/free/a", False),
        (["src/**", "!src/free/**"], "src/held/a", True),
        (["a?c"], "a/c", False),
    ],
)
def test_file_patterns(patterns: list[str], path: str, meant: bool) -> None:  # noqa: FBT001 - a column of the table
    """One star stays within a directory, two cross them, an exclamation mark takes out again."""
    assert any_matches(patterns, path) is meant
