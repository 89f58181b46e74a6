"""`twinlock new`: names, teams, what it asks on a terminal, and what it leaves when it cannot finish."""

from __future__ import annotations

import os
import pty
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Answer = subprocess.CompletedProcess[str]
    Refusal = Callable[[str, str, str], str]
    Snapshot = Callable[[Path], dict[str, bytes | None]]

FORM = "A service's name has 2 to 40 lower-case letters, digits and single hyphens, and begins with a letter."
NAMES = {
    "../x": ("../x", FORM),
    "a b": ("a b", FORM),
    "платежи": ("платежи", FORM),
    "a" * 200: (f"{'a' * 57}...", FORM),
    "con": ("con", "Windows keeps that name for a device."),
    "lpt1": ("lpt1", "Windows keeps that name for a device."),
    "CON": ("CON", FORM),
    "platform": ("platform", "The platform's own repositories have that name."),
    "delivery-pipelines": ("delivery-pipelines", "The platform's own repositories have that name."),
    "": ("", FORM),
    ".": (".", FORM),
    "a/b": ("a/b", FORM),
    "a": ("a", FORM),
    "1a": ("1a", FORM),
    "a-": ("a-", FORM),
    "a--b": ("a--b", FORM),
    "-a": ("-a", FORM),
    "a\nb": ("a\\u000ab", FORM),
    "a\x1b[31m": ("a\\u001b[31m", FORM),
    "a\udcff": ("a\\udcff", FORM),
}
NOTHING = "Name other teams; see `twinlock -C {} new --help`."


@pytest.mark.parametrize(("name", "shown", "why"), [(name, *told) for name, told in NAMES.items()])
def test_a_name_that_no_service_has_is_refused(  # noqa: PLR0917 - fixtures
    twinlock: Callable[..., Answer], refusal: Refusal, snapshot: Snapshot, acme: Path, name: str, shown: str, why: str
) -> None:
    """Names that GitHub, AWS, a file system or a terminal would take amiss are refused, and nothing is written."""
    before = snapshot(acme)
    answer = twinlock("-C", acme, "new", "--", name)
    told = refusal(f"`{shown}` cannot be a service's name.", why, "Choose another one, such as `payments`.")
    assert (answer.returncode, answer.stdout, answer.stderr) == (2, "", told)
    assert snapshot(acme) == before


def test_a_new_service_is_told_whole(twinlock: Callable[..., Answer], acme: Path) -> None:
    """Results on stdout: files, people and trees; progress on stderr; the manifest is valid afterwards."""
    answer = twinlock("-C", acme, "new", "billing", "--authors", "payments-developers")
    assert (answer.returncode, answer.stdout.splitlines(), answer.stderr.splitlines()) == (
        0,
        [
            "wrote roster.yaml",
            "wrote platform.yaml",
            "wrote services/billing.yaml",
            "invented billing-reviewer-1 for billing-reviewers",
            "invented billing-reviewer-2 for billing-reviewers",
            "invented billing-reviewer-3 for billing-reviewers",
            "invented billing-tester-1 for billing-testers",
            "invented billing-tester-2 for billing-testers",
            "invented billing-releaser-1 for billing-releasers",
            "invented billing-releaser-2 for billing-releasers",
            "./.github/CODEOWNERS: restored",
            "repositories/billing: 20 files written",
            "repositories/billing-integration-tests: 22 files written",
            "repositories/delivery-pipelines: unchanged",
        ],
        ["target: world (acme)", f"Next: twinlock -C {acme} check"],
    )
    assert twinlock("-C", acme, "check").stdout == "2 services, 9 teams, 22 people: no mistake.\n"


def test_a_service_of_existing_teams_invents_nobody(twinlock: Callable[..., Answer], acme: Path) -> None:
    """Teams that exist are used as they are: neither roster nor platform file is touched."""
    roster, platform = (acme / "roster.yaml").read_bytes(), (acme / "platform.yaml").read_bytes()
    roles = {"authors": "developers", "reviewers": "reviewers", "testers": "testers", "releasers": "releasers"}
    teams = [word for role, team in roles.items() for word in (f"--{role}", f"payments-{team}")]
    answer = twinlock("-C", acme, "new", "billing", *teams)
    assert (answer.returncode, answer.stdout.splitlines()[:2]) == (
        0,
        ["wrote services/billing.yaml", "./.github/CODEOWNERS: restored"],
    )
    assert ((acme / "roster.yaml").read_bytes(), (acme / "platform.yaml").read_bytes()) == (roster, platform)
    assert twinlock("-C", acme, "check").stdout == "2 services, 6 teams, 15 people: no mistake.\n"


def test_a_service_is_added_once(
    twinlock: Callable[..., Answer], refusal: Refusal, snapshot: Snapshot, acme: Path
) -> None:
    """A second `new` of the same service changes nothing."""
    before = snapshot(acme)
    answer = twinlock("-C", acme, "new", "payments")
    assert (answer.returncode, answer.stdout, answer.stderr) == (
        2,
        "",
        "target: world (acme)\n"
        + refusal(
            "The service payments exists already.",
            f"{acme / 'services' / 'payments.yaml'} is there, and new overwrites nothing.",
            "Edit that file, or choose another name.",
        ),
    )
    assert snapshot(acme) == before


TEAMS = {
    "a team of another duty": (
        ("--authors", "payments-testers"),
        "`teams.authors` is `payments-testers`, whose duty is tester. Name a team with the duty author.",
    ),
    "one team in two roles": (
        ("--testers", "billing-people", "--releasers", "billing-people"),
        "`teams.testers` is `billing-people`, whose duty is releaser. Name a team with the duty tester.",
    ),
}


