"""Drills of the demo: ways around the protections, each with the refusal that it must meet, and the honest way.

A drill is an attempt by a person with their own token, through git and GitHub's REST API alone, as they could make it
any day. It holds when GitHub refuses in the words that say why; an attempt that succeeds, or fails for another
reason, does not. Between them the honest change goes from a pull request to the release that waits.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from twinlock import names
from twinlock.errors import Incomplete
from twinlock.model.organization import Duty
from twinlock_cli.people import worded, worded_push

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from twinlock.github.client import Answer, GitHubClient
    from twinlock.model.estate import Estate
    from twinlock_cli.people import People

_Found = TypeVar("_Found")

PATIENCE_SECONDS: Final = 180
_NO_REVIEWER: Final = f"You are not a required reviewer of the environment {names.PRODUCTION_ENVIRONMENT}."
_PAUSE_SECONDS: Final = 0.1
"""Between two looks at a run: GitHub tells of its end only when asked, or by webhook."""


@dataclass(frozen=True, slots=True)
class Step:
    """One attempt, or one part of the honest way.

    Attributes:
        title: What is tried, for people.
        who: The login that tries it.
        expected: What the answer must say, every part of it.
        said: What GitHub answered, on one line.
        refusal: Whether it is an attempt that must be refused.
    """

    title: str
    who: str
    expected: tuple[str, ...]
    said: str
    refusal: bool

    @property
    def told(self) -> str:
        """The part of the answer that counts; all of it where that is missing."""
        return self.expected[-1] if self.expected and self.held else self.said

    @property
    def held(self) -> bool:
        """Whether the answer is the one that it must be."""
        return all(part in self.said for part in self.expected)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays: logins of one service's people.

    Attributes:
        author: Writes changes.
        reviewers: Approve them, as many as the rules ask for.
        releaser: Approves the release.
        platform: The team that owns the pipelines.
        approvals: How many approvals a change needs.
    """

    author: str
    reviewers: tuple[str, ...]
    releaser: str
    platform: str
    approvals: int


def cast(estate: Estate, service: str) -> Cast:
    """Return the people of a service, by its manifest, whose rules exclude an empty team."""
    declaration = estate.declaration
    declared = declaration.services[service]

    def logins(team: str) -> list[str]:
        return sorted(person.github[0] for person in declaration.people.values() if team in person.teams)

    author = logins(declared.authors)[0]
    reviewers = [login for login in logins(declared.reviewers) if login != author]
    platform = min(name for name, team in declaration.platform.teams.items() if team.duty is Duty.PLATFORM)
    releaser = logins(declared.releasers)[0]
    return Cast(author, tuple(reviewers[: declared.approvals]), releaser, platform, declared.approvals)


