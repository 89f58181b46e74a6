"""The gate's stand-in: what it concludes, and one pass of it over prepared answers."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock.errors import Incomplete
from twinlock.github.client import Answer
from twinlock_rehearsal.gate_stub.judgement import Judgement, Run, judge
from twinlock_rehearsal.gate_stub.stub import GateStub

if TYPE_CHECKING:
    from collections.abc import Mapping

GATE, ELSE = 91, 15368
HEAD, BUILT = "a" * 40, "b" * 40
MANIFEST = b'{"schemaVersion": 2}'
DIGEST = f"sha256:{hashlib.sha256(MANIFEST).hexdigest()}"
PULL, BUILD = ".github/workflows/pull-request.yml", ".github/workflows/build.yml"


def _run(**changed: Any) -> Run:  # noqa: ANN401 - fields of a run
    return dataclasses.replace(Run(1, PULL, "completed", "success"), **changed)


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ((), None),
        ((_run(status="in_progress", conclusion=None),), None),
        ((_run(), _run(id=2, workflow="lint.yml", status="queued", conclusion=None)), None),
        ((_run(conclusion="skipped"),), None),
        ((_run(),), Judgement("success", f"Succeeded: {PULL}. No evidence was judged.")),
        (
            (_run(), _run(id=2, workflow="lint.yml", conclusion="failure")),
            Judgement("failure", "Did not succeed: lint.yml. No evidence was judged."),
        ),
        ((_run(conclusion="failure"), _run(id=2)), Judgement("success", f"Succeeded: {PULL}. No evidence was judged.")),
        (
            (_run(id=2, conclusion="cancelled"), _run()),
            Judgement("failure", f"Did not succeed: {PULL}. No evidence was judged."),
        ),
        ((_run(id=2, attempt=1, conclusion="failure"), _run(id=2, attempt=2, status="queued", conclusion=None)), None),
    ],
)
def test_the_newest_run_of_every_workflow_must_have_succeeded(
    runs: tuple[Run, ...], expected: Judgement | None
) -> None:
    """No run, an open run and only skipped runs conclude nothing; one newest run that failed fails."""
    assert judge(runs) == expected


runs_of = st.lists(
    st.builds(
        Run,
        id=st.integers(1, 6),
        workflow=st.sampled_from(("a.yml", "b.yml")),
        status=st.sampled_from(("completed", "queued", "in_progress")),
        conclusion=st.sampled_from((None, "success", "failure", "skipped", "neutral", "cancelled", "timed_out")),
        attempt=st.integers(1, 2),
    ),
    max_size=6,
)


@given(runs_of)
def test_success_is_never_concluded_without_a_success(runs: list[Run]) -> None:
    """Whatever runs there are, a success rests on a completed run that succeeded."""
    judgement = judge(runs)
    if judgement is not None and judgement.conclusion == "success":
        assert any(run.status == "completed" and run.conclusion == "success" for run in runs)


@given(runs_of)
def test_a_later_failure_is_never_a_success(runs: list[Run]) -> None:
    """A newer run that failed takes any earlier success away."""
    judgement = judge([*runs, Run(9, "a.yml", "completed", "failure")])
    assert judgement is None or judgement.conclusion == "failure"


@dataclass
class PreparedGitHub:
    """Answers by path; what was sent is kept, and a check that was posted is found afterwards.

    Attributes:
        answers: Path to the body, or to a whole answer.
        sent: What was posted.
        checks: Conclusion of the checks posted, by commit and name.
    """

    answers: dict[str, object]
    sent: list[tuple[str, object]] = field(default_factory=list)
    checks: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def calls(self) -> int:
        """How many calls are counted: none here."""
        return 0

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Return what is prepared, else 404."""
        if path.endswith("/check-runs"):
            assert params is not None
            assert params["app_id"] == str(GATE)
            conclusion = self.checks.get((path.split("/")[-2], params["check_name"]))
            return Answer(200, body={"check_runs": [] if conclusion is None else [{"conclusion": conclusion}]})
        found = self.answers.get(path, Answer(404, body={"message": "Not Found"}))
        return found if isinstance(found, Answer) else Answer(200, body=found)

    def get_all(self, path: str, params: Mapping[str, str] | None = None, *, key: str | None = None) -> Answer:
        """Return the whole list that is prepared."""
        answer = self.get(path, params)
        return (
            Answer(answer.status, answer.headers, answer.body[key]) if key and isinstance(answer.body, dict) else answer
        )

    def post(self, path: str, body: object = None) -> Answer:
        """Keep what is sent."""
        self.sent.append((path, body))
        if path.endswith("/check-runs") and isinstance(body, dict):
            self.checks[body["head_sha"], body["name"]] = body["conclusion"]
        return Answer(201)

    def put(self, path: str, body: object = None) -> Answer:
        """Fail: the stand-in sets nothing."""
        raise AssertionError((path, body))

    patch = delete = put

    def download(self, path: str) -> bytes:
        """Return an artifact's archive."""
        assert path == "/repos/acme/payments/actions/artifacts/7/zip"
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("manifest.json", MANIFEST)
        return buffer.getvalue()


def _workflow_run(number: int, path: str, sha: str, **changed: object) -> dict[str, Any]:
    run = {"id": number, "path": path, "head_sha": sha, "status": "completed", "conclusion": "success"}
    return run | {"run_attempt": 1} | changed


