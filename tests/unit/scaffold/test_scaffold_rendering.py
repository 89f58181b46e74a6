"""Templates become files; the Estate is all they know, and nothing in them runs."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from twinlock.errors import BadInput
from twinlock.model.account import Purpose
from twinlock.scaffold.commit import commit_id
from twinlock.scaffold.rendering import pipelines_commit, pipelines_tree, platform_tree, render
from twinlock.scaffold.tree import RECORD, File

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twinlock.model.estate import Estate
    from twinlock.scaffold.source import TemplateSource

    Make = Callable[[Mapping[str, str]], TemplateSource]

ACCOUNTS = {Purpose.BUILD: "444444444444", Purpose.PRODUCTION: "222222222222"}


def contents(files: Mapping[str, File]) -> dict[str, str]:
    """Return the text of every file but the record."""
    return {path: file.content.decode() for path, file in files.items() if path != RECORD}


def test_each_repository_gets_the_templates_of_its_kind(estate: Estate, source: Make) -> None:
    """A repository's tree comes from its kind, with its own names in it."""
    trees = render(
        estate,
        source(
            {
                "application/seeded/README.md": "[= service.name =]: ${{ github.sha }}\n",
                "integration_tests/managed/owners": "[= code_owners =]",
                "delivery_pipelines/managed/accounts": "[= accounts.build =] [= region =]\n",
            }
        ),
    )
    assert {name: contents(tree.files) for name, tree in trees.items()} == {
        "delivery-pipelines": {"accounts": "444444444444 eu-west-1\n"},
        "payments": {"README.md": "payments: ${{ github.sha }}\n"},
        "payments-integration-tests": {"owners": "* @acme/payments-testers\n/.github/ @acme/platform\n"},
    }


def test_the_folder_is_the_class_and_a_script_is_executable(estate: Estate, source: Make) -> None:
    """Managed and seeded come from the folder; `#!` makes a file executable."""
    templates = {"application/managed/run": "#!/bin/sh\n", "application/seeded/note": "x"}
    files = render(estate, source(templates))["payments"].files
    assert files["run"] == File(b"#!/bin/sh\n", managed=True, executable=True)
    assert files["note"] == File(b"x", managed=False, executable=False)


def test_a_path_may_hold_placeholders(estate: Estate, source: Make) -> None:
    """Segments of a path are rendered as text is."""
    files = render(estate, source({"application/seeded/[= service.name =]/app.py": ""}))["payments"].files
    assert contents(files) == {"payments/app.py": ""}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[= nobody_gives_this =]", "The template engine says: 'nobody_gives_this' is undefined."),
        ("[= service.nam =]", "The template engine says: 'twinlock.model.declaration.Service object' has no attribute"),
        ("[% if %]", "The template engine says: Expected an expression, got 'end of statement block'."),
        ("[= ''.__class__.__mro__ =]", "access to attribute '__class__' of 'str' object is unsafe"),
        ("[= names.__loader__ =]", "access to attribute '__loader__' of 'module' object is unsafe"),
    ],
)
def test_a_broken_template_is_named(estate: Estate, source: Make, text: str, why: str) -> None:
    """A missing value, a mistake in syntax and an attempt to reach Python are each refused with the template's name."""
    with pytest.raises(BadInput) as caught:
        render(estate, source({"application/managed/a/b.txt": text}))
    assert caught.value.what == "The template application/managed/a/b.txt cannot be rendered."
    assert why in caught.value.why


def test_two_templates_cannot_give_one_file(estate: Estate, source: Make) -> None:
    """The same path in both classes is a mistake, not a silent choice."""
    with pytest.raises(BadInput, match="'a' is refused"):
        render(estate, source({"application/managed/a": "", "application/seeded/a": ""}))


def test_an_unknown_class_is_refused(estate: Estate, source: Make) -> None:
    """A template in a folder that is no class is refused."""
    with pytest.raises(BadInput, match=r"application/merged/a is refused"):
        render(estate, source({"application/merged/a": ""}))