@dataclass(slots=True)
class Drills:
    """The drills of one service, in the order of the story.

    Attributes:
        people: The people of the world.
        cast: Who plays.
        service: The service.
        left: Tells what AWS still holds of integration runs.
    """

    people: People
    cast: Cast
    service: str
    left: Callable[[], Sequence[str]]

    def run(self) -> Iterator[Step]:
        """Yield each step once it was taken.

        Raises:
            Incomplete: GitHub cannot be reached, or what was awaited does not come.
        """
        author = self.cast.author
        tests = names.integration_tests_repository(self.service)
        yield _refused(
            "push to main",
            author,
            self._pushed(author, self.service, names.DEFAULT_BRANCH, {"README.md": "# payments\n"}),
            "GH013: Repository rule violations found for refs/heads/main",
            "Changes must be made through a pull request.",
        )
        yield _refused(
            "push to the testers' suite",
            author,
            self._pushed(author, tests, "easier", {"suite/test_messages.py": "\n"}),
            f"Permission to {self.people.organization}/{tests}.git denied to {author}.",
        )
        yield from self._side_branch()
        yield from self._honest()

    def _side_branch(self) -> Iterator[Step]:
        """A workflow of the author's posts the required check from a branch; merging it would need the platform."""
        author, branch = self.cast.author, "shortcut"
        workflow = f"{names.WORKFLOWS}/shortcut.yml"
        pushed = self._pushed(author, self.service, branch, {workflow: _shortcut(branch)})
        head = self._head(branch)
        check = self._await(lambda: self._checks(head, names.GATE_CHECK), "the check of a side branch")
        said = f"{pushed}; {check['conclusion']} by {check['app']['slug']}"
        yield _passed("post the required check from a side branch", author, said, "accepted; success by github-actions")
        pull = self._open(author, branch)
        yield _refused(
            "merge on that check",
            author,
            worded(self._merge(author, pull)),
            f'Required status check "{names.GATE_CHECK}" is expected.',
        )
        for reviewer in self.cast.reviewers:
            self._approve(reviewer, pull)
        owned = f"Waiting on code owner review from {self.people.organization}/{self.cast.platform}."
        yield _refused(
            "edit a workflow, approved by reviewers alone", author, worded(self._merge(author, pull)), "405", owned
        )
        self._must(self._as(author).patch(self._at(f"pulls/{pull}"), {"state": "closed"}))

    def _honest(self) -> Iterator[Step]:
        author, branch = self.cast.author, "greeting"
        pushed = self._pushed(author, self.service, branch, {"docs/greeting.md": "Hello.\n"})
        pull = self._open(author, branch)
        yield _passed("push a branch and open a pull request", author, f"{pushed}; #{pull}", "accepted")
        yield _refused(
            "approve their own change",
            author,
            worded(self._approve(author, pull)),
            "422",
            "Can not approve your own pull request",
        )
        few = f"At least {self.cast.approvals} approving reviews are required by reviewers with write access."
        yield _refused("merge without approval", author, worded(self._merge(author, pull)), "405", few)
        for reviewer in self.cast.reviewers:
            answer = self._approve(reviewer, pull)
            yield _passed("approve", reviewer, worded(answer), "200")
        head = self._head(branch)
        self._await(lambda: self._checks(head, names.GATE_CHECK), "the required check")
        merged = self._merge(author, pull)
        yield _passed("merge once it is approved and checked", author, worded(merged), "200", "merged")
        commit = str(_object(merged).get("sha"))
        yield from self._built(commit)
        yield from self._released(commit)

    def _built(self, commit: str) -> Iterator[Step]:
        build = self._ended(self.service, names.BUILD_WORKFLOW, head_sha=commit)
        yield _passed("build and publish, with the publishing role", "build.yml", self._run_said(build), "success")
        tests, workflow = names.integration_tests_repository(self.service), "integration.yml"
        run = self._ended(tests, names.INTEGRATION_WORKFLOW, event="workflow_dispatch")
        log = self._logs(tests, run)
        made = _told(log, r"integration/\S+: \d+ resources created")
        yield _passed("raise an environment of its own, with the integration role", workflow, made, "resources created")
        said = f"{run['conclusion']}: {_told(log, r'Ran [0-9]+ tests?')}, {_told(log, r'^OK$')}"
        yield _passed("run the testers' suite in it, against the image", workflow, said, "success", "Ran 3 tests, OK")
        gone = _told(log, r"integration/\S+: \d+ resources destroyed")
        kept = ", ".join(self.left()) or "AWS has nothing of it"
        yield _passed(
            "destroy the environment", workflow, f"{gone}; {kept}", "resources destroyed; AWS has nothing of it"
        )

    def _released(self, commit: str) -> Iterator[Step]:
        author, releaser = self.cast.author, self.cast.releaser
        run = self._run(self.service, names.RELEASE_WORKFLOW, {"waiting"}, head_sha=commit)
        yield _passed("run the release without approval", "release.yml", str(run["status"]), "waiting")
        path = self._at(f"actions/runs/{run['id']}/pending_deployments")
        pending = self._must(self._as(author).get(path)).body
        environments = [each["environment"]["id"] for each in pending] if isinstance(pending, list) else []
        consent = {"environment_ids": environments, "state": "approved", "comment": "Go."}
        yield _refused(
            "approve the release of their own change",
            author,
            worded(self._as(author).post(path, consent)),
            "422",
            _NO_REVIEWER,
        )
        yield _passed("approve the release", releaser, worded(self._as(releaser).post(path, consent)), "200")
        run = self._run(self.service, names.RELEASE_WORKFLOW, {"waiting"}, head_sha=commit)
        yield _passed("release without the gate's consent", "release.yml", str(run["status"]), "waiting")

    def _logs(self, repository: str, run: Mapping[str, Any]) -> str:
        """Return what the jobs of a run have written, one after the other."""
        path = f"/repos/{self.people.organization}/{repository}/actions/runs/{run['id']}/jobs"
        author = self.cast.author
        jobs = _object(self._must(self._as(author).get(path)))["jobs"]
        return "\n".join(self.people.log(author, repository, job["id"]) for job in jobs)

    @staticmethod
    def _run_said(run: Mapping[str, Any]) -> str:
        return f"{run['conclusion']} {run['html_url']}"

    # What people do.

    def _pushed(self, login: str, repository: str, branch: str, files: Mapping[str, str]) -> str:
        return worded_push(self.people.push(login, repository, branch, files))

    def _open(self, login: str, branch: str) -> int:
        asked = {"title": f"Change of {branch}", "head": branch, "base": names.DEFAULT_BRANCH}
        return int(_object(self._must(self._as(login).post(self._at("pulls"), asked)))["number"])

    def _approve(self, login: str, pull: int) -> Answer:
        return self._as(login).post(self._at(f"pulls/{pull}/reviews"), {"event": "APPROVE", "body": "Fine."})

    def _merge(self, login: str, pull: int) -> Answer:
        return self._as(login).put(self._at(f"pulls/{pull}/merge"), {"merge_method": "squash"})

    # What GitHub shows.

    def _head(self, branch: str) -> str:
        found = self._must(self._as(self.cast.author).get(self._at(f"git/ref/heads/{branch}")))
        return str(_object(found)["object"]["sha"])

    def _checks(self, sha: str, name: str) -> Mapping[str, Any] | None:
        answer = self._as(self.cast.author).get(self._at(f"commits/{sha}/check-runs"), {"check_name": name})
        runs = _object(self._must(answer))["check_runs"]
        return next((run for run in runs if run["status"] == "completed"), None)

    def _ended(self, repository: str, workflow: str, **query: str) -> Mapping[str, Any]:
        return self._run(repository, workflow, {"completed"}, **query)

    def _run(self, repository: str, workflow: str, statuses: set[str], **query: str) -> Mapping[str, Any]:
        path = f"/repos/{self.people.organization}/{repository}/actions/workflows/{workflow.rpartition('/')[2]}/runs"

        def look() -> Mapping[str, Any] | None:
            runs = _object(self._must(self._as(self.cast.author).get(path, query)))["workflow_runs"]
            return runs[0] if runs and runs[0]["status"] in statuses else None

        return self._await(look, f"the run of {workflow}")

    def _await(self, look: Callable[[], _Found | None], what: str) -> _Found:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if (found := look()) is not None:
                return found
            time.sleep(_PAUSE_SECONDS)
        raise Incomplete(
            "The demo did not end.",
            f"{what[:1].upper()}{what[1:]} did not come within {PATIENCE_SECONDS} seconds.",
            "See the world's log with `twinlock demo --keep`, then `twinlock world status`.",
        )

    def _as(self, login: str) -> GitHubClient:
        return self.people.github(login)

    def _at(self, path: str) -> str:
        return f"/repos/{self.people.organization}/{self.service}/{path}"

    @staticmethod
    def _must(answer: Answer) -> Answer:
        if not answer.ok:
            raise Incomplete(
                "The demo did not go on.", f"GitHub answered {worded(answer)}.", "Report this with the answer."
            )
        return answer


