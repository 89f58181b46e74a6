"""Variables and secrets: GitHub's lists, and the model's noun.

Sources: https://docs.github.com/en/rest/actions/variables, https://docs.github.com/en/rest/actions/secrets,
https://docs.github.com/en/rest/dependabot/secrets, https://docs.github.com/en/rest/codespaces/repository-secrets. Of a
secret only the name is ever told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.github.fields import Fields
from twinlock.model.constants import Constants, Variable

if TYPE_CHECKING:
    from collections.abc import Iterable


def decode(
    variables: Iterable[object],
    secrets: Iterable[object],
    dependabot: Iterable[object] = (),
    codespaces: Iterable[object] = (),
) -> Constants:
    """Return what one holder gives to workflows.

    Raises:
        Malformed: An element has no name, or a variable no value.
    """
    return Constants(
        variables=frozenset(Variable(each.text("name"), each.text("value")) for each in map(Fields, variables)),
        secrets=_names(secrets),
        dependabot_secrets=_names(dependabot),
        codespaces_secrets=_names(codespaces),
    )


def selected(raw: object) -> str | None:
    """Return the name of an organization's variable or secret that only some repositories see, else None.

    Raises:
        Malformed: It has no name.
    """
    fields = Fields(raw)
    name = fields.text("name")
    return name if fields.text("visibility", "all") == "selected" else None


def _names(raw: Iterable[object]) -> frozenset[str]:
    return frozenset(Fields(each).text("name") for each in raw)
