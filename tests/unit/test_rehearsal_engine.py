"""The embedded engine on tiny programs and a GitHub in memory: what it does, what it writes down, what it refuses."""

from __future__ import annotations

import asyncio
import json
import re
import stat
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_github
import pytest

from twinlock.engine.port import Stack
from twinlock.engine.result import Change, FieldChange, Operation
from twinlock.errors import Incomplete
from twinlock.github.client import Answer
from twinlock.provider.port import Clients
from twinlock_rehearsal.engine import EmbeddedEngine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

TOKEN = "a-token-made-for-this-test"  # noqa: S105 - nothing accepts it
CREATE, UPDATE, DELETE = Operation.CREATE, Operation.UPDATE, Operation.DELETE
SAME, REPLACE = Operation.SAME, Operation.REPLACE


class MemoryGitHub:
    """GitHub's repositories, rulesets and Actions switches, in memory."""

    def __init__(self) -> None:
        self.repositories: dict[str, dict[str, Any]] = {}
        self.rulesets: dict[str, dict[int, dict[str, Any]]] = {}
        self.written: list[str] = []
        self.broken: dict[str, list[Answer]] = {}
        self.calls = 0
        self._number = 100

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Read one thing."""
        del params
        match path.strip("/").split("/"):
            case ["repos", "acme", name]:
                return _found(self.repositories.get(name))
            case ["repos", "acme", name, "rulesets", number]:
                return _found(self.rulesets.get(name, {}).get(int(number)))
            case ["repos", "acme", name, "actions", "permissions"] if name in self.repositories:
                return Answer(200, body={"enabled": self.repositories[name]["actions"], "allowed_actions": "all"})
            case ["apps", "gate"]:
                return Answer(200, body={"id": 77, "slug": "gate", "name": "Gate", "node_id": "A_77"})
        return Answer(404)

    def get_all(self, path: str, params: Mapping[str, str] | None = None, *, key: str | None = None) -> Answer:
        """Read a list of rulesets."""
        del params, key
        name = path.split("/")[3]
        return Answer(200, body=list(self.rulesets.get(name, {}).values()))

    def post(self, path: str, body: Any = None) -> Answer:  # noqa: ANN401 - any JSON
        """Create a repository or a ruleset."""
        if (broken := self._write("POST", path)) is not None:
            return broken
        self._number += 1
        made = {"id": self._number, "node_id": f"N_{self._number}", **body}
        match path.strip("/").split("/"):
            case ["orgs", "acme", "repos"]:
                self.repositories[body["name"]] = _repository(made)
                return Answer(201, body=self.repositories[body["name"]])
            case ["repos", "acme", name, "rulesets"]:
                self.rulesets.setdefault(name, {})[made["id"]] = made
                return Answer(201, body=made)
        return Answer(404)

    def put(self, path: str, body: Any = None) -> Answer:  # noqa: ANN401 - any JSON
        """Replace a ruleset or an Actions switch."""
        if (broken := self._write("PUT", path)) is not None:
            return broken
        match path.strip("/").split("/"):
            case ["repos", "acme", name, "rulesets", number]:
                self.rulesets[name][int(number)].update(body)
                return Answer(200, body=self.rulesets[name][int(number)])
            case ["repos", "acme", name, "actions", "permissions"]:
                self.repositories[name]["actions"] = body["enabled"]
                return Answer(204)
        return Answer(404)

    def patch(self, path: str, body: Any = None) -> Answer:  # noqa: ANN401 - any JSON
        """Change a repository."""
        if (broken := self._write("PATCH", path)) is not None:
            return broken
        found = self.repositories[path.split("/")[3]]
        found.update(body)
        return Answer(200, body=found)

    def delete(self, path: str, body: object = None) -> Answer:
        """Remove a repository or a ruleset."""
        del body
        if (broken := self._write("DELETE", path)) is not None:
            return broken
        match path.strip("/").split("/"):
            case ["repos", "acme", name]:
                return Answer(404 if self.repositories.pop(name, None) is None else 204)
            case ["repos", "acme", name, "rulesets", number]:
                return Answer(404 if self.rulesets[name].pop(int(number), None) is None else 204)
        return Answer(404)

    def ruleset(self, repository: str, name: str) -> dict[str, Any]:
        """Return the one ruleset of that name."""
        (found,) = [ruleset for ruleset in self.rulesets[repository].values() if ruleset["name"] == name]
        return found

    def _write(self, method: str, path: str) -> Answer | None:
        self.written.append(f"{method} {path}")
        answers = self.broken.get(f"{method} {path}")
        return answers.pop(0) if answers else None


def _found(body: object) -> Answer:
    return Answer(404) if body is None else Answer(200, body=body)


def _repository(made: dict[str, Any]) -> dict[str, Any]:
    blank = dict.fromkeys(("full_name", "git_url", "html_url", "clone_url", "ssh_url"), "somewhere")
    return {"default_branch": "main", "visibility": "private", "topics": [], "actions": True, **blank, **made}


class ToMemory:
    """Connects every provider to one GitHub, and remembers with which inputs."""

    def __init__(self, github: MemoryGitHub) -> None:
        self.github = github
        self.inputs: list[Mapping[str, object]] = []

    def to(self, type_: str, inputs: Mapping[str, object]) -> Clients:
        """Return that GitHub."""
        del type_
        self.inputs.append(inputs)
        return Clients(github=self.github, organization="acme")


@pytest.fixture
def github() -> MemoryGitHub:
    """Return an empty GitHub."""
    return MemoryGitHub()


@pytest.fixture
def engine(tmp_path: Path, github: MemoryGitHub) -> EmbeddedEngine:
    """Return an engine that reaches it."""
    return EmbeddedEngine(tmp_path, connections=ToMemory(github))


def provider() -> pulumi_github.Provider:
    """Declare the provider."""
    return pulumi_github.Provider("github", owner="acme", token=TOKEN, base_url="http://127.0.0.1:1/")


def stack(*declare: Callable[[pulumi.ResourceOptions], object], program: str = "repositories") -> Stack:
    """Return a stack that declares a provider and these."""

    def build() -> None:
        options = pulumi.ResourceOptions(provider=provider())
        for each in declare:
            each(options)

    return Stack(program, "payments", build)


def repository(options: pulumi.ResourceOptions, name: str = "payments", **more: Any) -> pulumi_github.Repository:  # noqa: ANN401 - Pulumi's inputs
    """Declare a repository."""
    merged = pulumi.ResourceOptions.merge(options, more.pop("opts", None))
    return pulumi_github.Repository(name, name=name, visibility="private", opts=merged, **more)


def ruleset(options: pulumi.ResourceOptions, name: str = "main", *, approvals: int = 2, **more: Any) -> None:  # noqa: ANN401 - as above
    """Declare a ruleset."""
    merged = pulumi.ResourceOptions.merge(options, more.pop("opts", None))
    pulumi_github.RepositoryRuleset(
        name,
        name=name,
        repository=more.pop("repository", "payments"),
        target="branch",
        enforcement=more.pop("enforcement", "active"),
        bypass_actors=[],
        conditions={"ref_name": {"includes": ["~DEFAULT_BRANCH", "refs/heads/x"], "excludes": []}},
        rules={
            "deletion": True,
            "creation": False,
            "pull_request": {"required_approving_review_count": approvals},
            "required_status_checks": {"required_checks": [{"context": "gate", "integration_id": 77}]},
        },
        opts=merged,
    )


def operations(changes: tuple[Change, ...]) -> list[tuple[str, Operation]]:
    """Return names and operations."""
    return [(change.name, change.operation) for change in changes]


def state_of(root: Path, program: str = "repositories") -> dict[str, dict[str, Any]]:
    """Return the resources in the state, by name."""
    document = json.loads((root / ".twinlock/state" / program / "payments.json").read_text())
    return {resource["urn"].rpartition("::")[2]: resource for resource in document["resources"]}


def test_what_is_declared_is_created_once(engine: EmbeddedEngine, github: MemoryGitHub) -> None:
    """A first run creates in the order of the program, and a second finds nothing to do and writes nothing."""
    program = stack(repository, ruleset)
    assert operations(engine.up(program).changes) == [("payments", CREATE), ("main", CREATE)]
    assert github.ruleset("payments", "main")["rules"] == [
        {"type": "deletion"},
        {"type": "pull_request", "parameters": {"required_reviewers": [], "required_approving_review_count": 2}},
        {
            "type": "required_status_checks",
            "parameters": {"required_status_checks": [{"context": "gate", "integration_id": 77}]},
        },
    ]
    github.written.clear()
    assert operations(engine.up(program).changes) == [("payments", SAME), ("main", SAME)]
    assert github.written == []


def test_the_listener_hears_each_change_as_it_is_done(engine: EmbeddedEngine, github: MemoryGitHub) -> None:
    """Progress is told when a step is through, not at the end."""
    heard: list[tuple[str, str, int]] = []
    engine.up(stack(repository, ruleset), lambda name, change: heard.append((name, change.name, len(github.written))))
    assert heard == [("repositories/payments", "payments", 2), ("repositories/payments", "main", 3)]


def test_drift_is_corrected_from_what_is_live(engine: EmbeddedEngine, github: MemoryGitHub) -> None:
    """Weakenings that somebody made behind the engine's back are reported by path and put right."""
    program = stack(repository, ruleset)
    engine.up(program)
    live = github.ruleset("payments", "main")
    live["enforcement"] = "disabled"
    live["bypass_actors"] = [{"actor_id": 9, "actor_type": "Team", "bypass_mode": "always"}]
    live["rules"][1]["parameters"]["required_approving_review_count"] = 0
    live["rules"].append({"type": "update"})
    result = engine.up(program)
    assert {change.path: (change.before, change.after) for change in result.changes[1].fields} == {
        "bypassActors": ("9 Team always", "none"),
        "enforcement": ("disabled", "active"),
        "rules.pullRequest.requiredApprovingReviewCount": ("0", "2"),
        "rules.update": ("true", "none"),
    }
    live = github.ruleset("payments", "main")
    assert (live["enforcement"], live["bypass_actors"], len(live["rules"])) == ("active", [], 3)


