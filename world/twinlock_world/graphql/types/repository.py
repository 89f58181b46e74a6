"""A repository: its settings, refs, people, and the protections that stand in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.errors import GitHubError
from twinlock_world.graphql.connection import connect
from twinlock_world.graphql.errors import not_found
from twinlock_world.graphql.thing import Thing, always, fields, path_of, renamed, same, upper
from twinlock_world.jsonvalue import Fields

if TYPE_CHECKING:
    from twinlock_world.graphql.context import Context
    from twinlock_world.graphql.thing import Resolver
    from twinlock_world.jsonvalue import JsonObject

_NO: Final = False


def place(repository: Thing) -> tuple[str, str, str]:
    """Return where a repository stands in REST."""
    owner, _, name = repository.body.text("full_name").partition("/")
    return ("repos", owner, name)


def rulesets(holder: Thing, context: Context, arguments: Fields, where: tuple[str, ...]) -> object:
    """Return the rulesets that hold, each whole."""
    parents = "true" if arguments.flag("includeParents", default=True) else "false"
    query = {"includes_parents": parents}
    if arguments.given("targets"):
        query["targets"] = ",".join(arguments.texts("targets")).lower()
    found = [item.number("id") for item in context.items(*where, "rulesets", **query)]
    whole = [context.body(*where, "rulesets", identifier) for identifier in found]
    things = [Thing("RepositoryRuleset", body, holder) for body in whole if body is not None]
    return connect("rulesets", things, arguments)


def ref_thing(repository: Thing, name: str, sha: str) -> Thing:
    """Return a ref as a thing; REST writes only part of what GraphQL says of one."""
    return Thing("Ref", Fields({"ref": name, "sha": sha}), repository)


def _rulesets(repository: Thing, context: Context, arguments: Fields) -> object:
    return rulesets(repository, context, arguments, place(repository))


def _ruleset(repository: Thing, context: Context, arguments: Fields) -> Thing | None:
    found = context.body(*place(repository), "rulesets", arguments.number("databaseId"))
    return None if found is None else Thing("RepositoryRuleset", found, repository)


def _owner(repository: Thing, context: Context, _arguments: Fields) -> Thing | None:
    found = context.body("orgs", repository.body.object("owner").text("login"))
    return None if found is None else Thing("Organization", found)


def _default_branch(repository: Thing, context: Context, _arguments: Fields) -> Thing | None:
    name = f"refs/heads/{repository.body.text('default_branch')}"
    return _find_ref(repository, context, name)


def _ref(repository: Thing, context: Context, arguments: Fields) -> Thing | None:
    name = arguments.text("qualifiedName")
    wanted = [name] if name.startswith("refs/") else [f"refs/heads/{name}", f"refs/tags/{name}"]
    found = (_find_ref(repository, context, one) for one in wanted)
    return next((ref for ref in found if ref is not None), None)


def _find_ref(repository: Thing, context: Context, name: str) -> Thing | None:
    found = context.find(*place(repository), "git", "ref", *name.removeprefix("refs/").split("/"))
    if not isinstance(found, dict) or not isinstance(found.get("object"), dict):
        return None
    return ref_thing(repository, name, str(found["object"]["sha"]))


def _refs(repository: Thing, context: Context, arguments: Fields) -> object:
    prefix = arguments.text("refPrefix").removeprefix("refs/").strip("/")
    found = context.items(*place(repository), "git", "matching-refs", f"/{prefix}/")
    query = arguments.text("query", "") if arguments.given("query") else ""
    shown = [
        ref_thing(repository, ref.text("ref"), ref.object("object").text("sha"))
        for ref in found
        if query in ref.text("ref")
    ]
    return connect("refs", shown, arguments)


def _collaborators(repository: Thing, context: Context, arguments: Fields) -> object:
    affiliation = arguments.text("affiliation", "ALL").lower()
    found = context.things("User", repository, *place(repository), "collaborators", affiliation=affiliation)
    if arguments.given("login"):
        found = [user for user in found if user.body.text("login") == arguments.text("login")]
    return connect("collaborators", found, arguments, lambda user: {"permission": user.body.text("role_name").upper()})


def _environments(repository: Thing, context: Context, arguments: Fields) -> object:
    found = context.things("Environment", repository, *place(repository), "environments", inside="environments")
    names = arguments.texts("names") if arguments.given("names") else []
    if names:  # an empty list, the schema's default, leaves nothing out
        found = [one for one in found if one.body.text("name") in names]
    return connect("environments", found, arguments)


def _environment(repository: Thing, context: Context, arguments: Fields) -> Thing | None:
    found = context.body(*place(repository), "environments", arguments.text("name"))
    return None if found is None else Thing("Environment", found, repository)


def _deploy_keys(repository: Thing, context: Context, arguments: Fields) -> object:
    found = context.things("DeployKey", repository, *place(repository), "keys")
    return connect("deployKeys", found, arguments)


def _topics(repository: Thing, _context: Context, arguments: Fields) -> object:
    found = [{"topic": {"name": name}} for name in repository.body.texts("topics", [])]
    return connect("repositoryTopics", found, arguments)


def _viewer_permission(repository: Thing, _context: Context, _arguments: Fields) -> str | None:
    held = repository.body.raw.get("permissions")
    names = ("admin", "maintain", "push", "triage", "pull")
    best = next((name for name in names if isinstance(held, dict) and held.get(name) is True), None)
    return {"push": "WRITE", "pull": "READ"}.get(best, best.upper()) if best else None


def _viewer_can_administer(repository: Thing, context: Context, arguments: Fields) -> bool:
    return _viewer_permission(repository, context, arguments) == "ADMIN"


def _alerts(repository: Thing, context: Context, _arguments: Fields) -> bool:
    try:
        context.get(*place(repository), "vulnerability-alerts")
    except GitHubError:  # how REST says that they are off
        return False
    return True


def _template(repository: Thing, _context: Context, _arguments: Fields) -> Thing | None:
    return repository.inner("template_repository", "Repository")


def _is_empty(repository: Thing, context: Context, _arguments: Fields) -> bool:
    return not list(context.items(*place(repository), "branches"))


def _pull_request(repository: Thing, context: Context, arguments: Fields) -> Thing:
    number = arguments.number("number")
    found = context.body(*place(repository), "pulls", number)
    if found is None:
        raise not_found(f"Could not resolve to a PullRequest with the number of {number}.")
    return Thing("PullRequest", found, repository)


def _issue_or_pull_request(repository: Thing, context: Context, arguments: Fields) -> Thing:
    number = arguments.number("number")
    found = context.body(*place(repository), "pulls", number)
    if found is None:
        raise not_found(f"Could not resolve to an issue or pull request with the number of {number}.")
    return Thing("PullRequest", found, repository)


def _pull_requests(repository: Thing, context: Context, arguments: Fields) -> object:
    states = set(arguments.texts("states")) if arguments.given("states") else {"OPEN", "CLOSED", "MERGED"}
    query = {"state": "open" if states == {"OPEN"} else "all", "direction": "asc"}
    if arguments.given("baseRefName"):
        query["base"] = arguments.text("baseRefName")
    found = context.items(*place(repository), "pulls", **query)
    shown = [body for body in found if state_of(body.raw) in states]
    if arguments.given("headRefName"):
        shown = [body for body in shown if body.object("head").text("ref") == arguments.text("headRefName")]
    if arguments.given("orderBy") and arguments.object("orderBy").text("direction") == "DESC":
        shown.reverse()
    whole = [context.body(*place(repository), "pulls", body.number("number")) for body in shown]
    return connect("pullRequests", [Thing("PullRequest", body, repository) for body in whole if body], arguments)


def state_of(pull: JsonObject) -> str:
    """Return a pull request's state: REST knows open and closed, and when it was merged."""
    if pull.get("merged_at") is not None:
        return "MERGED"
    return "OPEN" if pull.get("state") == "open" else "CLOSED"


