"""Libraries that people use: they read what the world answers as GitHub's, the strict ones field by field."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import githubkit
import pytest
from github import Auth, Github, GithubException
from githubkit.exception import RequestFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.conftest import World

OCTOKIT: Final = """
import { Octokit } from "@octokit/core";
const octokit = new Octokit({ baseUrl: process.env.WORLD, auth: process.env.TOKEN, log: console });
const { data } = await octokit.request("GET /repos/{owner}/{repo}", { owner: "acme", repo: process.env.NAME });
const answer = await octokit.graphql("{viewer{login}}");
let refused = null;
try { await octokit.request("DELETE /repos/{owner}/{repo}", { owner: "acme", repo: process.env.NAME }); }
catch (error) { refused = [error.status, error.response.data.message]; }
console.log(JSON.stringify([data.full_name, answer.viewer.login, refused]));
"""


@pytest.fixture
def pygithub(world: World) -> Iterator[Github]:
    """PyGithub as alice, at the address of an enterprise's server."""
    client = Github(base_url=f"{world.url}/api/v3", auth=Auth.Token(world.tokens["alice"]), retry=None)
    yield client
    client.close()


def test_pygithub_opens_and_merges_a_pull_request(world: World, pygithub: Github) -> None:
    """Its objects are filled from what the world answers; a refusal is its exception."""
    world.repository("pyg", "alice")
    repository = pygithub.get_repo("acme/pyg")
    assert (repository.default_branch, repository.private, repository.permissions.push) == ("main", True, True)
    pull = repository.create_pull(base="main", head="topic", title="T", body="B")
    assert (pull.number, pull.user.login) == (1, "alice")
    assert repository.get_pull(1).mergeable
    assert [found.number for found in repository.get_pulls(state="open")] == [1]
    with pytest.raises(GithubException) as refused:
        pull.create_review(event="APPROVE")
    assert refused.value.status == 422
    assert pull.merge(merge_method="squash").merged
    assert repository.get_pull(1).merged


def test_githubkit_accepts_every_field(world: World) -> None:
    """It validates each document against GitHub's schemas, so what is missing or wrong is an error."""
    world.repository("kit", "alice")
    made = world.make("POST", "/repos/acme/kit/pulls", {"title": "T", "head": "topic", "base": "main"}, by="alice")
    client = githubkit.GitHub(world.tokens["olga"], base_url=world.url)
    rest = client.rest
    assert rest.repos.get("acme", "kit").parsed_data.full_name == "acme/kit"
    assert rest.orgs.get("acme").parsed_data.login == "acme"
    assert rest.users.get_authenticated().parsed_data.login == "olga"
    assert rest.pulls.get("acme", "kit", made["number"]).parsed_data.title == "T"
    assert [pull.number for pull in rest.pulls.list("acme", "kit").parsed_data] == [1]
    assert rest.repos.list_branches("acme", "kit").parsed_data[0].name == "main"
    assert [team.slug for team in rest.teams.list("acme").parsed_data] == []
    members = {user["login"] for user in json.loads(rest.orgs.list_members("acme").text)}
    assert members == {"olga", "alice", "bob"}
    assert rest.rate_limit.get().parsed_data.resources.core.remaining > 0
    assert client.graphql("{viewer{login}}") == {"viewer": {"login": "olga"}}
    stranger = githubkit.GitHub(world.tokens["mallory"], base_url=world.url)
    with pytest.raises(RequestFailed) as refused:
        stranger.rest.repos.get("acme", "kit")
    assert refused.value.response.status_code == 404


@pytest.fixture
def octokit(tmp_path: Path) -> Path:
    """A folder with octokit, as `make test` installs it from its lock."""
    installed = Path(sys.prefix) / "octokit" / "node_modules"
    assert (installed / "@octokit" / "core").is_dir(), "octokit is not installed: run `make test`"
    (tmp_path / "node_modules").symlink_to(installed)
    return tmp_path


def test_octokit_reads_asks_and_is_refused(world: World, octokit: Path) -> None:
    """The library that most of GitHub's own tools are made of, over REST and GraphQL."""
    world.repository("octo", "alice")
    (octokit / "ask.mjs").write_text(OCTOKIT)
    environment = {
        "PATH": os.environ["PATH"],
        "WORLD": world.url,
        "TOKEN": world.tokens["alice"],
        "NAME": "octo",
    }
    done = subprocess.run(
        ["node", "ask.mjs"], cwd=octokit, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [
        "acme/octo",
        "alice",
        [403, "Must have admin rights to Repository."],
    ]
