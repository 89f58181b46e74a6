"""Who may let a sealed plan happen: a person of the roster who wrote nothing of it.

The plan names the addresses that its commits were written under. That the approver is who they say is for whoever asks
them, a protected environment for instance: here it is only held against the roster.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from twinlock.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.engine.sealed_plan import SealedPlan
    from twinlock.model.declaration import Person

_NO_REPLY: Final = re.compile(r"(?:[0-9]+\+)?([A-Za-z0-9_-]+)@users\.noreply\.github\.com", re.IGNORECASE)
"""Source: https://docs.github.com/en/account-and-profile/reference/email-addresses-reference."""


def require_another(plan: SealedPlan, approver: str, people: Mapping[str, Person], name: str) -> None:
    """Refuse an approval by whoever wrote what is planned, or may have.

    Args:
        plan: The plan.
        approver: Who approved it, by their key in the roster.
        people: The roster.
        name: What to call the plan in messages.

    Raises:
        BadInput: The approver is nobody, an author, or an author is nobody that the roster knows.
    """
    if approver not in people:
        raise BadInput(
            f"{name} was not carried out.",
            f"It was approved by {approver}, whom roster.yaml does not name.",
            "Name a person by their key in roster.yaml.",
        )
    for address in plan.origin.authors:
        known = [person.name for person in people.values() if _is_of(address, person)]
        if not known:
            # They could be anybody, the approver too.
            raise BadInput(
                f"{name} was not carried out.",
                f"{address} wrote a part of it, and is nobody's in roster.yaml.",
                "Commit under the address that is your `identity` in roster.yaml, or GitHub's noreply address.",
            )
        if approver in known:
            raise BadInput(
                f"{name} was not carried out.",
                f"It was approved by {approver}, who wrote a part of it as {address}.",
                "Let somebody else approve it.",
            )


def _is_of(address: str, person: Person) -> bool:
    if address.casefold() == person.identity.casefold():
        return True
    login = _NO_REPLY.fullmatch(address)
    return login is not None and login[1].casefold() in {each.casefold() for each in person.github}
