"""The control `variables-and-secrets`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from twinlock.model.constants import Constants, Variable
from twinlock.model.observed import Absent, Seen, Unread

if TYPE_CHECKING:
    from tests.unit.conftest import Case

    from twinlock.model.observed import Observed

SLUG = "variables-and-secrets"
ENVIRONMENT = "acme/payments:environment/production"
ROLE = "arn:aws:iam::222222222222:role/payments-release"
DECLARED = Variable("ROLE_ARN", ROLE)


def _production(case: Case, *variables: Variable, secrets: frozenset[str] = frozenset()) -> Case:
    held = Seen(Constants(frozenset(variables), secrets))
    return case.repository(environment_constants=Seen({"production": held, "elsewhere": held}))


def test_as_declared_says_nothing(clean: Case) -> None:
    """The environment's variables and nothing else."""
    assert clean.verdicts(SLUG) == []


@pytest.mark.parametrize(
    ("held", "message"),
    [
        (Constants(variables=frozenset({Variable("X", "told to nobody")})), "nobody declared the variable X"),
        (Constants(secrets=frozenset({"B", "A"})), "nobody declared the secret A; nobody declared the secret B"),
        (Constants(dependabot_secrets=frozenset({"X"})), "nobody declared the Dependabot secret X"),
        (Constants(codespaces_secrets=frozenset({"X"})), "nobody declared the Codespaces secret X"),
    ],
)
def test_whatever_a_repository_or_the_organization_gives_is_a_finding(
    clean: Case, held: Constants, message: str
) -> None:
    """Writers may set a repository's, owners lend the organization's; no value of theirs is told."""
    for case, subject in (
        (clean.repository(constants=Seen(held)), "acme/payments"),
        (clean.organization(constants=Seen(held)), "acme"),
    ):
        assert case.findings(SLUG) == [(SLUG, subject)]
        assert case.finding(SLUG).message == message
        assert "told to nobody" not in str(case.finding(SLUG))


def test_an_environment_has_its_declared_variables_with_their_values(clean: Case) -> None:
    """Another value, a missing one, one more and a secret are each in the finding."""
    for case, message in (
        (_production(clean, Variable("ROLE_ARN", "other")), f"the variable ROLE_ARN is other, must be {ROLE}"),
        (_production(clean), "the variable ROLE_ARN is missing"),
        (_production(clean, DECLARED, Variable("X", "1")), "nobody declared the variable X"),
        (_production(clean, DECLARED, secrets=frozenset({"KEY"})), "nobody declared the secret KEY"),
    ):
        assert case.findings(SLUG) == [(SLUG, ENVIRONMENT)]
        assert case.finding(SLUG).message == message


def test_what_another_environment_is_to_have_is_not_missed_here(clean: Case) -> None:
    """Each environment has its own."""
    payments = clean.estate.repositories["payments"]
    more = replace(payments, variables=(*payments.variables, ("elsewhere", "X", "1")))
    estate = replace(clean.estate, repositories={**clean.estate.repositories, "payments": more})
    assert replace(clean, estate=estate).verdicts(SLUG) == []


def test_an_environment_that_does_not_exist_gives_nothing(clean: Case) -> None:
    """Its variables are missing with it."""
    nothing: tuple[Observed[dict[str, Observed[Constants]]], ...] = (Seen({}), Absent())
    for live in nothing:
        assert clean.repository(environment_constants=live).finding(SLUG).message == "the variable ROLE_ARN is missing"


def test_what_was_not_read_is_unknown(clean: Case) -> None:
    """Each part that was not read is unknown for its own subject."""
    unread = Unread("403")
    assert clean.organization(constants=unread).unknowns(SLUG) == [("acme", "403")]
    assert clean.repository(constants=unread).unknowns(SLUG) == [("acme/payments", "403")]
    assert clean.repository(environment_constants=unread).unknowns(SLUG) == [(ENVIRONMENT, "403")]
    hidden = Seen({"production": unread})
    assert clean.repository(environment_constants=hidden).unknowns(SLUG) == [(ENVIRONMENT, "403")]
