"""The world's process at the command line: up, joined, down, reset, in the foreground, and everything in its way."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from twinlock.custody import Custody
from twinlock.ledger.journal import Journal

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    Answer = subprocess.CompletedProcess[str]
    Refusal = Callable[[str, str, str], str]
    Snapshot = Callable[[Path], dict[str, bytes | None]]
    WorldOf = Callable[[Path], dict[str, Any]]

TARGET = "target: world (acme)\n"
EMPTY = "AWS is empty: it lives in memory. `twinlock up` rebuilds it.\n"


@pytest.fixture
def taken() -> Iterator[int]:
    """Return a port that something else listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture
def free() -> int:
    """Return a port at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


def addresses(document: dict[str, Any]) -> str:
    """Return what `world up` prints."""
    return f"GitHub {document['github']['url']}\nAWS    {document['aws']['url']}\n"


def test_up_and_down_each_twice(twinlock: Callable[..., Answer], world_of: WorldOf, acme: Path, free: int) -> None:
    """A second `up` joins the world that runs; a second `down` finds nothing to stop; both are clean."""
    up = twinlock("-C", acme, "world", "up", "--detach", "--port", str(free))
    first = world_of(acme)
    assert (up.returncode, up.stdout, up.stderr) == (0, addresses(first), TARGET + EMPTY)
    assert first["github"]["url"] == f"http://127.0.0.1:{free}"
    assert (acme / ".twinlock" / "world.json").stat().st_mode & 0o777 == 0o600
    again = twinlock("-C", acme, "world", "up", "--detach")
    assert (again.returncode, again.stdout, again.stderr) == (0, addresses(first), TARGET + EMPTY)
    assert world_of(acme) == first
    down = twinlock("-C", acme, "world", "down")
    assert (down.returncode, down.stdout, down.stderr) == (0, "", f"{TARGET}The world is down.\n")
    assert not (acme / ".twinlock" / "world.json").exists()
    down = twinlock("-C", acme, "world", "down")
    assert (down.returncode, down.stdout, down.stderr) == (0, "", f"{TARGET}No world was running.\n")


def test_a_world_that_runs_elsewhere_is_not_passed_off_as_the_one_asked_for(
    twinlock: Callable[..., Answer], refusal: Refusal, world_of: WorldOf, acme: Path, free: int
) -> None:
    """Another port or another state than those of the running world is refused; so is a second foreground."""
    assert twinlock("-C", acme, "world", "up", "--detach").returncode == 0
    document, stop = world_of(acme), f"Stop it first: `twinlock -C {acme} world down`."
    url, pid, state = document["github"]["url"], document["pid"], acme / ".twinlock" / "world"
    other = acme.parent / "other"
    for words, why in (
        (("--detach", "--port", str(free)), f"It answers at {url}, not at port {free}."),
        (("--detach", "--state", other), f"Process {pid} serves {state}, not {other}."),
        ((), f"Process {pid} serves {state}."),
    ):
        answer = twinlock("-C", acme, "world", "up", *words)
        told = TARGET + refusal("A world runs already.", why, stop)
        assert (answer.returncode, answer.stdout, answer.stderr) == (2, "", told)
    assert (world_of(acme), other.exists()) == (document, False)


def test_state_elsewhere_is_remembered_until_it_is_reset(
    twinlock: Callable[..., Answer], world_of: WorldOf, acme: Path
) -> None:
    """`--state DIR` is given once: `up`, `down` and `reset` find it afterwards, and `reset` deletes only it."""
    state = acme.parent / "elsewhere" / "state"
    assert twinlock("-C", acme, "world", "up", "--detach", "--state", state).returncode == 0
    tokens = world_of(acme)["github"]["tokens"]
    assert twinlock("-C", acme, "world", "down").stderr == f"{TARGET}The world is down.\n"
    assert twinlock("-C", acme, "world", "up", "--detach").returncode == 0
    assert (world_of(acme)["github"]["tokens"], (acme / ".twinlock" / "world").exists()) == (tokens, False)
    reset = twinlock("-C", acme, "world", "reset", "--yes")
    assert (reset.returncode, reset.stdout) == (0, addresses(world_of(acme)))
    assert reset.stderr == f"{TARGET}The world is empty.\n"
    assert world_of(acme)["github"]["tokens"] != tokens
    assert twinlock("-C", acme, "world", "down").returncode == 0
    assert twinlock("-C", acme, "world", "reset", "--yes").stdout == ""
    assert not state.exists()


def test_reset_forgets_what_was_first_seen_in_the_world(
    twinlock: Callable[..., Answer], refusal: Refusal, acme: Path
) -> None:
    """Its ids mean nothing to the next one; those of the cloud stay. A file that is damaged stops it beforehand."""
    lock = acme / "observed.lock.json"
    cloud = {"organizations": {"acme": 7}, "begun": "2026-01-01T00:00:00Z"}
    lock.write_text(json.dumps({"cloud": cloud, "world": {**cloud, "teams": {"platform": 5}}}))
    assert twinlock("-C", acme, "world", "reset", "--yes").returncode == 0
    assert json.loads(lock.read_bytes()) == {"cloud": cloud}
    lock.write_text("{")
    answer = twinlock("-C", acme, "world", "reset", "--yes")
    told = refusal(
        f"{lock} is damaged.",
        "It is not what twinlock writes: targets, kinds, names and their ids.",
        "Restore it: `git checkout observed.lock.json`.",
    )
    assert (answer.returncode, answer.stderr) == (2, TARGET + told)


def test_reset_takes_the_state_of_both_engines_along(twinlock: Callable[..., Answer], acme: Path) -> None:
    """What Pulumi and the embedded engine know of the old world is gone, and the journal expects none of it."""
    pulumi, embedded = acme / "state" / ".pulumi", acme / ".twinlock" / "state"
    kept = acme / "state" / "notes.txt"
    for path in (pulumi / "stacks" / "s.json", embedded / "s.json", acme / ".twinlock/pulumi/unended/s.json", kept):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    custody = Custody(Journal(acme / ".twinlock" / "journal.jsonl", who="paula"), acme / ".twinlock/pulumi/checkpoints")
    custody.begin("repositories/payments", None)
    custody.end("repositories/payments", b'{"checkpoint": {"latest": {"resources": []}}}')
    reset = twinlock("-C", acme, "world", "reset", "--yes")
    assert (reset.returncode, reset.stderr) == (
        0,
        (
            f"{TARGET}forgot {embedded}\nforgot {pulumi}\nforgot the checkpoint of repositories/payments\n"
            "The world is empty.\n"
        ),
    )
    assert [path.exists() for path in (pulumi, embedded, acme / ".twinlock/pulumi/unended", kept)] == [
        False,
        False,
        False,
        True,
    ]
    custody.begin("repositories/payments", None)


def test_reset_leaves_state_beside_which_others_may_lie(
    twinlock: Callable[..., Answer], refusal: Refusal, acme: Path
) -> None:
    """Pulumi's state outside of the platform directory is named, and nothing is deleted anywhere."""
    manifest, shared = acme / "platform.yaml", acme.parent / "shared" / ".pulumi"
    shared.mkdir(parents=True)
    (acme / ".twinlock" / "world" / "git").mkdir(parents=True)
    manifest.write_text(manifest.read_text().replace("file://./state", "file://../shared"))
    answer = twinlock("-C", acme, "world", "reset", "--yes")
    told = refusal(
        "Nothing was forgotten.",
        f"Pulumi's state of this world is in {shared.parent}, outside of the platform directory.",
        f"Remove {shared} yourself if it is of this platform alone, then run the same command again.",
    )
    assert (answer.returncode, answer.stderr) == (2, TARGET + told)
    assert (acme / ".twinlock" / "world" / "git").exists()


