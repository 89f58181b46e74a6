"""`.twinlock/world.json`: where the local world is and what it is entered with.

The world writes it, and everything that reaches the world reads it here. It holds secrets: mode 0600, never shown.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeGuard

from twinlock.errors import BadInput, Incomplete
from twinlock.provider.connection import AwsConnection, Connection, GitHubConnection

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from twinlock.model.estate import Estate

PATH = (".twinlock", "world.json")
"""Beneath the platform directory."""

_ADDRESS = re.compile(r"http://127\.0\.0\.1:([1-9][0-9]{0,4})")
_LARGEST_PORT = 65535
_SECRET = re.compile(r"[!-~]+")

START = "Start it: `twinlock world up --detach`."


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys of one AWS account of the world.

    Attributes:
        id: The account's twelve digits.
        access_key: Public half.
        secret_key: Secret half.
    """

    id: str
    access_key: str
    secret_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WorldFile:
    """A running world.

    Attributes:
        github_url: Where GitHub listens.
        tokens: Token by login or app slug.
        aws_url: Where AWS listens.
        accounts: Keys by the account's name, which is its purpose.
        pid: The server's process.
    """

    github_url: str
    tokens: Mapping[str, str] = field(repr=False)
    aws_url: str
    accounts: Mapping[str, Keys]
    pid: int

    def token(self, holder: str) -> str:
        """Return the token of a person or an app.

        Raises:
            Incomplete: The world does not know them.
        """
        try:
            return self.tokens[holder]
        except KeyError:
            raise Incomplete(
                f"The world has no token for {holder}.",
                "It was seeded before they were declared, or their token was revoked.",
                "Seed it again: `twinlock world up --detach`.",
            ) from None


def read(root: Path) -> WorldFile:
    """Return the world that runs for a platform directory.

    Raises:
        Incomplete: None runs there.
        BadInput: The file is damaged, or names a host that is not this machine.
    """
    path = root.joinpath(*PATH)
    return read_file(path, missing=f"There is no world for {root}.")


def read_file(path: Path, *, missing: str = "There is no world to read.") -> WorldFile:
    """Return the world that a ready file tells of; `missing` is what to say where it does not exist.

    Raises:
        Incomplete: There is no such file, or it cannot be read.
        BadInput: The file is damaged, or names a host that is not this machine.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise Incomplete(missing, f"{path} does not exist.", START) from None
    except OSError as error:
        raise Incomplete(f"{path} was not read.", f"The system says: {error.strerror}.", START) from error
    world = parse(content)
    if world is None:
        raise BadInput(f"{path} is damaged.", "It is not what the world writes.", START)
    for url in (world.github_url, world.aws_url):
        if not _is_loopback(url):
            raise BadInput(f"{path} is refused.", "It names an address that is not on this machine's loopback.", START)
    return world


def parse(content: bytes) -> WorldFile | None:
    """Return what a world file says, or None where it is none."""
    try:
        raw = json.loads(content)
    except (ValueError, RecursionError):
        return None
    match raw:
        case {
            "github": {"url": str(github), "tokens": {**tokens}},
            "aws": {"url": str(aws), "accounts": {**accounts}},
            "pid": int(pid),
        }:
            known_tokens = {str(holder): token for holder, token in tokens.items() if _is_secret(token)}
            keys = {str(name): entry for name, raw_keys in accounts.items() if (entry := _keys(raw_keys)) is not None}
            if len(known_tokens) == len(tokens) and len(keys) == len(accounts):
                return WorldFile(github, known_tokens, aws, keys, pid)
    return None


def connection(world: WorldFile, estate: Estate, identity: str) -> Connection:
    """Return how one identity reaches the estate's organization and accounts in the world.

    Raises:
        Incomplete: The world lacks the identity or an account.
    """
    accounts = {}
    for purpose, account in estate.accounts.items():
        keys = world.accounts.get(purpose.value)
        if keys is None or keys.id != account.id:
            raise Incomplete(
                f"The world has no {purpose.value} account {account.id}.",
                "It was seeded with other accounts.",
                "Begin anew: `twinlock world reset`.",
            )
        accounts[purpose] = AwsConnection(
            account.id, account.region, endpoint=world.aws_url, access_key=keys.access_key, secret_key=keys.secret_key
        )
    github = GitHubConnection(world.github_url, estate.organization.login, world.token(identity))
    return Connection(github, accounts)


def _keys(raw: object) -> Keys | None:
    match raw:
        case {"id": str(account), "access_key": access, "secret_key": secret}:
            return Keys(account, access, secret) if _is_secret(access) and _is_secret(secret) else None
    return None


def _is_secret(value: object) -> TypeGuard[str]:
    """Tell whether a value can be a token or a key: it travels in a header, so without spaces and controls."""
    return isinstance(value, str) and _SECRET.fullmatch(value) is not None


def _is_loopback(url: str) -> bool:
    """Tell whether an address is written as the world writes its own; no other spelling is taken for loopback."""
    found = _ADDRESS.fullmatch(url)
    return found is not None and int(found[1]) <= _LARGEST_PORT
