"""Derive, scaffold and declare 100 services without any network, and print seconds, peak memory and resources."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twinlock.model.account import Purpose

SERVICES = 100


def main(place: Path) -> int:
    """Print the figures as JSON; everything imported and read is counted."""
    files = _files()
    begin = time.perf_counter()
    from twinlock import desired, manifest, programs, provision  # noqa: PLC0415 - imports are part of the time
    from twinlock.provider.connection import AwsConnection, Connection, GitHubConnection  # noqa: PLC0415 - as above
    from twinlock.scaffold.rendering import render  # noqa: PLC0415 - as above
    from twinlock.scaffold.writing import write  # noqa: PLC0415 - as above
    from twinlock_rehearsal.engine import EmbeddedEngine  # noqa: PLC0415 - as above
    from twinlock_templates import templates  # noqa: PLC0415 - as above

    estate = desired.derive(manifest.parse(files))
    for name, tree in render(estate, templates).items():
        write(tree, place / name)
    accounts: dict[Purpose, AwsConnection] = {
        purpose: AwsConnection(account.id, account.region, "http://127.0.0.1:9", "none", "none")
        for purpose, account in estate.accounts.items()
    }
    connection = Connection(GitHubConnection("http://127.0.0.1:9", "acme", "none"), accounts)
    engine = EmbeddedEngine(place, live=False)
    stack = programs.stacks(estate, connection)
    count = 0
    for step in provision.steps(estate):
        if isinstance(step, provision.Run):
            count += len(engine.preview(stack(step.program, step.group)).changes)
    seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"seconds": seconds, "megabytes": peak, "resources": count}))
    return 0


def _files() -> dict[str, bytes]:
    from twinlock.manifest import edit, examples  # noqa: PLC0415 - as above
    from twinlock.model.organization import Duty  # noqa: PLC0415 - as above

    duties = {"authors": Duty.AUTHOR, "reviewers": Duty.REVIEWER, "testers": Duty.TESTER, "releasers": Duty.RELEASER}
    people = list(examples.founders())
    files, added = {}, {}
    for number in range(SERVICES):
        service = f"service-{number:03d}"
        teams = {role: f"{service}-{role}" for role in duties}
        added |= {teams[role]: duty for role, duty in duties.items()}
        people += examples.crew(service, teams, [p.name for p in people])
        files[f"services/{service}.yaml"] = examples.service_yaml(service, teams).encode()
    platform = edit.add_teams(examples.platform_yaml("acme", "0" * 40), added)
    roster = examples.roster_yaml("acme", people)
    return {**files, "platform.yaml": platform.encode(), "roster.yaml": roster.encode()}


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
