"""What actions use themselves: laid out for the job, and held to its repository's policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twinlock_world.runner.fetching import FetchError, User, fetch

if TYPE_CHECKING:
    from pathlib import Path

    from tests.world.github.workflows.conftest import Works

SHA = "0123456789012345678901234567890123456789"
POLICY = {"enabled": True, "allowed_actions": "all"}


def composite(*uses: str) -> str:
    """Return a composite action that uses others."""
    steps = "".join(f"    - uses: {one}\n" for one in uses) or "    - run: 'true'\n      shell: bash\n"
    return f"name: a\nruns:\n  using: composite\n  steps:\n{steps}"


@pytest.fixture
def tools(works: Works) -> Works:
    """A repository that uses actions, and one that has some, which others may use."""
    for name in ("app", "tools"):
        works.hub.repository(name)
    works.hub.make("PUT", "/repos/acme/tools/actions/permissions/access", {"access_level": "organization"})
    return works


def user(works: Works) -> User:
    """Return the repository that uses, as its main is now."""
    site = works.site("app")
    head = site.objects.ref("refs/heads/main")
    assert head is not None
    return User(site.store, works.engine.git, site.repository, head.sha)


def test_what_actions_use_is_had_too(tools: Works, tmp_path: Path) -> None:
    """Through actions of others and of the repository's own commit, each once."""
    tools.write("tools", "inner/action.yml", composite())
    inner = tools.write("tools", "outer/action.yml", composite("acme/tools/inner@main", "actions/checkout@v4"))
    tools.write("app", "local/action.yml", composite(f"acme/tools/outer@{inner}", "./other"))
    tools.write("app", "other/action.yaml", composite("./local"))
    found = fetch(user(tools), ["./local"], tmp_path)
    assert [(action.name, action.stand_in) for action in found] == [
        (f"acme/tools@{inner}", False),
        ("acme/tools@main", False),
        ("actions/checkout@v4", True),
    ]


@pytest.mark.parametrize("first", ["./local", "acme/tools/outer@{pinned}"])
def test_what_actions_use_must_be_pinned_too(tools: Works, tmp_path: Path, first: str) -> None:
    """Where all actions must be, and in GitHub's words; a pinned action that uses pinned ones goes through."""
    action = composite("actions/checkout@v4", "actions/setup-python@v5")
    tools.write("app", "local/action.yml", action)
    pinned = tools.write("tools", "outer/action.yml", action)
    uses = [first.format(pinned=pinned)]
    assert len(fetch(user(tools), uses, tmp_path / "before")) >= 2
    tools.hub.make("PUT", "/repos/acme/app/actions/permissions", {**POLICY, "sha_pinning_required": True})
    with pytest.raises(FetchError) as caught:
        fetch(user(tools), uses, tmp_path / "after")
    assert str(caught.value) == (
        "The actions actions/checkout@v4 and actions/setup-python@v5 are not allowed in acme/app because all actions "
        "must be pinned to a full-length commit SHA."
    )
    good = composite(f"actions/checkout@{SHA}")
    tools.write("app", "local/action.yml", good)
    pinned = tools.write("tools", "outer/action.yml", good)
    found = fetch(user(tools), [first.format(pinned=pinned)], tmp_path / "good")
    assert found[-1].name == f"actions/checkout@{SHA}"


def test_what_actions_use_must_be_allowed_too(tools: Works, tmp_path: Path) -> None:
    """An action of the organization does not bring in what the organization does not allow."""
    tools.write("tools", "outer/action.yml", composite("someone/thing@v1"))
    tools.hub.make("PUT", "/repos/acme/app/actions/permissions", {**POLICY, "allowed_actions": "local_only"})
    with pytest.raises(FetchError) as caught:
        fetch(user(tools), ["acme/tools/outer@main"], tmp_path)
    assert str(caught.value) == (
        "someone/thing@v1 is not allowed to be used in acme/app. Actions in this workflow must be: within a "
        "repository that belongs to your Enterprise account."
    )


@pytest.mark.parametrize("path", ["./../../etc", "./none", "./", "./README.md"])
def test_a_place_without_an_action_is_the_jobs_to_find(tools: Works, tmp_path: Path, path: str) -> None:
    """Nothing is laid out for it; the step that uses it fails."""
    assert fetch(user(tools), [path], tmp_path) == []
