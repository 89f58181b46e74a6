"""The conversation with git's proc-receive hook, with the real script and a judge of the test's own."""

from __future__ import annotations

import asyncio
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from twinlock_world.git_incoming import incoming
from twinlock_world.git_objects import ABSENT, GitRepositories, GitRepository
from twinlock_world.git_receive import Command, Conversation, Ruling, install_hooks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from twinlock_world.git_incoming import Incoming

NEW = "1" * 40


@dataclass
class FakePush:
    """A push whose judge is a function."""

    rule: Callable[[Command], Ruling]
    judged: list[str] = field(default_factory=list)

    def judge(self, command: Command, incoming: Incoming) -> Ruling:
        """Remember the ref and ask the function."""
        assert incoming.directory.is_dir()
        self.judged.append(command.ref)
        return self.rule(command)

    def ended(self, allowed: Sequence[Command]) -> None:
        """Nobody asks."""


@pytest.fixture
def repository(tmp_path: Path) -> GitRepository:
    """A bare repository without commits."""
    return GitRepositories(tmp_path / "git").create(1)


def packet(text: bytes) -> bytes:
    """Return a line as git frames it."""
    return f"{len(text) + 4:04x}".encode() + text


def asked(*refs: bytes, features: bytes = b"push-options atomic") -> bytes:
    """Return what git asks its hook: to delete these refs."""
    lines = b"".join(packet(NEW.encode() + b" " + ABSENT.encode() + b" " + ref) for ref in refs)
    return packet(b"version=1\0" + features + b"\n") + b"0000" + lines + b"0000"


def converse(
    tmp_path: Path, repository: GitRepository, push: FakePush, question: bytes, *, broken: bool = False
) -> tuple[bytes, bytes, object]:
    """Run the hook as git would; return what it printed, what it told the user, and how the server fared.

    With `broken`, git ends after its question and waits for nothing.
    """
    script = install_hooks(tmp_path / "hooks") / "proc-receive"

    async def run() -> tuple[bytes, bytes, object]:
        with incoming(repository) as room:
            conversation = Conversation(push, room)
            process = await asyncio.create_subprocess_exec(
                str(script),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={"PATH": "/usr/bin:/bin", **conversation.environment},
                pass_fds=conversation.child_ends,
            )
            conversation.started()
            holding = asyncio.create_task(conversation.hold())
            talking = asyncio.create_task(process.communicate(question))
            done, _ = await asyncio.wait((talking, holding), timeout=0.5 if broken else 20)
            assert broken or done
            if broken:
                holding.cancel()  # as the server does when git has ended
            [result] = await asyncio.gather(holding, return_exceptions=True)
            out, err = await asyncio.wait_for(talking, 20)
            return out, err, result

    return asyncio.run(run())


GREETING = packet(b"version=1\0push-options atomic") + b"0000"


def test_each_ref_has_its_verdict(tmp_path: Path, repository: GitRepository) -> None:
    """`ok` falls through to git, `ng` has a text; what is for the user comes on standard error, in order."""
    rulings = {"refs/heads/a": Ruling(None, "Allowed.\n"), "refs/heads/b": Ruling("no", "Refused.\n")}
    push = FakePush(lambda command: rulings[command.ref])
    out, err, result = converse(tmp_path, repository, push, asked(b"refs/heads/a", b"refs/heads/b", features=b""))
    verdicts = packet(b"ok refs/heads/a") + packet(b"option fall-through") + packet(b"ng refs/heads/b no")
    assert (out, err, result) == (GREETING + verdicts + b"0000", b"Allowed.\nRefused.\n", None)


def test_an_atomic_push_is_refused_as_a_whole(tmp_path: Path, repository: GitRepository) -> None:
    """One refusal is everybody's."""
    push = FakePush(lambda command: Ruling("no" if command.ref.endswith("b") else None))
    out, _, _ = converse(tmp_path, repository, push, asked(b"refs/heads/a", b"refs/heads/b", features=b"atomic"))
    verdicts = packet(b"ng refs/heads/a atomic push failure") + packet(b"ng refs/heads/b no")
    assert out == GREETING + verdicts + b"0000"


def test_a_name_that_is_no_text_is_refused(tmp_path: Path, repository: GitRepository) -> None:
    """Nothing could be kept about a ref whose name is not UTF-8; the judge is not asked."""
    push = FakePush(lambda _command: Ruling(None))
    out, _, _ = converse(tmp_path, repository, push, asked(b"refs/heads/\xff"))
    assert out == GREETING + packet(b"ng refs/heads/\xff the name is not UTF-8") + b"0000"
    assert push.judged == []


def test_a_judge_that_fails_refuses_everything_and_nobody_waits(tmp_path: Path, repository: GitRepository) -> None:
    """The hook ends without a verdict, so that git takes none of the refs."""

    def fail(_command: Command) -> Ruling:
        raise OSError("the store is gone")

    out, err, result = converse(tmp_path, repository, FakePush(fail), asked(b"refs/heads/a"))
    assert (out, err) == (GREETING, b"")
    assert isinstance(result, OSError)


@pytest.mark.parametrize("question", [b"", b"0010", asked(b"refs/heads/a")[:-4]], ids=["nothing", "half", "no end"])
def test_a_question_that_breaks_off_gets_no_verdict(tmp_path: Path, repository: GitRepository, question: bytes) -> None:
    """Where git goes away in the middle, so does the hook."""
    push = FakePush(lambda _command: Ruling(None))
    out, _, _ = converse(tmp_path, repository, push, question, broken=True)
    assert (out in {b"", GREETING}, push.judged) == (True, [])


def test_much_text_arrives_whole(tmp_path: Path, repository: GitRepository) -> None:
    """More than a pipe holds at once."""
    push = FakePush(lambda _command: Ruling("no", "x" * 300_000 + "\n"))
    _, err, _ = converse(tmp_path, repository, push, asked(b"refs/heads/a"))
    assert err == b"x" * 300_000 + b"\n"


def test_what_is_not_adopted_is_gone(repository: GitRepository) -> None:
    """New objects are read where they are made, and nowhere else until they are adopted; nothing is left behind."""
    with incoming(repository) as room:
        lost = room.objects.write_blob(b"lost")
        assert room.objects.read(lost) is not None
        assert repository.read(lost) is None
    with incoming(repository) as room:
        kept = room.objects.write_blob(b"kept")
        room.adopt()
    assert repository.read(lost) is None
    assert repository.read(kept) is not None
    assert list((repository.path.parent / "incoming").iterdir()) == []