def test_the_version_follows_from_the_templates(estate: Estate, source: Make) -> None:
    """Any change of a kind's templates changes that kind's version, and no other's."""
    one = {"application/managed/a": "1", "integration_tests/managed/a": "1"}
    before, after = (render(estate, source(one | change)) for change in ({}, {"application/managed/a": "2"}))
    changed = {name for name in before if before[name].files[RECORD] != after[name].files[RECORD]}
    assert changed == {"payments"}


def test_the_pipelines_depend_on_nothing_else(derive: Callable[..., Estate], source: Make) -> None:
    """Services, teams and `pipelines.commit` itself do not reach the pipelines' tree: its commit would be a cycle."""
    templates = source({"delivery_pipelines/managed/a": "[= organization =] [= region =] [= accounts | dictsort =]"})
    estates = [derive(), derive("payments"), derive("payments", "orders", commit="d" * 40)]
    commits = {commit_id(render(estate, templates)["delivery-pipelines"]) for estate in estates}
    platform = estates[0].declaration.platform
    assert commits == {
        pipelines_commit(platform.organization, platform.region, platform.accounts, templates),
    }
    with pytest.raises(BadInput, match="cannot be rendered"):
        render(estates[1], source({"delivery_pipelines/managed/a": "[= pipelines_commit =]"}))


@pytest.mark.parametrize(
    "other",
    [
        ("other", "eu-west-1", ACCOUNTS),
        ("acme", "eu-west-2", ACCOUNTS),
        ("acme", "eu-west-1", ACCOUNTS | {Purpose.BUILD: "555555555555"}),
    ],
)
def test_the_pipelines_depend_on_what_they_must(source: Make, other: tuple[str, str, dict[Purpose, str]]) -> None:
    """Organization, region and accounts each change the commit."""
    templates = source({"delivery_pipelines/managed/a": "[= organization =] [= region =] [= accounts | dictsort =]"})
    assert pipelines_commit(*other, templates) != pipelines_commit("acme", "eu-west-1", ACCOUNTS, templates)
    assert pipelines_commit(*other, templates) == commit_id(pipelines_tree(*other, templates))


def test_the_platform_directory_has_owners_for_each_file(derive: Callable[..., Estate], source: Make) -> None:
    """The people files reach the auditors, a service's file its testers, and the rest the platform."""
    tree = platform_tree(derive("orders", "payments"), source({"platform_repository/managed/o": "[= code_owners =]"}))
    assert contents(tree.files)["o"].splitlines() == [
        "* @acme/platform",
        "/platform.yaml @acme/platform @acme/audit",
        "/roster.yaml @acme/platform @acme/audit",
        "/services/orders.yaml @acme/platform @acme/orders-testers",
        "/services/payments.yaml @acme/platform @acme/payments-testers",
    ]


def test_a_service_without_a_queue_renders(estate: Estate, source: Make) -> None:
    """A starter's queue is the first that the service declares; without one, templates see none."""
    templates = source({"application/seeded/q": "[= queue.name if queue =] [= queue_variable =]"})
    service = dataclasses.replace(estate.services["payments"], integration_points=())
    without = dataclasses.replace(
        estate, declaration=dataclasses.replace(estate.declaration, services={"payments": service})
    )
    assert contents(render(estate, templates)["payments"].files) == {"q": "orders-queue ORDERS_QUEUE_URL"}
    assert contents(render(without, templates)["payments"].files) == {"q": " None"}


def test_importing_the_scaffold_is_light() -> None:
    """The template engine is loaded when something is rendered, and no cloud ever."""
    script = (
        "import sys; from twinlock.scaffold import comparison, rendering, seed, writing; "
        "print({'jinja2', 'pulumi', 'boto3', 'httpx', 'pydantic'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONPATH": ":".join(sys.path)}, capture_output=True, check=True
    )
    assert done.stdout == b"set()\n"
