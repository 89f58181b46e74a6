"""Tokens of jobs: what they say, who can verify them, and where the keys are."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet

from twinlock_world.github.accounts import ensure_organization
from twinlock_world.github.actions_policy import change_policy
from twinlock_world.github.properties import set_value
from twinlock_world.github.repository import get_repository
from twinlock_world.oidc.issuer import Issuer
from twinlock_world.oidc.job import JobIdentity
from twinlock_world.oidc.key import KeptKey
from twinlock_world.oidc.subject import SubjectError
from twinlock_world.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from tests.world.conftest import RunningWorld

    from twinlock_world.jsonvalue import JsonObject

NOW = datetime(2026, 11, 1, 12, 0, 0, tzinfo=UTC)
JOB = JobIdentity(
    repository_id=0,
    actor="alice",
    actor_id=7,
    event_name="push",
    ref="refs/heads/main",
    sha="a" * 40,
    workflow="Build",
    workflow_ref="acme/app/.github/workflows/build.yml@refs/heads/main",
    workflow_sha="a" * 40,
    job_workflow_ref="acme/pipelines/.github/workflows/build.yml@" + "b" * 40,
    job_workflow_sha="b" * 40,
    run_id=11,
    run_number=3,
    run_attempt=1,
    check_run_id=12,
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return a store with an organization and a repository `app`."""
    store = Store.open(tmp_path / "github.sqlite")
    organization = ensure_organization(store, "acme")
    store.insert("repository", "app", {"name": "app", "visibility": "private"}, parent=organization.id)
    return store


@pytest.fixture
def job(store: Store) -> JobIdentity:
    """Return a job of that repository."""
    return replace(JOB, repository_id=store.named("repository", "app")[0].id)


@pytest.fixture
def issuer(store: Store, tmp_path: Path) -> Issuer:
    """Return an issuer with a key of its own."""
    return Issuer(store, KeptKey(tmp_path / "oidc-key.json"), lambda: NOW)


def claims_of(token: str, issuer: Issuer) -> dict[str, object]:
    """Return the claims of a token that the issuer's published keys verify."""
    verified = jwt.decode(token, KeySet.import_key_set(issuer.jwks()), algorithms=["RS256"])
    assert verified.header["typ"] == "JWT"
    return verified.claims


def test_a_token_says_all_of_a_job(issuer: Issuer, job: JobIdentity, store: Store) -> None:
    """Every documented claim, as text, with the repository's own facts from the store; times as GitHub sets them."""
    organization = store.all("organization")[0].id
    claims = claims_of(issuer.token(job), issuer)
    issued = int(NOW.timestamp())
    assert len(str(claims.pop("jti"))) == 36
    assert claims == {
        "actor": "alice",
        "actor_id": "7",
        "aud": "https://github.com/acme",
        "base_ref": "",
        "check_run_id": "12",
        "event_name": "push",
        "exp": issued + 300,
        "head_ref": "",
        "iat": issued,
        "iss": "https://token.actions.githubusercontent.com",
        "job_workflow_ref": JOB.job_workflow_ref,
        "job_workflow_sha": JOB.job_workflow_sha,
        "nbf": issued - 600,
        "ref": "refs/heads/main",
        "ref_type": "branch",
        "repository": "acme/app",
        "repository_id": str(job.repository_id),
        "repository_owner": "acme",
        "repository_owner_id": str(organization),
        "repository_visibility": "private",
        "run_attempt": "1",
        "run_id": "11",
        "run_number": "3",
        "runner_environment": "github-hosted",
        "sha": "a" * 40,
        "sub": f"repo:acme@{organization}/app@{job.repository_id}:ref:refs/heads/main",
        "workflow": "Build",
        "workflow_ref": JOB.workflow_ref,
        "workflow_sha": JOB.workflow_sha,
    }


def test_audience_environment_and_tag_are_the_jobs(issuer: Issuer, job: JobIdentity) -> None:
    """The asked audience stands for the default one; an environment is claimed and named in the subject."""
    asked = replace(job, environment="production", ref="refs/tags/v1")
    claims = claims_of(issuer.token(asked, "sts.amazonaws.com"), issuer)
    assert (claims["aud"], claims["environment"], claims["ref_type"]) == ("sts.amazonaws.com", "production", "tag")
    assert str(claims["sub"]).endswith(":environment:production")


