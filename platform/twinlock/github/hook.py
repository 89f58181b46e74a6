"""Webhooks: where GitHub sends what happens.

Source: https://docs.github.com/en/rest/repos/webhooks, https://docs.github.com/en/rest/orgs/webhooks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twinlock.github.fields import Fields


def address(fields: Fields) -> str:
    """Return the address of a webhook.

    Raises:
        Malformed: It has none.
    """
    return fields.nested("config").text("url", "") if fields.has("config") else fields.text("url")
