"""The control `organization-access`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from twinlock.model.declaration import Machine
from twinlock.model.observed import Seen, Unread

if TYPE_CHECKING:
    from tests.unit.conftest import Case

SLUG = "organization-access"


def _with_apps(case: Case, *slugs: str) -> Case:
    identities = case.live.organization.identities
    assert isinstance(identities, Seen)
    apps = dict.fromkeys(slugs, 1)
    return case.organization(identities=Seen(replace(identities.value, apps=apps)))


def test_as_declared_says_nothing(clean: Case) -> None:
    """Twinlock's own apps and no webhook."""
    assert clean.verdicts(SLUG) == []


def test_an_app_that_nobody_declared_is_a_finding(clean: Case) -> None:
    """It acts in every repository it was given, whatever the teams may."""
    case = _with_apps(clean, "gate-app", "helper")
    assert case.findings(SLUG) == [(SLUG, "acme/app:helper")]
    assert case.finding(SLUG).message == "nobody declared it"


def test_a_declared_machine_may_be_installed(clean: Case) -> None:
    """Its operators answer for it."""
    platform = replace(clean.estate.declaration.platform, machines=(Machine("renovate", "helper", ("paula",)),))
    estate = replace(clean.estate, declaration=replace(clean.estate.declaration, platform=platform))
    assert _with_apps(replace(clean, estate=estate), "gate-app", "helper").verdicts(SLUG) == []


def test_a_webhook_of_the_organization_is_a_finding(clean: Case) -> None:
    """It carries away what happens in every repository."""
    case = clean.organization(webhooks=Seen(frozenset({"https://b.example", "https://a.example"})))
    assert case.findings(SLUG) == [(SLUG, "acme")]
    assert case.finding(SLUG).message == "nobody declared the webhooks https://a.example, https://b.example"


def test_what_was_not_read_is_unknown(clean: Case) -> None:
    """Neither apps nor webhooks that were not read are none."""
    case = clean.organization(identities=Unread("no apps"), webhooks=Unread("no hooks"))
    assert case.unknowns(SLUG) == [("acme", "no apps"), ("acme", "no hooks")]
