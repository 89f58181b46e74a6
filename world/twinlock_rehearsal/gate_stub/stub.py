"""One pass of the stand-in over an organization, through GitHub's REST API.

Whatever was done shows on GitHub itself (a check on the commit), so a pass may be repeated or killed at any time and
nothing is done twice.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from twinlock import names
from twinlock.errors import Incomplete
from twinlock.github.client import segment
from twinlock_rehearsal.gate_stub.judgement import LABEL, Judgement, Run, judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from twinlock.github.client import Answer, GitHubClient

RELAY_CHECK: Final = "gate-stub/digest"
"""The check on a built commit that says its digest was handed on."""
_ARTIFACT: Final = "manifest"
_LARGEST_MANIFEST: Final = 4 * 1024 * 1024


class Downloads(Protocol):
    """Reads what GitHub answers as bytes."""

    def download(self, path: str) -> bytes:
        """Return the content at an API path, redirections followed.

        Raises:
            Incomplete: GitHub cannot be reached or does not give it.
        """


@dataclass(frozen=True, slots=True)
class GateStub:
    """The stand-in, with the gate app's identity.

    Attributes:
        organization: Whose repositories it looks after.
        app: The gate app's slug.
        github: GitHub, as the gate app.
        downloads: The same for artifacts.
    """

    organization: str
    app: str
    github: GitHubClient
    downloads: Downloads

    def look(self) -> tuple[str, ...]:
        """Look at every repository once, and return a line for each thing that was done.

        Raises:
            Incomplete: GitHub cannot be reached, or an answer is not what its documentation says.
        """
        identity = _number(_object(self.github.get(f"/apps/{self.app}")), "id")
        repositories = {_text(found, "name") for found in self._list(f"/orgs/{self.organization}/repos")}
        done: list[str] = []
        for name in sorted(repositories):
            done += self._check(name, identity)
            tests = names.integration_tests_repository(name)
            if tests in repositories:
                done += self._relay(name, tests, identity)
        return tuple(done)

    def _check(self, name: str, identity: int) -> Iterator[str]:
        repository = f"/repos/{self.organization}/{name}"
        for pull in self._list(f"{repository}/pulls", {"state": "open"}):
            base, head = _text(_part(pull, "base"), "ref"), _text(_part(pull, "head"), "sha")
            for context in sorted(self._required(repository, base, identity)):
                judgement = judge(self._runs(repository, {"head_sha": head, "event": "pull_request"}))
                if judgement is None or self._posted(repository, head, context, identity) == judgement.conclusion:
                    continue
                self._post(repository, head, context, judgement)
                yield f"{self.organization}/{name}#{_number(pull, 'number')}: {context} {judgement.conclusion}"

    def _relay(self, name: str, tests: str, identity: int) -> Iterator[str]:
        repository = f"/repos/{self.organization}/{name}"
        # In GitHub's order the newest run is first; an older commit's image is not worth a run any more.
        found = {"branch": names.DEFAULT_BRANCH, "event": "push", "status": "success", "per_page": "1"}
        workflow = segment(names.BUILD_WORKFLOW.rpartition("/")[2])
        answer = self.github.get(f"{repository}/actions/workflows/{workflow}/runs", found)
        if answer.status == 404:  # noqa: PLR2004 - the repository has no such workflow
            return
        for run in _elements(_object(answer), "workflow_runs"):
            head = _text(run, "head_sha")
            if self._posted(repository, head, RELAY_CHECK, identity) is not None:
                continue
            digest = self._digest(repository, _number(run, "id"))
            if digest is None:
                continue
            started = names.INTEGRATION_WORKFLOW.rpartition("/")[2]
            self._send(
                self.github.post(
                    f"/repos/{self.organization}/{tests}/actions/workflows/{segment(started)}/dispatches",
                    {"ref": names.DEFAULT_BRANCH, "inputs": {"digest": digest}},
                )
            )
            self._post(repository, head, RELAY_CHECK, Judgement("success", f"Handed on to {tests}: {digest}."))
            yield f"{self.organization}/{name}: {digest} handed on to {self.organization}/{tests}"

    def _required(self, repository: str, branch: str, identity: int) -> set[str]:
        """Return the checks that the branch's rules require of this very app."""
        required = set()
        for rule in self._list(f"{repository}/rules/branches/{segment(branch)}"):
            if rule.get("type") == "required_status_checks":
                for check in _elements(_part(rule, "parameters"), "required_status_checks"):
                    if check.get("integration_id") == identity:
                        required.add(_text(check, "context"))
        return required

    def _runs(self, repository: str, query: Mapping[str, str]) -> list[Run]:
        answer = self.github.get_all(f"{repository}/actions/runs", query, key="workflow_runs")
        return [
            Run(
                _number(run, "id"),
                _text(run, "path").partition("@")[0],
                _text(run, "status"),
                _text(run, "conclusion") if run.get("conclusion") is not None else None,
                _number(run, "run_attempt"),
            )
            for run in _objects(self._send(answer).body)
        ]

    def _posted(self, repository: str, sha: str, name: str, identity: int) -> str | None:
        query = {"check_name": name, "app_id": str(identity), "filter": "latest"}
        answer = self.github.get_all(f"{repository}/commits/{sha}/check-runs", query, key="check_runs")
        found = _objects(self._send(answer).body)
        return _text(found[0], "conclusion") if found else None

    def _post(self, repository: str, sha: str, name: str, judgement: Judgement) -> None:
        document = {
            "name": name,
            "head_sha": sha,
            "status": "completed",
            "conclusion": judgement.conclusion,
            "output": {"title": LABEL, "summary": judgement.summary},
        }
        self._send(self.github.post(f"{repository}/check-runs", document))

    def _digest(self, repository: str, run: int) -> str | None:
        """Return the digest of the image that a build has published; None where it kept no manifest."""
        query = {"name": _ARTIFACT}
        listed = self.github.get_all(f"{repository}/actions/runs/{run}/artifacts", query, key="artifacts")
        for artifact in _objects(self._send(listed).body):
            content = self.downloads.download(f"{repository}/actions/artifacts/{_number(artifact, 'id')}/zip")
            return f"sha256:{hashlib.sha256(_only_file(content)).hexdigest()}"
        return None

    def _list(self, path: str, params: Mapping[str, str] | None = None) -> list[Mapping[str, Any]]:
        return _objects(self._send(self.github.get_all(path, params)).body)

    @staticmethod
    def _send(answer: Answer) -> Answer:
        if not answer.ok:
            raise _unexpected(f"GitHub answered {answer.status}: {answer.message}")
        return answer


