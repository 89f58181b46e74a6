"""`OidcSubject`: how a repository's workflows are named to AWS.

The official provider neither sets nor sees `use_immutable_subject`. The output `subjectPrefix` is what GitHub reports,
and what the trust policies are made of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.github import oidc as codec
from twinlock.github.repository import decode_identity
from twinlock.model.observed import Seen
from twinlock.provider import tokens
from twinlock.provider.difference import changes
from twinlock.provider.handlers._github import Remote, understood
from twinlock.provider.inputs import Shape
from twinlock.provider.inputs import text as given
from twinlock.provider.port import Created, Failure

if TYPE_CHECKING:
    from twinlock.engine.result import FieldChange
    from twinlock.provider.port import Clients, HandlerFactory, Properties

_SHAPE = Shape(repository=str, useDefault=bool, useImmutableSubject=bool)


class OidcSubject:
    """Handles OIDC subjects; the id is the repository's name."""

    type: ClassVar[str] = tokens.OIDC_SUBJECT
    replaces: ClassVar[frozenset[str]] = frozenset({"repository"})
    adopts: ClassVar[bool] = True

    def __init__(self, clients: Clients) -> None:
        self._remote = Remote(clients)

    def check(self, inputs: Properties) -> tuple[Failure, ...]:
        """Return what is wrong with the inputs; customised subjects are not offered."""
        failures = _SHAPE.failures(inputs)
        if not failures and inputs["useDefault"] is not True:
            return (Failure("useDefault", "must be true: trust policies rely on GitHub's own form"),)
        return failures

    def find(self, inputs: Properties) -> str | None:
        """Return the repository's name if there is such a repository: every one has a form."""
        name = given(inputs, "repository")
        return None if self._remote.get(self._remote.repository(name)) is None else name

    def create(self, inputs: Properties) -> Created:
        """Set the form."""
        name = given(inputs, "repository")
        return Created(name, self.update(name, {}, inputs))

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return the form and the prefix that GitHub reports.

        Raises:
            Incomplete: GitHub hid it.
        """
        del inputs
        path = self._remote.repository(id)
        repository = self._remote.get(path)
        if repository is None:
            return None
        subject = understood(codec.decode(self._remote.need(f"{path}/actions/oidc/customization/sub")), path)
        return {
            "repository": id,
            "useDefault": subject.use_default,
            "useImmutableSubject": subject.immutable,
            "subjectPrefix": understood(decode_identity(repository, Seen(subject)), path).subject_prefix,
        }

    def diff(self, live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
        """Return how the form differs."""
        return changes(live, inputs)

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Set the form, and read the prefix that follows from it."""
        del live
        wanted = codec.Subject(
            use_default=inputs["useDefault"] is True,
            claim_keys=(),
            immutable=inputs["useImmutableSubject"] is True,
            prefix=None,
        )
        self._remote.put(f"{self._remote.repository(id)}/actions/oidc/customization/sub", codec.encode(wanted))
        return {**inputs, "subjectPrefix": (self.read(id, inputs) or {}).get("subjectPrefix")}

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Do nothing: a repository always has a form, and this one is the safest."""


HANDLER: HandlerFactory = OidcSubject