def test_the_order_of_a_list_is_no_difference(engine: EmbeddedEngine, github: MemoryGitHub) -> None:
    """GitHub may give a set's elements in another order."""
    program = stack(repository, ruleset)
    engine.up(program)
    github.ruleset("payments", "main")["conditions"]["ref_name"]["include"].reverse()
    assert operations(engine.up(program).changed) == []


def test_a_ruleset_whose_id_is_gone_is_bound_to_its_name(engine: EmbeddedEngine, github: MemoryGitHub) -> None:
    """Deleted and replaced by an empty one of the same name: that one is corrected, not a second one made."""
    program = stack(repository, ruleset)
    engine.up(program)
    live = github.ruleset("payments", "main")
    github.rulesets["payments"] = {999: {**live, "id": 999, "rules": []}}
    assert operations(engine.up(program).changed) == [("main", UPDATE)]
    assert list(github.rulesets["payments"]) == [999]
    assert len(github.ruleset("payments", "main")["rules"]) == 3


def test_what_is_gone_is_created_again(engine: EmbeddedEngine, github: MemoryGitHub) -> None:
    """A deleted ruleset comes back."""
    program = stack(repository, ruleset)
    engine.up(program)
    github.rulesets["payments"].clear()
    assert operations(engine.up(program).changed) == [("main", CREATE)]


