"""Whatever the files hold, the manifest answers with a Declaration or with mistakes that have a place."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from twinlock import manifest
from twinlock.manifest import examples

TEAMS = {"authors": "developers", "reviewers": "reviewers", "testers": "testers", "releasers": "releasers"}
VALID = {
    "platform.yaml": examples.platform_yaml("acme", "a" * 40)
    + "  developers: {duty: author}\n  reviewers: {duty: reviewer}\n"
    + "  testers: {duty: tester}\n  releasers: {duty: releaser}\n",
    "roster.yaml": examples.roster_yaml("acme", (*examples.founders(), *examples.crew("payments", TEAMS, ()))),
    "services/payments.yaml": examples.service_yaml("payments", TEAMS),
}
NAMES = st.sampled_from([*VALID, "services/orders.yaml", "services/../x.yaml", "other.yaml"])
KNOWN = """
    people teams owners accounts quorum state machines operators app identity github aws keys duty review approvals
    integration_points name kind endpoint service services pipelines commit tester author reviewer olga payments
"""
WORDS = st.sampled_from(KNOWN.split())
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
QUICK = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def judged(files: dict[str, bytes]) -> None:
    """Parse files; every refusal must be a mistake with file, line, column, message and mend on one line."""
    try:
        manifest.parse(files)
    except manifest.InvalidManifest as refusal:
        mistakes = refusal.mistakes
    else:
        return
    assert mistakes
    for mistake in mistakes:
        lines = files.get(mistake.file, b"").decode(errors="replace").splitlines()
        assert mistake.file
        assert 1 <= mistake.line <= len(lines) + 1
        assert mistake.column >= 1
        assert mistake.message.endswith((".", "?"))
        assert mistake.mend.endswith((".", "?"))
        assert len(str(mistake).splitlines()) == 1


@QUICK
@given(NAMES, st.binary(max_size=200))
@example("platform.yaml", b"\xef\xbb\xbf")
@example("platform.yaml", b"%YAML 1.1\n--- ")
@example("platform.yaml", b"? ? ? ?")
def test_any_bytes(name: str, data: bytes) -> None:
    """Bytes in place of a file are judged."""
    judged({**{file: text.encode() for file, text in VALID.items()}, name: data})


@QUICK
@given(NAMES, st.text(alphabet="ab:- \n\t{}[],&*!|>'\"%#?@`~0.\\<", max_size=60))
def test_any_punctuation(name: str, text: str) -> None:
    """Text made of YAML's own signs is judged."""
    judged({**{file: valid.encode() for file, valid in VALID.items()}, name: text.encode()})


@QUICK
@given(st.fixed_dictionaries(dict.fromkeys(VALID, st.dictionaries(WORDS, VALUES, max_size=5))))
def test_any_values(files: dict[str, object]) -> None:
    """Well-formed files with arbitrary values under known and unknown keys are judged."""
    judged({name: json.dumps(value).encode() for name, value in files.items()})


@QUICK
@given(st.sampled_from(sorted(VALID)), st.integers(0, 3000), st.integers(0, 12), st.text(max_size=6))
def test_any_edit(name: str, start: int, length: int, text: str) -> None:
    """Valid files after any small edit are judged."""
    valid = VALID[name]
    edited = (valid[:start] + text + valid[start + length :]).encode(errors="surrogatepass")
    judged({**{file: valid.encode() for file, valid in VALID.items()}, name: edited})
