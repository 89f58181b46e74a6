"""What is wrong with a repository's CODEOWNERS.

Source: https://docs.github.com/en/rest/repos/repos#list-codeowners-errors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import READ_CONTENTS
from twinlock_world.github.call import Reply
from twinlock_world.github.code_owners import read
from twinlock_world.github.errors import not_found
from twinlock_world.github.mounts import REPOSITORY, RepositoryCall
from twinlock_world.github.site import Site

if TYPE_CHECKING:
    from twinlock_world.policy.code_owners import Mistake


def list_mistakes(call: RepositoryCall) -> Reply:
    """Return the lines of CODEOWNERS that are skipped."""
    ref = call.query.get("ref") or call.repository.default_branch
    commit = call.objects.resolve(ref)
    _, mistakes, path = ((), (), None) if commit is None else read(Site.of(call), commit)
    if path is None:
        raise not_found()
    return Reply(200, {"errors": [_mistake(mistake, path) for mistake in mistakes]})


def _mistake(mistake: Mistake, path: str) -> dict[str, str | int | None]:
    where = f"on line {mistake.number}: {mistake.source}"
    return {
        "line": mistake.number,
        "column": mistake.column,
        "kind": mistake.kind,
        "source": mistake.source,
        "suggestion": None,
        "message": f"{mistake.kind} {where}",
        "path": path,
    }


ROUTES: Final = (*REPOSITORY.get("/codeowners/errors", READ_CONTENTS, list_mistakes),)
