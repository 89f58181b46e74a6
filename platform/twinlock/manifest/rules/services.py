"""Services against each other: files, repositories and queues must not run into one another."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from twinlock import names
from twinlock.manifest import naming
from twinlock.manifest.mistake import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock.manifest.facts import Facts, ServiceFacts
    from twinlock.manifest.mistake import Mistake


def check(facts: Facts) -> Iterator[Mistake]:
    """Refuse a file named otherwise than its service, and two services that need the same repository or queue."""
    for service in facts.services:
        stem = PurePosixPath(service.document.file).stem
        if service.name is not None and service.name != stem:
            yield service.document.mistake(
                ("service",),
                f"The file is for `{shown(stem)}`, but `service` is `{shown(service.name)}`.",
                f"Rename the file to services/{shown(service.name)}.yaml, or write `service: {shown(stem)}`.",
            )
        yield from _points(service)
    yield from _repositories(facts)
    yield from _queues(facts)


def _points(service: ServiceFacts) -> Iterator[Mistake]:
    counts: Counter[str] = Counter()
    for word, _ in service.points:
        counts[word.text] += 1
        if counts[word.text] > 1:
            message = f"Two integration points are called `{shown(word.text)}`."
            yield service.document.mistake(word.path, message, "Give each a name of its own.")


def _repositories(facts: Facts) -> Iterator[Mistake]:
    first: dict[str, str] = {}
    for service in sorted(facts.services, key=lambda service: service.name or ""):
        for repository in naming.repositories(service.name) if service.name is not None else ():
            other = first.setdefault(repository, service.name or "")
            if other != service.name:
                yield service.document.mistake(
                    ("service",),
                    f"`{shown(service.name or '')}` needs the repository `{shown(repository)}`,"
                    f" which the service `{shown(other)}` needs too.",
                    "Rename one of the two services.",
                )


def _queues(facts: Facts) -> Iterator[Mistake]:
    first: dict[str, str] = {}
    for service in sorted(facts.services, key=lambda service: service.name or ""):
        for word, kind in service.points if service.name is not None else ():
            if kind != "aws-sqs":
                continue
            queue = names.queue(service.name or "", word.text)
            other = first.setdefault(queue, service.name or "")
            if other != service.name:
                yield service.document.mistake(
                    word.path,
                    f"`{shown(service.name or '')}` needs the queue `{shown(queue)}`,"
                    f" which the service `{shown(other)}` needs too.",
                    "Rename one of the two integration points.",
                )
