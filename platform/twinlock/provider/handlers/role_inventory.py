"""`RoleInventory`: exactly the roles of an account that trust GitHub.

An undeclared one is put under quarantine: an inline policy that denies everything. It is never deleted, because it
may be somebody's who merely has not declared it, and the deny takes away all that it could do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NoReturn

from twinlock.aws import policy
from twinlock.aws.session import Iam, Missing, Refused
from twinlock.engine.result import FieldChange
from twinlock.engine.wording import worded
from twinlock.errors import Incomplete
from twinlock.model.federation import DENY_ALL, denies_everything, trusts
from twinlock.names import OIDC_HOST, QUARANTINE_POLICY, oidc_provider_arn
from twinlock.provider import tokens
from twinlock.provider.inputs import Shape, texts
from twinlock.provider.inputs import text as given
from twinlock.provider.port import Created, Failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock.provider.port import Clients, HandlerFactory, Properties

_SHAPE = Shape(accountId=str, roles=(str,), undeclared=str)
_QUARANTINE, _REPORT = "quarantine", "report"


class RoleInventory:
    """Handles the roles of an account; the id is the account's."""

    type: ClassVar[str] = tokens.ROLE_INVENTORY
    replaces: ClassVar[frozenset[str]] = frozenset({"accountId"})
    adopts: ClassVar[bool] = True

    def __init__(self, clients: Clients) -> None:
        if clients.iam is None:
            raise Incomplete(
                "AWS was not reached.",
                "The resource's provider has no connection to an account.",
                "Declare the resource with an account's provider.",
            )
        self._iam: Iam = clients.iam
        self._account = clients.account

    def check(self, inputs: Properties) -> tuple[Failure, ...]:
        """Return what is wrong with the inputs."""
        failures = list(_SHAPE.failures(inputs))
        if not failures and inputs["undeclared"] not in {_QUARANTINE, _REPORT}:
            failures.append(Failure("undeclared", f"is neither {_QUARANTINE} nor {_REPORT}"))
        if not failures and inputs["accountId"] != self._account:
            failures.append(Failure("accountId", f"is not the provider's, which is {self._account}"))
        return tuple(failures)

    def find(self, inputs: Properties) -> str | None:
        """Return the account's id: every account has roles."""
        return given(inputs, "accountId")

    def create(self, inputs: Properties) -> Created:
        """Put every undeclared role under quarantine."""
        account = given(inputs, "accountId")
        return Created(account, self.update(account, self.read(account, inputs) or {}, inputs))

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return the undeclared roles that trust GitHub, those at large apart from those under quarantine.

        Raises:
            Incomplete: IAM did not show all of it.
        """
        declared = set(texts(inputs, "roles"))
        try:
            undeclared = [name for name in self._trusting(id) if name not in declared]
            at_large = [name for name in undeclared if not self._is_quarantined(name)]
        except Refused as error:
            _refused("The roles were not read.", error)
        return {
            "accountId": id,
            "atLarge": at_large,
            "quarantined": sorted(set(undeclared) - set(at_large)),
        }

    def diff(self, live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
        """Return that undeclared roles are at large, unless they are only to be reported."""
        at_large = texts(live, "atLarge")
        if not at_large or inputs["undeclared"] == _REPORT:
            return ()
        return (FieldChange("atLarge", worded(at_large), worded([])),)

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Put every undeclared role under quarantine, unless they are only to be reported."""
        del id
        if inputs["undeclared"] == _QUARANTINE:
            for name in texts(live, "atLarge"):
                self._quarantine(name)
        return dict(inputs)

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Do nothing: a quarantine is lifted by declaring the role, or by hand."""

    def _trusting(self, account: str) -> Iterator[str]:
        """Yield the names of the roles that may trust GitHub; one whose trust is not understood may."""
        listed = self._iam.pages("list_open_id_connect_providers", "OpenIDConnectProviderList")
        arns = {str(entry["Arn"]) for entry in listed if isinstance(entry, dict) and "Arn" in entry}
        providers = {arn for arn in arns if f":oidc-provider/{OIDC_HOST}" in arn} | {oidc_provider_arn(account)}
        for entry in self._iam.pages("list_roles", "Roles"):
            if not isinstance(entry, dict):
                continue
            try:
                trusted = trusts(policy.decode(entry.get("AssumeRolePolicyDocument")), providers)
            except policy.Malformed:
                trusted = True
            if trusted:
                yield str(entry["RoleName"])

    def _is_quarantined(self, role: str) -> bool:
        try:
            answer = self._iam.call("get_role_policy", RoleName=role, PolicyName=QUARANTINE_POLICY)
            return denies_everything(policy.decode(answer.get("PolicyDocument")))
        except (Missing, policy.Malformed):
            return False

    def _quarantine(self, role: str) -> None:
        document = policy.encode(frozenset({DENY_ALL}))
        try:
            self._iam.call("put_role_policy", RoleName=role, PolicyName=QUARANTINE_POLICY, PolicyDocument=document)
        except Missing:
            return
        except Refused as error:
            _refused(f"Role {role} was not put under quarantine.", error)


def _refused(what: str, error: Refused) -> NoReturn:
    raise Incomplete(
        what,
        f"IAM refused: {error.reason}.",
        "See what the provisioning role may do there, then run the same command again.",
    ) from None


HANDLER: HandlerFactory = RoleInventory