def _refused(title: str, who: str, said: str, *expected: str) -> Step:
    return Step(title, who, expected, said, refusal=True)


def _passed(title: str, who: str, said: str, *expected: str) -> Step:
    return Step(title, who, expected, said, refusal=False)


def _object(answer: Answer) -> Mapping[str, Any]:
    if not isinstance(answer.body, dict):
        raise Incomplete(
            "The demo did not go on.", f"GitHub answered {worded(answer)}.", "Report this with the answer."
        )
    return answer.body


def _told(log: str, pattern: str) -> str:
    """Return the last place of a log that looks like `pattern`; the errors of it where there is none."""
    lines = log.splitlines()
    found = [match[0] for line in lines if (match := re.search(pattern, line))]
    if found:
        return found[-1]
    return " ".join(line for line in lines if "error" in line.lower()) or "nothing of it in the log"


def _shortcut(branch: str) -> str:
    """Return a workflow whose only job has the name of the required check."""
    document = {
        "name": "shortcut",
        "on": {"push": {"branches": [branch]}},
        "permissions": {},
        "jobs": {
            "gate": {"name": names.GATE_CHECK, "runs-on": "ubuntu-24.04", "steps": [{"name": "Pass", "run": "true"}]}
        },
    }
    return json.dumps(document, indent=2) + "\n"
