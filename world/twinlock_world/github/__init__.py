"""The local GitHub: REST on durable state, with the refusals that GitHub gives.

What the rest of the world uses:

- `application(store, git_root, pages)`: the ASGI application; its `statistics` counts requests and unknown routes
- `accounts.ensure_organization`, `ensure_user`, `ensure_app`, `expire_token`: how the seed writes
- `auth.resolve_token(store, token)`: who holds a token
- `repository.find_repository(store, owner, name)`: with `.id` the repository's git directory is `git_root/ID.git`
- `access.may_read`, `access.may_push`: whether an identity may clone, or push at all
- `snapshot.snapshot(store, git_root)`: everything that the local GitHub holds, as one document
- `not_enforced.NOT_ENFORCED`: what is kept and answered although it binds nobody
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from twinlock_world.audit_log import keep_event
from twinlock_world.git_objects import GitRepositories
from twinlock_world.github.application import GitHub
from twinlock_world.github.pulls import auto_merge
from twinlock_world.github.routes import ROUTES
from twinlock_world.github.urls import Urls

if TYPE_CHECKING:
    from pathlib import Path

    from twinlock_world.store import Store


def application(store: Store, git_root: Path, pages: str = "") -> GitHub:
    """Return the GitHub API on this state; `pages` is where people and git find it, however the API is reached."""
    git = GitRepositories(git_root)
    store.events.record(partial(keep_event, store))
    auto_merge.watch(store, git, Urls(pages, ""))
    return GitHub(store, git, ROUTES, pages)
