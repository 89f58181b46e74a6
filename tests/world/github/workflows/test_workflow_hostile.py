"""Requests about runs and deployments that make no sense: refused, never a failure of the world's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.world.github.workflows.conftest import Works

RUN = "/repos/acme/app/actions/runs/{run}"
BODIES = (
    b"[]",
    b"{",
    b'"x"',
    {},
    {"ref": 5},
    {"ref": "main", "inputs": []},
    {"ref": "main", "inputs": {"a": {"b": []}}},
    {"ref": "\ud7ff", "environment": 7},
    {"event_type": ["go"]},
    {"event_type": "go", "client_payload": 5},
    {"environment_ids": ["x"], "state": "approved", "comment": ""},
    {"environment_ids": [10**18], "state": "approved", "comment": "x"},
    {"environment_name": 5, "state": "approved"},
    {"environment_name": "x", "state": "maybe"},
    {"state": "done"},
)


@pytest.fixture
def made(works: Works) -> dict[str, str]:
    """A repository with a run and a deployment, and what addresses name of them."""
    works.hub.repository()
    works.workflow("on: [push, workflow_dispatch]\njobs: {a: {runs-on: u, environment: e, steps: [{run: x}]}}")
    deployment = works.hub.make("GET", "/repos/acme/app/deployments")[0]
    return {"run": str(works.runs()[-1]["id"]), "deployment": str(deployment["id"])}


@pytest.mark.parametrize(
    "path",
    [
        "/repos/acme/app/actions/workflows/ci.yml/dispatches",
        "/repos/acme/app/dispatches",
        "/repos/acme/app/deployments",
        "/repos/acme/app/deployments/{deployment}/statuses",
        f"{RUN}/pending_deployments",
        f"{RUN}/deployment_protection_rule",
    ],
)
def test_a_body_that_makes_no_sense_is_refused(works: Works, made: dict[str, str], path: str) -> None:
    """As what it is: 400, 403, 404, 409 or 422; the sensible ones among them are taken."""
    for body in BODIES:
        status = works.hub.call("POST", path.format(**made), body).status
        assert status in {200, 201, 204, 400, 403, 404, 409, 422}, (path, body, status)


@pytest.mark.parametrize(
    "path",
    [
        f"{RUN}/attempts/0",
        f"{RUN}/attempts/99999999999999999999",
        f"{RUN}/attempts/x/jobs",
        "/repos/acme/app/actions/runs/1",
        "/repos/acme/app/actions/runs/%2e%2e",
        "/repos/acme/app/actions/jobs/0/logs",
        "/repos/acme/app/actions/workflows/..%2F..%2Fx",
        "/repos/acme/app/actions/workflows/99999999999999999999",
        "/repos/acme/app/actions/artifacts/1/zip",
        "/repos/acme/app/deployments/{run}",
    ],
)
def test_what_is_not_there_is_not_found(works: Works, made: dict[str, str], path: str) -> None:
    """Nor is what the address names of another kind."""
    assert works.hub.call("GET", path.format(**made)).status == 404


def test_an_address_of_downloads_cannot_be_guessed(works: Works, made: dict[str, str]) -> None:
    """Whatever stands in it."""
    for query in ("", "until=x&signature=y", "until=99999999999&signature=", "until=99999999999&signature=%00"):
        for name in ("logs/1", "run-logs/1-1", "artifacts/..%2F..%2Fgithub.sqlite", f"run-logs/{made['run']}"):
            assert works.hub.call("GET", f"/_downloads/{name}?{query}", by=None).status == 403
