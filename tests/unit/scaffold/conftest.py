"""An estate from a parsed manifest, and templates that a test writes out as a dictionary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twinlock import desired, manifest
from twinlock.manifest import edit, examples
from twinlock.model.organization import Duty

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from twinlock.model.estate import Estate
    from twinlock.scaffold.source import TemplateSource

DUTIES = {
    "authors": ("developers", Duty.AUTHOR),
    "reviewers": ("reviewers", Duty.REVIEWER),
    "testers": ("testers", Duty.TESTER),
    "releasers": ("releasers", Duty.RELEASER),
}


def _derive(*services: str, commit: str = "c" * 40) -> Estate:
    platform, people = examples.platform_yaml("acme", commit), list(examples.founders())
    files: dict[str, bytes] = {}
    for service in services:
        teams = {role: f"{service}-{suffix}" for role, (suffix, _) in DUTIES.items()}
        platform = edit.add_teams(platform, {teams[role]: duty for role, (_, duty) in DUTIES.items()})
        people += examples.crew(service, teams, [person.name for person in people])
        files[f"services/{service}.yaml"] = examples.service_yaml(service, teams).encode()
    roster = examples.roster_yaml("acme", people).encode()
    return desired.derive(manifest.parse({"platform.yaml": platform.encode(), "roster.yaml": roster, **files}))


@pytest.fixture(scope="session")
def derive() -> Callable[..., Estate]:
    """Derive the estate of these services, with another `pipelines.commit` if one is given."""
    return _derive


@pytest.fixture(scope="session")
def estate() -> Estate:
    """The estate of one service, payments."""
    return _derive("payments")


@pytest.fixture(scope="session")
def source() -> Callable[[Mapping[str, str]], TemplateSource]:
    """Make a source of templates from `KIND/CLASS/PATH` to text."""

    def make(templates: Mapping[str, str]) -> TemplateSource:
        def give(kind: str, /) -> Iterator[tuple[str, str, str]]:
            for name, text in templates.items():
                owner, folder, path = name.split("/", 2)
                if owner == kind:
                    yield folder, path, text

        return give

    return make