def test_an_unexpected_repository_is_never_taken_over(engine: EmbeddedEngine, github: MemoryGitHub) -> None:
    """What this stack did not create is named and left alone."""
    github.repositories["payments"] = _repository({"id": 5, "node_id": "N_5", "name": "payments"})
    with pytest.raises(Incomplete) as refused:
        engine.up(stack(repository))
    assert str(refused.value) == (
        "repositories/payments: github:index/repository:Repository payments was not compared with what is live.\n"
        "It exists already, and this stack did not create it. It was found as payments.\n"
        "Rename or remove the one or the other, then run the same command again."
    )
    assert github.written == []


def test_another_repository_under_the_same_name_is_refused(engine: EmbeddedEngine, github: MemoryGitHub) -> None:
    """A repository that was replaced by another one of its name is an error, not drift."""
    engine.up(stack(repository))
    github.repositories["payments"]["id"] = 4
    with pytest.raises(Incomplete, match=r"Another one has taken its name\. Its repoId was 101 and is 4\."):
        engine.up(stack(repository))


def test_what_is_no_longer_declared_is_deleted_in_reverse(engine: EmbeddedEngine, github: MemoryGitHub) -> None:
    """Dependents go first."""

    def dependent(options: pulumi.ResourceOptions) -> None:
        first = repository(options, "one")
        ruleset(options, "on-one", repository=first.name)

    engine.up(stack(repository, dependent))
    github.written.clear()
    result = engine.up(stack(repository))
    assert operations(result.changed) == [("on-one", DELETE), ("one", DELETE)]
    assert [line.split()[0] for line in github.written] == ["DELETE", "DELETE"]
    assert github.written[1] == "DELETE /repos/acme/one"


