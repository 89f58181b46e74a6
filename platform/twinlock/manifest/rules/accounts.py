"""AWS accounts and engine state: one purpose in one account, nothing local on the cloud, nothing else in the world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

from twinlock.manifest import naming
from twinlock.manifest.facts import text
from twinlock.manifest.mistake import shown
from twinlock.model.account import Purpose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock.manifest.facts import Facts
    from twinlock.manifest.mistake import Mistake


_LEADING_OUT: Final = ("endpoint", "profile")
"""Parameters of `s3://` and `awskms://` that name another AWS than the world's.

Source: `V2ConfigFromURLParams` in gocloud.dev/aws.
"""


def check(facts: Facts) -> Iterator[Mistake]:
    """Refuse two purposes in one account, and state that is where the target is not."""
    first: dict[str, Purpose] = {}
    for purpose in Purpose:
        account = text(facts.platform, "accounts", purpose.value)
        if account is None:
            continue
        if (other := first.setdefault(account, purpose)) is not purpose:
            yield facts.platform.mistake(
                ("accounts", purpose.value),
                f"`accounts.{purpose.value}` is `{shown(account)}`, which is also the account for {other.value}.",
                "Give each purpose an account of its own.",
            )
    if text(facts.platform, "target") == "cloud":
        yield from _local_state(facts)
    if text(facts.platform, "target") == "world":
        yield from _state_elsewhere(facts)


def _local_state(facts: Facts) -> Iterator[Mistake]:
    backend = _setting(facts, "backend", "file://./state")
    if backend.startswith("file://"):
        yield facts.platform.mistake(
            ("state", "backend"),
            f"`state.backend` is `{shown(backend)}`, but the target is cloud.",
            "Keep state in a bucket, as in `s3://acme-twinlock-state`.",
        )
    if _setting(facts, "secrets", "passphrase") == "passphrase":
        yield facts.platform.mistake(
            ("state", "secrets"),
            "`state.secrets` is `passphrase`, but the target is cloud.",
            "Name a key of AWS KMS, as in `awskms://alias/twinlock`.",
        )


def _state_elsewhere(facts: Facts) -> Iterator[Mistake]:
    backend = _setting(facts, "backend", "file://./state")
    if naming.BACKEND.accepts(backend) and backend.partition("://")[0] not in {"file", "s3"}:
        yield facts.platform.mistake(
            ("state", "backend"),
            f"`state.backend` is `{shown(backend)}`, which is beyond this machine, but the target is world.",
            "Keep state in a directory, as in `file://./state`, or in the world's AWS, as in `s3://acme-twinlock-state`.",
        )
    for key, value in (("backend", backend), ("secrets", _setting(facts, "secrets", "passphrase"))):
        given = parse_qs(value.partition("?")[2])
        for parameter in _LEADING_OUT:
            if parameter in given:
                yield facts.platform.mistake(
                    ("state", key),
                    f"`state.{key}` names {_an(parameter)}, but the target is world, whose AWS has its own.",
                    f"Leave `{parameter}=` out.",
                )


def _an(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def _setting(facts: Facts, key: str, default: str) -> str:
    """Return a key of `state`: the default where it is absent, nothing where it is unreadable."""
    if ("state", key) in facts.platform.values:
        return text(facts.platform, "state", key) or ""
    return default
