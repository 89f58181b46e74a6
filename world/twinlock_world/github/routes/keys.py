"""Deploy keys and autolinks: small lists that hang on a repository."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import READ_ADMINISTRATION, WRITE_ADMINISTRATION
from twinlock_world.github.call import NO_CONTENT, Reply
from twinlock_world.github.errors import not_found, validation_failed
from twinlock_world.github.mounts import REPOSITORY, RepositoryCall
from twinlock_world.store import DuplicateError

if TYPE_CHECKING:
    from twinlock_world.jsonvalue import JsonObject
    from twinlock_world.store import Record

KEY: Final = "deploy_key"
AUTOLINK: Final = "autolink"

_PUBLIC_KEY: Final = re.compile(r"(ssh-(rsa|ed25519)|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+=*( .*)?")


def list_keys(call: RepositoryCall) -> Reply:
    """Return a repository's deploy keys."""
    return call.page(call.store.children(KEY, call.repository.id), lambda record: _key_body(call, record))


def create_key(call: RepositoryCall) -> Reply:
    """Let a key read, or write, a repository."""
    if not call.repository.owner.setting("deploy_keys_enabled_for_repositories"):
        raise validation_failed("PublicKey", "key", "custom", "Deploy keys are disabled for this repository")
    body = call.body()
    key = body.text("key").strip()
    if not _PUBLIC_KEY.fullmatch(key):
        raise validation_failed(
            "PublicKey", "key", "custom", "key is invalid. You must supply a key in OpenSSH public key format"
        )
    kept = " ".join(key.split(" ")[:2])
    document: JsonObject = {
        "key": kept,
        "title": body.text("title", kept[-20:]),
        "read_only": body.flag("read_only", default=False),
        "added_by": call.caller().login,
    }
    if call.store.named(KEY, kept):
        raise validation_failed("PublicKey", "key", "custom", "key is already in use")
    record = call.store.insert(KEY, kept, document, parent=call.repository.id)
    return Reply(201, _key_body(call, record))


def show_key(call: RepositoryCall) -> Reply:
    """Return a deploy key."""
    return Reply(200, _key_body(call, _own(call, KEY)))


def delete_key(call: RepositoryCall) -> Reply:
    """Take a deploy key away."""
    call.store.delete(_own(call, KEY))
    return NO_CONTENT


def list_autolinks(call: RepositoryCall) -> Reply:
    """Return the prefixes that a repository turns into links."""
    return call.page(call.store.children(AUTOLINK, call.repository.id), _autolink_body)


def create_autolink(call: RepositoryCall) -> Reply:
    """Turn another prefix into links."""
    body = call.body()
    document: JsonObject = {
        "key_prefix": body.text("key_prefix"),
        "url_template": body.text("url_template"),
        "is_alphanumeric": body.flag("is_alphanumeric", default=True),
    }
    try:
        record = call.store.insert(AUTOLINK, body.text("key_prefix"), document, parent=call.repository.id)
    except DuplicateError as error:
        raise validation_failed("KeyLink", "key_prefix", "already_exists") from error
    return Reply(201, _autolink_body(record))


def show_autolink(call: RepositoryCall) -> Reply:
    """Return an autolink."""
    return Reply(200, _autolink_body(_own(call, AUTOLINK)))


def delete_autolink(call: RepositoryCall) -> Reply:
    """Take an autolink away."""
    call.store.delete(_own(call, AUTOLINK))
    return NO_CONTENT


def _own(call: RepositoryCall, kind: str) -> Record:
    record = call.store.get(kind, call.parameter_number("id"))
    if record is None or record.parent != call.repository.id:
        raise not_found()
    return record


def _key_body(call: RepositoryCall, record: Record) -> JsonObject:
    return {
        "id": record.id,
        **record.data,
        "url": call.urls.api("repos", call.repository.owner.login, call.repository.name, "keys", record.id),
        "verified": True,
        "created_at": record.created_at,
        "last_used": None,
        "enabled": True,
    }


def _autolink_body(record: Record) -> JsonObject:
    return {"id": record.id, **record.data, "updated_at": record.updated_at}


ROUTES: Final = (
    *REPOSITORY.get("/keys", READ_ADMINISTRATION, list_keys),
    *REPOSITORY.post("/keys", WRITE_ADMINISTRATION, create_key),
    *REPOSITORY.get("/keys/{id}", READ_ADMINISTRATION, show_key),
    *REPOSITORY.delete("/keys/{id}", WRITE_ADMINISTRATION, delete_key),
    *REPOSITORY.get("/autolinks", READ_ADMINISTRATION, list_autolinks),
    *REPOSITORY.post("/autolinks", WRITE_ADMINISTRATION, create_autolink),
    *REPOSITORY.get("/autolinks/{id}", READ_ADMINISTRATION, show_autolink),
    *REPOSITORY.delete("/autolinks/{id}", WRITE_ADMINISTRATION, delete_autolink),
)
