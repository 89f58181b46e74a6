"""What an event means to workflows: at which ref and commit they run, from which commit their files are taken.

The table is that of https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows: a
push runs what it pushed, a pull request its test merge, everything else the default branch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock_world.actions.triggers import EVENTS, Occurrence
from twinlock_world.git_history import differences
from twinlock_world.git_objects import ABSENT
from twinlock_world.github.workflows.runs import RUN
from twinlock_world.jsonvalue import Fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinlock_world.events import Event
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import JsonObject

HEADS: Final = "refs/heads/"
TAGS: Final = "refs/tags/"
_SKIPPING: Final = ("[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]", "\nskip-checks: true")
_OF_PULLS: Final = ("pull_request", "pull_request_review", "pull_request_review_comment")
_NOT_STARTING: Final = frozenset({"workflow_dispatch", "workflow_call", "schedule"})


@dataclass(frozen=True, slots=True)
class Occasion:
    """An event at a commit.

    `ref` and `sha` are what the run is of; checks stand at `head_sha`; workflow files come from `source_sha`, which
    `source_ref` names.
    """

    event: str
    ref: str
    sha: str
    head_branch: str | None
    head_sha: str
    source_ref: str
    source_sha: str
    occurrence: Occurrence
    payload: JsonObject
    title: str | None = None
    depth: int = 0


def occasions(site: Site, event: Event, payload: JsonObject) -> list[Occasion]:
    """Return what an event means to workflows: mostly one thing, for pull requests two, often nothing."""
    fields = Fields(payload)
    if event.name == "push":
        return _push(site, fields)
    if event.name in _OF_PULLS:
        return _pull(site, event, fields)
    if event.name not in EVENTS or event.name in _NOT_STARTING:
        return []
    return at_default_branch(site, event.name, event.action, payload)


def at_default_branch(site: Site, name: str, action: str | None, payload: JsonObject) -> list[Occasion]:
    """Return what an event that concerns no commit means: the newest commit of the default branch."""
    branch = site.repository.default_branch
    found = site.objects.ref(HEADS + branch)
    if found is None:
        return []
    fields = Fields(payload)
    about, workflow, depth = branch, None, 0
    if name == "workflow_run":
        run = fields.object("workflow_run")
        about, workflow = run.optional_text("head_branch") or branch, run.text("name")
        kept = site.store.get(RUN, run.number("id"))
        depth = 1 + (0 if kept is None else kept.fields.number("depth"))
    occurrence = Occurrence(name, action, branch=about if name == "workflow_run" else None, workflow=workflow)
    ref = HEADS + branch
    return [Occasion(name, ref, found.sha, branch, found.sha, ref, found.sha, occurrence, payload, None, depth)]


def at_ref(site: Site, name: str, ref: str, payload: JsonObject) -> Occasion | None:
    """Return what a run started by hand on a branch or tag is of."""
    found = site.objects.resolve(ref)
    if found is None:
        return None
    short = ref.removeprefix(HEADS).removeprefix(TAGS)
    return Occasion(name, ref, found, short, found, ref, found, Occurrence(name), payload)


def _push(site: Site, fields: Fields) -> list[Occasion]:
    ref, before, after = fields.text("ref"), fields.text("before"), fields.text("after")
    if after == ABSENT or not ref.startswith((HEADS, TAGS)):
        return []
    sha = after if ref.startswith(HEADS) else site.objects.resolve(after)  # an annotated tag names its commit
    if sha is None:
        return []
    message = fields.object("head_commit").text("message") if fields.given("head_commit") else ""
    if _skips(message):
        return []
    branch = ref.removeprefix(HEADS) if ref.startswith(HEADS) else None
    tag = ref.removeprefix(TAGS) if branch is None else None
    occurrence = Occurrence("push", branch=branch, tag=tag, changed=lambda: _pushed_files(site, fields, before, sha))
    title = next(iter(message.splitlines()), "") or None
    return [Occasion("push", ref, sha, branch or tag, sha, ref, sha, occurrence, fields.raw, title)]


def _pull(site: Site, event: Event, fields: Fields) -> list[Occasion]:
    pull = fields.object("pull_request")
    number, head, base = pull.number("number"), pull.object("head"), pull.object("base")
    head_sha, title = head.text("sha"), pull.text("title")
    objects = site.objects

    def changed() -> Sequence[str] | None:
        return [found.path for found in differences(objects, base.text("sha"), head_sha)]

    occurrence = Occurrence(event.name, event.action, branch=base.text("ref"), changed=changed)
    found = []
    merged = objects.ref(f"refs/pull/{number}/merge")
    commit = objects.commit(head_sha)
    skipped = event.name == "pull_request" and commit is not None and _skips(commit.message)
    if merged is not None and not skipped:
        ref = merged.name
        found.append(
            Occasion(
                event.name, ref, merged.sha, head.text("ref"), head_sha, ref, merged.sha, occurrence, fields.raw, title
            )
        )
    if event.name == "pull_request":
        target = Occurrence("pull_request_target", event.action, branch=base.text("ref"), changed=changed)
        branch = site.repository.default_branch
        at = objects.ref(HEADS + branch)
        if at is not None:
            ref = HEADS + branch
            found.append(
                Occasion(target.event, ref, at.sha, head.text("ref"), head_sha, ref, at.sha, target, fields.raw, title)
            )
    return found


def _pushed_files(site: Site, fields: Fields, before: str, after: str) -> Sequence[str] | None:
    """A new branch has no state before: GitHub then looks at the commits that it brought."""
    if before != ABSENT and site.objects.commit(before) is not None:
        changed = site.objects.command("diff", "--name-only", "--no-renames", "-z", before, after)
        return [path for path in changed.stdout.decode(errors="replace").split("\0") if path]
    names = ("added", "modified", "removed")
    found = [path for commit in fields.objects("commits") for name in names for path in commit.texts(name, ())]
    return found or None


def _skips(message: str) -> bool:
    return any(word in message.casefold() for word in _SKIPPING)
