"""The audiences of an account's OIDC providers, one by one: moto makes them with the provider and changes none.

Both operations may be repeated: neither what is there already nor what is not there is an error. Sources:
https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddClientIDToOpenIDConnectProvider.html and
API_RemoveClientIDFromOpenIDConnectProvider.html. Called by the edge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.aws.call import Refusal, RefusedError, form
from twinlock_world.aws.holdings import iam

if TYPE_CHECKING:
    from twinlock_world.aws.call import Call, Request

_ADD: Final = "AddClientIDToOpenIDConnectProvider"
_REMOVE: Final = "RemoveClientIDFromOpenIDConnectProvider"
_NAMESPACE: Final = "https://iam.amazonaws.com/doc/2010-05-08/"


def answer(account: str, call: Call, request: Request) -> bytes | None:
    """Return the answer to a change of audiences, made; nothing for any other request.

    Raises:
        RefusedError: There is no such provider, or no audience is named.
    """
    if call.action not in (_ADD, _REMOVE):
        return None
    fields = form(request)
    arn, audience = fields.get("OpenIDConnectProviderArn", ""), fields.get("ClientID", "")
    provider = iam(account).open_id_providers.get(arn)
    if not audience:
        raise RefusedError(Refusal(400, "ValidationError", "1 validation error detected: ClientID must not be null"))
    if provider is None:
        raise RefusedError(Refusal(404, "NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}"))
    others = [held for held in provider.client_id_list if held != audience]
    provider.client_id_list = [*others, audience] if call.action == _ADD else others
    return f'<{call.action}Response xmlns="{_NAMESPACE}"/>'.encode()
