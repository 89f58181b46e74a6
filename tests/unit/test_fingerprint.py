"""Fingerprints of programs: the same in every process, others for whatever a program is made of, blind to secrets."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from twinlock import programs
from twinlock.engine import fingerprint
from twinlock.model.account import Purpose
from twinlock.provider.connection import AwsConnection, Connection, GitHubConnection

if TYPE_CHECKING:
    from twinlock.model.estate import Estate

SETS = (
    "from twinlock.engine.fingerprint import digest; print(digest({'a': frozenset('abcdefgh')}, frozenset({(1, 'x')})))"
)


@dataclass(frozen=True)
class Pair:
    """Two values, one of which is a secret."""

    told: object
    hidden: object = field(default="", repr=False)


def test_every_process_agrees() -> None:
    """The order of a set is another one in each process, and no part of the digest."""
    path = str(Path(fingerprint.__file__).parents[2])
    found = {
        subprocess.run(
            [sys.executable, "-c", SETS],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path},
            capture_output=True,
            check=True,
        ).stdout
        for seed in "123"
    }
    assert len(found) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", 1),
        (("a", "b"), ("ab",)),
        ({"a": 1}, {"a": 2}),
        (frozenset("ab"), ("a", "b")),
        (Pair(1), {"told": 1}),
        (Pair((1, 2)), Pair((2, 1))),
        (None, ""),
    ],
)
def test_different_values_have_different_digests(one: object, other: object) -> None:
    """Kinds count, and so does the order of a sequence."""
    assert fingerprint.digest(one) != fingerprint.digest(other)
    assert fingerprint.digest(one) == fingerprint.digest(one)


def test_secrets_are_no_part() -> None:
    """A field that stays out of `repr` stays out of the digest."""
    assert fingerprint.digest(Pair(1, "x")) == fingerprint.digest(Pair(1, "y"))


def test_what_has_no_digest_is_refused() -> None:
    """An object's address would be another one in each process."""
    with pytest.raises(TypeError, match="a object has no digest"):
        fingerprint.digest(object())


def test_every_module_counts(tmp_path: Path) -> None:
    """Content, name and number; nothing but modules."""
    places = [tmp_path / name for name in ("one", "two", "three", "four")]
    for place in places:
        (place / "inner").mkdir(parents=True)
        (place / "inner" / "module.py").write_text("x = 1\n")
    (places[0] / "notes.txt").write_text("x")
    (places[2] / "inner" / "module.py").write_text("x = 2\n")
    (places[3] / "inner" / "module.py").rename(places[3] / "module.py")
    one, two, three, four = (fingerprint.sources(place) for place in places)
    assert one == two
    assert len({two, three, four}) == 3


def _connection(url: str = "http://127.0.0.1:1") -> Connection:
    """Return a connection with fresh credentials."""
    account = AwsConnection("1" * 12, "eu-west-1", url, "key", secrets.token_hex(8))
    return Connection(GitHubConnection(url, "acme", secrets.token_hex(8)), {Purpose.PRODUCTION: account})


def test_a_stack_is_made_of_its_estate_its_connection_and_its_place(clean: Any) -> None:  # noqa: ANN401 - conftest's Case
    """Another estate, address, program or group is another program; other credentials are not."""
    estate: Estate = clean.estate

    def of(estate: Estate, connection: Connection, program: str = "protections", group: str = "payments") -> str | None:
        return programs.stack(program, group, estate, connection).fingerprint

    usual = of(estate, _connection())
    assert usual == of(replace(estate), _connection())
    others = {
        of(replace(estate, repositories={}), _connection()),
        of(estate, _connection(url="http://127.0.0.1:2")),
        of(estate, _connection(), program="repositories"),
        of(estate, _connection(), group="platform"),
    }
    assert len({usual, *others}) == 5
