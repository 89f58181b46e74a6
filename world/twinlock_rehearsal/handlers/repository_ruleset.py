"""`RepositoryRuleset`: what may happen to the branches or tags of a repository.

A ruleset is compared as a whole: a rule or a bypass actor that nobody declared differs, as it does for the official
provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from twinlock.engine.result import FieldChange
from twinlock.engine.wording import worded
from twinlock.errors import Incomplete
from twinlock.github.fields import Fields
from twinlock.provider.difference import changes
from twinlock.provider.port import Created, Failure
from twinlock_rehearsal.github import GitHub
from twinlock_rehearsal.spelling import camel_rule, snake, to_github, to_pulumi

if TYPE_CHECKING:
    from twinlock.provider.port import Clients, Properties

_INPUTS = frozenset({"bypassActors", "conditions", "enforcement", "name", "repository", "rules", "target"})
_OWN = {"includes_parents": "false"}
_FETCH = "updateAllowsFetchAndMerge"
_WITHOUT_ID = frozenset({"OrganizationAdmin", "DeployKey", "EnterpriseOwner"})


class RepositoryRuleset:
    """Handles them; the id is GitHub's number."""

    type: ClassVar[str] = "github:index/repositoryRuleset:RepositoryRuleset"
    replaces: ClassVar[frozenset[str]] = frozenset({"repository"})
    adopts: ClassVar[bool] = False

    def __init__(self, clients: Clients) -> None:
        self._github = GitHub(clients)

    def check(self, inputs: Properties) -> tuple[Failure, ...]:
        """Return which inputs are missing or unknown."""
        needed = ("repository", "name", "target", "enforcement", "rules")
        missing = tuple(Failure(name, "is missing") for name in needed if name not in inputs)
        return (*missing, *(Failure(name, "is not known here") for name in inputs if name not in _INPUTS))

    def find(self, inputs: Properties) -> str | None:
        """Return the oldest of the repository's own rulesets of that name."""
        listed = self._github.list(f"{self._github.repository(inputs['repository'])}/rulesets", _OWN)
        numbers = [found.number("id") for found in listed if found.text("name") == inputs["name"]]
        return str(min(numbers)) if numbers else None

    def create(self, inputs: Properties) -> Created:
        """Create it."""
        path = f"{self._github.repository(inputs['repository'])}/rulesets"
        answer = Fields(self._github.post(path, _body(inputs)))
        return Created(str(answer.number("id")), _outputs(answer, inputs))

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return it as it is live.

        Raises:
            Incomplete: GitHub hides who may bypass it.
        """
        repository = inputs["repository"]
        found = self._github.get(f"{self._github.repository(repository)}/rulesets/{id}", _OWN)
        if found is None:
            return None
        if not found.has("bypass_actors"):
            raise Incomplete(
                f"Ruleset {id} of {repository} was not read completely.",
                "GitHub hides its bypass actors from this identity (it lacks Administration: write).",
                "Make fresh tokens (`twinlock world up --detach`), then run the same command again.",
            )
        return {
            "repository": repository,
            "name": found.text("name"),
            "target": found.text("target"),
            "enforcement": found.text("enforcement"),
            "bypassActors": _actors(to_pulumi(found.value("bypass_actors"))),
            "conditions": to_pulumi(found.value("conditions")),
            "rules": _live_rules(found),
            "rulesetId": found.number("id"),
            "nodeId": found.text("node_id"),
        }

    def diff(self, live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
        """Return what is declared otherwise, and each rule that is not declared."""
        wanted = _declared_rules(inputs)
        declared = {**inputs, "rules": wanted, "bypassActors": _actors(inputs.get("bypassActors", []))}
        rules = live["rules"]
        surplus = [name for name in rules if name not in wanted] if isinstance(rules, Mapping) else []
        return (
            *changes(live, declared),
            *(FieldChange(f"rules.{name}", worded(_at(rules, name)), "none") for name in surplus),
        )

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Replace it."""
        del live
        path = f"{self._github.repository(inputs['repository'])}/rulesets/{id}"
        return _outputs(Fields(self._github.put(path, _body(inputs))), inputs)

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Delete it."""
        self._github.delete(f"{self._github.repository(live['repository'])}/rulesets/{id}")


def _outputs(answer: Fields, inputs: Properties) -> Properties:
    return {**inputs, "rulesetId": answer.number("id"), "nodeId": answer.text("node_id")}


def _body(inputs: Properties) -> dict[str, object]:
    body = {name: inputs[name] for name in ("name", "target", "enforcement")}
    return {
        **body,
        "source_type": "Repository",
        "source": inputs["repository"],
        "bypass_actors": to_github(inputs.get("bypassActors", [])),
        "conditions": to_github(inputs.get("conditions", {})),
        "rules": list(_rules(_declared_rules(inputs))),
    }


def _rules(declared: Mapping[str, object]) -> list[dict[str, object]]:
    rules: list[dict[str, object]] = []
    for name, value in declared.items():
        if name == _FETCH:
            continue
        rule: dict[str, object] = {"type": snake(name)}
        if isinstance(value, Mapping):
            rule["parameters"] = to_github(value)
        if name == "update":
            rule["parameters"] = {snake(_FETCH): declared.get(_FETCH, False)}
        rules.append(rule)
    return rules


def _declared_rules(inputs: Properties) -> dict[str, object]:
    """Return the declared rules; one that is declared off is not declared, and reviewers are never left open."""
    rules = inputs["rules"]
    found = {n: v for n, v in rules.items() if v is not False and v is not None} if isinstance(rules, Mapping) else {}
    request = found.get("pullRequest")
    if isinstance(request, Mapping):
        found["pullRequest"] = {"requiredReviewers": [], **request}
    return found


def _live_rules(found: Fields) -> dict[str, object]:
    rules: dict[str, object] = {}
    for rule in found.each("rules"):
        name = camel_rule(rule.text("type"))
        parameters = to_pulumi(rule.value("parameters") if rule.has("parameters") else {})
        if name == "pullRequest" and isinstance(parameters, Mapping):
            parameters = {"requiredReviewers": [], **parameters}
        if name == "update" and _at(parameters, _FETCH):
            rules[_FETCH] = True
        rules[name] = True if name == "update" or not parameters else parameters
    return rules


def _actors(actors: object) -> object:
    """Return bypass actors without the ids of those kinds that have none."""
    if not isinstance(actors, list | tuple):
        return actors
    return [
        {n: v for n, v in actor.items() if n != "actorId" or actor.get("actorType") not in _WITHOUT_ID}
        for actor in actors
    ]


def _at(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, Mapping) else None


HANDLER = RepositoryRuleset