@pytest.mark.parametrize("kind", ["directory", "file", "link"])
def test_reset_deletes_nothing_that_no_world_made(
    twinlock: Callable[..., Answer], refusal: Refusal, snapshot: Snapshot, acme: Path, kind: str
) -> None:
    """A directory of the user's, given by mistake, is not deleted."""
    mine = acme.parent / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    state = {"directory": mine, "file": mine / "thesis.txt", "link": acme.parent / "link"}[kind]
    if kind == "link":
        state.symlink_to(mine)
    before = snapshot(acme.parent)
    answer = twinlock("-C", acme, "world", "reset", "--yes", "--state", state)
    strange = mine / "thesis.txt" if kind == "directory" else "it"
    told = refusal(
        f"{state} was not deleted.",
        f"It is not the state of a world: no world has made {strange}.",
        "Name the directory that `world up --state` was given.",
    )
    assert (answer.returncode, answer.stdout, answer.stderr) == (2, "", TARGET + told)
    assert snapshot(acme.parent) == before


def test_a_port_in_use_is_told(twinlock: Callable[..., Answer], refusal: Refusal, acme: Path, taken: int) -> None:
    """The port is named, with what to do; nothing runs and no file says that it does, not even one left behind."""
    (acme / ".twinlock").mkdir()
    (acme / ".twinlock" / "world.json").write_text(_document("http://127.0.0.1:1", "http://127.0.0.1:2"))
    for words in (("--detach",), ()):
        answer = twinlock("-C", acme, "world", "up", "--port", str(taken), *words)
        told = refusal(
            "The world did not start.", f"Port {taken} is in use.", "Choose another with --port, or 0 for a free one."
        )
        assert (answer.returncode, answer.stdout, answer.stderr) == (2, "", TARGET + told)
        assert not (acme / ".twinlock" / "world.json").exists()


