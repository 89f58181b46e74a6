"""Labels, as GitHub writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_world.github.bodies.commit import repository_url
from twinlock_world.github.urls import node_id

if TYPE_CHECKING:
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import JsonObject
    from twinlock_world.store import Record


def label_body(site: Site, label: Record) -> JsonObject:
    """Return a label."""
    fields = label.fields
    return {
        "id": label.id,
        "node_id": node_id("LA", label.id),
        "url": repository_url(site.urls, site.repository, "labels", fields.text("name")),
        "name": fields.text("name"),
        "description": fields.optional_text("description"),
        "color": fields.text("color"),
        "default": False,
    }
