"""`aws.iam.OpenIdConnectProvider`: whose identity tokens an account accepts, and for which audiences."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.provider.inputs import texts
from twinlock.provider.port import Created, Failure
from twinlock_rehearsal.iam import Iam, compared, retag, tags, untagged

if TYPE_CHECKING:
    from twinlock.engine.result import FieldChange
    from twinlock.provider.port import Clients, Properties

_URL, _CLIENTS, _THUMBPRINTS, _TAGS = "url", "clientIdLists", "thumbprintLists", "tags"
_INPUTS = {_URL, _CLIENTS, _THUMBPRINTS, _TAGS}


class OpenIdConnectProvider:
    """Handles them; the id is the ARN."""

    type: ClassVar[str] = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
    replaces: ClassVar[frozenset[str]] = frozenset({_URL})
    adopts: ClassVar[bool] = False

    def __init__(self, clients: Clients) -> None:
        self._iam = Iam(clients)

    def check(self, inputs: Properties) -> tuple[Failure, ...]:
        """Return which inputs are missing or unknown."""
        missing = tuple(Failure(name, "is missing") for name in (_URL, _CLIENTS) if name not in inputs)
        return (*missing, *(Failure(name, "is not known here") for name in inputs if name not in _INPUTS))

    def find(self, inputs: Properties) -> str | None:
        """Return the ARN where the account has this provider."""
        arn = f"arn:aws:iam::{self._iam.account}:oidc-provider/{_host(inputs[_URL])}"
        return None if self.read(arn, inputs) is None else arn

    def create(self, inputs: Properties) -> Created:
        """Create it."""
        answer = self._iam.send(
            "create_open_id_connect_provider",
            Url=f"https://{_host(inputs[_URL])}",
            ClientIDList=list(texts(inputs, _CLIENTS)),
            ThumbprintList=list(texts(inputs, _THUMBPRINTS)) or None,
            Tags=tags(inputs.get(_TAGS)),
        )
        arn = str(answer["OpenIDConnectProviderArn"])
        return Created(arn, {**inputs, "arn": arn})

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return it as it is live."""
        del inputs
        found = self._iam.get("get_open_id_connect_provider", "", OpenIDConnectProviderArn=id)
        if found is None:
            return None
        return {
            _URL: f"https://{_host(found.get('Url'))}",
            _CLIENTS: found.get("ClientIDList", []),
            _THUMBPRINTS: found.get("ThumbprintList", []),
            _TAGS: untagged(found.get("Tags")),
            "arn": id,
        }

    def diff(self, live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
        """Return what is declared otherwise."""
        return compared(live, {**inputs, _URL: f"https://{_host(inputs[_URL])}"})

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Change audiences, what is too many first, thumbprints and tags."""
        there, declared = set(texts(live, _CLIENTS)), set(texts(inputs, _CLIENTS))
        for operation, audiences in (
            ("remove_client_id_from_open_id_connect_provider", there - declared),
            ("add_client_id_to_open_id_connect_provider", declared - there),
        ):
            for audience in sorted(audiences):
                self._iam.send(operation, OpenIDConnectProviderArn=id, ClientID=audience)
        thumbprints = list(texts(inputs, _THUMBPRINTS))
        if thumbprints and set(thumbprints) != set(texts(live, _THUMBPRINTS)):
            self._iam.send(
                "update_open_id_connect_provider_thumbprint", OpenIDConnectProviderArn=id, ThumbprintList=thumbprints
            )
        retag(self._iam, "open_id_connect_provider", live, inputs, OpenIDConnectProviderArn=id)
        return {**live, **inputs}

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Delete it."""
        del live
        self._iam.remove("delete_open_id_connect_provider", OpenIDConnectProviderArn=id)


def _host(url: object) -> str:
    return str(url).removeprefix("https://").rstrip("/")


HANDLER = OpenIdConnectProvider
