"""When the embedded engine may leave a program unrun: whatever differs from what is remembered runs it as ever."""

from __future__ import annotations

import json
import stat
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_github
import pytest

from twinlock.engine.port import Provider, Stack, stack_reference
from twinlock.engine.result import Change, Operation
from twinlock.errors import Incomplete
from twinlock.github.client import Answer
from twinlock.provider.port import Clients
from twinlock_rehearsal import remembered
from twinlock_rehearsal.engine import EmbeddedEngine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

TOKEN = "a-token-made-for-this-test"  # noqa: S105 - nothing accepts it
URL = "http://127.0.0.1:1/"
CREATE, UPDATE, SAME = Operation.CREATE, Operation.UPDATE, Operation.SAME


class Killed(Exception):  # noqa: N818 - what the run is
    """The run ends here."""


@dataclass
class MemoryGitHub:
    """Repositories and one team, in memory; it dies in the middle of a write where it is told to."""

    team: int = 7
    calls: int = 0
    dying: bool = False
    repositories: dict[str, dict[str, Any]] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Read one thing."""
        del params
        match path.strip("/").split("/"):
            case ["repos", "acme", name] if name in self.repositories:
                return Answer(200, body=self.repositories[name])
            case ["orgs", "acme", "teams", slug]:
                return Answer(200, body={"id": self.team, "slug": slug, "name": slug, "node_id": "T", "privacy": "x"})
        return Answer(404)

    def get_all(self, path: str, params: Mapping[str, str] | None = None, *, key: str | None = None) -> Answer:
        """Read no list."""
        del path, params, key
        return Answer(404)

    def post(self, path: str, body: Any = None) -> Answer:  # noqa: ANN401 - any JSON
        """Create a repository."""
        self.written.append(f"POST {path}")
        blank = dict.fromkeys(("full_name", "git_url", "html_url", "clone_url", "ssh_url"), "somewhere")
        usual = {"default_branch": "main", "visibility": "private", "topics": [], "id": 5, "node_id": "R"}
        self.repositories[body["name"]] = {**blank, **usual, **body}
        return Answer(201, body=self.repositories[body["name"]])

    def put(self, path: str, body: object = None) -> Answer:
        """Replace nothing."""
        del path, body
        return Answer(404)

    def patch(self, path: str, body: Any = None) -> Answer:  # noqa: ANN401 - any JSON
        """Change a repository."""
        if self.dying:
            raise Killed
        self.written.append(f"PATCH {path}")
        self.repositories[path.split("/")[3]].update(body)
        return Answer(200, body=self.repositories[path.split("/")[3]])

    def delete(self, path: str, body: object = None) -> Answer:
        """Remove a repository."""
        del body
        return Answer(404 if self.repositories.pop(path.split("/")[3], None) is None else 204)

    def to(self, type_: str, inputs: Mapping[str, object]) -> Clients:
        """Connect every provider with this GitHub; a provider without its token is a mistake."""
        del type_
        assert inputs["token"] == TOKEN
        return Clients(github=self, organization="acme")


@dataclass
class Program:
    """A program that counts how often it is run.

    Attributes:
        runs: How often.
        fingerprint: What it says it is made of.
        wiki: Whether its repository has a wiki.
        secret: Whether an input of its repository is a secret.
    """

    runs: int = 0
    fingerprint: str | None = "first"
    wiki: bool = False
    secret: bool = False

    @property
    def stack(self) -> Stack:
        """The stack."""
        official = Provider("github", "github", {"owner": "acme", "token": TOKEN, "baseUrl": URL}, frozenset({"token"}))
        return Stack("protections", "payments", self.declare, self.fingerprint, lambda: (official,))

    def declare(self) -> None:
        """Declare a repository whose description holds a team's id and another stack's output."""
        self.runs += 1
        provider = pulumi_github.Provider("github", owner="acme", token=pulumi.Output.secret(TOKEN), base_url=URL)
        team = pulumi_github.get_team_output(slug="t", opts=pulumi.InvokeOptions(provider=provider))
        other = pulumi.StackReference(stack_reference("repositories", "payments")).get_output("word")
        made = pulumi_github.Repository(
            "payments",
            name="payments",
            visibility="private",
            description=pulumi.Output.concat(team.id, " ", other),
            has_wiki=self.wiki,
            homepage_url=pulumi.Output.secret("hidden") if self.secret else None,
            opts=pulumi.ResourceOptions(provider=provider, ignore_changes=["homepageUrl"]),
        )
        pulumi.export("node", made.node_id)


@dataclass(frozen=True)
class Place:
    """An engine, what it reaches, and where it remembers.

    Attributes:
        root: The platform directory.
        github: What it reaches.
    """

    root: Path
    github: MemoryGitHub

    @property
    def engine(self) -> EmbeddedEngine:
        """A new engine, as each command has."""
        return EmbeddedEngine(self.root, connections=self.github)

    @property
    def memory(self) -> Path:
        """The file of what is remembered."""
        return self.root / ".twinlock/state/protections/payments.declaration"

    @property
    def state(self) -> Path:
        """The file of the state."""
        return self.memory.with_suffix(".json")

    def say(self, word: str) -> None:
        """Run the other stack, which exports a word."""
        self.engine.up(Stack("repositories", "payments", lambda: pulumi.export("word", word)))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Return a place where the other stack has run."""
    made = Place(tmp_path, MemoryGitHub())
    made.say("hello")
    return made


