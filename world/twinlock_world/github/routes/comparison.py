"""Two branches, tags or commits compared: what one has that the other lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.git_history import between, differences, mail_text, merge_base, patch_text
from twinlock_world.github.access import READ_CONTENTS
from twinlock_world.github.bodies.commit import repository_commit, repository_url
from twinlock_world.github.bodies.pull import changed_file
from twinlock_world.github.call import Reply
from twinlock_world.github.errors import not_found
from twinlock_world.github.mounts import REPOSITORY, RepositoryCall
from twinlock_world.github.site import Site

if TYPE_CHECKING:
    from twinlock_world.git_objects import Commit
    from twinlock_world.jsonvalue import JsonObject

_MOST_FILES: Final = 300
_STATES: Final = {
    (False, False): "identical",
    (True, False): "ahead",
    (False, True): "behind",
    (True, True): "diverged",
}
"""GitHub's words, by whether the head has something more and whether it lacks something."""


def compare(call: RepositoryCall) -> Reply:
    """Return what the head has beyond the common ancestor with the base, and how far both have gone."""
    base, dots, head = call.params["basehead"].partition("...")
    older, newer = _commit(call, base), _commit(call, head if dots else "")
    ancestor = merge_base(call.objects, older.sha, newer.sha)
    if ancestor is None:
        raise not_found(f"No common ancestor between {base} and {head}.")
    accept = call.request.headers.get("accept", "").partition(";")[0]
    for kind, text in (("diff", patch_text), ("patch", mail_text)):
        if accept.endswith(f".{kind}"):
            content = {"content-type": f"application/vnd.github.{kind}; charset=utf-8"}
            return Reply(200, raw=text(call.objects, older.sha, newer.sha), headers=content)
    return Reply(200, _body(call, older, newer, ancestor))


def _body(call: RepositoryCall, older: Commit, newer: Commit, ancestor: str) -> JsonObject:
    objects, site = call.objects, Site.of(call)
    ahead, behind = between(objects, older.sha, newer.sha), between(objects, newer.sha, older.sha)
    span = call.params["basehead"]
    page = call.urls.html(call.repository.full_name, "compare", span)

    def shown(sha: str) -> JsonObject:
        commit = objects.commit(sha)
        if commit is None:
            raise not_found()
        return repository_commit(call.urls, call.store, call.repository, commit)

    files = differences(objects, older.sha, newer.sha)[:_MOST_FILES]
    return {
        "url": repository_url(call.urls, call.repository, "compare", span),
        "html_url": page,
        "permalink_url": call.urls.html(call.repository.full_name, "compare", f"{older.sha[:7]}...{newer.sha[:7]}"),
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "base_commit": shown(older.sha),
        "merge_base_commit": shown(ancestor),
        "status": _STATES[bool(ahead), bool(behind)],
        "ahead_by": len(ahead),
        "behind_by": len(behind),
        "total_commits": len(ahead),
        "commits": call.page(ahead, shown).body,
        "files": [changed_file(site, newer.sha, one) for one in files],
    }


def _commit(call: RepositoryCall, name: str) -> Commit:
    """Return the commit of a name, perhaps with the owner and a colon before it.

    Raises:
        GitHubError: 404, it names none, or another owner's.
    """
    owner, colon, branch = name.rpartition(":")
    foreign = colon and owner.casefold() != call.repository.owner.login.casefold()
    sha = None if foreign or not branch else call.objects.resolve(branch)
    found = None if sha is None else call.objects.commit(sha)
    if found is None:
        raise not_found()
    return found


ROUTES: Final = (*REPOSITORY.get("/compare/{basehead...}", READ_CONTENTS, compare),)
