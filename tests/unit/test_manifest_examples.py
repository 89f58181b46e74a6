"""What `init` and `new` write is valid, and what they add leaves the user's text as it was."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import pytest

from twinlock import manifest, names
from twinlock.manifest import edit, examples
from twinlock.model.organization import Duty

if TYPE_CHECKING:
    from twinlock.model.declaration import Declaration

COMMIT = "a" * 40
ROLES = {"authors": "developers", "reviewers": "reviewers", "testers": "testers", "releasers": "releasers"}
DUTIES = dict(zip(ROLES, (Duty.AUTHOR, Duty.REVIEWER, Duty.TESTER, Duty.RELEASER), strict=True))


def founded() -> dict[str, str]:
    """Return the files of `init`."""
    return {
        "platform.yaml": examples.platform_yaml("acme", COMMIT),
        "roster.yaml": examples.roster_yaml("acme", examples.founders()),
    }


def with_service(files: dict[str, str], service: str) -> dict[str, str]:
    """Return the files after `new SERVICE`."""
    teams = {role: names.default_team(service, word) for role, word in ROLES.items()}
    taken = parsed(files).people
    return {
        **files,
        "platform.yaml": edit.add_teams(files["platform.yaml"], {teams[role]: DUTIES[role] for role in ROLES}),
        "roster.yaml": edit.add_people(files["roster.yaml"], "acme", examples.crew(service, teams, taken)),
        f"services/{service}.yaml": examples.service_yaml(service, teams),
    }


def parsed(files: dict[str, str]) -> Declaration:
    """Return what the files declare."""
    return manifest.parse({name: text.encode() for name, text in files.items()})


def test_a_new_platform_is_valid() -> None:
    """`init` alone gives owners, platform people and auditors."""
    declared = parsed(founded())
    assert (list(declared.people), list(declared.platform.teams), declared.services) == (
        ["olga", "otto", "paula", "priya", "ulf", "uma"],
        ["audit", "platform"],
        {},
    )


def test_each_file_names_its_schema() -> None:
    """The first line tells editors where the schema lies, relative to the file."""
    files = with_service(founded(), "payments")
    assert {name: text.splitlines()[0] for name, text in files.items()} == {
        "platform.yaml": "# yaml-language-server: $schema=schema/platform.json",
        "roster.yaml": "# yaml-language-server: $schema=schema/roster.json",
        "services/payments.yaml": "# yaml-language-server: $schema=../schema/service.json",
    }


@pytest.mark.parametrize("profile", ["standard", "strict"])
def test_services_are_added_and_remain_valid(profile: str) -> None:
    """Each new service brings its own people, whatever it is called, and the whole stays valid."""
    files = founded()
    files["platform.yaml"] = files["platform.yaml"].replace("profile: standard", f"profile: {profile}")
    for service in ("payments", "orders", "null", "true", "alice", "x" * 40, "x" * 39 + "y"):
        files = with_service(files, service)
    declared = parsed(files)
    assert set(declared.services) == {"payments", "orders", "null", "true", "alice", "x" * 40, "x" * 39 + "y"}
    assert len(declared.people) == 6 + 7 * 9
    assert {name for name, person in declared.people.items() if "payments-reviewers" in person.teams} == {
        "rita",
        "rosa",
        "ruben",
    }
    assert {name for name, person in declared.people.items() if "orders-testers" in person.teams} == {
        "orders-tester-1",
        "orders-tester-2",
    }


def test_only_new_teams_get_people() -> None:
    """Where a service uses existing teams, nobody is invented for them."""
    people = examples.crew("orders", {"testers": "orders-testers"}, {"Tess", "orders-tester-1"})
    assert people == (
        examples.ExamplePerson("orders-tester-2", ("orders-testers",)),
        examples.ExamplePerson("orders-tester-3", ("orders-testers",)),
    )


def test_adding_a_service_only_adds_lines() -> None:
    """No line of the user's files changes or moves when a service is added."""
    before, after = founded(), with_service(founded(), "payments")
    for name, text in before.items():
        delta = difflib.ndiff(text.splitlines(), after[name].splitlines())
        assert {line[0] for line in delta} == {" ", "+"}


LAYOUTS = {
    "empty flow": ("teams: {}\n", "teams: {q: {duty: tester}}\n"),
    "flow with a comment": ("teams: {a: {duty: author}} # x", "teams: {a: {duty: author}, q: {duty: tester}} # x"),
    "flow with a trailing comma": ("teams: {a: {duty: author},}", "teams: {a: {duty: author},q: {duty: tester}}"),
    "deeper indentation, comments behind": (
        "teams:\n    a: {duty: author}   # x\n\n# c\nb: 1\n",
        "teams:\n    a: {duty: author}   # x\n    q: {duty: tester}\n\n# c\nb: 1\n",
    ),
    "block entries": (
        "teams:\n  a:\n    duty: author\nz: 1",
        "teams:\n  a:\n    duty: author\n  q: {duty: tester}\nz: 1",
    ),
    "an entry over several lines": (
        "teams: # c\n  a: {\n   duty: author,\n  }\n",
        "teams: # c\n  a: {\n   duty: author,\n  }\n  q: {duty: tester}\n",
    ),
    "no end of line": ("teams:\n  a: {duty: author}", "teams:\n  a: {duty: author}\n  q: {duty: tester}\n"),
    "carriage returns": (
        "teams:\r\n  a: {duty: author}\r\nb: 1\r\n",
        "teams:\r\n  a: {duty: author}\r\n  q: {duty: tester}\r\nb: 1\r\n",
    ),
    "nothing under the key": ("teams:\nz: 1\n", "teams:\n  q: {duty: tester}\nz: 1\n"),
    "no key": ("b: 1", "b: 1\nteams:\n  q: {duty: tester}\n"),
    "already there": ("teams: {q: {duty: author}}", "teams: {q: {duty: author}}"),
}


@pytest.mark.parametrize(("before", "after"), LAYOUTS.values(), ids=LAYOUTS.keys())
def test_an_entry_is_added_in_the_users_layout(before: str, after: str) -> None:
    """Whatever the layout, the entry goes behind the last one, and all else stays byte for byte."""
    assert edit.add_teams(before, {"q": Duty.TESTER}) == after


def test_the_commit_is_replaced_in_place() -> None:
    """Only the commit changes, whether it was quoted or not."""
    assert edit.set_pipelines_commit(f"pipelines: {{commit: {COMMIT}}} # x\n", "b" * 40) == (
        f'pipelines: {{commit: "{"b" * 40}"}} # x\n'
    )
    new = edit.set_pipelines_commit(examples.platform_yaml("acme", COMMIT), "b" * 40)
    assert new == examples.platform_yaml("acme", "b" * 40)


def test_a_text_that_cannot_be_read_is_not_edited() -> None:
    """An editor that does not understand the file says where, and adds nothing."""
    with pytest.raises(manifest.InvalidManifest) as caught:
        edit.add_teams("teams:\n\ta: b", {"q": Duty.TESTER})
    assert [str(mistake) for mistake in caught.value.mistakes] == [
        "platform.yaml:2:1: There is a tab. Indent with spaces."
    ]
    with pytest.raises(manifest.InvalidManifest) as caught:
        edit.set_pipelines_commit("pipelines: {}", "b" * 40)
    assert [str(mistake) for mistake in caught.value.mistakes] == [
        "platform.yaml:1:12: `pipelines.commit` is missing. Add it."
    ]