@pytest.fixture
def program(place: Place) -> Program:
    """Return a program that has been applied once."""
    program = Program()
    assert [change.operation for change in place.engine.up(program.stack).changes] == [CREATE]
    assert program.runs == 1
    place.github.written.clear()
    return program


def operations(place: Place, program: Program) -> list[Operation]:
    """Run the program's stack and return what was done."""
    return [change.operation for change in place.engine.up(program.stack).changes]


def test_a_program_with_nothing_to_do_is_not_run(place: Place, program: Program) -> None:
    """The result is the one of a run, outputs and listener included; neither files nor GitHub are written to."""
    heard: list[tuple[str, Change]] = []
    before = {path: path.read_bytes() for path in (place.memory, place.state)}
    spared = [place.engine.up(program.stack, lambda *told: heard.append(told)), place.engine.preview(program.stack)]
    assert program.runs == 1
    unknown = place.engine.up(replace(program.stack, fingerprint=None))
    assert program.runs == 2
    assert spared == [unknown, unknown]
    assert unknown.outputs == {"node": "R"}
    assert heard == [("protections/payments", change) for change in unknown.changes]
    assert place.github.written == []
    assert not place.memory.exists()
    assert place.state.read_bytes() == before[place.state]


def test_what_is_remembered_is_private_and_holds_no_secret(place: Place, program: Program) -> None:
    """For its owner alone, and still without the token of the provider."""
    del program
    assert stat.S_IMODE(place.memory.stat().st_mode) == 0o600
    assert TOKEN not in place.memory.read_text()
    declared = remembered.parse(place.memory.read_text())
    assert declared is not None
    assert remembered.encode(declared) == place.memory.read_text()
    assert [resource.ignore_changes for resource in declared.resources] == [("homepageUrl",)]
    assert [(answer.token, answer.arguments) for answer in declared.answers] == [
        ("github:index/getTeam:getTeam", {"slug": "t"})
    ]


def test_another_program_is_run(place: Place, program: Program) -> None:
    """Another fingerprint stands for another estate, other code or other SDKs; the new one is remembered then."""
    program.wiki, program.fingerprint = True, "second"
    assert operations(place, program) == [UPDATE]
    assert operations(place, program) == [SAME]
    assert program.runs == 2


def test_drift_runs_the_program_which_corrects_it(place: Place, program: Program) -> None:
    """Live is read each time; after the correction the program is left unrun again."""
    place.github.repositories["payments"]["description"] = "weakened"
    assert operations(place, program) == [UPDATE]
    assert place.github.repositories["payments"]["description"] == "7 hello"
    assert operations(place, program) == [SAME]
    assert program.runs == 2


def test_an_output_that_changed_runs_the_program(place: Place, program: Program) -> None:
    """It is no drift of any input, but the stack's own outputs are made of it."""
    place.github.repositories["payments"]["node_id"] = "R2"
    assert place.engine.up(program.stack).outputs == {"node": "R2"}
    assert program.runs == 2


def test_the_spelling_of_what_was_declared_is_no_output(place: Place, program: Program) -> None:
    """GitHub's own empty words for what nobody declared, and what the program ignores, are nothing new to it."""
    place.github.repositories["payments"] |= {"license_template": "", "homepage": "https://example.com"}
    assert operations(place, program) == [SAME]
    assert program.runs == 1