def _none(name: str) -> Resolver:
    return lambda _thing, _context, arguments: connect(name, [], arguments)


def _target(ref: Thing, context: Context, _arguments: Fields) -> Thing | None:
    found = context.body(*place(ref.place()), "commits", ref.body.text("sha"))
    return None if found is None else Thing("Commit", found, ref.place())


def _ref_name(ref: Thing, _context: Context, _arguments: Fields) -> str:
    return ref.body.text("ref").split("/", 2)[2]


def _ref_prefix(ref: Thing, _context: Context, _arguments: Fields) -> str:
    return "/".join(ref.body.text("ref").split("/", 2)[:2]) + "/"


def _repository_of(thing: Thing, _context: Context, _arguments: Fields) -> Thing:
    return thing.place()


def _associated(ref: Thing, context: Context, arguments: Fields) -> object:
    head = ref.body.text("ref").removeprefix("refs/heads/")
    states = set(arguments.texts("states")) if arguments.given("states") else {"OPEN", "CLOSED", "MERGED"}
    found = context.items(*place(ref.place()), "pulls", state="all")
    shown = [body for body in found if body.object("head").text("ref") == head and state_of(body.raw) in states]
    whole = [context.body(*place(ref.place()), "pulls", body.number("number")) for body in shown]
    return connect(
        "associatedPullRequests", [Thing("PullRequest", body, ref.place()) for body in whole if body], arguments
    )


