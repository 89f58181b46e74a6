"""The program `repositories`: whole declarations of repositories, and what it tells the next stack."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from twinlock import programs
from twinlock.desired import derive
from twinlock.errors import BadInput
from twinlock.model.declaration import Where
from twinlock.model.repository import Visibility

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinlock.model.declaration import Declaration
    from twinlock.model.estate import Estate
    from twinlock.provider.connection import Connection

    Declare = Callable[..., Any]

ACTIONS = "github:index/actionsRepositoryPermissions:ActionsRepositoryPermissions"
ACCESS_LEVEL = "github:index/actionsRepositoryAccessLevel:ActionsRepositoryAccessLevel"


@pytest.fixture
def recorded(declare: Declare, estate: Estate, connection: Connection) -> Any:  # noqa: ANN401 - of the conftest
    """Return what the program declares for the service."""
    return declare(programs.stack("repositories", "payments", estate, connection).declare)


def test_repository_is_created_empty_and_with_every_setting_explicit(recorded: Any) -> None:  # noqa: ANN401 - as above
    """Squash only, no forks, nothing written without review; in the world, `destroy` undoes it wholly."""
    assert recorded.inputs("github:index/repository:Repository")["payments"] == {
        "name": "payments",
        "description": "Takes card payments.",
        "visibility": "private",
        "archived": False,
        "allowMergeCommit": False,
        "allowRebaseMerge": False,
        "allowSquashMerge": True,
        "allowAutoMerge": False,
        "allowForking": False,
        "deleteBranchOnMerge": True,
        "hasIssues": True,
        "hasWiki": False,
        "hasProjects": False,
        "hasDiscussions": False,
        "isTemplate": False,
        "autoInit": False,
        "vulnerabilityAlerts": True,
        "archiveOnDestroy": False,
    }
    both = {"payments", "payments-integration-tests"}
    assert set(recorded.of("github:index/repository:Repository")) == both


def test_actions_are_off_at_creation_and_left_to_the_protections_afterwards(recorded: Any) -> None:  # noqa: ANN401 - as above
    """The seed must not run a workflow, and this stack must not turn Actions off again later."""
    permissions = recorded.of(ACTIONS)["payments"]
    assert permissions.inputs == {"repository": "payments", "enabled": False}
    assert permissions.options["ignore_changes"] == [
        "enabled",
        "allowedActions",
        "allowedActionsConfig",
        "shaPinningRequired",
    ]


def test_subjects_carry_ids(recorded: Any) -> None:  # noqa: ANN401 - as above
    """A subject by name alone would survive a repository of the same name."""
    assert recorded.inputs("twinlock:github:OidcSubject")["payments"] == {
        "repository": "payments",
        "useDefault": True,
        "useImmutableSubject": True,
    }


def test_what_github_reports_is_exported(recorded: Any) -> None:  # noqa: ANN401 - as above
    """The next stack makes trust policies of it."""
    reported = {"repositoryId": 1001, "nodeId": "R_1001", "subjectPrefix": "repo:acme@7/payments@1001"}
    assert recorded.outputs == {"repositories": dict.fromkeys(("payments", "payments-integration-tests"), reported)}


def test_pipelines_repository_lets_the_organization_call_it(
    declare: Declare, estate: Estate, connection: Connection
) -> None:
    """It is not protected yet, so its Actions policy stands here, and after it what turns Actions on."""
    recorded = declare(programs.stack("repositories", "platform", estate, connection).declare)
    assert recorded.inputs(ACCESS_LEVEL) == {
        "delivery-pipelines": {"repository": "delivery-pipelines", "accessLevel": "organization"}
    }
    permissions = recorded.of(ACTIONS)["delivery-pipelines"]
    assert permissions.inputs["enabled"] is True
    assert permissions.options["ignore_changes"] == []


def test_repositories_of_the_cloud_are_protected_from_deletion(
    declare: Declare, declaration: Declaration, connection: Connection
) -> None:
    """`destroy` must refuse them there; in the world it need not."""
    platform = dataclasses.replace(declaration.platform, target=Where.CLOUD)
    estate = derive(dataclasses.replace(declaration, platform=platform))
    recorded = declare(programs.stack("repositories", "payments", estate, connection).declare)
    assert {resource.options["protect"] for resource in recorded.of("github:index/repository:Repository").values()} == {
        True
    }


def test_repositories_of_the_world_are_not(recorded: Any) -> None:  # noqa: ANN401 - as above
    """A rehearsal is cleaned up."""
    assert not any(resource.options["protect"] for resource in recorded.resources)


def test_public_repository_has_no_access_level(
    declare: Declare, declaration: Declaration, connection: Connection, references: dict[str, object]
) -> None:
    """GitHub has no such setting where everybody may call the workflows."""
    platform = dataclasses.replace(declaration.platform, visibility=Visibility.PUBLIC)
    estate = derive(dataclasses.replace(declaration, platform=platform))
    for program, group in (("repositories", "platform"), ("protections", "payments")):
        recorded = declare(programs.stack(program, group, estate, connection).declare, references)
        assert recorded.of(ACCESS_LEVEL) == {}


def test_unknown_group_is_refused(declare: Declare, estate: Estate, connection: Connection) -> None:
    """A typing error names the groups."""
    with pytest.raises(BadInput, match="There is no group 'payment'"):
        declare(programs.stack("repositories", "payment", estate, connection).declare)


def test_on_the_cloud_what_people_wrote_outlives_its_stack(
    declare: Declare, estate: Estate, connection: Connection
) -> None:
    """Destroying the stack archives the repositories there, and each is protected."""
    platform = replace(estate.declaration.platform, target=Where.CLOUD)
    cloud = replace(estate, declaration=replace(estate.declaration, platform=platform))
    recorded = declare(programs.stack("repositories", "payments", cloud, connection).declare)
    declared = recorded.inputs("github:index/repository:Repository")
    assert {name: inputs["archiveOnDestroy"] for name, inputs in declared.items()} == {
        "payments": True,
        "payments-integration-tests": True,
    }
