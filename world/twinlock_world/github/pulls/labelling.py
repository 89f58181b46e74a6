"""What labels a pull request carries, changed and told of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_world.github.bodies.label import label_body
from twinlock_world.github.pulls.label import find_label, labels_of, make_label
from twinlock_world.github.pulls.opening import tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinlock_world.github.accounts import Identity
    from twinlock_world.github.pulls.pull import PullRequest
    from twinlock_world.github.site import Site
    from twinlock_world.store import Record


def set_labels(site: Site, pull: PullRequest, identity: Identity, names: Sequence[str]) -> PullRequest:
    """Let a pull request carry exactly these labels; those that don't exist are made, as GitHub makes them.

    Raises:
        GitHubError: 422, a name is unusable.
    """
    before = labels_of(site, pull)
    wanted = [find_label(site, name) or _made(site, identity, name) for name in names]
    after = list({label.id: label for label in wanted}.values())
    changed = pull.changed(site.store, labels=[label.id for label in after])
    for label in after:
        if label.id not in {one.id for one in before}:
            tell(site, changed, identity, "labeled", label=label_body(site, label))
    for label in before:
        if label.id not in {one.id for one in after}:
            tell(site, changed, identity, "unlabeled", label=label_body(site, label))
    return changed


def _made(site: Site, identity: Identity, name: str) -> Record:
    label = make_label(site, name)
    site.publish("label", "created", identity, {"label": label_body(site, label)})
    return label
