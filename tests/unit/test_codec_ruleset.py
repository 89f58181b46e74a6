"""Rulesets between GitHub's JSON and the model."""

from __future__ import annotations

import copy
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock.errors import Incomplete
from twinlock.github import ruleset
from twinlock.github.directory import Directory
from twinlock.model.observed import Seen, Unread
from twinlock.model.ruleset import Actor, ActorKind, BypassMode, Check, Enforcement, Ruleset, Target

if TYPE_CHECKING:
    from tests.unit.conftest import Nouns

DIRECTORY = Directory(
    "acme",
    teams={"payments-reviewers": 5},
    apps={"gate-app": 91, "releaser": 92},
    users={"Mallory": 12},
)


@pytest.fixture
def raw() -> dict[str, Any]:
    """A ruleset as GitHub reports it to an administrator."""
    return {
        "id": 42,
        "name": "default-branch",
        "target": "branch",
        "source_type": "Repository",
        "source": "acme/payments",
        "enforcement": "active",
        "bypass_actors": [{"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}],
        "current_user_can_bypass": "never",
        "node_id": "RRS_x",
        "created_at": "2026-11-01T00:00:00Z",
        "updated_at": "2026-11-01T00:00:00Z",
        "_links": {"self": {"href": "https://api.github.com/repos/acme/payments/rulesets/42"}},
        "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
        "rules": [
            {"type": "deletion"},
            {"type": "non_fast_forward"},
            {"type": "update", "parameters": {"update_allows_fetch_and_merge": False}},
            {
                "type": "pull_request",
                "parameters": {
                    "required_approving_review_count": 2,
                    "dismiss_stale_reviews_on_push": True,
                    "require_code_owner_review": True,
                    "require_last_push_approval": True,
                    "required_review_thread_resolution": False,
                    "automatic_copilot_code_review_enabled": False,
                    "allowed_merge_methods": ["squash"],
                    "required_reviewers": [
                        {
                            "file_patterns": ["*.py"],
                            "minimum_approvals": 1,
                            "reviewer": {"id": 5, "type": "Team"},
                        }
                    ],
                },
            },
            {
                "type": "required_status_checks",
                "parameters": {
                    "strict_required_status_checks_policy": True,
                    "do_not_enforce_on_create": False,
                    "required_status_checks": [{"context": "gate", "integration_id": 91}, {"context": "lint"}],
                },
            },
        ],
    }


def _seen(raw: object) -> Seen[Ruleset]:
    found = ruleset.decode(raw, DIRECTORY)
    assert isinstance(found, Seen), found
    return found


def test_githubs_answer_is_decoded(raw: dict[str, Any]) -> None:
    """Every modelled field is taken from where GitHub puts it, ids as slugs."""
    found = _seen(raw)
    assert found.unmodelled == ()
    value = found.value
    assert (value.name, value.target, value.enforcement) == ("default-branch", Target.BRANCH, Enforcement.ACTIVE)
    assert value.bypass == {Actor(ActorKind.REPOSITORY_ROLE, "admin", BypassMode.ALWAYS)}
    assert (value.deletion, value.non_fast_forward, value.update, value.creation) == (True, True, True, False)
    assert value.checks == {Check("gate", "gate-app"), Check("lint", None)}
    assert value.pull_request is not None
    assert [str(reviewer) for reviewer in value.pull_request.required_reviewers] == ["1 of payments-reviewers for *.py"]
    assert value.pull_request.resolve_threads is False


def test_what_is_encoded_decodes_to_the_same(nouns: Nouns) -> None:
    """The body of a request, read back, is the ruleset it was made from."""
    for noun in (nouns.branch_ruleset, nouns.tag_ruleset):
        assert _seen(ruleset.encode(noun, DIRECTORY)) == Seen(noun)


@given(
    st.builds(
        Ruleset,
        name=st.text(min_size=1),
        target=st.sampled_from(Target),
        enforcement=st.sampled_from(Enforcement),
        include=st.frozensets(st.text(), max_size=3),
        exclude=st.frozensets(st.text(), max_size=3),
        bypass=st.frozensets(
            st.builds(
                Actor,
                kind=st.just(ActorKind.TEAM),
                slug=st.sampled_from(["payments-reviewers", "id:77"]),
                mode=st.sampled_from(BypassMode),
            )
        ),
        pull_request=st.none(),
        creation=st.booleans(),
        update=st.booleans(),
        deletion=st.booleans(),
        non_fast_forward=st.booleans(),
        linear_history=st.booleans(),
        signatures=st.booleans(),
        strict_checks=st.just(value=True),
        checks=st.frozensets(st.builds(Check, st.text(min_size=1), st.sampled_from([None, "gate-app"])), min_size=1),
        checks_on_creation=st.booleans(),
    )
)
def test_any_ruleset_survives_the_round_trip(noun: Ruleset) -> None:
    """Encoding loses nothing that the model holds."""
    assert _seen(ruleset.encode(noun, DIRECTORY)) == Seen(noun)


def test_hidden_bypass_actors_are_unread_not_empty(raw: dict[str, Any]) -> None:
    """GitHub leaves the field out for whoever lacks Administration: write; null says no more."""
    reason = "GitHub hid the bypass actors from this identity (it lacks Administration: write)"
    for change in (lambda: raw.update(bypass_actors=None), lambda: raw.pop("bypass_actors")):
        change()
        assert ruleset.decode(raw, DIRECTORY) == Unread(reason, "default-branch")


@pytest.mark.parametrize(
    ("path", "value", "reported"),
    [
        (["rules", 3, "parameters", "new_switch"], False, "rules[].parameters.new_switch"),
        (
            ["rules", 3, "parameters", "dismissal_restriction"],
            {"enabled": True},
            "rules[].parameters.dismissal_restriction",
        ),
        (["rules", 3, "parameters", "dismissal_restriction"], {"enabled": False}, None),
        (["rules", 0, "type"], "merge_queue", "rules[merge_queue]"),
        (["rules", 0, "type"], "non_fast_forward", "rules[non_fast_forward] twice"),
        (["new"], 1, "new"),
        (["source_type"], "Organization", "source_type"),
        (["conditions", "repository_name"], {"include": []}, "conditions.repository_name"),
        (["bypass_actors", 0, "new"], 1, "bypass_actors[].new"),
    ],
)
def test_what_nobody_models_is_reported(
    raw: dict[str, Any], path: list[Any], value: object, reported: str | None
) -> None:
    """A field or rule that is neither modelled nor ignored with a reason is named by its path."""
    target: Any = raw
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    assert _seen(raw).unmodelled == (() if reported is None else (reported,))


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (["target"], "planet", "target is 'planet', which is unknown"),
        (["enforcement"], "maybe", "enforcement is 'maybe', which is unknown"),
        (["enforcement"], None, "enforcement is missing"),
        (["rules"], "none", "rules is not a list"),
        (["rules", 0], 3, "rules[] is not an object"),
        (["bypass_actors", 0, "actor_type"], "Alien", "bypass_actors[]: 'Alien' is not a valid ActorKind"),
        (
            ["rules", 3, "parameters", "require_last_push_approval"],
            "yes",
            "rules[].parameters.require_last_push_approval is not a boolean",
        ),
        (
            ["rules", 3, "parameters", "required_approving_review_count"],
            True,
            "rules[].parameters.required_approving_review_count is not an integer",
        ),
        (["conditions", "ref_name", "include"], [1], "conditions.ref_name.include is not a list of strings"),
    ],
)
def test_a_malformed_answer_is_unread(raw: dict[str, Any], path: list[Any], value: object, reason: str) -> None:
    """An answer of another shape than GitHub documents is unread with the field and what is wrong with it."""
    target: Any = raw
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    assert ruleset.decode(raw, DIRECTORY) == Unread(f"GitHub's answer was not understood: {reason}", "default-branch")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_arbitrary_json_never_raises(raw: object) -> None:
    """Whatever GitHub sends, decoding gives a ruleset or a reason."""
    assert isinstance(ruleset.decode(raw, DIRECTORY), Unread)


