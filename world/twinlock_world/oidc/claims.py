"""The claims of a job's token. Pure.

Every value is text, as in GitHub's tokens; only times are numbers. `enterprise` and `enterprise_id` are absent: an
organization of this world belongs to no enterprise account.
Source: https://docs.github.com/en/actions/reference/security/oidc, section *OIDC token claims*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.oidc.job import JobIdentity
    from twinlock_world.oidc.subject import Names

CLAIMS: Final = (
    "actor",
    "actor_id",
    "base_ref",
    "check_run_id",
    "environment",
    "event_name",
    "head_ref",
    "job_workflow_ref",
    "job_workflow_sha",
    "ref",
    "ref_type",
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "repository_visibility",
    "run_attempt",
    "run_id",
    "run_number",
    "runner_environment",
    "sha",
    "workflow",
    "workflow_ref",
    "workflow_sha",
)
STANDARD: Final = ("sub", "aud", "exp", "iat", "iss", "jti", "nbf")


def job_claims(job: JobIdentity, names: Names, visibility: str) -> dict[str, str]:
    """Return what a token says of its job; `environment` is there only where the job has one."""
    claims = {
        "actor": job.actor,
        "actor_id": str(job.actor_id),
        "base_ref": job.base_ref,
        "check_run_id": str(job.check_run_id),
        "event_name": job.event_name,
        "head_ref": job.head_ref,
        "job_workflow_ref": job.job_workflow_ref,
        "job_workflow_sha": job.job_workflow_sha,
        "ref": job.ref,
        "ref_type": job.ref_type,
        "repository": f"{names.owner}/{names.repository}",
        "repository_id": str(names.repository_id),
        "repository_owner": names.owner,
        "repository_owner_id": str(names.owner_id),
        "repository_visibility": visibility,
        "run_attempt": str(job.run_attempt),
        "run_id": str(job.run_id),
        "run_number": str(job.run_number),
        "runner_environment": job.runner_environment,
        "sha": job.sha,
        "workflow": job.workflow,
        "workflow_ref": job.workflow_ref,
        "workflow_sha": job.workflow_sha,
    }
    return claims if job.environment is None else {**claims, "environment": job.environment}


def property_claims(values: JsonObject, included: Iterable[str]) -> dict[str, str]:
    """Return the claims of the custom properties that an organization includes; one without a value has none."""
    return {
        f"repo_property_{name}": text for name in sorted(included) if (text := _property(values.get(name))) is not None
    }


def _property(value: JsonValue) -> str | None:
    """Return a property's value as a claim: several selected ones are joined by commas."""
    if isinstance(value, str):
        return value
    return ",".join(str(item) for item in value) if isinstance(value, list | tuple) else None