def test_settings_change_the_next_token(issuer: Issuer, job: JobIdentity, store: Store) -> None:
    """The repository's form, the organization's template and included properties count from the next token on."""
    organization = store.all("organization")[0].id
    change_policy(store, job.repository_id, {"oidc": {"use_default": True, "use_immutable_subject": False}})
    assert claims_of(issuer.token(job), issuer)["sub"] == "repo:acme/app:ref:refs/heads/main"
    change_policy(store, job.repository_id, {"oidc": {"use_default": False, "use_immutable_subject": False}})
    template: JsonObject = {"include_claim_keys": ["repo", "repo_property_tiers"], "use_immutable_subject": True}
    change_policy(store, organization, {"oidc": template, "oidc_properties": ["tiers", "unset"]})
    with pytest.raises(SubjectError, match="repo_property_tiers"):
        issuer.token(job)
    repository = get_repository(store, job.repository_id)
    assert repository is not None
    definition = store.insert("property", "tiers", {"required": False}, parent=organization)
    store.insert("property", "unset", {"required": False}, parent=organization)
    set_value(store, repository, definition, ["gold", "silver"])
    claims = claims_of(issuer.token(job), issuer)
    assert claims["sub"] == "repo:acme/app:repo_property_tiers:gold,silver"
    assert [name for name in claims if name.startswith("repo_property")] == ["repo_property_tiers"]


def test_no_token_for_a_repository_that_is_gone(issuer: Issuer, job: JobIdentity) -> None:
    """A job may outlive its repository."""
    with pytest.raises(SubjectError) as caught:
        issuer.token(replace(job, repository_id=1))
    assert str(caught.value) == "the job's repository is gone"


def test_the_key_is_kept_for_its_owner_alone(issuer: Issuer, job: JobIdentity, store: Store, tmp_path: Path) -> None:
    """After a restart old tokens verify still, the file is private, and the published key holds no secret part."""
    token = issuer.token(job)
    file = tmp_path / "oidc-key.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = Issuer(store, KeptKey(file), lambda: NOW)
    assert again.jwks() == issuer.jwks()
    claims_of(token, again)
    (published,) = issuer.jwks()["keys"]
    assert sorted(published) == ["alg", "e", "kid", "kty", "n", "use"]
    stranger = KeptKey(tmp_path / "stranger.json").jwks()
    stranger["keys"][0]["kid"] = published["kid"]
    with pytest.raises(BadSignatureError):
        jwt.decode(token, KeySet.import_key_set(stranger), algorithms=["RS256"])


def test_the_world_serves_configuration_and_keys(world: RunningWorld) -> None:
    """Without a token, at the world's address; the issuer's name is GitHub's, which is what trust policies name."""
    configuration = world.request("GET", "/.well-known/openid-configuration", login=None)
    assert (configuration.status_code, configuration.json()["issuer"], configuration.json()["jwks_uri"]) == (
        200,
        "https://token.actions.githubusercontent.com",
        f"{world.url}/.well-known/jwks",
    )
    assert "job_workflow_ref" in configuration.json()["claims_supported"]
    keys = world.request("GET", "/.well-known/jwks", login=None).json()["keys"]
    assert [(key["alg"], key["kty"], key["use"]) for key in keys] == [("RS256", "RSA", "sig")]
    assert "d" not in keys[0]
    assert world.request("GET", "/.well-known/other", login=None).status_code == 404
    assert world.request("POST", "/.well-known/jwks", login=None).status_code == 404
    shown = world.request("GET", "/_world/status").json()["github"]["oidc"]
    assert shown["configuration"] == f"{world.url}/.well-known/openid-configuration"
    assert stat.S_IMODE((world.state / "oidc-key.json").stat().st_mode) == 0o600


def test_properties_are_included_by_name(world: RunningWorld) -> None:
    """Only defined ones, each once; listed with where the choice was made, and taken out again."""
    path = "/orgs/acme/actions/oidc/customization/properties/repo"
    world.request("PUT", "/orgs/acme/properties/schema/oidc_tier", document={"value_type": "string"})
    inclusion = {"custom_property_name": "oidc_tier", "inclusion_source": "organization"}
    asked = {"custom_property_name": "oidc_tier"}
    made = world.request("POST", path, document=asked)
    assert (made.status_code, made.json()) == (201, inclusion)
    assert world.request("POST", path, document=asked).status_code == 422
    assert world.request("POST", path, document={"custom_property_name": "no_such"}).status_code == 422
    assert world.request("POST", path, "alice", asked).status_code == 403
    assert world.request("GET", path).json() == [inclusion]
    assert world.request("DELETE", f"{path}/oidc_tier").status_code == 204
    assert world.request("DELETE", f"{path}/oidc_tier").status_code == 404
    assert world.request("GET", path).json() == []
