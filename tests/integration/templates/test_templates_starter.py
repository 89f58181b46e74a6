"""The starter really works: its unit tests, the service itself, and the integration suite against it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import tomllib
from importlib.metadata import version
from typing import TYPE_CHECKING

import boto3
import pytest
from moto.server import ThreadedMotoServer

from twinlock import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from twinlock.scaffold.tree import Tree

REGION = "eu-west-1"
REPOSITORIES = ["payments", "payments-integration-tests", "quiet", "quiet-integration-tests"]


def discover(directory: Path, folder: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the tests of a folder as the rendered README and pipelines do."""
    return subprocess.run(
        [sys.executable, "-m", "unittest", "discover", "-v", "--start-directory", folder, "--top-level-directory", "."],
        cwd=directory,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def outcome(done: subprocess.CompletedProcess[str]) -> tuple[int, str]:
    """Return how many tests ran, and the last line of the report."""
    (ran,) = re.findall(r"^Ran (\d+) tests? in", done.stderr, re.MULTILINE)
    return int(ran), done.stderr.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def aws() -> Iterator[dict[str, str]]:
    """A running SQS, as the variables by which the AWS SDK finds it."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
    }
    server.stop()


@pytest.fixture(scope="module")
def queue_url(aws: dict[str, str]) -> str:
    """A queue of the name that payments' integration point has."""
    client = boto3.client(
        "sqs",
        endpoint_url=aws["AWS_ENDPOINT_URL"],
        region_name=REGION,
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - the local SQS accepts any
    )
    return str(client.create_queue(QueueName=names.queue("payments", "orders-queue"))["QueueUrl"])


class Running:
    """A started service.

    Attributes:
        url: Its address.
    """

    def __init__(self, directory: Path, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "service"],
            cwd=directory,
            env={"PATH": os.environ["PATH"], "PORT": "0", "PYTHONDONTWRITEBYTECODE": "1", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        line = self.process.stdout.readline()
        found = re.fullmatch(r"Listening on (\S+)\n", line)
        assert found, line
        self.url = f"http://{found[1]}"

    def stop(self) -> int:
        """End it as a container is ended, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=20)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@pytest.mark.parametrize(
    ("repository", "tests"),
    [("payments", 9), ("quiet", 8), ("payments-integration-tests", 4), ("quiet-integration-tests", 4)],
)
def test_the_rendered_unit_tests_pass(rendered: Path, repository: str, tests: int) -> None:
    """What a pull request runs is green from the first commit."""
    assert outcome(discover(rendered / repository, "tests")) == (tests, "OK")


def test_the_suite_passes_against_the_service_and_its_queue(
    rendered: Path, aws: dict[str, str], queue_url: str
) -> None:
    """The testers' suite drives the running service and finds every message in a real queue."""
    service = Running(rendered / "payments", ORDERS_QUEUE_URL=queue_url, **aws)
    try:
        done = discover(
            rendered / "payments-integration-tests", "suite", SERVICE_URL=service.url, ORDERS_QUEUE_URL=queue_url, **aws
        )
    finally:
        code = service.stop()
    assert outcome(done) == (3, "OK"), done.stderr
    assert code == 0


def test_the_suite_fails_when_the_queue_is_another(rendered: Path, aws: dict[str, str], queue_url: str) -> None:
    """A service that sends elsewhere is found out: the suite looks into the queue, not at the answers."""
    service = Running(rendered / "payments", ORDERS_QUEUE_URL=f"{queue_url}-other", **aws)
    try:
        done = discover(
            rendered / "payments-integration-tests", "suite", SERVICE_URL=service.url, ORDERS_QUEUE_URL=queue_url, **aws
        )
    finally:
        service.stop()
    assert outcome(done) == (3, "FAILED (failures=1)"), done.stderr


@pytest.mark.parametrize("missing", ["SERVICE_URL", "ORDERS_QUEUE_URL"])
def test_the_suite_fails_without_its_target(rendered: Path, missing: str) -> None:
    """A run that would test nothing is red, and says which variable is missing."""
    given = {"SERVICE_URL": "http://127.0.0.1:9", "ORDERS_QUEUE_URL": "http://127.0.0.1:9/q", "AWS_REGION": REGION}
    del given[missing]
    done = discover(rendered / "payments-integration-tests", "suite", **given)
    assert outcome(done) == (0, "FAILED (errors=1)")
    assert done.stderr.count(f"{missing} is not set: there is nothing to test.") == 1


def test_a_service_without_integration_points_runs(rendered: Path) -> None:
    """Where nothing is declared, the starter talks to nothing, and its suite has no queue to look into."""
    service = Running(rendered / "quiet")
    try:
        done = discover(rendered / "quiet-integration-tests", "suite", SERVICE_URL=service.url)
    finally:
        service.stop()
    assert outcome(done) == (2, "OK"), done.stderr


def test_a_misconfigured_service_does_not_start(rendered: Path) -> None:
    """It says which variable is wrong, and exits with 2."""
    done = subprocess.run(
        [sys.executable, "-m", "service"],
        cwd=rendered / "payments",
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (
        2,
        "The service cannot start: ORDERS_QUEUE_URL must be the address of the queue orders-queue.\n",
    )


@pytest.mark.parametrize("repository", REPOSITORIES)
def test_the_lock_is_complete_and_hashed(trees: Mapping[str, Tree], repository: str) -> None:
    """Every requirement of the lock has hashes, no registry is named, and what the project needs is in it."""
    lock = trees[repository].files["requirements.lock"].content.decode()
    pinned = dict(
        re.findall(r"^([a-z0-9-]+)==(\S+) \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\\n|\n))+", lock, re.MULTILINE)
    )
    assert len(pinned) == len(re.findall(r"^\S", lock, re.MULTILINE)) == 7
    assert "://" not in lock
    project = tomllib.loads(trees[repository].files["pyproject.toml"].content.decode())["project"]
    assert project["name"] == repository
    assert {re.split(r"[<>=~]", requirement)[0] for requirement in project["dependencies"]} <= set(pinned)


def test_the_lock_s_versions_are_the_tested_ones(trees: Mapping[str, Tree]) -> None:
    """The starter is tested here with the very versions that it pins."""
    lock = trees["payments"].files["requirements.lock"].content.decode()
    pins = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock, re.MULTILINE))
    assert pins == {name: version(name) for name in pins}


@pytest.mark.parametrize("repository", REPOSITORIES)
def test_rendered_python_is_clean(rendered: Path, repository: str) -> None:
    """A team begins with code that a linter and a formatter accept as it is."""
    ruff = [sys.executable, "-m", "ruff"]
    options = ("--isolated", "--no-cache", "--line-length=120", "--target-version=py312")
    for command in (["check", "--select=E,F,I,W,UP,B,C4,PIE,RET,SIM"], ["format", "--check"]):
        done = subprocess.run(
            [*ruff, *command, *options, rendered / repository], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout
