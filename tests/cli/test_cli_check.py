"""`check`, `scaffold`, `schema`: mistakes with their places, trees that were edited, a commit that is not the one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Answer = subprocess.CompletedProcess[str]
    Refusal = Callable[[str, str, str], str]
    Snapshot = Callable[[Path], dict[str, bytes | None]]

BOMB = b"a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\n"  # noqa: E501 - as it would be written
BAD = {
    "invalid bytes": (b"a: b\nc: \xff\n", "2:4: The byte 0xff is not UTF-8. Save the file as UTF-8."),
    "a tab": (b"a:\n\tb: c\n", "2:1: There is a tab. Indent with spaces."),
    "empty": (b"", "1:1: The file is empty. Write its keys, as `twinlock init` does."),
    "a list at the top": (
        b"- a\n",
        "1:1: The file is a list, not a mapping. Write keys at the top, as in `key: value`.",
    ),
    "an alias bomb": (BOMB, "1:8: Aliases repeat more than 1000 values. Write the values out instead of `*alias`."),
    "nesting": (
        b"a: " + b"[" * 1000,
        "1:23: Values are nested more than 20 deep. Write it flat, as the examples of `twinlock init` are.",
    ),
    "no YAML": (
        b"a: b: c\n",
        "1:5: The file is not YAML here: mapping values are not allowed here. Correct the YAML there.",
    ),
}
DIFFER = "Trees differ from the manifest."
OWNERS = "repositories/payments/.github/CODEOWNERS"


@pytest.mark.parametrize("file", ["platform.yaml", "roster.yaml", "services/payments.yaml"])
@pytest.mark.parametrize(("content", "told"), BAD.values(), ids=BAD.keys())
def test_a_file_that_cannot_be_read_is_told_with_its_place(
    twinlock: Callable[..., Answer], acme: Path, file: str, content: bytes, told: str
) -> None:
    """Whatever is wrong with a file as YAML ends with 2, and its file, line and column."""
    (acme / file).write_bytes(content)
    answer = twinlock("-C", acme, "check")
    first, *mistakes, mend = answer.stderr.splitlines()
    assert (answer.returncode, answer.stdout) == (2, "")
    assert first.startswith("error: The manifest has ")
    assert f"{file}:{told}" in [line.removeprefix("  why: ").strip() for line in mistakes]
    assert mend == f" mend: Mend what is listed, then run `twinlock -C {acme} check`."


@pytest.mark.parametrize("file", ["platform.yaml", "roster.yaml", "services/payments.yaml"])
def test_a_duplicate_key_is_one_mistake(
    twinlock: Callable[..., Answer], refusal: Refusal, acme: Path, file: str
) -> None:
    """The second of two equal keys is told with the line of the first."""
    text = (acme / file).read_text()
    key = {"platform.yaml": "region", "roster.yaml": "people", "services/payments.yaml": "starter"}[file]
    lines = text.splitlines()
    first = next(number for number, line in enumerate(lines, 1) if line.startswith(f"{key}:"))
    (acme / file).write_text(f"{text}{key}: x\n")
    answer = twinlock("-C", acme, "check")
    assert (answer.returncode, answer.stdout, answer.stderr) == (
        2,
        "",
        refusal(
            "The manifest has 1 mistake.",
            f"{file}:{len(lines) + 1}:1: `{key}` stands here again, after line {first}. Keep one of the two.",
            f"Mend what is listed, then run `twinlock -C {acme} check`.",
        ),
    )


@pytest.mark.parametrize("name", ["a b", "платежи", "a" * 200, "con", "CON", "-x", ".x"])
def test_a_service_file_of_a_bad_name_is_refused(twinlock: Callable[..., Answer], acme: Path, name: str) -> None:
    """A name that `new` would refuse is refused in a file as well."""
    text = (acme / "services" / "payments.yaml").read_text().replace("payments", name)
    (acme / "services" / "bad.yaml").write_text(text)
    answer = twinlock("-C", acme, "check")
    shown = name if len(name) <= 60 else f"{name[:57]}..."
    assert (answer.returncode, answer.stdout) == (2, "")
    assert f"services/bad.yaml:3:10: `service` is `{shown}`, but " in answer.stderr


def test_every_mistake_is_told_at_once(twinlock: Callable[..., Answer], acme: Path) -> None:
    """Mistakes of several files come in one run, by file and line."""
    (acme / "services" / "payments.yaml").write_bytes(b"")
    (acme / "roster.yaml").write_bytes(b"- a\n")
    answer = twinlock("-C", acme, "check")
    places = [line.removeprefix("  why: ").strip().split(" ")[0] for line in answer.stderr.splitlines()[1:-1]]
    assert (answer.returncode, places) == (2, sorted(places))
    assert {"roster.yaml:1:1:", "services/payments.yaml:1:1:"} <= set(places)


def test_a_manifest_without_mistakes_is_counted(twinlock: Callable[..., Answer], acme: Path) -> None:
    """What is right is told in one line."""
    answer = twinlock("-C", acme, "check")
    told = (answer.returncode, answer.stdout, answer.stderr)
    assert told == (0, "1 service, 6 teams, 15 people: no mistake.\n", "target: world (acme)\n")


def _pinned(acme: Path) -> str:
    line = next(line for line in (acme / "platform.yaml").read_text().splitlines() if line.startswith("  commit:"))
    return line.split('"')[1]


@pytest.mark.parametrize("command", [("check",), ("up", "--yes")], ids=["check", "up"])
def test_another_pipelines_commit_is_refused_and_pin_mends_it(
    twinlock: Callable[..., Answer], refusal: Refusal, acme: Path, command: tuple[str, ...]
) -> None:
    """No job could assume a role with a commit that is never seeded: the command that mends it is named, and does."""
    text, right, wrong = (acme / "platform.yaml").read_text(), _pinned(acme), "a" * 40
    (acme / "platform.yaml").write_text(text.replace(right, wrong))
    answer = twinlock("-C", acme, *command)
    assert (answer.returncode, answer.stdout, answer.stderr) == (
        2,
        "",
        "target: world (acme)\n"
        + refusal(
            f"`pipelines.commit` is {wrong}, but the pipelines that would be seeded are {right}.",
            "No job could assume a role: AWS and the services would trust a commit that does not exist.",
            f"Pin what the templates give: `twinlock -C {acme} scaffold --pin`.",
        ),
    )
    pin = twinlock("-C", acme, "scaffold", "--pin")
    assert (pin.returncode, pin.stdout.splitlines()[0]) == (0, f"pipelines.commit is now {right}.")
    assert (acme / "platform.yaml").read_text() == text
    assert twinlock("-C", acme, "check").returncode == 0
    again = twinlock("-C", acme, "scaffold", "--pin")
    assert again.stdout.splitlines()[0] == f"pipelines.commit is {right} already."


def test_rendering_twice_changes_nothing(twinlock: Callable[..., Answer], snapshot: Snapshot, acme: Path) -> None:
    """A second rendering is byte for byte the first, and says so."""
    before = snapshot(acme)
    answer = twinlock("-C", acme, "scaffold")
    assert (answer.returncode, answer.stdout.splitlines(), answer.stderr) == (
        0,
        [
            ".: unchanged",
            "repositories/delivery-pipelines: unchanged",
            "repositories/payments: unchanged",
            "repositories/payments-integration-tests: unchanged",
        ],
        "target: world (acme)\n",
    )
    assert snapshot(acme) == before
    check = twinlock("-C", acme, "scaffold", "--check")
    said = "target: world (acme)\nTrees are what the manifest gives.\n"
    assert (check.returncode, check.stdout, check.stderr) == (0, "", said)


def test_an_edited_managed_file_is_shown_and_restored(
    twinlock: Callable[..., Answer], snapshot: Snapshot, acme: Path
) -> None:
    """`--check` shows the difference, ends with 1 and changes nothing; without it the file is restored."""
    clean = snapshot(acme)
    with (acme / OWNERS).open("a") as owners:
        owners.write("* @acme/mallory\n")
    edited = snapshot(acme)
    check = twinlock("-C", acme, "scaffold", "--check")
    head, *diff = check.stdout.splitlines()
    assert (check.returncode, check.stderr) == (1, f"target: world (acme)\n{DIFFER}\n")
    assert (head, diff[:2]) == (
        f"{OWNERS}: edited",
        ["--- a/.github/CODEOWNERS", "+++ b/.github/CODEOWNERS"],
    )
    assert [line for line in diff[2:] if line[0] in "+-"] == ["-* @acme/mallory"]
    assert snapshot(acme) == edited
    answer = twinlock("-C", acme, "scaffold", "payments")
    assert (answer.returncode, answer.stdout.splitlines()) == (
        0,
        [
            ".: unchanged",
            "repositories/delivery-pipelines: unchanged",
            f"{OWNERS}: restored",
            "repositories/payments-integration-tests: unchanged",
        ],
    )
    assert snapshot(acme) == clean


def test_a_deleted_managed_file_is_told_and_restored(
    twinlock: Callable[..., Answer], snapshot: Snapshot, acme: Path
) -> None:
    """As above, for a file that is gone."""
    clean = snapshot(acme)
    (acme / OWNERS).unlink()
    check = twinlock("-C", acme, "scaffold", "--check")
    assert (check.returncode, check.stdout.splitlines()[:2]) == (1, [f"{OWNERS}: missing", "--- /dev/null"])
    assert f"{OWNERS}: restored" in twinlock("-C", acme, "scaffold").stdout.splitlines()
    assert snapshot(acme) == clean


@pytest.mark.parametrize("act", ["edited", "deleted"])
def test_a_seeded_file_is_the_teams(twinlock: Callable[..., Answer], snapshot: Snapshot, acme: Path, act: str) -> None:
    """What the team made of a seeded file stays, is reported as kept, and is no difference."""
    readme = acme / "repositories" / "payments" / "README.md"
    if act == "edited":
        readme.write_text("ours\n")
    else:
        readme.unlink()
    before = snapshot(acme)
    answer = twinlock("-C", acme, "scaffold")
    assert (answer.returncode, "repositories/payments/README.md: kept, it is the team's" in answer.stdout) == (0, True)
    assert (snapshot(acme), twinlock("-C", acme, "scaffold", "--check").returncode) == (before, 0)


@pytest.mark.parametrize("words", [("scaffold",), ("scaffold", "--check"), ("up", "--yes"), ("preview",)], ids=" ".join)
def test_a_service_that_nobody_declared_is_refused(
    twinlock: Callable[..., Answer], refusal: Refusal, acme: Path, words: tuple[str, ...]
) -> None:
    """An unknown service is told with those that there are."""
    answer = twinlock("-C", acme, *words, "billing")
    told = refusal(
        "There is no service 'billing'.",
        "The services of this platform are: payments.",
        f"Add it: `twinlock -C {acme} new billing`.",
    )
    assert (answer.returncode, answer.stdout, answer.stderr) == (2, "", f"target: world (acme)\n{told}")


@pytest.mark.parametrize("kind", ["platform", "roster", "service"])
def test_the_schema_is_what_init_wrote(twinlock: Callable[..., Answer], acme: Path, kind: str) -> None:
    """`schema` prints the JSON Schema that the files' first lines name."""
    answer = twinlock("schema", kind)
    assert (answer.returncode, answer.stderr) == (0, "")
    document = json.loads(answer.stdout)
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert document == json.loads((acme / "schema" / f"{kind}.json").read_bytes())
