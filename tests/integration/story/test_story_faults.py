"""Faults in the middle of a run of the embedded engine: what is told, and that the next `up` finishes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

LIMITED = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. "
    "If you reach out to GitHub Support for help, please include the request ID."
)
AGAIN = "GitHub failed. Run the same command again; it goes on where this run stopped."


@pytest.fixture(scope="module")
def faulty(new_platform: Callable[[], Any]) -> Any:  # noqa: ANN401 - the conftest's Platform
    """Return a platform that nothing was provisioned of."""
    return new_platform()


def failed(platform: Any, request: str, **fault: object) -> list[str]:  # noqa: ANN401
    """Run `up` through a fault, and return its error, its reason and its mend, without addresses."""
    platform.request("POST", "/_world/faults", {"request": request, **fault})
    done = platform.twinlock("up", "--yes")
    platform.request("DELETE", "/_world/faults")
    assert done.code == 3, done.err
    lines = done.err[done.err.index("error: ") :].replace(platform.world["github"]["url"], "URL").splitlines()
    said = [line.removeprefix(label) for line, label in zip(lines, ("error: ", "  why: ", " mend: "), strict=True)]
    return [line.replace(f"twinlock -C {platform.root} ", "twinlock ") for line in said]


@pytest.fixture(scope="module")
def spared(new_platform: Callable[[], Any]) -> Any:  # noqa: ANN401 - as above
    """Return a platform that was provisioned without a fault, and in which nobody weakened anything before."""
    platform = new_platform()
    assert platform.twinlock("up", "--yes").code == 0
    return platform


def test_each_fault_is_told_and_the_next_run_goes_on(faulty: Any, spared: Any) -> None:  # noqa: ANN401
    """Each names stack, resource and mend; after all of them the world is as if none had been."""
    made = {"lost": True, "carried_out": True}
    assert failed(faulty, "POST /orgs/acme/teams", **made, skip=1) == [
        "organization/platform: github:index/team:Team payments-developers was not created.",
        "POST /orgs/acme/teams had no answer. GitHub at URL cannot be reached: RemoteProtocolError.",
        "Start the world: `twinlock world up --detach`.",
    ]
    assert failed(faulty, "POST /orgs/acme/repos", status=502, carried_out=True) == [
        "repositories/platform: github:index/repository:Repository delivery-pipelines was not created.",
        "POST /orgs/acme/repos was refused. GitHub answered 502: Server Error.",
        AGAIN,
    ]
    assert failed(faulty, "POST /repos/acme/*/rulesets", status=403, retry_after=3600)[1:] == [
        f"POST /repos/acme/payments/rulesets was refused. GitHub answered 403: {LIMITED}",
        "Wait until GitHub allows more, then run the same command again; it goes on where this run stopped.",
    ]
    what, why, mend = failed(faulty, "* /repos/acme/payments/rulesets*", expires="twinlock-controller")
    assert what.startswith("protections/payments: github:index/repositoryRuleset:RepositoryRuleset payments:")
    assert why.endswith(" GitHub does not accept the token of twinlock-controller: it has expired or was revoked.")
    assert mend == "Make fresh tokens: `twinlock world up --detach`."
    assert faulty.twinlock("world", "up", "--detach").code == 0
    what, why, mend = failed(faulty, "iam:CreateRole", status=403)
    assert what.startswith("protections/payments: aws:iam/role:Role ")
    assert why == "AWS refused the request. It does not accept the keys: ExpiredToken."
    faulty.request("POST", "/_world/faults", {"request": "PUT /repos/acme/*", "status": 429, "retry_after": 1})
    done = faulty.twinlock("up", "--yes")
    assert (done.code, "GitHub allows twinlock-controller no more requests for now: waiting 1 s." in done.err) == (
        0,
        True,
    )
    one, other = faulty.dump(), spared.dump()
    assert (one["github"]["organizations"], one["aws"]) == (other["github"]["organizations"], other["aws"])
