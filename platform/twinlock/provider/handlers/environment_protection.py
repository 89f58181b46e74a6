"""`EnvironmentProtection`: an environment as one whole.

The official provider does not see the last reviewer go, an added branch policy, or an app's rule at all; here the
three answers that GitHub gives about an environment are read, compared and set together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from twinlock.errors import Incomplete
from twinlock.github import environment as codec
from twinlock.github.client import segment
from twinlock.github.directory import Directory
from twinlock.model.environment import BranchPolicy, Environment, Reviewer
from twinlock.provider import tokens
from twinlock.provider.difference import changes
from twinlock.provider.handlers._github import Remote, number, part, text, understood
from twinlock.provider.inputs import Optional, Shape, entries, texts
from twinlock.provider.inputs import text as given
from twinlock.provider.port import Created, Failure

if TYPE_CHECKING:
    from twinlock.engine.result import FieldChange
    from twinlock.provider.port import Clients, HandlerFactory, Properties

_REVIEWER = {"type", "slug"}
_POLICY = {"type", "name"}
_SHAPE = Shape(
    repository=str,
    environment=str,
    reviewers=(_REVIEWER,),
    preventSelfReview=bool,
    waitTimer=int,
    canAdminsBypass=bool,
    protectedBranches=bool,
    branchPolicies=Optional((_POLICY,)),
    gates=(str,),
)
_POLICIES, _POLICIES_KEY = "deployment-branch-policies", "branch_policies"
_GATES, _GATES_KEY = "deployment_protection_rules", "custom_deployment_protection_rules"
_MOST_REVIEWERS = 6
"""Source: https://docs.github.com/en/rest/deployments/environments."""