def test_state_that_cannot_be_used_is_told(twinlock: Callable[..., Answer], refusal: Refusal, acme: Path) -> None:
    """A file in place of the state, and a state of something else."""
    file, foreign = acme.parent / "file", acme.parent / "foreign"
    file.touch()
    foreign.mkdir()
    (foreign / "github.sqlite").write_text("not a database, but long enough to be taken for a damaged one" * 20)
    answer = twinlock("-C", acme, "world", "up", "--detach", "--state", file)
    told = refusal(
        "The world did not start.",
        f"Cannot use {file} as state: File exists.",
        "Name a directory that may be written.",
    )
    assert (answer.returncode, answer.stderr) == (2, TARGET + told)
    answer = twinlock("-C", acme, "world", "up", "--detach", "--state", foreign)
    told = refusal(
        "The world did not start.",
        f"{foreign}/github.sqlite is no store of this world: file is not a database.",
        "Name another --state.",
    )
    assert (answer.returncode, answer.stderr) == (2, TARGET + told)


def test_a_world_needs_git(
    twinlock: Callable[..., Answer],
    refusal: Refusal,
    snapshot: Snapshot,
    monkeypatch: pytest.MonkeyPatch,
    acme: Path,
) -> None:
    """Without git on the path nothing is begun."""
    before = snapshot(acme)
    monkeypatch.setenv("PATH", str(acme))
    answer = twinlock("-C", acme, "world", "up", "--detach")
    told = refusal("Nothing was begun.", "git was not found.", "Install git, then run the same command again.")
    assert (answer.returncode, answer.stdout, answer.stderr) == (2, "", TARGET + told)
    assert snapshot(acme) == before


def test_a_killed_world_starts_again_with_what_github_held(
    twinlock: Callable[..., Answer], world_of: WorldOf, acme: Path
) -> None:
    """What a killed world left behind is no world, and is not in the way of the next."""
    assert twinlock("-C", acme, "world", "up", "--detach").returncode == 0
    killed = world_of(acme)
    os.kill(killed["pid"], signal.SIGKILL)
    os.waitpid(killed["pid"], 0)
    up = twinlock("-C", acme, "world", "up", "--detach")
    document = world_of(acme)
    assert (up.returncode, up.stdout, up.stderr) == (0, addresses(document), TARGET + EMPTY)
    assert document["pid"] != killed["pid"]
    assert document["github"]["tokens"] == killed["github"]["tokens"]


def test_a_lost_file_does_not_hide_a_world_that_runs(
    twinlock: Callable[..., Answer],
    refusal: Refusal,
    monkeypatch: pytest.MonkeyPatch,
    world_of: WorldOf,
    acme: Path,
) -> None:
    """With `world.json` deleted the world cannot be joined, but it is known to run, and is stopped."""
    monkeypatch.setattr("twinlock_cli.world_process.JOIN_SECONDS", 0)  # nobody will write the file
    assert twinlock("-C", acme, "world", "up", "--detach").returncode == 0
    pid, ready = world_of(acme)["pid"], acme / ".twinlock" / "world.json"
    ready.unlink()
    up = twinlock("-C", acme, "world", "up", "--detach")
    told = refusal(
        "The world cannot be reached.",
        f"Process {pid} serves {acme / '.twinlock' / 'world'}, but {ready} does not say where.",
        f"Restart it: `twinlock -C {acme} world down`, then `twinlock -C {acme} world up --detach`.",
    )
    assert (up.returncode, up.stdout, up.stderr) == (3, "", TARGET + told)
    assert twinlock("-C", acme, "world", "down").stderr == f"{TARGET}The world is down.\n"
    assert twinlock("-C", acme, "world", "up", "--detach").returncode == 0


