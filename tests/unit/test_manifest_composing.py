"""Two parsers, one tree: what libyaml decides is what ruamel.yaml says, and what either refuses is refused quickly."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from twinlock.manifest import examples, libyaml_tree, ruamel_tree
from twinlock.manifest.composing import composed
from twinlock.manifest.tree import Mapping, Scalar, Sequence
from twinlock.manifest.unreadable import MOST, UnreadableError

TEAMS = {"authors": "developers", "reviewers": "reviewers", "testers": "testers", "releasers": "releasers"}
EXAMPLES = (
    examples.platform_yaml("acme", "a" * 40),
    examples.roster_yaml("acme", (*examples.founders(), *examples.crew("payments", TEAMS, ()))),
    examples.service_yaml("payments", TEAMS),
)
SIGNS = r"""
    a b 1 ~ null true = << - ? : , [ ] { } # ' " | > & * ! % @ ` \ . .. --- ... \n \x41 \u00e9 \/ \e '' "" 'c' "d" é 😀
    0x1F 1_0 -1 +.5 1.5e3 .inf 2h 2024-01-01 &a *a !t !!int a: "a": - a|2 k:v //
"""
SPACES = (
    " ",
    "  ",
    "\n",
    "\n  ",
    "\r\n",
    "\r",
    "\n- ",
    "\na: ",
    ": ",
    ", ",
    " #",
    "\t",
    "\x85",
    "\u00a0",
    "a: |\n  b\n",
)
PIECES = st.sampled_from([*SIGNS.split(), *SPACES, "k" * 1030, "[" * 19, "{a: " * 19])
ATOMS = st.sampled_from(
    ["a", '"b c"', "'d'", "1", "~", "e:f", "https://g", "-h", "?i", ":j", "k#l", "=", "<<", "m\n n", ""]
)
COLONS = st.sampled_from([":", ": ", " : ", " :", ":\n "])
COMMAS = st.sampled_from([",", ", ", " ,\n ", ", # o\n "])


def _flows(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return lists and mappings in brackets and braces, of elements and of pairs, with spaces as they may fall."""
    pairs = st.builds(lambda key, colon, value: f"{key}{colon}{value}", inner, COLONS, inner)
    insides = st.builds(lambda comma, elements: comma.join(elements), COMMAS, st.lists(pairs | inner, max_size=3))
    return st.builds("[{}]".format, insides) | st.builds("{{{}}}".format, insides)


FLOWS = st.recursive(ATOMS, _flows, max_leaves=8)
LINES = "".join(EXAMPLES).splitlines(keepends=True)
PARTS = st.builds(lambda at, count: "".join(LINES[at : at + count]), st.integers(0, len(LINES)), st.integers(1, 8))


def agree(text: str) -> None:
    """Hold libyaml's answer, if it has one, to ruamel's."""
    try:
        decided = libyaml_tree.compose(text)
    except (libyaml_tree.UndecidedError, UnreadableError):
        return
    assert ruamel_tree.compose(text) == decided


@settings(max_examples=600)
@given(st.lists(PIECES, max_size=14).map("".join))
@example("a:")
@example("[?]]")
@example("[+_1, 0o_, 0b_, 0x_, 0xg, 017, 1e-5, .5e3, .5e+3, ., -.inf, .NaN, 1_0.5_, _1, 1:30, <<, 0.e1, +, -]")
@example("- |#\n a")
@example("a\n...\n...\n")
@example("a: 1\n---\n")
@example("%YAML 1.1\n---\na: yes")
@example("a: |2+\n")
@example("a: [b]\n# c")
@example("[" * 20 + "a" + "]" * 20)
@example(f"{'k' * 1030}: a")
def test_what_libyaml_decides_is_what_ruamel_says(text: str) -> None:
    """Kinds, texts and places are equal for whatever signs stand together, or libyaml has no answer."""
    agree(text)


@settings(max_examples=400)
@given(st.sampled_from(["a: ", "- ", ""]), FLOWS)
@example("", '["b c":a]')
@example("a: ", "[{}:{}]")
def test_libyaml_and_ruamel_agree_on_brackets_and_braces(before: str, flow: str) -> None:
    """So they do where the versions of YAML differ most: colons within brackets and braces."""
    agree(before + flow)


@settings(max_examples=150)
@given(PARTS, st.integers(0, 200), st.integers(0, 3), PIECES)
def test_libyaml_and_ruamel_agree_on_edited_files(part: str, at: int, length: int, piece: str) -> None:
    """So they do for parts of real files with something inserted, replaced or deleted."""
    agree(part[:at] + piece + part[at + length :])


@pytest.mark.parametrize("text", EXAMPLES, ids=["platform", "roster", "service"])
def test_the_files_that_twinlock_writes_are_decided_by_libyaml(text: str) -> None:
    """The slow parser is not needed for what `init` and `new` write."""
    assert libyaml_tree.compose(text) == ruamel_tree.compose(text)


def test_a_tree_says_what_stands_where() -> None:
    """Lines and columns are counted from 1, indices from 0; comments belong to nothing."""
    pair = (Scalar("str", "c", 2, 6, 12, 13), Scalar("number", "1", 2, 9, 15, 16))
    sequence = Sequence("seq", (Mapping("map", (pair,), 2, 5, 11, 17, flow=True),), 2, 3, 9, 22, flow=False)
    expected = Mapping("map", ((Scalar("str", "a b", 1, 1, 0, 5), sequence),), 1, 1, 0, 22, flow=False)
    assert composed("'a b':\n  - {c: 1} # d\n") == expected


def test_what_libyaml_leaves_undecided_is_read_all_the_same() -> None:
    """Anchors, block scalars and values left out are read, by ruamel."""
    text = "a: &b |\n  c\nd: *b\ne:\n"
    with pytest.raises(libyaml_tree.UndecidedError):
        libyaml_tree.compose(text)
    assert composed(text) == ruamel_tree.compose(text)


def test_without_libyaml_everything_is_read_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML can be built without it; reading takes longer then, and that is all."""
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    text = "a: [b, 'without libyaml']\n"
    with pytest.raises(libyaml_tree.UndecidedError):
        libyaml_tree.compose(text)
    assert composed(text) == ruamel_tree.compose(text)


def test_a_file_with_too_many_values_is_refused() -> None:
    """However many fit into a megabyte, no more are composed than a large roster has."""
    with pytest.raises(UnreadableError) as refused:
        composed("- a\n" * MOST)
    assert (refused.value.line, refused.value.column, *refused.value.args) == (
        MOST,
        3,
        "The file has more than 100,000 keys and values.",
        "Take out what is no manifest.",
    )


def test_ruamel_composes_no_more_values_either() -> None:
    """What libyaml leaves undecided is refused at the same value."""
    with pytest.raises(UnreadableError) as refused:
        ruamel_tree.compose("- &a b\n" * 10, most=10)
    assert (refused.value.line, refused.value.column) == (10, 3)


def test_a_large_text_that_is_no_yaml_is_refused_without_ruamel() -> None:
    """Libyaml words the mistake, for ruamel would read for many seconds until it came there."""
    with pytest.raises(UnreadableError) as refused:
        composed("a: [" + "b, " * 30_000 + "}")
    assert (refused.value.line, refused.value.column, *refused.value.args) == (
        1,
        90_005,
        "The file is not YAML here: did not find expected node content.",
        "Correct the YAML there.",
    )
