"""Branches, tags and commits as people look at them, and the rules that stand on a branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.git_objects import ABSENT, is_ref_name
from twinlock_world.github import protection
from twinlock_world.github.access import METADATA, READ_CONTENTS, WRITE_CONTENTS, may_administer
from twinlock_world.github.active_rules import rulesets_on
from twinlock_world.github.bodies.commit import (
    changes_of,
    object_node_id,
    repository_commit,
    repository_url,
)
from twinlock_world.github.bodies.protection import enforcement_level
from twinlock_world.github.call import Reply
from twinlock_world.github.errors import conflict, forbidden, invalid, not_found
from twinlock_world.github.mounts import REPOSITORY, RepositoryCall
from twinlock_world.github.protection import protection_of
from twinlock_world.github.pulls import synchronize
from twinlock_world.github.ref_moves import RefMove, ref_moved
from twinlock_world.github.ruling import Change, enforce
from twinlock_world.github.site import Site
from twinlock_world.jsonvalue import JsonObject
from twinlock_world.policy.attempt import How
from twinlock_world.policy.rule import SourceKind

if TYPE_CHECKING:
    from twinlock_world.git_objects import Commit, Ref
    from twinlock_world.jsonvalue import JsonValue

_HEADS: Final = "refs/heads/"
_TAGS: Final = "refs/tags/"


def list_branches(call: RepositoryCall) -> Reply:
    """Return a repository's branches."""
    wanted = call.query.get("protected")
    found = [(ref, _is_protected(call, ref.name)) for ref in call.objects.refs(_HEADS)]
    shown = [(ref, protected) for ref, protected in found if wanted is None or protected == (wanted == "true")]
    return call.page(shown, lambda item: _short(call, *item))


def show_branch(call: RepositoryCall) -> Reply:
    """Return a branch with its newest commit."""
    return Reply(200, _branch_body(call, _branch(call)))


def rename_branch(call: RepositoryCall) -> Reply:
    """Rename a branch; whoever may push can, but the default branch is its administrators'.

    To the rules it is a creation and a deletion (unconfirmed). A protection of the exact name goes with the branch, as
    GitHub's documentation says ("Renaming a branch").
    """
    ref, name, repository = _branch(call), call.body().text("new_name"), call.repository
    is_default = ref.name == _HEADS + repository.default_branch
    if is_default and not may_administer(call.store, call.identity, repository):
        raise forbidden("Must have admin rights to Repository.")
    if not is_ref_name(_HEADS + name):
        raise invalid(f"{name} is not a valid branch name")
    if call.objects.ref(_HEADS + name) is not None:
        raise invalid(f"Branch {name} already exists")
    site = Site.of(call)
    enforce(site, call.identity, Change(_HEADS + name, ABSENT, ref.sha, How.BRANCH_RENAME))
    enforce(site, call.identity, Change(ref.name, ref.sha, ABSENT, How.BRANCH_RENAME))
    call.objects.update_ref(_HEADS + name, ref.sha, ABSENT)
    if is_default:
        call.objects.set_head(name)
        call.store.update(repository.record, {**repository.record.data, "default_branch": name})
    call.objects.update_ref(ref.name, ABSENT, ref.sha)
    old = ref.name.removeprefix(_HEADS)
    protection.follow_rename(call.store, repository, old, name)
    ref_moved(site, RefMove(_HEADS + name, ABSENT, ref.sha, call.identity))
    synchronize.follow_rename(site, old, name, call.identity)
    ref_moved(site, RefMove(ref.name, ref.sha, ABSENT, call.identity))
    renamed = call.objects.ref(_HEADS + name)
    if renamed is None:
        raise not_found()
    return Reply(201, _branch_body(call, renamed))


def list_tags(call: RepositoryCall) -> Reply:
    """Return a repository's tags."""
    return call.page(call.objects.refs(_TAGS), lambda ref: _tag_body(call, ref))


def list_commits(call: RepositoryCall) -> Reply:
    """Return the commits that lead to a branch or commit, newest first."""
    start = call.objects.resolve(call.query.get("sha") or call.repository.default_branch)
    if start is None:
        raise conflict("Git Repository is empty.") if not call.objects.refs() else not_found()
    found = call.objects.history(start, call.query.get("path", "").strip("/"))
    return call.page(found, lambda sha: repository_commit(call.urls, call.store, call.repository, _commit(call, sha)))


