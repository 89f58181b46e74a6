"""What a job may do: its token, the actions it may use, the workflows it may call, its identity."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

from nacl.public import PublicKey, SealedBox

from twinlock_world.git_objects import ABSENT
from twinlock_world.github.accounts import actions_app
from twinlock_world.github.ref_moves import RefMove, ref_moved
from twinlock_world.github.vault import sealing_key
from twinlock_world.github.workflows.jobs import JobResult, identity_of
from twinlock_world.github.workflows.runs import JOB

if TYPE_CHECKING:
    from tests.world.github.workflows.conftest import Works

    from twinlock_world.github.workflows.jobs import JobOrder

SHA = "3d3c42e5aac5ba805825da76410c181273ba90b1"
SIMPLE = "on: push\npermissions: %s\njobs: {a: {runs-on: u, steps: [{uses: '%s'}]}}\n"
CALLED = """
on:
  workflow_call:
    inputs: %s
    secrets: %s
permissions: %s
jobs:
  inner:
    name: Inner
    permissions: %s
    runs-on: u
    outputs: {o: x}
    steps: [{run: x}]
"""


def test_a_jobs_token_does_what_its_permissions_say(works: Works) -> None:
    """In its own repository, while the job runs: it starts no other repository's workflow, and ends with the job."""
    works.hub.repository()
    works.hub.repository("other")
    works.workflow("on: {workflow_dispatch: }\njobs: {a: {runs-on: u, steps: [{run: x}]}}", "go", "other")
    seen: list[tuple[int, str]] = []

    def use(order: JobOrder) -> JobResult:
        def call(method: str, path: str, body: object = None) -> None:
            answer = works.hub.call(method, path, body, token=order.token)
            seen.append((answer.status, answer.message if answer.status >= 400 else ""))

        call("GET", "/repos/acme/app/branches")
        call("PUT", "/repos/acme/app/contents/x", {"message": "m", "content": ""})
        call("POST", "/repos/acme/other/actions/workflows/go.yml/dispatches", {"ref": "main"})
        call("GET", "/repos/acme/app/actions/permissions")
        return JobResult("success")

    works.script = use
    works.workflow(SIMPLE % ("{contents: read, actions: write}", f"acme/x@{SHA}"))
    assert seen == [
        (200, ""),
        (403, "Resource not accessible by integration"),
        (404, "Not Found"),
        (403, "Resource not accessible by integration"),
    ]
    order = works.orders[-1]
    assert works.hub.call("GET", "/repos/acme/app/branches", token=order.token).message == "Bad credentials"
    assert works.runs("other") == []


def test_what_a_jobs_token_does_starts_nothing(works: Works) -> None:
    """Or runs would start each other for ever."""
    works.hub.repository()
    works.workflow(SIMPLE % ("{contents: write}", f"acme/x@{SHA}"))
    before = len(works.runs())
    site = works.site("app")
    with site.store.transaction():
        actor = actions_app(site.store)
    head = site.objects.ref("refs/heads/main")
    assert head is not None
    site.objects.update_ref("refs/heads/by-a-job", head.sha)
    with site.store.transaction():
        ref_moved(site, RefMove("refs/heads/by-a-job", ABSENT, head.sha, actor))
    assert len(works.runs()) == before


def test_an_action_outside_the_policy_fails_the_run_at_its_start(works: Works) -> None:
    """In GitHub's words; what the policy allows runs."""
    works.hub.repository()
    where = "/repos/acme/app/actions/permissions"
    works.hub.make("PUT", where, {"enabled": True, "allowed_actions": "selected"})
    works.hub.make("PUT", f"{where}/selected-actions", {"github_owned_allowed": True, "patterns_allowed": ["good/*"]})
    works.workflow(SIMPLE % ("{}", f"evil/thing@{SHA}"))
    run = works.runs()[-1]
    assert (run["conclusion"], works.jobs(run)) == ("startup_failure", {})
    assert works.message(run) == (
        f"evil/thing@{SHA} is not allowed to be used in acme/app. Actions in this workflow must be: within a "
        "repository that belongs to your Enterprise account, created by GitHub, or matching the following: good/*."
    )
    for allowed in (f"good/thing@{SHA}", f"actions/checkout@{SHA}", f"acme/own@{SHA}"):
        works.workflow(SIMPLE % ("{}", allowed))
        assert works.runs()[-1]["conclusion"] == "success"