def test_preview_says_and_changes_nothing(engine: EmbeddedEngine, github: MemoryGitHub, tmp_path: Path) -> None:
    """Preview reports what an apply would do, with ids of new things unknown, and writes neither there nor here."""

    def dependent(options: pulumi.ResourceOptions) -> None:
        made = repository(options, "one")
        ruleset(options, "on-one", repository=made.node_id)
        pulumi.export("node", made.node_id)
        pulumi.export("name", made.name)

    result = engine.preview(stack(dependent))
    assert operations(result.changes) == [("one", CREATE), ("on-one", CREATE)]
    assert result.outputs == {"name": "one"}
    assert github.written == []
    assert not (tmp_path / ".twinlock").exists()
    engine.up(stack(repository, ruleset))
    github.written.clear()
    weaker = stack(repository, lambda options: ruleset(options, approvals=1))
    assert engine.preview(weaker).changed == (
        Change(
            "urn:pulumi:payments::twinlock-repositories::github:index/repositoryRuleset:RepositoryRuleset::main",
            "github:index/repositoryRuleset:RepositoryRuleset",
            "main",
            UPDATE,
            (FieldChange("rules.pullRequest.requiredApprovingReviewCount", "2", "1"),),
        ),
    )
    assert operations(engine.preview(stack(repository)).changed) == [("main", DELETE)]
    assert github.written == []


def test_a_changed_place_replaces(engine: EmbeddedEngine, github: MemoryGitHub) -> None:
    """A ruleset of another repository is another ruleset: the old one is deleted first."""

    def both(options: pulumi.ResourceOptions) -> None:
        repository(options, "one")
        repository(options, "two")

    engine.up(stack(both, lambda options: ruleset(options, repository="one")))
    github.rulesets["two"] = {7: {**github.ruleset("one", "main"), "id": 7}}
    github.rulesets["one"].clear()
    result = engine.up(stack(both, lambda options: ruleset(options, repository="two")))
    assert operations(result.changed) == []
    moved = engine.up(stack(both, lambda options: ruleset(options, name="other", repository="two")))
    assert operations(moved.changed) == [("other", CREATE), ("main", DELETE)]


def test_ignored_changes_are_left_alone_after_creation(engine: EmbeddedEngine, github: MemoryGitHub) -> None:
    """What the program ignores is set once; whoever changes it later is not undone."""

    def switch(options: pulumi.ResourceOptions) -> None:
        ignoring = pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(ignore_changes=["enabled"]))
        pulumi_github.ActionsRepositoryPermissions("switch", repository="payments", enabled=False, opts=ignoring)

    program = stack(repository, switch)
    # Refused half-way at first: what was never set must not be taken for what somebody else set.
    github.broken["PUT /repos/acme/payments/actions/permissions"] = [Answer(403)]
    with pytest.raises(Incomplete):
        engine.up(program)
    assert operations(engine.up(program).changed) == [("switch", CREATE)]
    assert github.repositories["payments"]["actions"] is False
    github.repositories["payments"]["actions"] = True
    assert operations(engine.up(program).changed) == []
    assert github.repositories["payments"]["actions"] is True


