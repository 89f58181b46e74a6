"""What is wrong with a repository's CODEOWNERS.

Source: https://docs.github.com/en/rest/repos/repos#list-codeowners-errors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import READ_CONTENTS
from twinlock_world.github.call import Reply
from twinlock_world.github.code_owners import people_behind, read
from twinlock_world.github.errors import not_found
from twinlock_world.github.mounts import REPOSITORY, RepositoryCall
from twinlock_world.github.site import Site
from twinlock_world.policy.code_owners import unknown_owners

if TYPE_CHECKING:
    from twinlock_world.policy.code_owners import Mistake


def list_mistakes(call: RepositoryCall) -> Reply:
    """Return the lines of CODEOWNERS that are skipped, and the owners who own nothing, by line."""
    ref, site = call.query.get("ref") or call.repository.default_branch, Site.of(call)
    commit = call.objects.resolve(ref)
    lines, mistakes, path = ((), (), None) if commit is None else read(site, commit)
    if path is None:
        raise not_found()
    found = [*mistakes, *unknown_owners(lines, lambda owner: people_behind(site, owner))]
    found.sort(key=lambda mistake: (mistake.number, mistake.column))
    return Reply(200, {"errors": [_mistake(mistake, path) for mistake in found]})


def _mistake(mistake: Mistake, path: str) -> dict[str, str | int | None]:
    advice = f" {mistake.suggestion}" if mistake.suggestion else ""
    pointer = f"  {mistake.source}\n  {' ' * (mistake.column - 1)}^"
    return {
        "line": mistake.number,
        "column": mistake.column,
        "kind": mistake.kind,
        "source": mistake.source,
        "suggestion": mistake.suggestion,
        "message": f"{mistake.kind} on line {mistake.number}:{advice}\n\n{pointer}",
        "path": path,
    }


ROUTES: Final = (*REPOSITORY.get("/codeowners/errors", READ_CONTENTS, list_mistakes),)
