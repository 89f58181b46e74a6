"""What is rendered, read back, says what the Estate says: owners, environments, branches, people and names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import twinlock_templates
from twinlock import names
from twinlock.github import code_owners
from twinlock.model.access import Permission
from twinlock.model.ownership import owners_of
from twinlock.model.repository import Kind
from twinlock.scaffold.commit import commit_id
from twinlock.scaffold.rendering import render
from twinlock.scaffold.tree import RECORD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.model.estate import Estate
    from twinlock.scaffold.tree import Tree

SERVICES = ["payments", "payments-integration-tests"]
PIPELINE_FILES = {"Dockerfile", ".dockerignore", "requirements.lock"}


def owners(tree: Tree, path: str) -> tuple[str, ...]:
    """Return who owns a path by the rendered CODEOWNERS, as GitHub reads it."""
    parsed = code_owners.parse(tree.files[names.CODE_OWNERS_FILE].content.decode(), "acme")
    return owners_of(parsed, path)


@pytest.mark.parametrize("repository", SERVICES)
def test_code_owners_read_back_as_declared(trees: Mapping[str, Tree], estate: Estate, repository: str) -> None:
    """GitHub takes exactly the declared rules from the rendered file."""
    content = trees[repository].files[names.CODE_OWNERS_FILE].content.decode()
    assert code_owners.parse(content, "acme") == estate.repositories[repository].code_owners


def test_every_scaffolded_path_has_the_right_owner(trees: Mapping[str, Tree]) -> None:
    """In each repository, path by path: pipelines are the platform's, the rest is the reviewers' or the testers'."""
    for path in trees["payments"].files:
        platform = path.startswith(".github/") or path in PIPELINE_FILES
        assert owners(trees["payments"], path) == (("platform",) if platform else ("payments-reviewers",)), path
    for path in trees["payments-integration-tests"].files:
        wanted = "platform" if path.startswith(".github/") else "payments-testers"
        assert owners(trees["payments-integration-tests"], path) == (wanted,), path
    for path in trees["platform"].files:
        assert owners(trees["platform"], path) == ("platform",), path


def test_the_manifest_s_own_files_have_owners(trees: Mapping[str, Tree]) -> None:
    """The files that say who may do what reach somebody beside the platform team."""
    found = {
        path: owners(trees["platform"], path) for path in ("platform.yaml", "roster.yaml", "services/payments.yaml")
    }
    assert found == {
        "platform.yaml": ("platform", "audit"),
        "roster.yaml": ("platform", "audit"),
        "services/payments.yaml": ("platform", "payments-testers"),
    }


@pytest.mark.parametrize("repository", SERVICES)
def test_every_owner_can_push(trees: Mapping[str, Tree], estate: Estate, repository: str) -> None:
    """GitHub ignores an owner without write access, so each owning team has it."""
    pushing = {g.holder for g in estate.repositories[repository].access.teams if g.permission >= Permission.PUSH}
    named = {team for path in trees[repository].files for team in owners(trees[repository], path)}
    assert named <= pushing


def test_every_repository_has_a_tree(trees: Mapping[str, Tree], estate: Estate) -> None:
    """No repository of the estate is left empty, and no other is rendered."""
    assert set(trees) == {*estate.repositories, "platform"}
    assert all(len(tree.files) > 1 for tree in trees.values())


def test_the_pipelines_commit_is_the_declared_one(trees: Mapping[str, Tree], estate: Estate) -> None:
    """What will be pushed to the pipelines repository is what services call and AWS trusts."""
    assert commit_id(trees[names.PIPELINES_REPOSITORY]) == estate.declaration.platform.pipelines.commit


def test_pipelines_and_workflows_are_managed(trees: Mapping[str, Tree]) -> None:
    """Everything under .github, and all of the pipelines, must equal its rendering for ever; the code is the team's."""
    for name, tree in trees.items():
        for path, file in tree.files.items():
            if path.startswith(".github/") or name == names.PIPELINES_REPOSITORY or path == RECORD:
                assert file.managed, (name, path)
            elif name != "platform":
                assert not file.managed, (name, path)


def test_the_same_estate_renders_the_same_bytes(trees: Mapping[str, Tree], estate: Estate) -> None:
    """Rendering is deterministic, and every record tells the digests of what stands beside it."""
    again = render(estate, twinlock_templates.templates)
    assert again == {name: tree for name, tree in trees.items() if name != "platform"}
    for tree in trees.values():
        record = json.loads(tree.files[RECORD].content)
        assert {path: entry["sha256"] for path, entry in record["files"].items()} == {
            path: file.digest for path, file in tree.files.items() if path != RECORD
        }


def test_no_template_is_left_unrendered(trees: Mapping[str, Tree]) -> None:
    """No delimiter of ours, no suffix of ours and no undecided value reaches a tree; text files end in one newline."""
    for name, tree in trees.items():
        for path, file in tree.files.items():
            text = file.content.decode()
            assert not path.endswith(twinlock_templates.SUFFIX), (name, path)
            assert not [mark for mark in ("[=", "=]", "[%", "%]", "Undefined") if mark in text], (name, path)
            assert not text or (text.endswith("\n") and not text.endswith("\n\n")), (name, path)


def test_names_stand_in_one_place(estate: Estate) -> None:
    """Templates hold no name that the Estate or `names` gives: no team, role, repository, environment or check."""
    given = {
        names.GATE_CHECK,
        names.PIPELINES_REPOSITORY,
        names.OIDC_HOST,
        names.RUN_TAG,
        *names.APPS,
        *estate.organization.login.split(),
        *(f"environment: {e.name}" for r in estate.repositories.values() for e in r.environments),
        *(f"branches: [{r.settings.default_branch}]" for r in estate.repositories.values()),
    }
    # A README's heading is a reader's page, not a reference; stacks are copies that another test compares.
    for kind in Kind:
        for _, path, text in twinlock_templates.templates(kind.value):
            if path != "README.md" and not path.startswith("stacks/"):
                assert not [name for name in given if name in text], (kind, path)


def test_every_file_of_the_package_is_a_template() -> None:
    """The package gives every kind of repository its templates, each in one of the two classes."""
    for kind in Kind:
        found = list(twinlock_templates.templates(kind.value))
        assert found
        assert {folder for folder, _, _ in found} <= {"managed", "seeded"}
        assert ".github/workflows" in " ".join(path for folder, path, _ in found if folder == "managed")