class EnvironmentProtection:
    """Handles environments; the id is `repository:environment`."""

    type: ClassVar[str] = tokens.ENVIRONMENT_PROTECTION
    replaces: ClassVar[frozenset[str]] = frozenset({"repository", "environment"})
    adopts: ClassVar[bool] = True

    def __init__(self, clients: Clients) -> None:
        self._remote = Remote(clients)

    def check(self, inputs: Properties) -> tuple[Failure, ...]:
        """Return what is wrong with the inputs."""
        failures = list(_SHAPE.failures(inputs))
        reviewers = entries(inputs, "reviewers")
        if len(reviewers) > _MOST_REVIEWERS:
            failures.append(Failure("reviewers", f"are {len(reviewers)}, and GitHub holds {_MOST_REVIEWERS}"))
        if any(reviewer.get("type") not in {"Team", "User"} for reviewer in reviewers):
            failures.append(Failure("reviewers", "are of type Team or User"))
        if inputs.get("protectedBranches") is True and inputs.get("branchPolicies") is not None:
            failures.append(Failure("branchPolicies", "cannot stand beside protectedBranches"))
        return tuple(failures)

    def find(self, inputs: Properties) -> str | None:
        """Return the environment's id if there is one of that name: a workflow that names it creates it."""
        id_ = f"{given(inputs, 'repository')}:{given(inputs, 'environment')}"
        return None if self._remote.get(self._path(id_)) is None else id_

    def create(self, inputs: Properties) -> Created:
        """Create the environment with all its protection."""
        id_ = f"{given(inputs, 'repository')}:{given(inputs, 'environment')}"
        return Created(id_, self.update(id_, {}, inputs))

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return the whole environment.

        Raises:
            Incomplete: GitHub hid a part of it.
        """
        del inputs
        path = self._path(id)
        raw = self._remote.get(path)
        if raw is None:
            return None
        policies = self._remote.need_all(f"{path}/{_POLICIES}", key=_POLICIES_KEY) if codec.has_policies(raw) else None
        gates = self._remote.need_all(f"{path}/{_GATES}", key=_GATES_KEY)
        return _properties(id, understood(codec.decode(raw, policies, gates), path))

    def diff(self, live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
        """Return how the environment differs, in every part."""
        return changes(live, {**inputs, "branchPolicies": inputs.get("branchPolicies")})

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Set all of it: GitHub replaces the environment, then policies and gates one by one."""
        del live
        path, wanted = self._path(id), _environment(inputs)
        self._remote.put(path, codec.encode(wanted, self._directory(wanted)))
        if wanted.branches is not None:
            self._set_policies(f"{path}/{_POLICIES}", wanted)
        self._set_gates(f"{path}/{_GATES}", wanted)
        return dict(inputs)

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Delete the environment."""
        del live
        self._remote.delete(self._path(id))

    def _path(self, id_: str) -> str:
        repository, _, environment = id_.partition(":")
        return f"{self._remote.repository(repository)}/environments/{segment(environment)}"

    def _directory(self, wanted: Environment) -> Directory:
        kinds = {
            reviewer: self._remote.team(reviewer.slug)
            if reviewer.kind == "Team"
            else f"/users/{segment(reviewer.slug)}"
            for reviewer in wanted.reviewers
        }
        ids = {reviewer: number(self._remote.need(path), "id") for reviewer, path in kinds.items()}
        return Directory(
            self._remote.organization,
            teams={reviewer.slug: found for reviewer, found in ids.items() if reviewer.kind == "Team"},
            users={reviewer.slug: found for reviewer, found in ids.items() if reviewer.kind == "User"},
        )

    def _set_policies(self, path: str, wanted: Environment) -> None:
        missing = {(policy["type"], policy["name"]): policy for policy in codec.encode_policies(wanted)}
        for found in self._remote.need_all(path, key=_POLICIES_KEY):
            # Older answers have no type; GitHub meant branches then.
            if missing.pop((text(found, "type", "branch"), text(found, "name")), None) is None:
                self._remote.delete(f"{path}/{number(found, 'id')}")
        for policy in missing.values():
            self._remote.post(path, policy)

    def _set_gates(self, path: str, wanted: Environment) -> None:
        missing = set(wanted.gates)
        for found in self._remote.need_all(path, key=_GATES_KEY):
            slug = text(part(found, "app"), "slug")
            if slug in missing and part(found, "enabled") is True:
                missing.remove(slug)
            else:
                self._remote.delete(f"{path}/{number(found, 'id')}")
        for slug in sorted(missing):
            self._remote.post(path, {"integration_id": number(self._remote.need(f"/apps/{segment(slug)}"), "id")})


def _environment(inputs: Properties) -> Environment:
    listed = inputs.get("branchPolicies") is not None
    policies = frozenset(BranchPolicy(policy["type"], policy["name"]) for policy in entries(inputs, "branchPolicies"))
    wait = inputs["waitTimer"]
    if not isinstance(wait, int | float):
        raise Incomplete("The environment was not set.", "waitTimer is not a number.", "Mend the program.")
    return Environment(
        name=given(inputs, "environment"),
        reviewers=frozenset(Reviewer(each["type"], each["slug"]) for each in entries(inputs, "reviewers")),
        prevent_self_review=inputs["preventSelfReview"] is True,
        wait_minutes=int(wait),
        admins_bypass=inputs["canAdminsBypass"] is True,
        protected_branches_only=inputs["protectedBranches"] is True,
        branches=policies if listed else None,
        gates=frozenset(texts(inputs, "gates")),
    )


def _properties(id_: str, environment: Environment) -> Properties:
    # GitHub ignores the case of an environment's name, so the declared spelling is kept.
    repository, _, name = id_.partition(":")
    found: dict[str, Any] = {
        "repository": repository,
        "environment": name,
        "reviewers": [{"type": each.kind, "slug": each.slug} for each in sorted(environment.reviewers)],
        "preventSelfReview": environment.prevent_self_review,
        "waitTimer": environment.wait_minutes,
        "canAdminsBypass": environment.admins_bypass,
        "protectedBranches": environment.protected_branches_only,
        "gates": sorted(environment.gates),
    }
    # None is told too: what a refresh does not name stays as it was declared.
    found["branchPolicies"] = (
        None
        if environment.branches is None
        else [{"type": each.kind, "name": each.pattern} for each in sorted(environment.branches)]
    )
    return found


HANDLER: HandlerFactory = EnvironmentProtection
