"""YAML as hostile text: each way to be wrong gives one mistake with its place and its whole message."""

# ruff: noqa: E501 - a message is compared whole

from __future__ import annotations

import pytest

from twinlock.manifest.document import read

BOMB = b"a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\n"
DEEP = "Values are nested more than 20 deep. Write it flat, as the examples of `twinlock init` are."

REFUSED = {
    "an empty file": (b"", "f.yaml:1:1: The file is empty. Write its keys, as `twinlock init` does."),
    "comments alone": (b"# a\n", "f.yaml:1:1: The file is empty. Write its keys, as `twinlock init` does."),
    "a list at the top": (
        b"# a\n- b",
        "f.yaml:2:1: The file is a list, not a mapping. Write keys at the top, as in `key: value`.",
    ),
    "a value at the top": (
        b"acme",
        "f.yaml:1:1: The file is a single value, not a mapping. Write keys at the top, as in `key: value`.",
    ),
    "invalid bytes": (b"a: b\nc: d\xff", "f.yaml:2:5: The byte 0xff is not UTF-8. Save the file as UTF-8."),
    "UTF-16": ("a: b".encode("utf-16"), "f.yaml:1:1: The byte 0xff is not UTF-8. Save the file as UTF-8."),
    "a control character": (b"a: b\nc: \x00", "f.yaml:2:4: The character U+0000 is not allowed. Delete it."),
    "a turn of direction": ("a: b\u202ec".encode(), "f.yaml:1:5: The character U+202E is not allowed. Delete it."),
    "a tab as indentation": (b"a:\n\tb: c", "f.yaml:2:1: There is a tab. Indent with spaces."),
    "a tab after spaces": (b"a:\n  \tb: c", "f.yaml:2:3: There is a tab. Indent with spaces."),
    "a tab within braces": (b"a: {\n\tb: c}", "f.yaml:2:1: There is a tab. Indent with spaces."),
    "a tab before a value": (b"a:\n  b:\tc", "f.yaml:2:5: There is a tab. Indent with spaces."),
    "two documents": (b"a: b\n---\nc: d\n", "f.yaml:2:1: There is a second document. Keep one document in the file."),
    "an alias without anchor": (
        b"a: *x",
        "f.yaml:1:4: The file is not YAML here: found undefined alias 'x'. Correct the YAML there.",
    ),
    "an open quote": (
        b"a: 'x",
        "f.yaml:1:6: The file is not YAML here: found unexpected end of stream. Correct the YAML there.",
    ),
    "a value within a value": (
        b"a: b: c",
        "f.yaml:1:5: The file is not YAML here: mapping values are not allowed here. Correct the YAML there.",
    ),
    "an escape beyond Unicode": (
        b'a: "\\U00110000"',
        "f.yaml:1:1: The file is not YAML here. Correct the YAML there.",
    ),
    "a duplicate key": (
        b"a: b\nc: d\na: e",
        "f.yaml:3:1: `a` stands here again, after line 1. Keep one of the two.",
    ),
    "a duplicate key within": (
        b"a: {b: c, b: d}",
        "f.yaml:1:11: `b` stands here again, after line 1. Keep one of the two.",
    ),
    "a number as key": (b"1: b", "f.yaml:1:1: `1` is not text. Write the key as text, in quotes if need be."),
    "a list as key": (b"? [a]\n: b", "f.yaml:1:3: `key` is not text. Write the key as text, in quotes if need be."),
    "a tag": (
        b"a: !!python/object/apply:os.system [id]",
        "f.yaml:1:4: `a` has the tag `tag:yaml.org,2002:python/object/apply:os.system`. Write the value without a tag.",
    ),
    "an alias bomb": (
        BOMB,
        "f.yaml:1:8: Aliases repeat more than 1000 values. Write the values out instead of `*alias`.",
    ),
    "an alias of itself": (b"a: &a [*a]", f"f.yaml:1:4: {DEEP}"),
    "nesting in flow": (b"a: " + b"[" * 100_000, f"f.yaml:1:23: {DEEP}"),
    "a file too large": (
        b"a: " + b"b" * 1024 * 1024,
        "f.yaml:1:1: The file is larger than 1 MiB. Split it, or take out what is no manifest.",
    ),
}


@pytest.mark.parametrize(("data", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_each_wrong_file_is_one_mistake(data: bytes, expected: str) -> None:
    """Whatever is wrong with a file as YAML is one mistake with file, line and column."""
    assert [str(mistake) for mistake in read("f.yaml", data).mistakes] == [expected]


def test_values_are_plain_and_numbers_that_nobody_means_stay_text() -> None:
    """Only what the manifest needs becomes a number; commit ids that look like floats stay what was written."""
    text = b"a: 1\nb: -2\nc: true\nd: null\ne: 1e5\nf: 0x10\ng: 2024-01-01\nh: 99999999999999999999\ni: '1'\nj: yes\nk: 012\n"
    assert read("f.yaml", text).root == {
        "a": 1,
        "b": -2,
        "c": True,
        "d": None,
        "e": "1e5",
        "f": "0x10",
        "g": "2024-01-01",
        "h": "99999999999999999999",
        "i": "1",
        "j": "yes",
        "k": 12,
    }


def test_an_alias_within_measure_is_read() -> None:
    """An alias repeats its value; only repetition without measure is refused."""
    document = read("f.yaml", b"a: &a [x]\nb: *a\n")
    assert (document.root, document.mistakes) == ({"a": ["x"], "b": ["x"]}, ())


def test_a_byte_order_mark_and_crlf_are_read() -> None:
    """Files as Windows editors save them are files."""
    document = read("f.yaml", b"\xef\xbb\xbfa: b\r\nc: d\r\n")
    assert (document.root, document.mistakes) == ({"a": "b", "c": "d"}, ())


def test_places_are_those_of_the_text() -> None:
    """Every value and key knows its line and column, from 1."""
    document = read("f.yaml", b"a:\n  - b: c\n")
    spot, key = document.values["a", 0, "b"], document.keys["a", 0, "b"]
    assert (spot.line, spot.column, spot.text, key.line, key.column) == (2, 8, "c", 2, 5)


def test_a_missing_value_is_reported_where_it_should_be() -> None:
    """A mistake about what does not exist stands at what would hold it."""
    mistake = read("f.yaml", b"a:\n  b: c\n").mistake(("a", "x", 3), "It is missing.", "Add it.")
    assert (str(mistake), mistake.key, mistake.value) == ("f.yaml:2:3: It is missing. Add it.", "a.x[3]", "")


@pytest.mark.parametrize(
    "value", ["-----BEGIN OPENSSH PRIVATE KEY-----", "https://user:word@cards.example", "s3://key:word@bucket"]
)
def test_a_credential_is_never_shown(value: str) -> None:
    """A value that holds a credential is not repeated in the mistake about it."""
    mistake = read("f.yaml", f"a: '{value}'\n".encode()).mistake(("a",), "It is wrong.", "Delete it.")
    assert mistake.value == "(not shown: it holds a credential)"