def show_commit(call: RepositoryCall) -> Reply:
    """Return a commit by its sha, or the newest of a branch or tag, with what it changed."""
    name = call.params["ref"]
    sha = call.objects.resolve(name)
    if sha is None:
        if not call.objects.refs():
            raise conflict("Git Repository is empty.")
        raise invalid(f"No commit found for SHA: {name}")
    commit = _commit(call, sha)
    if "sha" in call.request.headers.get("accept", "").split("."):
        return Reply(200, raw=sha.encode(), headers={"content-type": "application/vnd.github.sha; charset=utf-8"})
    body = repository_commit(call.urls, call.store, call.repository, commit)
    changes = changes_of(call.urls, call.repository, commit, call.objects.changes(commit))
    return Reply(200, {**body, **changes})


def list_rules(call: RepositoryCall) -> Reply:
    """Return the rules that active rulesets put on a branch, whether or not it exists yet."""
    return call.page(_rules(call, _HEADS + call.params["branch"]), lambda rule: rule)


def _rules(call: RepositoryCall, ref: str) -> list[JsonObject]:
    repository, found = call.repository, list[JsonObject]()
    for source, record in rulesets_on(call.store, repository, ref):
        if record.fields.text("enforcement") != "active" or record.fields.text("target") != "branch":
            continue
        holder = repository.full_name if source.kind is SourceKind.REPOSITORY else repository.owner.login
        origin: JsonObject = {
            "ruleset_source_type": source.kind.value,
            "ruleset_source": holder,
            "ruleset_id": record.id,
        }
        found += [{**rule.raw, **origin} for rule in record.fields.objects("rules")]
    return found


def _is_protected(call: RepositoryCall, ref: str) -> bool:
    branch = ref.removeprefix(_HEADS)
    return protection_of(call.store, call.repository, branch) is not None or bool(_rules(call, ref))


def _branch(call: RepositoryCall) -> Ref:
    ref = call.objects.ref(_HEADS + call.params["branch"])
    if ref is None:
        raise not_found("Branch not found")
    return ref


def _commit(call: RepositoryCall, sha: str) -> Commit:
    commit = call.objects.commit(sha)
    if commit is None:
        raise not_found()
    return commit


def _short(call: RepositoryCall, ref: Ref, protected: bool) -> dict[str, JsonValue]:  # noqa: FBT001 - one row of a list
    name = ref.name.removeprefix(_HEADS)
    classic = protection_of(call.store, call.repository, name)
    required = classic is not None and classic.fields.given("required_status_checks")
    checks = classic.fields.object("required_status_checks").objects("checks") if classic and required else []
    return {
        "name": name,
        "commit": {"sha": ref.sha, "url": repository_url(call.urls, call.repository, "commits", ref.sha)},
        "protected": protected,
        "protection": {
            "enabled": classic is not None,
            "required_status_checks": {
                "enforcement_level": enforcement_level(classic),
                "contexts": [check.text("context") for check in checks],
                "checks": [check.raw for check in checks],
            },
        },
        "protection_url": repository_url(call.urls, call.repository, "branches", name, "protection"),
    }


def _branch_body(call: RepositoryCall, ref: Ref) -> JsonObject:
    name = ref.name.removeprefix(_HEADS)
    commit = repository_commit(call.urls, call.store, call.repository, _commit(call, ref.sha))
    url = repository_url(call.urls, call.repository, "branches", name)
    page = call.urls.html(call.repository.full_name, "tree", name)
    return {
        **_short(call, ref, _is_protected(call, ref.name)),
        "commit": commit,
        "_links": {"self": url, "html": page},
    }


def _tag_body(call: RepositoryCall, ref: Ref) -> JsonObject:
    name = ref.name.removeprefix(_TAGS)
    sha = call.objects.resolve(ref.name.removeprefix("refs/")) or ref.sha
    return {
        "name": name,
        "commit": {"sha": sha, "url": repository_url(call.urls, call.repository, "commits", sha)},
        "zipball_url": repository_url(call.urls, call.repository, "zipball", ref.name),
        "tarball_url": repository_url(call.urls, call.repository, "tarball", ref.name),
        "node_id": object_node_id("REF", call.repository, ref.name),
    }


ROUTES: Final = (
    *REPOSITORY.get("/branches", READ_CONTENTS, list_branches),
    *REPOSITORY.get("/branches/{branch...}", READ_CONTENTS, show_branch),
    *REPOSITORY.post("/branches/{branch...}/rename", WRITE_CONTENTS, rename_branch),
    *REPOSITORY.get("/rules/branches/{branch...}", METADATA, list_rules),
    *REPOSITORY.get("/tags", METADATA, list_tags),
    *REPOSITORY.get("/commits", READ_CONTENTS, list_commits),
    *REPOSITORY.get("/commits/{ref...}", READ_CONTENTS, show_commit),
)
