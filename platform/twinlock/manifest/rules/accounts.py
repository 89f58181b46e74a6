"""AWS accounts and engine state: one purpose in one account, and nothing local on the cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.manifest.facts import text
from twinlock.manifest.mistake import shown
from twinlock.model.account import Purpose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock.manifest.facts import Facts
    from twinlock.manifest.mistake import Mistake


def check(facts: Facts) -> Iterator[Mistake]:
    """Refuse two purposes in one account, and local state or a passphrase on the cloud."""
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


def _setting(facts: Facts, key: str, default: str) -> str:
    """Return a key of `state`: the default where it is absent, nothing where it is unreadable."""
    if ("state", key) in facts.platform.values:
        return text(facts.platform, "state", key) or ""
    return default
