"""KMS keys that are to be deleted: moto goes on using them, KMS does not.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html. Called by the edge for every caller.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from moto.backends import get_backend

from twinlock_world.aws.call import Refusal, RefusedError

if TYPE_CHECKING:
    from twinlock_world.aws.call import Call, Request

_USING: Final = frozenset(
    {
        "CreateGrant",
        "Decrypt",
        "DeriveSharedSecret",
        "DisableKey",
        "DisableKeyRotation",
        "EnableKey",
        "EnableKeyRotation",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateMac",
        "GetPublicKey",
        "ReEncrypt",
        "ScheduleKeyDeletion",
        "Sign",
        "UpdateAlias",
        "Verify",
        "VerifyMac",
    }
)
"""What a key that is pending deletion no longer does."""


def check(account: str, call: Call, request: Request) -> None:
    """Let a request go on whose key is alive.

    Raises:
        RefusedError: The key is pending deletion.
    """
    if call.action not in _USING:
        return
    backend = get_backend("kms")[account][call.region]
    try:
        asked = json.loads(request.body)
        for parameter in ("KeyId", "DestinationKeyId", "SourceKeyId", "TargetKeyId"):
            key = backend.keys.get(backend.any_id_to_key_id(asked[parameter])) if parameter in asked else None
            if key is not None and key.key_state == "PendingDeletion":
                raise RefusedError(Refusal(400, "KMSInvalidStateException", f"{key.arn} is pending deletion."))
    except (ValueError, TypeError, AttributeError):
        return  # moto says what is wrong with it