@given(st.data())
def test_a_mangled_answer_never_raises(data: st.DataObject) -> None:
    """A real answer with one value replaced by another type is seen or unread, never an exception."""
    noun = _answer()
    paths = list(_paths(noun))
    path = data.draw(st.sampled_from(paths))
    target: Any = noun
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = data.draw(st.sampled_from([None, 1, "x", [], {}, [1], {"a": 1}, True]))
    assert isinstance(ruleset.decode(noun, DIRECTORY), Seen | Unread)


def _answer() -> dict[str, Any]:
    return copy.deepcopy(
        {
            "name": "n",
            "target": "branch",
            "enforcement": "active",
            "bypass_actors": [{"actor_id": 5, "actor_type": "Team", "bypass_mode": "always"}],
            "conditions": {"ref_name": {"include": [], "exclude": []}},
            "rules": [{"type": "pull_request", "parameters": {"required_approving_review_count": 2}}],
        }
    )


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Any:  # noqa: ANN401 - any JSON
    if path:
        yield path
    for step, inner in (
        value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
    ):
        yield from _paths(inner, (*path, step))


def test_an_id_that_resolves_to_nothing_stays_an_id(raw: dict[str, Any]) -> None:
    """An unknown team, app or role differs from every declared name."""
    raw["bypass_actors"] = [
        {"actor_id": 99, "actor_type": kind, "bypass_mode": "always"}
        for kind in ("Team", "Integration", "RepositoryRole")
    ]
    assert {actor.slug for actor in _seen(raw).value.bypass} == {"id:99"}