@pytest.fixture
def github() -> PreparedGitHub:
    """Answer for an organization of one service with an open pull request and a build on main."""
    required = [{"context": "twinlock/gate", "integration_id": GATE}, {"context": "other", "integration_id": ELSE}]
    repository = "/repos/acme/payments"
    return PreparedGitHub(
        {
            "/apps/the-gate": {"id": GATE},
            "/orgs/acme/repos": [{"name": "payments"}, {"name": "payments-integration-tests"}],
            f"{repository}/pulls": [{"number": 3, "base": {"ref": "main"}, "head": {"sha": HEAD}}],
            "/repos/acme/payments-integration-tests/pulls": [],
            f"{repository}/rules/branches/main": [
                {"type": "deletion"},
                {"type": "required_status_checks", "parameters": {"required_status_checks": required}},
            ],
            f"{repository}/actions/runs": {"workflow_runs": [_workflow_run(5, f"{PULL}@refs/heads/x", HEAD)]},
            f"{repository}/actions/workflows/build.yml/runs": {"workflow_runs": [_workflow_run(6, BUILD, BUILT)]},
            f"{repository}/actions/runs/6/artifacts": {"artifacts": [{"id": 7}]},
        }
    )


def _stub(github: PreparedGitHub) -> GateStub:
    return GateStub("acme", "the-gate", github, github)


def test_one_pass_posts_the_required_check_and_hands_on_the_digest(github: PreparedGitHub) -> None:
    """The check that rules require of this app is posted, labelled; the built digest starts the integration run."""
    assert _stub(github).look() == (
        "acme/payments#3: twinlock/gate success",
        f"acme/payments: {DIGEST} handed on to acme/payments-integration-tests",
    )
    label = "gate-stub (local world only)"
    assert github.sent == [
        (
            "/repos/acme/payments/check-runs",
            {
                "name": "twinlock/gate",
                "head_sha": HEAD,
                "status": "completed",
                "conclusion": "success",
                "output": {"title": label, "summary": f"Succeeded: {PULL}. No evidence was judged."},
            },
        ),
        (
            "/repos/acme/payments-integration-tests/actions/workflows/integration.yml/dispatches",
            {"ref": "main", "inputs": {"digest": DIGEST}},
        ),
        (
            "/repos/acme/payments/check-runs",
            {
                "name": "gate-stub/digest",
                "head_sha": BUILT,
                "status": "completed",
                "conclusion": "success",
                "output": {"title": label, "summary": f"Handed on to payments-integration-tests: {DIGEST}."},
            },
        ),
    ]


def test_a_second_pass_does_nothing_twice(github: PreparedGitHub) -> None:
    """What shows on GitHub is not posted or started again, also by another process."""
    _stub(github).look()
    sent = len(github.sent)
    assert _stub(github).look() == ()
    assert len(github.sent) == sent


def test_a_later_failure_takes_the_check_back(github: PreparedGitHub) -> None:
    """A re-run that fails turns the posted success into a failure."""
    _stub(github).look()
    runs = [_workflow_run(5, PULL, HEAD), _workflow_run(8, PULL, HEAD, conclusion="failure")]
    github.answers["/repos/acme/payments/actions/runs"] = {"workflow_runs": runs}
    assert _stub(github).look() == ("acme/payments#3: twinlock/gate failure",)
    assert github.checks[HEAD, "twinlock/gate"] == "failure"


def test_nothing_is_posted_where_no_rule_asks_this_app(github: PreparedGitHub) -> None:
    """A check that another app must post is left to that app."""
    github.answers["/repos/acme/payments/rules/branches/main"] = []
    github.answers["/repos/acme/payments/actions/workflows/build.yml/runs"] = {"workflow_runs": []}
    assert _stub(github).look() == ()
    assert github.sent == []


def test_a_build_that_kept_no_manifest_is_not_handed_on(github: PreparedGitHub) -> None:
    """Without the manifest there is no digest, and nothing to start."""
    github.answers["/repos/acme/payments/actions/runs/6/artifacts"] = {"artifacts": []}
    assert _stub(github).look() == ("acme/payments#3: twinlock/gate success",)


@pytest.mark.parametrize(
    ("path", "answer", "why"),
    [
        ("/orgs/acme/repos", Answer(403, body={"message": "Nope"}), "GitHub answered 403: Nope."),
        ("/orgs/acme/repos", {"message": "x"}, "a list of objects was expected."),
        ("/orgs/acme/repos", [{"name": 3}], "name was expected to be a text."),
        ("/apps/the-gate", {"id": True}, "id was expected to be a number."),
        ("/repos/acme/payments/pulls", [{"number": 3, "base": "main"}], "base was expected to be an object."),
    ],
)
def test_an_unexpected_answer_ends_the_pass(github: PreparedGitHub, path: str, answer: object, why: str) -> None:
    """What cannot be read is an error that says so, never taken for nothing."""
    github.answers[path] = answer
    with pytest.raises(Incomplete) as caught:
        _stub(github).look()
    assert str(caught.value) == f"The gate's stand-in could not go on.\n{why}\nSee `twinlock world status`."


def test_an_artifact_that_is_no_archive_ends_the_pass(github: PreparedGitHub) -> None:
    """A manifest that cannot be unpacked has no digest."""

    @dataclass
    class Broken:
        def download(self, path: str) -> bytes:
            del path
            return b"no archive"

    with pytest.raises(Incomplete) as caught:
        GateStub("acme", "the-gate", github, Broken()).look()
    assert caught.value.why == "the artifact manifest is not an archive of one small file."
