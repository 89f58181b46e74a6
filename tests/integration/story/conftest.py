"""Provisioned platforms that tests weaken, and that are corrected."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Platform

OUTSIDER = {
    "organization": {"login": "acme"},
    "users": [{"login": "mallory", "role": "outsider"}],
    "apps": [],
    "aws": {"region": "eu-west-1", "accounts": []},
}


Place: TypeAlias = tuple[str, str]
"""A control and a subject."""
Together: TypeAlias = "dict[str, tuple[Callable[[Platform], object], dict[Place, str]]]"
"""Weakenings by title: what is done, and at which places it is found with which words."""


@pytest.fixture(scope="session")
def _platforms() -> list[Platform]:
    return []


@pytest.fixture
def provisioned(_platforms: list[Platform], new_platform: Callable[[], Platform]) -> Platform:
    """Return a provisioned platform that is as declared; tests share it as long as each leaves it so."""
    if not _platforms or not _platforms[-1].clean:
        platform = new_platform()
        platform.request("POST", "/_world/seed", OUTSIDER)
        assert platform.twinlock("up", "--yes").code == 0
        _platforms.append(platform)
    return _platforms[-1]


@pytest.fixture
def corrected(provisioned: Platform) -> Callable[[Together], None]:
    """Return the life of weakenings: made by an owner, found by reconcile's audit, corrected, and seen to be gone."""

    def live(together: Together) -> None:
        provisioned.clean = False
        expected: dict[Place, str] = {}
        for act, places in together.values():
            act(provisioned)
            expected |= places
        passed = provisioned.twinlock("reconcile", "--once", "--yes", "--format", "json")
        assert passed.err == "target: world (acme)\n"
        before, after = passed.document["before"], passed.document["after"]
        found = {(finding["control"], finding["subject"]): finding["message"] for finding in before["findings"]}
        assert found.keys() == expected.keys(), found
        assert [(found[place], word) for place, word in expected.items() if word not in found[place]] == []
        assert (len(before["findings"]), before["unknowns"]) == (len(expected), [])
        assert (after["findings"], after["unknowns"]) == ([], [])
        assert (passed.code, passed.document["outcome"]) == (0, "corrected")
        assert {(gone["control"], gone["subject"]) for gone in passed.document["corrected"]} == expected.keys()
        provisioned.remove_quarantined()
        provisioned.clean = True

    return live


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test the module's weakenings, as many together as concern no subject twice: each pass takes seconds."""
    if "together" not in metafunc.fixturenames:
        return
    groups: list[Together] = []
    for title, (act, places) in metafunc.module.WEAKENINGS.items():
        free = (g for g in groups if not any(places.keys() & others.keys() for _, others in g.values()))
        group = next(free, None)
        if group is None:
            groups.append(group := {})
        group[title] = (act, places)
    metafunc.parametrize("together", groups, ids=["; ".join(group) for group in groups])