def _only_file(content: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) == 1 and entries[0].file_size <= _LARGEST_MANIFEST:
                return archive.read(entries[0])
    except zipfile.BadZipFile:
        pass
    raise _unexpected(f"the artifact {_ARTIFACT} is not an archive of one small file")


def _object(answer: Answer) -> Mapping[str, Any]:
    if not answer.ok or not isinstance(answer.body, Mapping):
        raise _unexpected(f"GitHub answered {answer.status}: {answer.message}")
    return answer.body


def _objects(body: object) -> list[Mapping[str, Any]]:
    if not isinstance(body, list) or not all(isinstance(element, Mapping) for element in body):
        raise _unexpected("a list of objects was expected")
    return body


def _elements(found: Mapping[str, Any], name: str) -> Iterable[Mapping[str, Any]]:
    return _objects(found.get(name))


def _part(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = found.get(name)
    if not isinstance(value, Mapping):
        raise _unexpected(f"{name} was expected to be an object")
    return value


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str):
        raise _unexpected(f"{name} was expected to be a text")
    return value


def _number(found: Mapping[str, Any], name: str) -> int:
    value = found.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _unexpected(f"{name} was expected to be a number")
    return value


def _unexpected(why: str) -> Incomplete:
    return Incomplete("The gate's stand-in could not go on.", f"{why}.", "See `twinlock world status`.")
