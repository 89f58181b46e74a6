"""A job as its OIDC token describes it.

What the runner knows, and nothing that the store knows better: the repository's name, owner, visibility and
properties are read when the token is made. Made by the Actions runner for each job that may ask for a token.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JobIdentity:
    """One job of one run attempt.

    Source of the claims: https://docs.github.com/en/actions/reference/security/oidc.

    Attributes:
        repository_id: Where the workflow runs.
        actor: Login of the account that started the run.
        actor_id: Number of that account.
        event_name: What started the run (`push`, `pull_request`...).
        ref: Git ref of the run, in full (`refs/heads/main`, `refs/pull/1/merge`).
        sha: Commit of the run.
        workflow: Name of the run's workflow.
        workflow_ref: Path and ref of the run's workflow (`acme/app/.github/workflows/build.yml@refs/heads/main`).
        workflow_sha: Commit of the run's workflow file.
        job_workflow_ref: Path and ref of the workflow that defines the job: the reusable one where the job is in one,
            with the ref as its caller wrote it; else the run's.
        job_workflow_sha: Commit of that file.
        run_id: Number of the run.
        run_number: Number of the run within its workflow.
        run_attempt: 1 and more.
        check_run_id: Number of the job's check run.
        environment: The job's environment.
        base_ref: Target branch of a pull request, its short name.
        head_ref: Source branch of a pull request, its short name.
        runner_environment: `github-hosted` or `self-hosted`.
    """

    repository_id: int
    actor: str
    actor_id: int
    event_name: str
    ref: str
    sha: str
    workflow: str
    workflow_ref: str
    workflow_sha: str
    job_workflow_ref: str
    job_workflow_sha: str
    run_id: int
    run_number: int
    run_attempt: int
    check_run_id: int
    environment: str | None = None
    base_ref: str = ""
    head_ref: str = ""
    runner_environment: str = "github-hosted"

    @property
    def ref_type(self) -> str:
        """Whether the run's ref is a tag or a branch, as which GitHub also counts a pull request's ref."""
        return "tag" if self.ref.startswith("refs/tags/") else "branch"