def test_an_update_leaves_what_is_ignored_as_it_is(engine: EmbeddedEngine, github: MemoryGitHub) -> None:
    """An update for another reason does not overwrite an ignored property."""
    options = pulumi.ResourceOptions(ignore_changes=["description"])
    first = stack(lambda given: repository(given, description="declared", opts=options))
    engine.up(first)
    github.repositories["payments"].update(description="changed", has_wiki=True)
    assert operations(engine.up(first).changed) == [("payments", UPDATE)]
    assert (github.repositories["payments"]["description"], github.repositories["payments"]["has_wiki"]) == (
        "changed",
        False,
    )


def test_protected_resources_are_not_deleted(engine: EmbeddedEngine, github: MemoryGitHub) -> None:
    """Neither a destroy nor a program without them deletes anything then."""
    guarded = stack(lambda options: repository(options, opts=pulumi.ResourceOptions(protect=True)), ruleset)
    engine.up(guarded)
    github.written.clear()
    for run, program in ((engine.destroy, guarded), (engine.up, stack())):
        with pytest.raises(Incomplete) as refused:
            run(program)
        assert str(refused.value) == (
            "repositories/payments: nothing was deleted.\n"
            "Protected: github:index/repository:Repository payments.\n"
            "Take away its protection in the program and run `twinlock up`, then run the same command again."
        )
    assert github.written == []


def test_destroy_deletes_everything_and_forgets_it(
    engine: EmbeddedEngine, github: MemoryGitHub, tmp_path: Path
) -> None:
    """Reverse order; a retained resource is forgotten and left there; outputs end."""

    def kept(options: pulumi.ResourceOptions) -> None:
        repository(options, "kept", opts=pulumi.ResourceOptions(retain_on_delete=True))
        pulumi.export("something", 1)

    program = stack(repository, ruleset, kept)
    engine.up(program)
    assert engine.outputs("repositories", "payments") == {"something": 1}
    assert operations(engine.destroy(program).changes) == [("main", DELETE), ("payments", DELETE)]
    assert list(github.repositories) == ["kept"]
    assert state_of(tmp_path) == {}
    assert engine.outputs("repositories", "payments") is None


def test_archive_on_destroy_archives(engine: EmbeddedEngine, github: MemoryGitHub) -> None:
    """A repository that says so is archived, not deleted."""
    program = stack(lambda options: repository(options, archive_on_destroy=True))
    engine.up(program)
    engine.destroy(program)
    assert github.repositories["payments"]["archived"] is True


def test_an_interrupted_creation_is_finished(engine: EmbeddedEngine, github: MemoryGitHub, tmp_path: Path) -> None:
    """The repository was made, its settings were refused: the next run takes it over and finishes it."""
    refused = Answer(422, body={"message": "Not just now."})
    github.broken["PATCH /repos/acme/payments"] = [refused]
    program = stack(lambda options: repository(options, allow_forking=False), ruleset)
    with pytest.raises(Incomplete) as failed:
        engine.up(program)
    assert str(failed.value) == (
        "repositories/payments: github:index/repository:Repository payments was not created.\n"
        "PATCH /repos/acme/payments was refused. GitHub answered 422: Not just now.\n"
        "See what the controller may do there, then run the same command again."
    )
    assert github.rulesets == {}
    assert state_of(tmp_path)["payments"]["pending"] == "create"
    github.repositories["payments"]["allow_forking"] = True
    assert operations(engine.up(program).changes) == [("payments", UPDATE), ("main", CREATE)]
    assert github.repositories["payments"]["allow_forking"] is False
    assert {name: resource["pending"] for name, resource in state_of(tmp_path).items()} == {
        "payments": None,
        "main": None,
    }


def test_intent_is_written_before_the_action(engine: EmbeddedEngine, github: MemoryGitHub, tmp_path: Path) -> None:
    """Whatever is asked of GitHub, the state says so already."""
    seen: list[str] = []
    original = github.put

    def watching(path: str, body: Any = None) -> Answer:  # noqa: ANN401 - any JSON
        seen.append(state_of(tmp_path)["main"]["pending"])
        return original(path, body)

    engine.up(stack(repository, ruleset))
    github.put = watching  # type: ignore[method-assign]  # the fake watches itself
    engine.up(stack(repository, lambda options: ruleset(options, approvals=3)))
    assert seen == ["update"]