def test_owners_whose_tokens_expired_restart_the_world(
    twinlock: Callable[..., Answer], refusal: Refusal, expire: Callable[..., None], acme: Path
) -> None:
    """One owner's token is enough; with none left the world still stops, and gives new ones at its start."""
    assert twinlock("-C", acme, "world", "up", "--detach").returncode == 0
    expire(acme, "olga")
    assert twinlock("-C", acme, "world", "status").returncode == 0
    expire(acme, "otto")
    answer = twinlock("-C", acme, "world", "status")
    told = refusal(
        "The world refused GET /_world/status.",
        "It accepts no token of the owners olga, otto: they are new to it, or their tokens have expired.",
        f"Restart it: `twinlock -C {acme} world down`, then `twinlock -C {acme} world up --detach`.",
    )
    assert (answer.returncode, answer.stdout, answer.stderr) == (3, "", TARGET + told)
    assert twinlock("-C", acme, "world", "down").returncode == 0
    assert twinlock("-C", acme, "world", "up", "--detach").returncode == 0
    assert twinlock("-C", acme, "world", "status").returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_an_interrupted_foreground_takes_the_world_with_it(
    start: Callable[..., subprocess.Popen[str]],
    twinlock: Callable[..., Answer],
    world_of: WorldOf,
    acme: Path,
    number: signal.Signals,
) -> None:
    """Ctrl-C, a closed terminal or `kill`: the world is stopped, and no process and no address is left."""
    process = _in_foreground(start, acme)
    document = world_of(acme)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, addresses(document), "The world is down.\n")
    assert not Path(f"/proc/{document['pid']}").exists()
    assert not (acme / ".twinlock" / "world.json").exists()
    assert twinlock("-C", acme, "world", "down").stderr == f"{TARGET}No world was running.\n"


def test_a_foreground_ends_with_its_world(
    start: Callable[..., subprocess.Popen[str]],
    twinlock: Callable[..., Answer],
    refusal: Refusal,
    world_of: WorldOf,
    acme: Path,
) -> None:
    """`world down` from elsewhere is a clean end; a world that dies is not."""
    process = _in_foreground(start, acme)
    assert twinlock("-C", acme, "world", "down").returncode == 0
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "The world is down.\n")
    process = _in_foreground(start, acme)
    os.kill(world_of(acme)["pid"], signal.SIGKILL)
    _, err = process.communicate(timeout=60)
    told = refusal(
        "The world has ended.",
        "It ended without a word.",
        f"See {acme / '.twinlock' / 'world.log'}, then start it again.",
    )
    assert (process.returncode, err) == (3, told)


def _in_foreground(start: Callable[..., subprocess.Popen[str]], acme: Path) -> subprocess.Popen[str]:
    process = start("-C", acme, "world", "up")
    assert process.stderr is not None
    said = "".join(process.stderr.readline() for _ in range(3))
    assert said == f"{TARGET}{EMPTY}Ctrl-C stops it.\n"
    return process


NEEDING = {
    "preview": ("preview",),
    "up": ("up", "--yes"),
    "destroy": ("destroy", "--yes"),
    "audit": ("audit",),
    "reconcile": ("reconcile", "--once", "--yes"),
    "world status": ("world", "status"),
}


@pytest.mark.parametrize("words", NEEDING.values(), ids=NEEDING.keys())
def test_without_a_world_every_command_names_the_one_that_starts_it(  # noqa: PLR0917 - fixtures
    twinlock: Callable[..., Answer],
    refusal: Refusal,
    snapshot: Snapshot,
    acme: Path,
    free: int,
    words: tuple[str, ...],
) -> None:
    """No file, a damaged one, one of another machine, one whose process is gone: nothing is done or sent."""
    ready = acme / ".twinlock" / "world.json"
    mend = f"Start it: `twinlock -C {acme} world up --detach`."
    here = f"http://127.0.0.1:{free}"
    cases = (
        (None, 3, f"There is no world for {acme}.", f"{ready} does not exist."),
        ("{}", 2, f"{ready} is damaged.", "It is not what the world writes."),
        ("[" * 100_000, 2, f"{ready} is damaged.", "It is not what the world writes."),
        (
            _document("http://192.0.2.1:80", here),
            2,
            f"{ready} is refused.",
            "It names an address that is not on this machine's loopback.",
        ),
        (
            _document(here, "http://localhost.example:80"),
            2,
            f"{ready} is refused.",
            "It names an address that is not on this machine's loopback.",
        ),
        (_document(here, here), 3, "The world does not answer.", f"Nothing answers at {here} (ConnectError)."),
    )
    ready.parent.mkdir()
    for content, code, what, why in cases:
        if content is not None:
            ready.write_text(content)
        before = snapshot(acme)
        answer = twinlock("-C", acme, *words)
        told = TARGET + refusal(what, why, mend)
        assert (answer.returncode, answer.stdout, answer.stderr) == (code, "", told)
        assert snapshot(acme) == before
    ready.unlink()
    ready.mkdir()
    answer = twinlock("-C", acme, *words)
    told = TARGET + refusal(f"{ready} was not read.", "The system says: Is a directory.", mend)
    assert (answer.returncode, answer.stdout, answer.stderr) == (3, "", told)


