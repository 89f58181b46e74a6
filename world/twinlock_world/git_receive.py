"""The conversation with a push that git receives: which refs it wants to move, and which of them may.

Why `proc-receive`: of git's hooks it alone gives every ref a verdict of its own, with any text (facts §4). The hook is
a few lines of shell that join git to three pipes which the server holds; it decides nothing, knows no address and needs
no secret. Called by `git_http`, which runs git.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from twinlock_world.git_incoming import Incoming

_SCRIPT: Final = """#!/bin/sh
# Joins git's proc-receive to the world that started git: what git asks goes out, text for the user and answers come in.
cat <"/dev/fd/$WORLD_TEXT" >&2 &
cat <"/dev/fd/$WORLD_ANSWER" &
cat >"/dev/fd/$WORLD_QUESTION"
wait
"""
_FLUSH: Final = b"0000"
_LARGEST_PACKET: Final = 65520
_FEATURES: Final = b"push-options atomic"
_ATOMIC_FAILURE: Final = "atomic push failure"


@dataclass(frozen=True, slots=True)
class Command:
    """One ref that a push wants to move; forty zeros stand for none."""

    ref: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Ruling:
    """Why a ref may not move, if it may not, as `git push` shows it beside the ref; and lines for the user."""

    problem: str | None
    text: str = ""


class Push(Protocol):
    """One push as its judge sees it."""

    def judge(self, command: Command, incoming: Incoming) -> Ruling:
        """Say whether a ref may move; the objects are `incoming`, not yet in the repository."""

    def ended(self, allowed: Sequence[Command]) -> None:
        """Note that git is done; of the allowed refs those have moved that now are where they wanted to be."""


def install_hooks(directory: Path) -> Path:
    """Write the hook where git finds it, and return its directory."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    script = directory / "proc-receive"
    script.write_text(_SCRIPT)
    script.chmod(0o700)
    return directory


class Conversation:
    """The server's ends of the pipes to one run of the hook."""

    def __init__(self, push: Push, incoming: Incoming) -> None:
        self._push = push
        self._incoming = incoming
        self.allowed: list[Command] = []
        self._question, question_end = os.pipe()
        answer_end, self._answer = os.pipe()
        text_end, self._text = os.pipe()
        self.child_ends: tuple[int, ...] = (question_end, answer_end, text_end)

    @property
    def objects(self) -> Path:
        """Where git is to write the objects that it receives."""
        return self._incoming.directory

    @property
    def environment(self) -> dict[str, str]:
        """Return what the hook must know."""
        names = ("WORLD_QUESTION", "WORLD_ANSWER", "WORLD_TEXT")
        return dict(zip(names, map(str, self.child_ends), strict=True))

    def started(self) -> None:
        """Leave the other ends to git, so that they close with it."""
        for end in self.child_ends:
            os.close(end)
        self.child_ends = ()

    async def hold(self) -> None:
        """Answer the hook, if git runs it at all; end when git does."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(self._question, "rb", buffering=0)
        )
        self._question = -1
        try:
            await self._answer_all(reader)
        except asyncio.IncompleteReadError:
            return  # git ended without asking
        finally:
            transport.close()
            self.close()  # also where judging failed: the hook, and git, must not wait for ever

    def close(self) -> None:
        """Close whatever is still open."""
        for end in (*self.child_ends, self._question, self._answer, self._text):
            if end >= 0:
                with suppress(OSError):
                    os.close(end)
        self.child_ends, self._question, self._answer, self._text = (), -1, -1, -1

    async def _answer_all(self, reader: asyncio.StreamReader) -> None:
        greeting = await _section(reader)
        atomic = b"atomic" in greeting[0].partition(b"\0")[2].split() if greeting else False
        await asyncio.to_thread(_write, self._answer, _packet(b"version=1\0" + _FEATURES) + _FLUSH)
        commands = [_command(line) for line in await _section(reader)]
        rulings = self._judge(commands, atomic=atomic)
        text = "".join(ruling.text for ruling in rulings)
        await asyncio.to_thread(_write, self._text, text.encode())
        self._close_text()
        verdicts = zip(commands, rulings, strict=True)
        report = b"".join(_report(command, ruling) for command, ruling in verdicts)
        await asyncio.to_thread(_write, self._answer, report + _FLUSH)
        os.close(self._answer)
        self._answer = -1

    def _judge(self, commands: Sequence[Command], *, atomic: bool) -> list[Ruling]:
        rulings = [self._judge_one(command) for command in commands]
        if atomic and any(ruling.problem is not None for ruling in rulings):
            return [ruling if ruling.problem else Ruling(_ATOMIC_FAILURE, ruling.text) for ruling in rulings]
        verdicts = zip(commands, rulings, strict=True)
        self.allowed = [command for command, ruling in verdicts if ruling.problem is None]
        tips = [command.new for command in self.allowed if command.new.strip("0")]
        if len(self.allowed) == len(commands):
            self._incoming.adopt()
        elif tips:
            self._incoming.adopt_only(tips)
        return rulings

    def _judge_one(self, command: Command) -> Ruling:
        try:
            command.ref.encode()
        except UnicodeEncodeError:
            return Ruling("the name is not UTF-8")
        return self._push.judge(command, self._incoming)

    def _close_text(self) -> None:
        os.close(self._text)
        self._text = -1


async def _section(reader: asyncio.StreamReader) -> list[bytes]:
    """Return the packets up to the next flush."""
    packets = []
    while length := int(await reader.readexactly(4), 16):
        packets.append((await reader.readexactly(length - 4)).rstrip(b"\n"))
    return packets


def _command(line: bytes) -> Command:
    old, new, ref = line.decode(errors="surrogateescape").split(" ", 2)
    return Command(ref, old, new)


def _report(command: Command, ruling: Ruling) -> bytes:
    name = command.ref.encode(errors="surrogateescape")
    if ruling.problem is not None:
        return _packet(b"ng " + name + b" " + ruling.problem.encode())
    return _packet(b"ok " + name) + _packet(b"option fall-through")


def _packet(content: bytes) -> bytes:
    content = content[: _LARGEST_PACKET - 4]
    return f"{len(content) + 4:04x}".encode() + content


def _write(end: int, content: bytes) -> None:
    while content:
        try:
            content = content[os.write(end, content) :]
        except BrokenPipeError:
            return