def test_a_server_error_is_tried_again_a_little(engine: EmbeddedEngine, github: MemoryGitHub) -> None:
    """One bad answer to a change that may be repeated does not end the run."""
    program = stack(repository, ruleset)
    engine.up(program)
    path = f"PUT /repos/acme/payments/rulesets/{github.ruleset('payments', 'main')['id']}"
    github.broken[path] = [Answer(502)]
    assert operations(engine.up(stack(repository, lambda options: ruleset(options, approvals=3))).changed) == [
        ("main", UPDATE)
    ]


def test_the_state_is_private_and_holds_no_secret(engine: EmbeddedEngine, tmp_path: Path) -> None:
    """Mode 0600; provider inputs are not in it, and secret outputs only by digest."""

    def secretive(options: pulumi.ResourceOptions) -> None:
        repository(options, description=pulumi.Output.secret("hidden-description"))
        pulumi.export("hidden", pulumi.Output.secret("hidden-output"))

    result = engine.up(stack(secretive))
    path = tmp_path / ".twinlock/state/repositories/payments.json"
    text = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not re.search(f"{TOKEN}|hidden-", text)
    assert "hidden-output" not in str(result)
    again = engine.up(stack(lambda options: repository(options, description=pulumi.Output.secret("hidden-other"))))
    assert again.changed[0].fields == (FieldChange("description", "[secret]", "[secret]"),)


def test_stacks_read_each_others_outputs(engine: EmbeddedEngine, github: MemoryGitHub) -> None:
    """A stack reference gives what the other stack exported; before it ran it is unknown, or refused."""

    def exporting(options: pulumi.ResourceOptions) -> None:
        made = repository(options)
        pulumi.export("repositories", {"payments": {"repositoryId": made.repo_id}})

    def reading(options: pulumi.ResourceOptions) -> None:
        found = pulumi.StackReference("organization/twinlock-repositories/payments").get_output("repositories")
        name = found.apply(lambda each: f"of-{int(each['payments']['repositoryId'])}")
        pulumi_github.Repository("derived", name=name, visibility="private", opts=options)

    reader = stack(reading, program="protections")
    assert operations(engine.preview(reader).changes) == [("derived", CREATE)]
    with pytest.raises(Incomplete) as refused:
        engine.up(reader)
    assert str(refused.value) == (
        "protections/payments: the outputs of organization/twinlock-repositories/payments were not read.\n"
        "That stack has not been applied.\n"
        "Run `twinlock up`, which applies stacks in their order."
    )
    engine.up(stack(exporting))
    engine.up(reader)
    assert set(github.repositories) == {"payments", "of-101"}


def test_functions_are_answered_from_live(engine: EmbeddedEngine, github: MemoryGitHub) -> None:
    """An app's id is read; one that does not exist is unknown in a preview and an error in an apply."""

    def asking(options: pulumi.ResourceOptions, slug: str = "gate") -> None:
        invoke = pulumi.InvokeOptions(provider=options.provider)
        found = pulumi_github.get_github_app_output(slug=slug, opts=invoke)
        repository(options, "asked", description=found.id)

    engine.up(stack(asking))
    assert github.repositories["asked"]["description"] == "77"
    nobody = stack(lambda options: asking(options, "nobody"))
    assert operations(engine.preview(nobody).changed) == [("asked", UPDATE)]
    with pytest.raises(Incomplete, match=r"There is no slug nobody\."):
        engine.up(nobody)


def test_an_unknown_type_is_an_error_that_names_it(engine: EmbeddedEngine) -> None:
    """Nothing is passed over in silence."""
    with pytest.raises(Incomplete) as refused:
        engine.up(stack(lambda options: pulumi_github.Membership("bob", username="bob", opts=options)))
    assert str(refused.value) == (
        "repositories/payments: github:index/membership:Membership bob was not compared with what is live.\n"
        "The embedded engine does not know this resource type. It has no handler for it.\n"
        "Run the program with Pulumi's engine, or add a handler."
    )