fields(
    "Repository",
    {
        **same("createdAt", "description", "name", "pushedAt", "sshUrl", "updatedAt", "mirrorUrl"),
        **renamed(
            {
                "allowUpdateBranch": "allow_update_branch",
                "autoMergeAllowed": "allow_auto_merge",
                "databaseId": "id",
                "deleteBranchOnMerge": "delete_branch_on_merge",
                "forkCount": "forks_count",
                "forkingAllowed": "allow_forking",
                "hasDiscussionsEnabled": "has_discussions",
                "hasIssuesEnabled": "has_issues",
                "hasProjectsEnabled": "has_projects",
                "hasWikiEnabled": "has_wiki",
                "homepageUrl": "homepage",
                "id": "node_id",
                "isArchived": "archived",
                "isDisabled": "disabled",
                "isFork": "fork",
                "isPrivate": "private",
                "isTemplate": "is_template",
                "mergeCommitAllowed": "allow_merge_commit",
                "nameWithOwner": "full_name",
                "rebaseMergeAllowed": "allow_rebase_merge",
                "squashMergeAllowed": "allow_squash_merge",
                "stargazerCount": "stargazers_count",
                "url": "html_url",
                "webCommitSignoffRequired": "web_commit_signoff_required",
            }
        ),
        "assignableUsers": _none("assignableUsers"),
        "collaborators": _collaborators,
        "defaultBranchRef": _default_branch,
        "deployKeys": _deploy_keys,
        "environment": _environment,
        "environments": _environments,
        "hasVulnerabilityAlertsEnabled": _alerts,
        "isEmpty": _is_empty,
        "isInOrganization": always(True),  # noqa: FBT003 - an answer, not a switch
        "isLocked": always(_NO),
        "isMirror": always(_NO),
        "issueOrPullRequest": _issue_or_pull_request,
        "labels": _none("labels"),
        "mergeCommitMessage": upper("merge_commit_message"),
        "mergeCommitTitle": upper("merge_commit_title"),
        "milestones": _none("milestones"),
        "owner": _owner,
        "parent": always(None),
        "projectsV2": _none("projectsV2"),
        "pullRequest": _pull_request,
        "pullRequestTemplates": always([]),
        "pullRequests": _pull_requests,
        "ref": _ref,
        "refs": _refs,
        "repositoryTopics": _topics,
        "resourcePath": path_of(),
        "ruleset": _ruleset,
        "rulesets": _rulesets,
        "squashMergeCommitMessage": upper("squash_merge_commit_message"),
        "squashMergeCommitTitle": upper("squash_merge_commit_title"),
        "templateRepository": _template,
        "viewerCanAdminister": _viewer_can_administer,
        "viewerDefaultMergeMethod": always("MERGE"),
        "viewerPermission": _viewer_permission,
        "visibility": upper("visibility"),
    },
)
fields(
    "Ref",
    {
        "associatedPullRequests": _associated,
        "name": _ref_name,
        "prefix": _ref_prefix,
        "repository": _repository_of,
        "target": _target,
    },
)
fields(
    "DeployKey",
    {**same("createdAt", "key", "readOnly", "title", "verified"), **renamed({"id": "node_id"})},
)
