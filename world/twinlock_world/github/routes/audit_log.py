"""The audit log of an organization, for its owners and for apps that may read its administration.

Documented: "Get the audit log for an organization" (enterprise plans only). Pages go by cursors in `Link`; git's own
events come only when `include` asks for them.
"""

from __future__ import annotations

import base64
import binascii
from itertools import islice
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from twinlock_world.audit_log import newest_first
from twinlock_world.audit_phrase import PhraseError, parse
from twinlock_world.github.access import READ_ORGANIZATION
from twinlock_world.github.call import Reply
from twinlock_world.github.errors import GitHubError, invalid, not_found
from twinlock_world.github.mounts import ORGANIZATION, OrganizationCall

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock_world.store import Record

_KINDS: Final = ("web", "git", "all")
_LARGEST_PAGE: Final = 100
_GIT: Final = "git."


def show_audit_log(call: OrganizationCall) -> Reply:
    """Return what was changed, newest first unless asked otherwise."""
    if call.organization.plan != "enterprise":
        raise not_found()
    oldest_first = call.query.get("order", "desc") == "asc"
    found = list(_wanted(call))
    if oldest_first:
        found.reverse()
    size = _size(call.query.get("per_page", ""))
    if "before" in call.query:
        until = _at(call.query["before"])
        shown = [record for record in found if (record.id < until if oldest_first else record.id > until)][-size:]
    else:
        cursor = _at(call.query["after"]) if call.query.get("after") else None
        rest = (r for r in found if cursor is None or (r.id > cursor if oldest_first else r.id < cursor))
        shown = list(islice(rest, size))
    return Reply(200, [record.data for record in shown], _links(call, found, shown))


def _wanted(call: OrganizationCall) -> Iterator[Record]:
    try:
        phrase = parse(call.query.get("phrase", ""))
    except PhraseError as error:
        raise GitHubError(501, f"This world's audit log cannot be searched so: {error}") from error
    include = call.query.get("include", "web")
    if include not in _KINDS:
        raise invalid(f"Invalid request.\n\n`{include}` is not a possible value. Must be one of: {', '.join(_KINDS)}.")
    for record in newest_first(call.store, call.organization):
        of_git = str(record.data["action"]).startswith(_GIT)
        if include in {"all", "git" if of_git else "web"} and phrase.matches(record.data):
            yield record


def _links(call: OrganizationCall, found: list[Record], shown: list[Record]) -> dict[str, str]:
    if not shown:
        return {}
    links = []
    if shown[-1] is not found[-1]:
        links.append(f'<{_url(call, "after", shown[-1])}>; rel="next"')
    if shown[0] is not found[0]:
        links += [f'<{_url(call, "before", shown[0])}>; rel="prev"', f'<{_url(call)}>; rel="first"']
    return {"link": ", ".join(links)} if links else {}


def _url(call: OrganizationCall, direction: str = "", at: Record | None = None) -> str:
    query = {name: value for name, value in call.query.items() if name not in {"after", "before"}}
    if at is not None:
        query[direction] = base64.urlsafe_b64encode(str(at.id).encode()).decode()
    return f"{call.urls.origin}{call.urls.mount}{call.request.path}?{urlencode(query)}"


def _at(cursor: str) -> int:
    try:
        return int(base64.b64decode(cursor.encode(), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        raise invalid("Invalid request.\n\nThat cursor is none of this list.") from error


def _size(text: str) -> int:
    asked = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 30  # noqa: PLR2004 - no page is that large
    return min(max(asked, 1), _LARGEST_PAGE)


ROUTES: Final = ORGANIZATION.get("/audit-log", READ_ORGANIZATION, show_audit_log)