def test_an_unknown_input_is_refused(engine: EmbeddedEngine, github: MemoryGitHub) -> None:
    """An input that the handler would not set must not be taken for set."""
    with pytest.raises(Incomplete, match=r"pages is not known here\."):
        engine.up(stack(lambda options: repository(options, pages={"build_type": "workflow"})))
    assert github.written == []


def test_a_resource_without_a_provider_is_refused(engine: EmbeddedEngine) -> None:
    """No default provider takes credentials from the environment."""

    def bare() -> None:
        repository(pulumi.ResourceOptions())

    with pytest.raises(Incomplete, match=r"It has no provider\."):
        engine.up(Stack("repositories", "payments", bare))


def test_after_a_failure_nothing_more_is_begun(engine: EmbeddedEngine, github: MemoryGitHub) -> None:
    """Resources behind a failed one are not created, and nothing is deleted."""
    engine.up(stack(lambda options: repository(options, "old")))
    github.broken["POST /orgs/acme/repos"] = [Answer(403, body={"message": "No."})]
    with pytest.raises(Incomplete):
        engine.up(stack(repository, lambda options: repository(options, "later")))
    assert set(github.repositories) == {"old"}


def test_an_alias_keeps_the_resource(engine: EmbeddedEngine, github: MemoryGitHub, tmp_path: Path) -> None:
    """A resource that was renamed in the program is the same one."""
    engine.up(stack(repository, ruleset))
    before = state_of(tmp_path)["main"]["id"]

    def renamed(options: pulumi.ResourceOptions) -> None:
        alias = pulumi.ResourceOptions(aliases=[pulumi.Alias(name="main")])
        ruleset(options, "renamed", opts=alias)

    github.written.clear()
    assert operations(engine.up(stack(repository, renamed)).changed) == [("renamed", UPDATE)]
    assert state_of(tmp_path)["renamed"]["id"] == before
    assert "main" not in state_of(tmp_path)


def test_a_programs_own_mistake_is_raised_as_it_is(engine: EmbeddedEngine) -> None:
    """A defect of a program is not dressed up."""

    def mistaken() -> None:
        raise KeyError("payments")

    with pytest.raises(KeyError, match="payments"):
        engine.up(Stack("repositories", "payments", mistaken))


def test_a_program_that_waits_for_ever_is_ended(engine: EmbeddedEngine) -> None:
    """An output that nothing gives ends the run with an error, not with silence."""

    def waiting(options: pulumi.ResourceOptions) -> None:
        never: pulumi.Output[str] = pulumi.Output.from_input(asyncio.get_event_loop().create_future())
        repository(options, description=never)

    with pytest.raises(Incomplete) as refused:
        engine.up(stack(waiting))
    assert str(refused.value) == (
        "repositories/payments was not completed.\n"
        "Its program waits for an output that nothing gives.\n"
        "Correct the program; what was done until then is in the state."
    )

    def failing(options: pulumi.ResourceOptions) -> None:
        waiting(options)
        raise KeyError("payments")

    with pytest.raises(KeyError, match="payments"):
        engine.up(stack(failing))


def test_without_a_world_everything_is_to_be_created(tmp_path: Path) -> None:
    """Offline, a program is declared and nobody is asked; nothing can be applied."""

    def asking(options: pulumi.ResourceOptions) -> None:
        invoke = pulumi.InvokeOptions(provider=options.provider)
        made = repository(options, "asked", description=pulumi_github.get_github_app_output("gate", opts=invoke).id)
        ruleset(options, repository=made.name)

    engine = EmbeddedEngine(tmp_path, live=False)
    assert operations(engine.preview(stack(asking)).changes) == [("asked", CREATE), ("main", CREATE)]
    with pytest.raises(Incomplete) as refused:
        engine.up(stack(repository))
    assert str(refused.value) == (
        "repositories/payments was not applied.\n"
        "The engine was started without a world.\n"
        "Start one: `twinlock world up --detach`."
    )