def test_what_is_gone_runs_the_program(place: Place, program: Program) -> None:
    """It is created again."""
    place.github.repositories.clear()
    assert operations(place, program) == [CREATE]
    assert program.runs == 2


def test_another_answer_runs_the_program(place: Place, program: Program) -> None:
    """A team that was deleted and made again has another id."""
    place.github.team = 8
    assert operations(place, program) == [UPDATE]
    assert place.github.repositories["payments"]["description"] == "8 hello"
    assert program.runs == 2


def test_another_word_of_another_stack_runs_the_program(place: Place, program: Program) -> None:
    """What another stack exports is an input of this one."""
    place.say("goodbye")
    assert operations(place, program) == [UPDATE]
    assert place.github.repositories["payments"]["description"] == "7 goodbye"
    assert program.runs == 2


def _cut(text: str) -> str:
    return text[: len(text) // 2]


def _of_another_version(text: str) -> str:
    return json.dumps({**json.loads(text), "version": 0})


def _without_resources(text: str) -> str:
    return json.dumps({**json.loads(text), "resources": []})


def _of_another_shape(text: str) -> str:
    return json.dumps({**json.loads(text), "resources": ["payments"]})


def _asking_otherwise(text: str) -> str:
    document = json.loads(text)
    document["answers"][0]["arguments"] = {}
    return json.dumps(document)


@pytest.mark.parametrize(
    "damage",
    [_cut, _of_another_version, _without_resources, _of_another_shape, _asking_otherwise, lambda _: "[" * 9999],
)
def test_a_damaged_memory_runs_the_program(place: Place, program: Program, damage: Callable[[str], str]) -> None:
    """It is written anew."""
    whole = place.memory.read_text()
    place.memory.write_text(damage(whole))
    assert operations(place, program) == [SAME]
    assert program.runs == 2
    assert place.memory.read_text() == whole


@pytest.mark.parametrize("content", [None, b"\xff\xfe"], ids=["absent", "not text"])
def test_a_memory_that_cannot_be_read_runs_the_program(place: Place, program: Program, content: bytes | None) -> None:
    """Deleting it is always safe."""
    place.memory.unlink()
    if content is not None:
        place.memory.write_bytes(content)
    assert operations(place, program) == [SAME]
    assert program.runs == 2


@pytest.mark.parametrize("pending", ["create", "update", "delete"])
def test_a_pending_operation_runs_the_program(place: Place, program: Program, pending: str) -> None:
    """What was begun and not seen to end is the program's to finish, even if the memory agrees with the state."""
    document = json.loads(place.state.read_text())
    document["resources"][0]["pending"] = pending
    place.state.write_text(json.dumps(document))
    operations(place, program)
    assert program.runs == 2


def test_a_run_that_was_killed_is_finished_by_the_program(place: Place, program: Program) -> None:
    """What the killed run had written to the state is not what is remembered."""
    program.wiki, program.fingerprint = True, "second"
    place.github.dying = True
    with pytest.raises(Killed):
        place.engine.up(program.stack)
    place.github.dying = False
    program.wiki, program.fingerprint = False, "first"
    assert operations(place, program) == [SAME]
    assert program.runs == 3


def test_what_cannot_be_read_is_told_by_the_program(place: Place, program: Program) -> None:
    """The error is the one of a run."""
    place.github.repositories["payments"]["id"] = 6
    with pytest.raises(Incomplete, match=r"Another one has taken its name\. Its repoId was 5 and is 6\."):
        place.engine.up(program.stack)
    assert program.runs == 2


def test_a_stack_that_was_destroyed_is_not_remembered(place: Place, program: Program) -> None:
    """Its next run begins from nothing."""
    place.engine.destroy(program.stack)
    assert operations(place, program) == [CREATE]
    assert program.runs == 3


def test_a_secret_among_the_inputs_is_not_remembered(place: Place, program: Program) -> None:
    """The state holds it by its digest alone, which nothing live could be compared with; an older memory goes."""
    program.secret, program.fingerprint = True, "second"
    operations(place, program)
    assert not place.memory.exists()
    operations(place, program)
    assert program.runs == 3


def test_without_its_provider_the_program_is_run(place: Place, program: Program) -> None:
    """A stack that does not say how its providers are connected cannot be compared."""
    place.engine.up(replace(program.stack, providers=lambda: ()))
    assert program.runs == 2