def test_an_action_that_is_not_pinned_fails_its_job(works: Works) -> None:
    """Before its first step, in GitHub's words."""
    works.hub.repository()
    body = {"enabled": True, "allowed_actions": "all", "sha_pinning_required": True}
    works.hub.make("PUT", "/repos/acme/app/actions/permissions", body)
    works.workflow(SIMPLE % ("{}", "actions/checkout@v4"))
    run = works.runs()[-1]
    assert works.jobs(run) == {"a": "failure"}
    assert works.orders == []
    assert works.job_message(run) == (
        "The action actions/checkout@v4 is not allowed in acme/app "
        "because all actions must be pinned to a full-length commit SHA."
    )


def test_a_called_workflow_runs_in_its_callers_place(works: Works) -> None:
    """Its jobs are named with the caller's, have at most its rights, and say in their identity who defines them."""
    works.hub.repository()
    works.hub.repository("pipes")
    works.hub.make("PUT", "/repos/acme/pipes/actions/permissions/access", {"access_level": "organization"})
    sha = works.workflow(
        CALLED % ("{n: {type: number, required: true}}", "{}", "{}", "{id-token: write}"), "do", "pipes"
    )
    works.script = lambda _order: None
    works.workflow(
        f"""
on: push
permissions: {{}}
jobs:
  call:
    name: Call
    permissions: {{id-token: write, contents: read}}
    uses: acme/pipes/.github/workflows/do.yml@{sha}
    with: {{n: 5}}
"""
    )
    order = works.orders[-1]
    assert (order.name, order.permissions, order.contexts["inputs"]) == (
        "Call / Inner",
        {"id-token": "write"},
        {"n": 5},
    )
    identity = order.identity
    assert identity is not None
    head = works.runs()[-1]["head_sha"]
    assert (identity.job_workflow_ref, identity.job_workflow_sha, identity.workflow_ref, identity.sha) == (
        f"acme/pipes/.github/workflows/do.yml@{sha}",
        sha,
        "acme/app/.github/workflows/ci.yml@refs/heads/main",
        head,
    )
    job = works.hub.store.get(JOB, order.id)
    assert job is not None
    assert identity_of(works.hub.store, works.engine.git, works.engine.urls, job) == identity
    works.engine.finish(order.id, JobResult("success"))
    run = works.runs()[-1]
    assert (run["conclusion"], works.jobs(run)) == ("success", {"Call / Inner": "success"})
    assert run["referenced_workflows"] == [
        {"path": f"acme/pipes/.github/workflows/do.yml@{sha}", "sha": sha, "ref": sha}
    ]