@pytest.mark.parametrize(("words", "why"), TEAMS.values(), ids=TEAMS.keys())
def test_a_wrong_team_is_refused(  # noqa: PLR0917 - fixtures
    twinlock: Callable[..., Answer],
    refusal: Refusal,
    snapshot: Snapshot,
    acme: Path,
    words: tuple[str, ...],
    why: str,
) -> None:
    """What the manifest would refuse is told without the places of files that were never written."""
    before = snapshot(acme)
    answer = twinlock("-C", acme, "new", "billing", *words)
    told = refusal("The service billing was not added.", why, NOTHING.format(acme))
    assert (answer.returncode, answer.stdout, answer.stderr) == (2, "", f"target: world (acme)\n{told}")
    assert snapshot(acme) == before


@pytest.mark.parametrize("team", ["A b", "../x", "платежи", "a--b"])
def test_a_team_that_github_would_rename_is_refused(
    twinlock: Callable[..., Answer], refusal: Refusal, snapshot: Snapshot, acme: Path, team: str
) -> None:
    """A team's slug is checked before it stands in three files."""
    before = snapshot(acme)
    answer = twinlock("-C", acme, "new", "billing", "--authors", team)
    told = refusal(
        f"`{team}` cannot be a team's slug.",
        "A team's slug has lower-case letters, digits, underscores and single hyphens, none at an end.",
        "Choose another one, such as `payments-testers`.",
    )
    assert (answer.returncode, answer.stdout, answer.stderr) == (2, "", f"target: world (acme)\n{told}")
    assert snapshot(acme) == before


def test_a_manifest_with_mistakes_is_not_added_to(
    twinlock: Callable[..., Answer], refusal: Refusal, snapshot: Snapshot, acme: Path
) -> None:
    """Mistakes that stand there already are told with their places."""
    with (acme / "platform.yaml").open("a") as platform:
        platform.write("regions: eu-west-1\n")
    line = len((acme / "platform.yaml").read_text().splitlines())
    before = snapshot(acme)
    answer = twinlock("-C", acme, "new", "billing")
    told = refusal(
        "The manifest has 1 mistake.",
        f"platform.yaml:{line}:1: `regions` is an unknown key. Did you mean `region`?",
        f"Mend what is listed, then run `twinlock -C {acme} check`.",
    )
    assert (answer.returncode, answer.stdout, answer.stderr) == (2, "", told)
    assert snapshot(acme) == before


def test_a_tree_that_cannot_be_written_names_the_command_that_goes_on(
    twinlock: Callable[..., Answer], refusal: Refusal, acme: Path
) -> None:
    """The manifest is written before the trees; `new` would refuse the service by then, so `scaffold` is named."""
    blocked = acme / "repositories" / "billing"
    blocked.mkdir()
    (blocked / "service").write_text("not a directory")
    answer = twinlock("-C", acme, "new", "billing")
    go_on = f"twinlock -C {acme} scaffold billing"
    assert (answer.returncode, answer.stdout, answer.stderr.removeprefix("target: world (acme)\n")) == (
        2,
        "",
        refusal(
            f"{blocked / 'service'} is refused.",
            "It is a file, and the scaffold has a directory there.",
            f"The manifest has the service now. Mend this, then render: `{go_on}`.",
        ),
    )
    (blocked / "service").unlink()
    assert twinlock(*go_on.split()[1:]).returncode == 0
    assert twinlock("-C", acme, "scaffold", "--check").returncode == 0


def test_a_terminal_is_asked_for_teams(start: Callable[..., subprocess.Popen[str]], acme: Path) -> None:
    """On a terminal each team is asked for; the answers are used, an empty one takes the default."""
    terminal, inside = pty.openpty()
    process = start("-C", acme, "new", "billing", "--testers", "billing-testers", stdin=inside, stderr=inside)
    os.close(inside)
    os.write(terminal, b"payments-developers\n\n\n")
    out, _ = process.communicate(timeout=60)
    asked = _read_all(terminal)
    assert (process.returncode, out.splitlines()[:3]) == (
        0,
        ["wrote roster.yaml", "wrote platform.yaml", "wrote services/billing.yaml"],
    )
    assert re.findall(r"Team of the \S+ \[\S+\]: ", asked) == [
        "Team of the authors [billing-developers]: ",
        "Team of the reviewers [billing-reviewers]: ",
        "Team of the releasers [billing-releasers]: ",
    ]
    written = (acme / "services" / "billing.yaml").read_text()
    assert [line.strip() for line in written.splitlines() if line.startswith("  ") and "-" in line][:4] == [
        "authors: payments-developers",
        "reviewers: billing-reviewers",
        "testers: billing-testers",
        "releasers: billing-releasers",
    ]


def test_an_interrupted_question_writes_nothing(
    start: Callable[..., subprocess.Popen[str]], snapshot: Snapshot, acme: Path
) -> None:
    """The end of the input in the middle of the questions ends the command, before anything is written."""
    before = snapshot(acme)
    terminal, inside = pty.openpty()
    process = start("-C", acme, "new", "billing", stdin=inside, stderr=inside)
    os.close(inside)
    os.write(terminal, b"payments-developers\n\x04")
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, out, _read_all(terminal).splitlines()[-1]) == (130, "", "interrupted")
    assert snapshot(acme) == before


def _read_all(terminal: int) -> str:
    parts = []
    try:
        while part := os.read(terminal, 4096):
            parts.append(part)
    except OSError:  # so Linux tells that nobody has the other end open
        pass
    os.close(terminal)
    return b"".join(parts).decode().replace("\r\n", "\n")
