"""`OrganizationOidc`: what the OIDC tokens of an organization's workflows are made of.

The official provider does not model the custom properties that tokens carry. Trust policies rely on GitHub's own form
of the subject, and on no property.

Source: https://docs.github.com/en/rest/actions/oidc.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.engine.result import FieldChange
from twinlock.engine.wording import worded
from twinlock.github import oidc as codec
from twinlock.github.client import segment
from twinlock.github.fields import Malformed
from twinlock.provider import tokens
from twinlock.provider.handlers._github import Remote, not_understood, text
from twinlock.provider.inputs import Shape, texts
from twinlock.provider.inputs import text as given
from twinlock.provider.port import Created, Failure

if TYPE_CHECKING:
    from twinlock.provider.port import Clients, HandlerFactory, Properties

_SHAPE = Shape(organization=str, claimKeys=(str,), properties=(str,))
_OURS = "organization"
"""GitHub's word for a property that the organization itself includes; an enterprise's is not its to leave out."""


class OrganizationOidc:
    """Handles the organization's form of tokens; the id is its login."""

    type: ClassVar[str] = tokens.ORGANIZATION_OIDC
    replaces: ClassVar[frozenset[str]] = frozenset({"organization"})
    adopts: ClassVar[bool] = True

    def __init__(self, clients: Clients) -> None:
        self._remote = Remote(clients)

    def check(self, inputs: Properties) -> tuple[Failure, ...]:
        """Return what is wrong with the inputs."""
        return _SHAPE.failures(inputs)

    def find(self, inputs: Properties) -> str | None:
        """Return the login: every organization has a form."""
        return given(inputs, "organization")

    def create(self, inputs: Properties) -> Created:
        """Set the form."""
        login = given(inputs, "organization")
        return Created(login, self.update(login, self.read(login, inputs) or {}, inputs))

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return the template and the properties.

        Raises:
            Incomplete: GitHub hid one of them.
        """
        del inputs
        root = _root(id)
        template = f"{root}/sub"
        try:
            keys = codec.claim_keys(self._remote.need(template))
        except Malformed as error:
            not_understood(template, error.reason)
        listed = self._remote.need_all(f"{root}/properties/repo")
        included = (text(each, "custom_property_name") for each in listed if text(each, "inclusion_source") == _OURS)
        return {"organization": id, "claimKeys": list(keys), "properties": sorted(included)}

    def diff(self, live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
        """Return how the form differs; the order of claims is a part of it."""
        found = []
        for name, ordered in (("claimKeys", tuple), ("properties", frozenset)):
            before, after = texts(live, name), texts(inputs, name)
            if ordered(before) != ordered(after):
                found.append(FieldChange(name, worded(before), worded(after)))
        return tuple(found)

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Set what differs."""
        root = _root(id)
        if texts(live, "claimKeys") != texts(inputs, "claimKeys"):
            self._remote.put(f"{root}/sub", {"include_claim_keys": list(texts(inputs, "claimKeys"))})
        there, wanted = set(texts(live, "properties")), set(texts(inputs, "properties"))
        for name in sorted(there - wanted):
            self._remote.delete(f"{root}/properties/repo/{segment(name)}")
        for name in sorted(wanted - there):
            self._remote.post(f"{root}/properties/repo", {"custom_property_name": name})
        return dict(inputs)

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Do nothing: an organization always has a form, and this one is GitHub's own."""


def _root(login: str) -> str:
    return f"/orgs/{segment(login)}/actions/oidc/customization"


HANDLER: HandlerFactory = OrganizationOidc
