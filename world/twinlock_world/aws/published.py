"""The policies that AWS itself keeps in every account, loaded only when somebody asks for one.

Why: moto knows all of them, but turning them into objects costs every account some 50 ms and 20 MB, more than the whole
rest of the AWS server's start. Called by the edge before a request that could need them.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_to_bytes

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy

if TYPE_CHECKING:
    from moto.iam.models import IAMBackend

_MENTION: Final = re.compile(rb"::aws:policy/|\bAction=(ListPolicies|GetAccountAuthorizationDetails)\b")


def concerns_aws_policies(body: bytes) -> bool:
    """Tell whether a request names a policy of AWS's own, or lists policies."""
    return _MENTION.search(unquote_to_bytes(body)) is not None


def load(backend: IAMBackend) -> None:
    """Put AWS's own policies into an account that hasn't got them."""
    if backend.aws_managed_policies:
        return
    backend.aws_managed_policies = [
        AWSManagedPolicy.from_data(name, backend.account_id, backend.region_name, data)
        for name, data in _published().items()
    ]
    backend.managed_policies |= {policy.arn: policy for policy in backend.aws_managed_policies}


@cache
def _published() -> dict[str, Any]:  # moto's own form, handed straight back to moto
    published: dict[str, Any] = json.loads(aws_managed_policies_data)
    return published