def test_an_organization_admin_and_a_deploy_key_need_no_id(raw: dict[str, Any]) -> None:
    """The kind alone says who it is, whatever id GitHub gives."""
    raw["bypass_actors"] = [
        {"actor_id": 1, "actor_type": "OrganizationAdmin", "bypass_mode": "always"},
        {"actor_id": None, "actor_type": "DeployKey", "bypass_mode": "exempt"},
    ]
    assert _seen(raw).value.bypass == {
        Actor(ActorKind.ORGANIZATION_ADMIN, "", BypassMode.ALWAYS),
        Actor(ActorKind.DEPLOY_KEY, "", BypassMode.EXEMPT),
    }


def test_merge_methods_default_to_all(raw: dict[str, Any]) -> None:
    """A rule that names no merge methods allows all three."""
    del raw["rules"][3]["parameters"]["allowed_merge_methods"]
    rule = _seen(raw).value.pull_request
    assert rule is not None
    assert rule.merge_methods == {"merge", "squash", "rebase"}


def test_a_slug_without_an_id_cannot_be_sent(nouns: Nouns) -> None:
    """A team that GitHub does not know is an error that names it, before anything is sent."""
    with pytest.raises(Incomplete) as refused:
        ruleset.encode(nouns.branch_ruleset, replace(DIRECTORY, teams={}))
    assert str(refused.value) == (
        "Team payments-reviewers has no id.\n"
        "GitHub knows none of that name in acme.\n"
        "Provision the organization first: `twinlock up`."
    )


def test_logins_are_found_whatever_their_case() -> None:
    """GitHub ignores the case of a login, so the directory does."""
    assert DIRECTORY.actor_id(ActorKind.USER, "mallory") == 12


def test_every_field_of_the_model_is_encoded(nouns: Nouns) -> None:
    """A changed field changes the body: none is forgotten when sending."""
    body = ruleset.encode(nouns.branch_ruleset, DIRECTORY)
    for field in fields(Ruleset):
        value = getattr(nouns.branch_ruleset, field.name)
        other: Any
        match value:
            case bool():
                other = not value
            case str():
                other = "another"
            case frozenset():
                other = frozenset()
            case None:
                continue
            case Enforcement():
                other = Enforcement.EVALUATE
            case Target():
                other = Target.TAG
            case _:
                other = None
        assert ruleset.encode(replace(nouns.branch_ruleset, **{field.name: other}), DIRECTORY) != body, field.name