def test_a_call_that_cannot_be_fails_the_run_at_its_start(works: Works) -> None:
    """Too many rights, inputs that it doesn't take, a repository that isn't open to others."""
    works.hub.repository()
    works.hub.repository("pipes")
    called = CALLED % ("{n: {type: string, required: true}}", "{}", "{contents: read}", "{id-token: write}")
    works.workflow(called, "do", "pipes")
    uses = "acme/pipes/.github/workflows/do.yml@main"
    text = "on: push\npermissions: {contents: read}\njobs:\n  call:\n    uses: %s\n    with: %s\n"

    def message(inputs: str, target: str = uses) -> str:
        works.workflow(text % (target, inputs))
        run = works.runs()[-1]
        assert run["conclusion"] == "startup_failure"
        found = works.message(run)
        assert found is not None
        return found.removeprefix("The workflow is not valid. .github/workflows/ci.yml (Line: 4, Col: 3): ")

    assert message("{n: a}") == (
        f'error parsing called workflow ".github/workflows/ci.yml" -> "{uses}" : workflow was not found. See '
        "https://docs.github.com/actions/learn-github-actions/reusing-workflows#access-to-reusable-workflows "
        "for more information."
    )
    works.hub.make("PUT", "/repos/acme/pipes/actions/permissions/access", {"access_level": "organization"})
    assert message("{n: a, role: admin}") == "Invalid input, role is not defined in the referenced workflow."
    assert message("{}") == "Input n is required, but not provided while calling."
    assert message("{n: a}") == (
        f"Error calling workflow '{uses}'. The nested job 'inner' is requesting 'id-token: write', "
        "but is only allowed 'id-token: none'."
    )


def test_a_token_without_the_permission_has_no_identity(works: Works) -> None:
    """Nor has any job by default, whatever the repository's default is."""
    works.hub.repository()
    body = {"default_workflow_permissions": "write"}
    works.hub.make("PUT", "/repos/acme/app/actions/permissions/workflow", body)
    works.workflow("on: push\njobs: {a: {runs-on: u, steps: [{run: x}]}}")
    order = works.orders[-1]
    assert (order.identity, order.permissions["contents"], "id-token" in order.permissions) == (None, "write", False)


def test_a_call_hands_on_only_named_secrets(works: Works) -> None:
    """Unless it says that they are inherited; a called job never sees more than its caller."""
    works.hub.repository()
    site = works.site("app")
    key = sealing_key(site.store, site.repository.id)
    for name in ("ONE", "TWO"):
        sealed = SealedBox(PublicKey(b64decode(key.key))).encrypt(name.lower().encode())
        body = {"key_id": key.id, "encrypted_value": b64encode(sealed).decode()}
        works.hub.make("PUT", f"/repos/acme/app/actions/secrets/{name}", body)
    works.workflow(CALLED % ("{}", "{GIVEN: {required: true}}", "{}", "{}"), "inner")
    text = "on: push\njobs: {call: {uses: ./.github/workflows/inner.yml, secrets: %s}}\n"
    works.workflow(text % "{GIVEN: '${{ secrets.ONE }}'}")
    given = dict(works.orders[-1].secrets)
    given.pop("GITHUB_TOKEN")
    assert given == {"GIVEN": "one"}
    works.workflow(text % "inherit")
    assert set(works.orders[-1].secrets) == {"ONE", "TWO", "GITHUB_TOKEN"}


def test_a_workflow_that_calls_itself_is_refused(works: Works) -> None:
    """However often, at once, and not after every way down was walked."""
    works.hub.repository()
    calls = "".join(f"  c{at}: {{uses: ./.github/workflows/ci.yml}}\n" for at in range(40))
    works.workflow(f"on: [push, workflow_call]\njobs:\n{calls}")
    run = works.runs()[-1]
    assert (run["conclusion"], works.message(run)) == (
        "startup_failure",
        (
            "The workflow is not valid. .github/workflows/ci.yml (Line: 3, Col: 3): "
            "Error calling workflow './.github/workflows/ci.yml'. exceeds the limit of nested workflows"
        ),
    )


def test_a_run_has_an_end(works: Works) -> None:
    """Matrices multiply a file's jobs; what goes beyond the bound fails at once."""
    works.hub.repository()
    matrix = f"{{matrix: {{n: {list(range(256))}}}}}"
    works.workflow(
        f"on: push\njobs:\n  a: {{runs-on: u, steps: [{{run: x}}]}}\n"
        f"  b: {{strategy: {matrix}, runs-on: u, steps: [{{run: x}}]}}\n"
    )
    run = works.runs()[-1]
    assert works.jobs(run) == {"a": "success", "b": "failure"}
    assert run["conclusion"] == "failure"
