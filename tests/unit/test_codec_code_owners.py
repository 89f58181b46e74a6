"""CODEOWNERS: which lines GitHub takes from the file, and which line decides about a path."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock.github import code_owners
from twinlock.model.code_owners import CodeOwners, OwnerRule
from twinlock.model.observed import Seen, Unread
from twinlock.model.ownership import deciding_rule, matches, owners_of


def _contents(text: bytes, **changes: object) -> dict[str, Any]:
    return {"encoding": "base64", "content": base64.encodebytes(text).decode()} | changes


def test_lines_are_parsed_as_github_does() -> None:
    """Comments and blank lines go, teams of the organization become slugs, anybody else stays as written."""
    text = (
        "# all of it\n"
        "*  @acme/reviewers @Acme/platform\t@rita\r\n"
        "\n"
        "/docs/ writer@acme.example @other/team # aside\n"
        "/apps/free\n"
        "a\\ b.txt @acme/x\n"
    )
    assert code_owners.parse(text, "acme") == CodeOwners(
        (
            OwnerRule("*", ("reviewers", "platform", "@rita")),
            OwnerRule("/docs/", ("writer@acme.example", "@other/team")),
            OwnerRule("/apps/free", ()),
            OwnerRule("a\\ b.txt", ("x",)),
        )
    )


def test_a_person_named_like_a_team_is_not_the_team() -> None:
    """`@testers` is somebody's login; only `@acme/testers` is the team."""
    assert code_owners.parse("* @testers\n", "acme").rules == (OwnerRule("*", ("@testers",)),)


@pytest.mark.parametrize(
    "line",
    ["!secret @acme/x", "\\#x @acme/x", "[ab].py @acme/x", "x acme/x", "x @acme/x @", "/ @acme/x", "a***b @rita"],
)
def test_a_line_that_github_refuses_is_skipped(line: str) -> None:
    """Negation, ranges, escaped comments and malformed owners make GitHub skip the line, not the file."""
    assert code_owners.parse(f"* @acme/a\n{line}\n", "acme").rules == (OwnerRule("*", ("a",)),)


def test_only_newlines_end_a_line() -> None:
    """Characters that Python takes for line ends are none to GitHub."""
    assert code_owners.parse("# note\u2028* @mallory\n", "acme").rules == ()


def test_a_file_that_github_does_not_load_has_no_rules() -> None:
    """A file of more than three megabytes is as good as empty."""
    assert code_owners.parse("* @acme/a\n" + "#" * code_owners.LARGEST, "acme").rules == ()


def test_the_blob_is_decoded() -> None:
    """A file comes in base64; anything else is unread, with the reason."""
    rules = CodeOwners((OwnerRule("*", ("a",)),))
    assert code_owners.decode(_contents(b"* @acme/a\n"), "acme") == Seen(rules)
    assert code_owners.decode(_contents(b"", encoding="none"), "acme") == Unread(
        "CODEOWNERS is of encoding none, not a file that can be read"
    )
    assert code_owners.decode(_contents(b"\xff\xfe"), "acme") == Unread("CODEOWNERS is not text")
    assert code_owners.decode([], "acme") == Unread("GitHub's answer was not understood: the answer is not an object")


def test_rules_survive_the_round_trip() -> None:
    """What is written for a team, a person and an address is read back the same."""
    rules = CodeOwners((OwnerRule("*", ("a", "@rita", "x@acme.example", "@other/t")), OwnerRule("/x/", ())))
    assert code_owners.encode(rules, "acme") == "* @acme/a @rita x@acme.example @other/t\n/x/\n"
    assert code_owners.parse(code_owners.encode(rules, "acme"), "acme") == rules


@given(st.text())
def test_arbitrary_text_is_parsed(text: str) -> None:
    """Any file gives rules, and asking them about a path never fails."""
    parsed = code_owners.parse(text, "acme")
    assert isinstance(owners_of(parsed, "src/app.py"), tuple)


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("*", "a", True),
        ("*", "a/b/c", True),
        ("*.js", "a/b.js", True),
        ("*.js", "b.jsx", False),
        ("/build/logs/", "build/logs/a/b", True),
        ("/build/logs/", "x/build/logs/a", False),
        ("/build/logs/", "build/logs", False),
        ("docs/*", "docs/a.md", True),
        ("docs/*", "docs/build/a.md", False),
        ("docs/*", "x/docs/a.md", False),
        ("apps/", "x/apps/y", True),
        ("/docs/", "docs/x/y", True),
        ("/scripts", "scripts/deploy/x.sh", True),
        ("/scripts", "x/scripts/y", False),
        ("**/logs", "build/logs/x", True),
        ("**/logs", "logs/x", True),
        ("/apps/github", "apps/github/x", True),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("a/**", "a/x/y", True),
        ("a/**", "a", False),
        ("/*", "a", True),
        ("/*", "a/b", False),
        ("file?.txt", "x/file1.txt", True),
        ("file?.txt", "file12.txt", False),
        ("a\\ b", "a b", True),
        (".github/", ".github/workflows/x.yml", True),
        ("/.github/", ".github/CODEOWNERS", True),
        ("Docs/", "docs/a", False),
        ("a.b", "aXb", False),
        ("!a", "a", False),
    ],
)
def test_patterns_match_as_github_documents(pattern: str, path: str, expected: bool) -> None:  # noqa: FBT001 - the expectation
    """Each pattern of GitHub's page, and its limits."""
    assert matches(pattern, path) is expected


def test_the_last_match_decides_also_without_owners() -> None:
    """A later line takes ownership over, or away."""
    rules = code_owners.parse("* @acme/a\n/.github/ @acme/platform\n/apps/free\n", "acme")
    assert owners_of(rules, "src/x.py") == ("a",)
    assert owners_of(rules, ".github/workflows/x.yml") == ("platform",)
    assert owners_of(rules, "apps/free/x") == ()
    assert deciding_rule(CodeOwners(()), "x") is None
    assert owners_of(CodeOwners(()), "x") == ()
