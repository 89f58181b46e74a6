"""A webhook: its record, and reading the configuration that it is asked to have.

The secret that signs deliveries is kept beside the configuration, which is shown: of a secret only that there is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from twinlock_world.jsonvalue import Fields, JsonObject, JsonValue
    from twinlock_world.store import Record

HOOK: Final = "hook"
SIGNING_KEY: Final = "signing_key"
MASK: Final = "********"


def read_config(asked: Fields, held: JsonObject | None = None) -> dict[str, JsonValue]:
    """Return the parts of a hook's document that a configuration sets.

    A masked secret is what a client read before and sends back: it leaves the one that is held.
    """
    known = held or {}
    config: dict[str, JsonValue] = {
        "url": asked.text("url"),
        "content_type": asked.choice("content_type", ("json", "form"), "form"),
        "insecure_ssl": str(asked.raw.get("insecure_ssl", "0")),
    }
    if not asked.given("secret"):
        return {"config": config, SIGNING_KEY: None}
    secret = asked.text("secret")
    key = known.get(SIGNING_KEY) if secret == MASK else secret
    return {"config": {**config, "secret": MASK}, SIGNING_KEY: key}


def signing_key(hook: Record) -> str | None:
    """Return the secret that signs a hook's deliveries."""
    return hook.fields.optional_text(SIGNING_KEY)


def shown(hook: Record) -> JsonObject:
    """Return a hook's document without its secret."""
    return {name: value for name, value in hook.data.items() if name != SIGNING_KEY}
