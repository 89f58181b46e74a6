"""REST that meets rules: refs, contents, renames, classic protection, rule suites, in GitHub's words."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from twinlock_world.github.snapshot import snapshot

if TYPE_CHECKING:
    from tests.world.github.conftest import Hub

APP = "/repos/acme/app"
CONTENT = base64.b64encode(b"x\n").decode()
REVIEWED: dict[str, Any] = {
    "type": "pull_request",
    "parameters": {
        "required_approving_review_count": 1,
        "dismiss_stale_reviews_on_push": True,
        "require_code_owner_review": False,
        "require_last_push_approval": False,
        "required_review_thread_resolution": False,
    },
}


@pytest.fixture
def tip(hub: Hub) -> str:
    """The commit of main in a repository that alice may push to."""
    hub.make("POST", "/orgs/acme/repos", {"name": "app", "auto_init": True, "private": True})
    hub.make("PUT", f"{APP}/collaborators/alice", {"permission": "push"})
    return str(hub.make("GET", f"{APP}/git/ref/heads/main")["object"]["sha"])


def put_ruleset(hub: Hub, *rules: dict[str, Any], **changed: object) -> int:
    """Put a ruleset on main, or on what `changed` says."""
    document = {
        "name": "held",
        "target": "branch",
        "enforcement": "active",
        "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
        "rules": list(rules),
        **changed,
    }
    return int(hub.make("POST", f"{APP}/rulesets", document)["id"])


def protect(hub: Hub, **changed: object) -> Any:  # noqa: ANN401 - JSON
    """Put a classic protection on main that demands nothing but what `changed` says."""
    nothing = dict.fromkeys(
        ("required_status_checks", "enforce_admins", "required_pull_request_reviews", "restrictions")
    )
    return hub.make("PUT", f"{APP}/branches/main/protection", {**nothing, **changed})


def commit(hub: Hub, parent: str) -> str:
    """Store a commit that no ref names."""
    tree = hub.make("GET", f"{APP}/git/commits/{parent}")["tree"]["sha"]
    document = {"message": "More", "tree": tree, "parents": [parent]}
    return str(hub.make("POST", f"{APP}/git/commits", document)["sha"])


def refused(hub: Hub, method: str, path: str, document: object = None, by: str = "alice") -> tuple[int, str]:
    """Return status and message of a refusal."""
    answer = hub.call(method, path, document, by=by)
    return answer.status, answer.json["message"]


def violations(*problems: str) -> str:
    """Return the message of a refusal by rulesets."""
    return "Repository rule violations found\n\n" + "".join(f"{problem}\n\n" for problem in problems)


THROUGH_A_PULL = violations("Changes must be made through a pull request.")


def test_contents_are_not_written_past_the_rules(hub: Hub, tip: str) -> None:
    """409, no commit, nothing to read afterwards; a branch without rules takes the file."""
    document = {"message": "Add", "content": CONTENT}
    put_ruleset(hub, REVIEWED)
    assert refused(hub, "PUT", f"{APP}/contents/new", document) == (409, THROUGH_A_PULL)
    assert hub.make("GET", f"{APP}/git/ref/heads/main")["object"]["sha"] == tip
    blob = "587be6b4c3f93f93c489c0111bba5596147a26cb"  # of CONTENT
    assert hub.call("GET", f"{APP}/git/blobs/{blob}").status == 404
    hub.make("POST", f"{APP}/git/refs", {"ref": "refs/heads/side", "sha": tip})
    made = hub.call("PUT", f"{APP}/contents/new", {**document, "branch": "side"}, by="alice")
    assert (made.status, made.json["content"]["sha"]) == (201, blob)
    assert refused(hub, "DELETE", f"{APP}/contents/README.md", {**document, "sha": _readme(hub)}) == (
        409,
        THROUGH_A_PULL,
    )


def test_a_commit_of_contents_is_judged_by_what_it_brings(hub: Hub, tip: str) -> None:
    """Its path, its message, and its signature: GitHub signs what names no author of its own."""
    restricted = {"type": "file_path_restriction", "parameters": {"restricted_file_paths": ["locked/**"]}}
    put_ruleset(hub, restricted, name="paths", target="push", conditions=None)
    pattern = {"operator": "starts_with", "pattern": "Add", "name": "", "negate": False}
    message = {"type": "commit_message_pattern", "parameters": pattern}
    put_ruleset(hub, {"type": "required_signatures"}, message)
    document = {"message": "Add", "content": CONTENT}
    author = {"name": "A", "email": "a@b.c"}
    changes: dict[str, dict[str, Any]] = {"locked/a": {}, "b": {"message": "Throw in"}, "c": {"author": author}}
    said = {
        path: refused(hub, "PUT", f"{APP}/contents/{path}", {**document, **changed})[1]
        for path, changed in changes.items()
    }
    assert [message.split("\n")[2] for message in said.values()] == [
        "File path is restricted",
        "Commit message must start with a matching pattern: Add",
        "Commits must have verified signatures.",
    ]
    hub.make("PUT", f"{APP}/contents/fine", document, by="alice")
    assert hub.make("GET", f"{APP}/git/ref/heads/main")["object"]["sha"] != tip


def test_a_ref_is_not_moved_past_the_rules(hub: Hub, tip: str) -> None:
    """422 with the violations for a move, 422 without them for a creation (as seen by others), 422 for a deletion."""
    after = commit(hub, tip)
    rules = put_ruleset(
        hub,
        {"type": "update"},
        {"type": "creation"},
        {"type": "deletion"},
        {"type": "non_fast_forward"},
        **_all_branches(),
    )
    main, side = f"{APP}/git/refs/heads/main", f"{APP}/git/refs/heads/side"
    creation = {"ref": "refs/heads/side", "sha": tip}
    assert refused(hub, "PATCH", main, {"sha": after}) == (422, violations("Cannot update this protected ref."))
    assert refused(hub, "POST", f"{APP}/git/refs", creation) == (422, "Reference update failed")
    hub.make("DELETE", f"{APP}/rulesets/{rules}")
    hub.make("POST", f"{APP}/git/refs", creation)
    hub.make("PATCH", f"{APP}/git/refs/heads/main", {"sha": after})
    put_ruleset(hub, {"type": "deletion"}, {"type": "non_fast_forward"}, **_all_branches())
    assert refused(hub, "DELETE", side) == (422, violations("Cannot delete this branch"))
    forced = {"sha": tip, "force": True}
    assert refused(hub, "PATCH", main, forced) == (422, violations("Cannot force-push to this branch"))
    assert hub.make("GET", f"{APP}/git/ref/heads/main")["object"]["sha"] == after


def test_a_branch_is_not_renamed_past_the_rules(hub: Hub, tip: str) -> None:
    """A rename is a creation and a deletion; where both are free it goes through."""
    hub.make("POST", f"{APP}/git/refs", {"ref": "refs/heads/side", "sha": tip})
    new_name, path = {"new_name": "other"}, f"{APP}/branches/side/rename"
    held = put_ruleset(hub, {"type": "deletion"}, **_all_branches())
    assert refused(hub, "POST", path, new_name) == (422, violations("Cannot delete this branch"))
    hub.make("DELETE", f"{APP}/rulesets/{held}")
    held = put_ruleset(hub, {"type": "creation"}, **_all_branches())
    assert refused(hub, "POST", path, new_name) == (
        422,
        violations("Cannot create ref due to creations being restricted."),
    )
    hub.make("DELETE", f"{APP}/rulesets/{held}")
    assert hub.call("POST", path, new_name, by="alice").status == 201


def test_two_branches_are_not_merged_past_the_rules(hub: Hub, tip: str) -> None:
    """Merging without a pull request is a change without one."""
    hub.make("POST", f"{APP}/git/refs", {"ref": "refs/heads/side", "sha": commit(hub, tip)})
    put_ruleset(hub, REVIEWED)
    answer = hub.call("POST", f"{APP}/merges", {"base": "main", "head": "side"}, by="alice")
    assert (answer.status, answer.json["message"]) == (409, THROUGH_A_PULL)
    assert hub.make("GET", f"{APP}/git/ref/heads/main")["object"]["sha"] == tip


def test_every_attempt_leaves_a_rule_suite(hub: Hub, tip: str) -> None:
    """Refused, passed by and allowed ones, with what each rule said; a refused request undoes all but that."""
    held = put_ruleset(
        hub, REVIEWED, bypass_actors=[{"actor_id": None, "actor_type": "OrganizationAdmin", "bypass_mode": "always"}]
    )
    document = {"message": "Add", "content": CONTENT}
    refused(hub, "PUT", f"{APP}/contents/new", document)
    made = hub.make("PUT", f"{APP}/contents/new", document)["commit"]["sha"]
    by_alice, by_olga = hub.make("GET", f"{APP}/rulesets/rule-suites")[::-1]
    shown = hub.make("GET", f"{APP}/rulesets/rule-suites/{by_alice['id']}")
    source = {"type": "ruleset", "id": held, "name": "held"}
    said = {"rule_source": source, "enforcement": "active", "result": "fail", "rule_type": "pull_request"}
    assert shown == by_alice | {
        "rule_evaluations": [{**said, "details": "Changes must be made through a pull request."}]
    }
    kept = ("actor_name", "before_sha", "ref", "result", "evaluation_result", "repository_name")
    assert [tuple(suite[name] for name in kept) for suite in (by_alice, by_olga)] == [
        ("alice", tip, "refs/heads/main", "fail", None, "app"),
        ("olga", tip, "refs/heads/main", "bypass", None, "app"),
    ]
    assert by_olga["after_sha"] == made
    assert hub.make("GET", "/orgs/acme/rulesets/rule-suites?rule_suite_result=fail") == [by_alice]
    assert hub.make("GET", f"{APP}/rulesets/rule-suites?actor_name=olga&ref=main") == [by_olga]
    assert hub.call("GET", f"{APP}/rulesets/rule-suites", by="alice").status == 403


def test_classic_protection_is_kept_as_it_was_put(hub: Hub, tip: str) -> None:
    """What is put is shown, section by section; without one GitHub says so."""
    place = f"{APP}/branches/main/protection"
    assert refused(hub, "GET", place, by="olga") == (404, "Branch not protected")
    team = hub.team("owners")
    reviews = {"required_approving_review_count": 2, "require_code_owner_reviews": True, "dismissal_restrictions": {}}
    checks = {
        "strict": True,
        "checks": [{"context": "ci", "app_id": -1}, {"context": "ci"}, {"context": "gate", "app_id": 5}],
    }
    body = protect(
        hub,
        enforce_admins=True,
        required_pull_request_reviews=reviews,
        required_status_checks=checks,
        restrictions={"users": ["alice"], "teams": [team["slug"]], "apps": ["writer"]},
        required_linear_history=True,
    )
    assert body == hub.make("GET", place)
    assert body["required_status_checks"]["checks"] == [
        {"context": "ci", "app_id": None},
        {"context": "gate", "app_id": 5},
    ]
    assert body["required_status_checks"]["contexts"] == ["ci", "gate"]
    assert body["required_pull_request_reviews"]["required_approving_review_count"] == 2
    assert [user["login"] for user in body["restrictions"]["users"]] == ["alice"]
    assert [found["slug"] for found in body["restrictions"]["teams"]] == [team["slug"]]
    assert [app["slug"] for app in body["restrictions"]["apps"]] == ["writer"]
    switches = ("enforce_admins", "required_linear_history", "allow_force_pushes", "allow_deletions")
    assert [body[name]["enabled"] for name in switches] == [True, True, False, False]
    signatures = f"{place}/required_signatures"
    assert hub.make("GET", signatures)["enabled"] is False
    assert hub.make("POST", signatures)["enabled"] is True
    assert protect(hub)["required_signatures"]["enabled"] is True
    assert hub.call("DELETE", signatures).status == 204
    branch = hub.make("GET", f"{APP}/branches/main")
    assert (branch["protected"], branch["protection"]["enabled"]) == (True, True)
    assert hub.call("DELETE", place).status == 204
    assert hub.make("GET", f"{APP}/branches/main")["protected"] is False
    assert refused(hub, "GET", f"{APP}/branches/none/protection", by="olga") == (404, "Branch not found")
    assert hub.call("PUT", place, {"enforce_admins": True}).status == 422
    assert tip == hub.make("GET", f"{APP}/git/ref/heads/main")["object"]["sha"]


def test_sections_of_a_protection_change_by_themselves(hub: Hub, tip: str) -> None:
    """A patch keeps what it leaves out; a deletion takes the section away."""
    protect(
        hub,
        required_pull_request_reviews={"required_approving_review_count": 2},
        required_status_checks={"strict": True, "contexts": ["ci"]},
    )
    place = f"{APP}/branches/main/protection"
    reviews = hub.make("PATCH", f"{place}/required_pull_request_reviews", {"dismiss_stale_reviews": True})
    assert (reviews["required_approving_review_count"], reviews["dismiss_stale_reviews"]) == (2, True)
    checks = hub.make("PATCH", f"{place}/required_status_checks", {"strict": False})
    assert (checks["strict"], checks["contexts"]) == (False, ["ci"])
    for name in ("required_status_checks", "required_pull_request_reviews"):
        assert hub.call("DELETE", f"{place}/{name}").status == 204
        assert hub.call("GET", f"{place}/{name}").status == 404
    assert tip


def test_classic_protection_holds_as_rulesets_do(hub: Hub, tip: str) -> None:
    """Its words have no heading; administrators pass unless it says otherwise, but never by force."""
    after = commit(hub, tip)
    document = {"message": "Add", "content": CONTENT}
    protect(hub, required_pull_request_reviews={"required_approving_review_count": 1})
    wanted = (409, "Changes must be made through a pull request.")
    assert refused(hub, "PUT", f"{APP}/contents/new", document) == wanted
    hub.make("PATCH", f"{APP}/git/refs/heads/main", {"sha": after})
    forced = {"sha": tip, "force": True}
    by_force = (422, "Cannot force-push to a protected branch")
    assert refused(hub, "PATCH", f"{APP}/git/refs/heads/main", forced, by="olga") == by_force
    hub.make("POST", f"{APP}/branches/main/protection/enforce_admins")
    assert refused(hub, "PUT", f"{APP}/contents/new", document, by="olga") == wanted
    put_ruleset(hub, {"type": "update"})
    assert refused(hub, "PUT", f"{APP}/contents/new", document, by="olga") == (
        409,
        violations("Cannot update this protected ref.", "Changes must be made through a pull request."),
    )


def test_who_may_push_to_a_protected_branch(hub: Hub, tip: str) -> None:
    """Those who are listed and administrators, whatever enforce_admins says."""
    hub.make("PUT", f"{APP}/collaborators/bob", {"permission": "push"})
    protect(hub, restrictions={"users": ["bob"], "teams": [], "apps": []}, enforce_admins=True)
    path = f"{APP}/git/refs/heads/main"
    status, message = refused(hub, "PATCH", path, {"sha": commit(hub, tip)})
    assert (status, message.startswith("You're not authorized to push to this branch.")) == (422, True)
    assert hub.call("PATCH", path, {"sha": commit(hub, tip)}, by="bob").status == 200
    now = hub.make("GET", f"{APP}/git/ref/heads/main")["object"]["sha"]
    hub.make("PATCH", path, {"sha": commit(hub, now)})


def test_a_protection_stands_in_the_dump_by_names(hub: Hub, tip: str) -> None:
    """Who may push is told by name, so that two worlds compare."""
    protect(hub, restrictions={"users": ["alice"], "teams": [], "apps": ["writer"]})
    dumped: Any = snapshot(hub.store, hub.directory / "git")
    held = dumped["organizations"]["acme"]["repositories"]["app"]["branch_protections"]["main"]
    assert held["restrictions"] == {"users": ["alice"], "teams": [], "apps": ["writer"]}
    assert tip


def test_a_protection_goes_with_its_branch(hub: Hub, tip: str) -> None:
    """A renamed branch keeps its protection, where that allows the rename."""
    protect(hub, allow_deletions=True, required_linear_history=True)
    hub.make("POST", f"{APP}/branches/main/rename", {"new_name": "trunk"})
    body = hub.make("GET", f"{APP}/branches/trunk/protection")
    assert body["required_linear_history"] == {"enabled": True}
    assert tip


@pytest.mark.parametrize("kind", ["merge_queue", "code_scanning", "license_compliance_scanning"])
def test_rules_that_nothing_here_could_enforce_are_not_kept(hub: Hub, tip: str, kind: str) -> None:
    """501 names the type, and no ruleset is made."""
    parameters = {
        "merge_queue": {
            "check_response_timeout_minutes": 5,
            "grouping_strategy": "ALLGREEN",
            "max_entries_to_build": 1,
            "max_entries_to_merge": 1,
            "merge_method": "SQUASH",
            "min_entries_to_merge": 1,
            "min_entries_to_merge_wait_minutes": 1,
        },
        "code_scanning": {"code_scanning_tools": []},
    }
    rule = {"type": kind, **({"parameters": parameters[kind]} if kind in parameters else {})}
    document = {"name": "x", "target": "branch", "enforcement": "active", "rules": [rule]}
    answer = hub.call("POST", f"{APP}/rulesets", document)
    assert (answer.status, answer.json["message"]) == (501, f"This world does not model the rule type {kind}")
    assert hub.make("GET", f"{APP}/rulesets") == []
    assert tip


def test_patterns_that_are_none_are_refused(hub: Hub, tip: str) -> None:
    """A regular expression that RE2 does not take makes no rule."""
    rule = {
        "type": "commit_message_pattern",
        "parameters": {"operator": "regex", "pattern": "(?!x)", "name": "", "negate": False},
    }
    document = {"name": "x", "target": "branch", "enforcement": "active", "rules": [rule]}
    answer = hub.call("POST", f"{APP}/rulesets", document)
    assert (answer.status, answer.json["errors"]) == (422, ["Invalid rules: 'Commit message pattern'"])
    assert tip


def test_a_tags_name_must_fit(hub: Hub, tip: str) -> None:
    """POST git/refs is refused for a name that the pattern does not allow, and made for one that it does."""
    pattern = {"operator": "regex", "pattern": "^v[0-9]+$", "name": "", "negate": False}
    names = {"ref_name": {"include": ["~ALL"], "exclude": []}}
    put_ruleset(hub, {"type": "tag_name_pattern", "parameters": pattern}, target="tag", conditions=names)
    wrong, right = ({"ref": f"refs/tags/{name}", "sha": tip} for name in ("latest", "v1"))
    assert refused(hub, "POST", f"{APP}/git/refs", wrong) == (422, "Reference update failed")
    hub.make("POST", f"{APP}/git/refs", right, by="alice")


def _all_branches() -> dict[str, Any]:
    return {"conditions": {"ref_name": {"include": ["~ALL"], "exclude": []}}}


def _readme(hub: Hub) -> str:
    return str(hub.make("GET", f"{APP}/contents/README.md")["sha"])