def _document(github: str, aws: str) -> str:
    return json.dumps(
        {
            "github": {"url": github, "tokens": {"olga": "t"}},
            "aws": {"url": aws, "accounts": {}},
            "pid": os.getpid(),
        }
    )


@pytest.mark.parametrize(
    ("status", "body", "what", "why"),
    [
        (200, "<h1>It works</h1>", "did not answer POST /_world/seed.", "What answers at 127.0.0.1:{} is not a world."),
        (404, "nothing here", "refused POST /_world/seed.", "It answered 404: nothing here"),
        (200, "{}", "was not seeded.", "Its answer is not what a world answers."),
    ],
    ids=["a page", "an error", "other JSON"],
)
def test_something_else_at_its_address_is_no_world(  # noqa: PLR0917 - fixtures
    twinlock: Callable[..., Answer],
    refusal: Refusal,
    answering: Callable[[int, str], AbstractContextManager[int]],
    acme: Path,
    status: int,
    body: str,
    what: str,
    why: str,
) -> None:
    """A stale address, at which another program listens by now, is told as such."""
    with answering(status, body) as port:
        (acme / ".twinlock").mkdir()
        here = f"http://127.0.0.1:{port}"
        (acme / ".twinlock" / "world.json").write_text(_document(here, here))
        answer = twinlock("-C", acme, "audit")
    told = refusal(
        f"The world {what}",
        why.format(port),
        f"Restart it: `twinlock -C {acme} world down`, then `twinlock -C {acme} world up --detach`.",
    )
    assert (answer.returncode, answer.stdout, answer.stderr) == (3, "", TARGET + told)


@pytest.mark.parametrize("words", [("world", "reset"), ("reconcile", "--once")], ids=" ".join)
def test_without_a_terminal_consent_must_be_given_beforehand(
    twinlock: Callable[..., Answer], refusal: Refusal, snapshot: Snapshot, acme: Path, words: tuple[str, ...]
) -> None:
    """Nobody can be asked, so nothing is done."""
    before = snapshot(acme)
    answer = twinlock("-C", acme, *words)
    told = refusal(
        "Nothing was changed.", "There is no terminal to ask for consent.", "Give it beforehand: add `--yes`."
    )
    assert (answer.returncode, answer.stdout, answer.stderr) == (2, "", TARGET + told)
    assert snapshot(acme) == before


@pytest.mark.parametrize(
    ("typed", "code", "gone"),
    [(b"n\n", 130, False), (b"\n", 130, False), (b"yep\n", 130, False), (b"Y\n", 0, True), (b"\x03", 130, False)],
    ids=["no", "nothing", "unclear", "yes", "Ctrl-C"],
)
def test_a_terminal_is_asked_for_consent(
    start: Callable[..., subprocess.Popen[str]], acme: Path, typed: bytes, code: int, *, gone: bool
) -> None:
    """Only a yes is a yes."""
    state = acme / ".twinlock" / "world"
    (state / "git").mkdir(parents=True)
    terminal, inside = pty.openpty()

    def take_terminal() -> None:
        os.setsid()
        os.close(os.open(os.ttyname(0), os.O_RDWR))  # the first one that a session opens becomes its own

    process = start("-C", acme, "world", "reset", stdin=inside, stderr=inside, before=take_terminal)
    os.close(inside)
    asked = b""
    while not asked.endswith(b"[y/N]: "):
        asked += os.read(terminal, 1024)
    os.write(terminal, typed)
    out, _ = process.communicate(timeout=60)
    os.close(terminal)
    assert asked.decode().replace("\r\n", "\n") == f"{TARGET}Forget everything in {state}? [y/N]: "
    assert (process.returncode, out, state.exists()) == (code, "", not gone)


@pytest.mark.parametrize("text", ["5x", "0s", "5", "-1s", "", "1.5m", "9999999s"])
def test_a_time_that_is_none_is_refused(
    twinlock: Callable[..., Answer], refusal: Refusal, acme: Path, text: str
) -> None:
    """`--every` takes a number and a unit."""
    answer = twinlock("-C", acme, "reconcile", f"--every={text}", "--yes")
    told = refusal(
        f"--every {text} is refused.", "A time is a number and a unit: s, m or h.", "Write it as in `--every 5m`."
    )
    assert (answer.returncode, answer.stdout, answer.stderr) == (2, "", told)
