"""The local GitHub in this process with Actions on and a runner that does what the test says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from twinlock_world.git_objects import ABSENT, GitRepositories, Signature
from twinlock_world.github.accounts import account_of_token
from twinlock_world.github.ref_moves import RefMove, ref_moved
from twinlock_world.github.repository import find_repository
from twinlock_world.github.site import Site
from twinlock_world.github.urls import Urls
from twinlock_world.github.workflows.engine import Engine
from twinlock_world.github.workflows.jobs import JobOrder, JobResult
from twinlock_world.github.workflows.runs import JOB, RUN
from twinlock_world.runner.scripted import ScriptedRunner

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world.github.conftest import Hub

    from twinlock_world.github.accounts import Identity


@dataclass
class Works:
    """Actions of one GitHub: what ran, and what each job shall do."""

    hub: Hub
    engine: Engine
    orders: list[JobOrder] = field(default_factory=list)
    script: Callable[[JobOrder], JobResult | None] = lambda _order: JobResult("success")

    def site(self, repository: str) -> Site:
        """Return where a repository is worked on."""
        found = find_repository(self.hub.store, "acme", repository)
        assert found is not None
        return Site(self.hub.store, self.engine.git, self.engine.urls, found)

    def who(self, login: str) -> Identity:
        """Return an account by the name of its token."""
        found = account_of_token(self.hub.store, self.hub.tokens[login])
        assert found is not None
        return found

    def write(
        self, repository: str, path: str, text: str | None, by: str = "olga", ref: str = "refs/heads/main"
    ) -> str:
        """Push one commit that writes (or removes) a file, and return it."""
        site = self.site(repository)
        objects = site.objects
        before = objects.ref(ref) or objects.ref("refs/heads/main")
        assert before is not None
        blob = None if text is None else objects.write_blob(text.encode())
        tree = objects.write_path(before.sha, path, blob)
        who = Signature(by, f"{by}@example.invalid", "2024-01-01T00:00:00Z")
        made = objects.write_commit(tree, [before.sha], f"Write {path}", who, who)
        self.move(repository, ref, made, by)
        return made

    def move(self, repository: str, ref: str, sha: str, by: str = "olga") -> None:
        """Let a ref stand at a commit as a push would."""
        site = self.site(repository)
        before = site.objects.ref(ref)
        with site.store.transaction():
            site.objects.update_ref(ref, sha)
            ref_moved(site, RefMove(ref, ABSENT if before is None else before.sha, sha, self.who(by)))

    def workflow(
        self, text: str, name: str = "ci", repository: str = "app", by: str = "olga", ref: str = "refs/heads/main"
    ) -> str:
        """Push a workflow file, and return the commit."""
        return self.write(repository, f".github/workflows/{name}.yml", text, by, ref)

    def runs(self, repository: str = "app", query: str = "") -> list[dict[str, Any]]:
        """Return the runs, oldest first."""
        found = self.hub.make("GET", f"/repos/acme/{repository}/actions/runs?per_page=100{query}")["workflow_runs"]
        return list(reversed(found))

    def jobs(self, run: dict[str, Any], repository: str = "app") -> dict[str, str]:
        """Return the jobs of a run by name, each with its conclusion or status."""
        found = self.hub.make("GET", f"/repos/acme/{repository}/actions/runs/{run['id']}/jobs?per_page=100")["jobs"]
        return {job["name"]: job["conclusion"] or job["status"] for job in found}

    def message(self, run: dict[str, Any]) -> str | None:
        """Return why a run could not start."""
        record = self.hub.store.get(RUN, run["id"])
        return None if record is None else record.fields.optional_text("message")

    def job_message(self, run: dict[str, Any]) -> str | None:
        """Return why the first job of a run did not begin."""
        return self.hub.store.children(JOB, run["id"])[0].fields.optional_text("message")


@pytest.fixture
def works(hub: Hub) -> Works:
    """A GitHub whose jobs succeed at once unless the test says otherwise."""
    engine = Engine(hub.store, GitRepositories(hub.directory / "git"), Urls("http://127.0.0.1:4000", ""))
    works = Works(hub, engine)

    def run(order: JobOrder) -> JobResult | None:
        works.orders.append(order)
        return works.script(order)

    engine.listen()
    ScriptedRunner(engine, run).listen()
    return works
