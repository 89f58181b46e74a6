"""Faults on demand: whom they befall, what is carried out, and what a client meets."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from twinlock_world.faults import USAGE, Fault, Faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.world.conftest import RunningWorld

ONCE = Config(retries={"total_max_attempts": 1, "mode": "standard"})
NOBODY = '{"Version": "2012-10-17", "Statement": []}'


@pytest.fixture
def faulty(world: RunningWorld) -> Iterator[RunningWorld]:
    """Return a world that fails no more afterwards."""
    yield world
    assert world.request("DELETE", "/_world/faults").json() == []


def arrange(world: RunningWorld, **fault: object) -> Any:  # noqa: ANN401 - JSON
    """Arrange a fault, and return what the world says of all."""
    answer = world.request("POST", "/_world/faults", document=fault)
    assert answer.status_code == 200, answer.text
    return answer.json()


def statuses(world: RunningWorld, times: int, path: str = "/orgs/acme") -> list[int]:
    """Return how a path is answered, asked again and again."""
    return [world.request("GET", path).status_code for _ in range(times)]


def test_the_requests_that_fit_fail_after_some_and_for_some(faulty: RunningWorld) -> None:
    """`skip` and `times` count only what fits, mounted or not; what is left is told."""
    (arranged,) = arrange(faulty, request="GET /orgs/*", skip=1, times=2, status=502)
    assert arranged == {"request": "GET /orgs/*", "status": 502, "skip": 1, "times": 2, "befallen": 0}
    assert statuses(faulty, 1, "/user") == [200]
    assert statuses(faulty, 2) == [200, 502]
    refused = faulty.request("GET", "/api/v3/orgs/acme")
    assert (refused.status_code, refused.json()) == (502, {"message": "Server Error"})
    assert statuses(faulty, 1) == [200]
    (left,) = faulty.request("GET", "/_world/faults").json()
    assert (left["skip"], left["times"], left["befallen"]) == (0, 0, 2)


@pytest.mark.parametrize("status", [403, 429])
def test_a_limit_says_when_to_come_back(faulty: RunningWorld, status: int) -> None:
    """As GitHub words its secondary limit."""
    arrange(faulty, request="POST /orgs/acme/repos", status=status, retry_after=7)
    refused = faulty.request("POST", "/orgs/acme/repos", document={"name": "limited"})
    assert (refused.status_code, refused.headers["retry-after"]) == (status, "7")
    assert refused.json()["message"].startswith("You have exceeded a secondary rate limit.")
    assert faulty.request("GET", "/repos/acme/limited").status_code == 404


@pytest.mark.parametrize(("carried_out", "found"), [(False, 404), (True, 200)])
def test_an_answer_is_lost_before_or_after_the_work(
    faulty: RunningWorld,
    carried_out: bool,  # noqa: FBT001 - a parameter of the test
    found: int,
) -> None:
    """The client sees the same either way, and the next request is served."""
    arrange(faulty, request="POST /orgs/acme/repos", lost=True, carried_out=carried_out)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        faulty.request("POST", "/orgs/acme/repos", document={"name": f"lost-{found}"})
    assert faulty.request("GET", f"/repos/acme/lost-{found}").status_code == found


def test_an_error_may_come_after_the_work(faulty: RunningWorld) -> None:
    """As of a gateway that gave up on what went on behind it."""
    arrange(faulty, request="POST /orgs/acme/repos", status=502, carried_out=True)
    assert faulty.request("POST", "/orgs/acme/repos", document={"name": "behind"}).status_code == 502
    assert faulty.request("GET", "/repos/acme/behind").status_code == 200


def test_a_token_expires_in_the_middle(faulty: RunningWorld) -> None:
    """The request that it befalls is the first that is refused."""
    arrange(faulty, request="GET /orgs/acme", skip=1, expires="alice")
    answers = [faulty.request("GET", "/orgs/acme", "alice") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 401]
    assert faulty.request("GET", "/user").status_code == 200


def test_git_fails_too(faulty: RunningWorld) -> None:
    """A clone meets the fault as git puts it."""
    faulty.repository("cloned")
    arrange(faulty, request="GET /acme/cloned.git/info/refs", status=503)
    command = ["git", "ls-remote", faulty.git_url("cloned")]
    failed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (failed.returncode, "The requested URL returned error: 503" in failed.stderr) == (128, True)
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "Throttling"), (403, "ExpiredToken"), (500, "InternalFailure"), (503, "ServiceUnavailable")],
)
def test_aws_fails_in_its_own_words(faulty: RunningWorld, status: int, code: str) -> None:
    """An SDK understands the refusal; nothing was done."""
    arrange(faulty, request="iam:CreateRole", status=status)
    iam = faulty.aws("iam", config=ONCE)
    with pytest.raises(ClientError) as refused:
        iam.create_role(RoleName=f"refused-{status}", AssumeRolePolicyDocument=NOBODY)
    assert refused.value.response["Error"]["Code"] == code
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_role(RoleName=f"refused-{status}")


@pytest.mark.parametrize("carried_out", [False, True])
def test_the_connection_to_aws_ends(
    faulty: RunningWorld,
    carried_out: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Before or after the work, as for GitHub."""
    arrange(faulty, request="iam:Create*", lost=True, carried_out=carried_out)
    iam, name = faulty.aws("iam", config=ONCE), f"lost-{carried_out}"
    with pytest.raises(ConnectionClosedError):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=NOBODY)
    assert (name in {role["RoleName"] for role in iam.list_roles()["Roles"]}) is carried_out


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        {"request": "GET *"},
        {"request": "GET *", "status": 200},
        {"request": "GET *", "status": 502, "lost": True},
        {"request": "GET *", "lost": "sometimes"},
        {"request": "GET *", "lost": False},
        {"request": "GET *", "lost": True, "retry_after": 1},
        {"request": "GET *", "expires": "alice", "carried_out": True},
        {"request": "GET *", "status": 502, "times": 0},
        {"request": "GET *", "status": 502, "skip": -1},
        {"request": "GET *", "status": 502, "when": "now"},
        {"request": "GET orgs", "status": 502},
        {"request": "iam", "status": 502},
        {"request": 1, "status": 502},
    ],
)
def test_what_describes_no_fault_is_refused(world: RunningWorld, document: object) -> None:
    """The refusal says how a fault is described."""
    answer = world.request("POST", "/_world/faults", document=document)
    assert (answer.status_code, answer.json()) == (422, {"message": USAGE, "status": "422"})


def test_the_first_in_order_befalls_a_request() -> None:
    """A fault that is through makes place for the next; one that does not fit stays."""
    faults = Faults()
    assert not faults
    for fault in (Fault("GET /a", status=500), Fault("GET *", status=501), Fault("POST *", status=502)):
        faults.arrange(fault)
    met = [faults.befalling("GET /a") for _ in range(3)]
    assert [None if fault is None else fault.status for fault in met] == [500, 501, None]
    assert [each["befallen"] for each in faults.shown()] == [1, 1, 0]
