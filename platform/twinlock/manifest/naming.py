"""What GitHub, AWS and twinlock accept as a name, each rule with its source. Pure, and quick to import.

`manifest` checks the user's files with these rules, and `twinlock new` the name it is given.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from twinlock import names
from twinlock.errors import BadInput
from twinlock.manifest.mistake import shown


@dataclass(frozen=True, slots=True)
class Rule:
    """The form of a text.

    Attributes:
        pattern: Regular expression for the whole text, in the dialect that JSON Schema shares with Python.
        longest: The greatest length.
        says: The rule in words, to follow "but".
        example: A text that obeys it.
    """

    pattern: str
    longest: int
    says: str
    example: str

    def accepts(self, text: str) -> bool:
        """Tell whether a text obeys the rule."""
        return len(text) <= self.longest and re.fullmatch(self.pattern, text) is not None


ORGANIZATION = Rule(
    r"^[A-Za-z0-9](-?[A-Za-z0-9])*$",
    39,
    "a GitHub organization's name has up to 39 letters, digits and single hyphens, none at an end",
    "acme",
)
"""Source: the form for a new organization; https://docs.github.com/en/organizations/collaborating-with-groups-in-organizations."""

LOGIN = Rule(
    r"^[A-Za-z0-9](-?[A-Za-z0-9])*(_[A-Za-z0-9]+)?$",
    39,
    "a GitHub login has up to 39 letters, digits and single hyphens, none at an end",
    "alice",
)
"""A managed user's login ends in `_` and the short code of the enterprise.

Source: https://docs.github.com/en/enterprise-cloud@latest/admin/managing-iam/iam-configuration-reference/username-considerations-for-external-authentication.
"""

TEAM = Rule(
    r"^[a-z0-9_]+(-[a-z0-9_]+)*$",
    255,
    "a team's slug has lower-case letters, digits, underscores and single hyphens, none at an end",
    "payments-testers",
)
"""The slugs that GitHub makes of themselves, so that the team's name is its slug.

Source: https://docs.github.com/en/rest/teams/teams#get-a-team-by-name.
"""

APP = Rule(
    r"^[a-z0-9](-?[a-z0-9])*$",
    34,
    "a GitHub App's slug has up to 34 lower-case letters, digits and single hyphens, none at an end",
    "renovate",
)
"""Source: https://docs.github.com/en/apps/creating-github-apps/registering-a-github-app/registering-a-github-app."""

KEY = Rule(
    r"^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$",
    64,
    "a name here has up to 64 lower-case letters, digits, dots, hyphens and underscores, and ends in none of these",
    "alice",
)
"""Ours: keys of people and machines; they appear in reports."""

SERVICE = Rule(
    r"^[a-z]([a-z0-9]|-[a-z0-9])+$",
    40,
    "a service's name has 2 to 40 lower-case letters, digits and single hyphens, and begins with a letter",
    "payments",
)
"""Ours: it becomes part of repository names (100 characters), role names (64) and queue names (80).

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html.
"""

POINT = Rule(
    r"^[a-z]([a-z0-9]|-[a-z0-9])+$",
    32,
    "an integration point's name has 2 to 32 lower-case letters, digits and single hyphens, and begins with a letter",
    "orders-queue",
)
"""Ours: with the service's name it becomes a queue's name, which SQS limits to 80 characters.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html.
"""

CONTROL = Rule(r"^[a-z]+(-[a-z]+)*$", 64, "a control's slug has lower-case words and single hyphens", "branch-ruleset")
"""Ours: controls are modules, and their slugs are the modules' names."""

ACCOUNT = Rule(r"^[0-9]{12}$", 12, "an AWS account id is twelve digits in quotes", '"444444444444"')
"""Source: https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-identifiers.html."""

REGION = Rule(r"^[a-z]{2}(-[a-z]+)+-[0-9]$", 32, "an AWS region is named by its area, side and number", "eu-west-1")
"""Source: https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html."""

PRINCIPAL = Rule(
    r"^(arn:aws[a-z-]*:(iam|sts)::[0-9]{12}:[A-Za-z0-9_+=,.@/-]+|[A-Za-z0-9_+=,.@-]{1,64})$",
    2048,
    "an AWS principal is an ARN of IAM or STS, or the name of a user or role",
    "arn:aws:iam::222222222222:user/alice",
)
"""Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html."""

COMMIT = Rule(r"^[0-9a-f]{40}$", 40, "a commit is its full id of 40 hexadecimal digits", "3f6c" + "0" * 36)
"""Source: https://git-scm.com/docs/gitglossary (object identifier)."""

IDENTITY = Rule(
    r"^[^\s@]+@[^\s@]+$", 254, "an identity is written as the identity provider does, with one @", "alice@acme.example"
)
"""Ours: the SAML NameID or the SCIM userName, an address in every common set-up."""

PUBLIC_KEY = Rule(
    r"^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com)"
    r" [A-Za-z0-9+/]+={0,3}( [^\s]+)?$",
    1024,
    "a key is one public key of OpenSSH (Ed25519 or ECDSA)",
    "ssh-ed25519 AAAA... alice",
)
"""Source: https://man.openbsd.org/sshd.8 (AUTHORIZED_KEYS FILE FORMAT)."""

KEY_REFERENCE = Rule(
    r"^[a-z][a-z0-9+.-]*://[^\s@]+$", 2048, "it is a reference to a key, never the key", "awskms:///alias/controller"
)
"""Ours: a scheme says who holds the key."""

BACKEND = Rule(
    r"^(file|s3|gs|azblob|https)://[^\s@\[\]]+$",
    2048,
    "state is kept at file://..., s3://..., gs://..., azblob://... or https://...",
    "file://./state",
)
"""Source: https://www.pulumi.com/docs/iac/concepts/state-and-backends/."""

SECRETS = Rule(r"^(passphrase|awskms://[^\s@]+)$", 2048, "secrets are held by passphrase or awskms://...", "passphrase")
"""Source: https://www.pulumi.com/docs/iac/concepts/secrets/."""

BUCKET = Rule(
    r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$",
    63,
    "a bucket's name has 3 to 63 lower-case letters, digits and hyphens, and begins and ends with no hyphen",
    "acme-twinlock-evidence",
)
"""Without dots, which TLS names of buckets cannot have.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html.
"""

LINE = Rule(
    r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$",
    350,
    "it is one line of up to 350 characters",
    "Takes card payments.",
)
"""GitHub's limit for a repository's description.

Source: https://docs.github.com/en/rest/repos/repos#create-an-organization-repository.
"""

ENDPOINT = Rule(
    r"^https://[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*(:[1-9][0-9]{0,4})?"
    r"(/[A-Za-z0-9._~!$&'()*+,;=:%/-]*)?$",
    2048,
    "an endpoint is an https:// address without user, query or fragment",
    "https://cards.example",
)
"""Source: https://www.rfc-editor.org/rfc/rfc3986; plain HTTP would let the network answer for the other side."""

_DEVICES = frozenset({"con", "prn", "aux", "nul"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(10)})
"""Names that Windows keeps for devices: a clone there could not create the folder.

Source: https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file.
"""

_OURS = frozenset({names.PLATFORM_GROUP, names.PLATFORM_REPOSITORY, names.PIPELINES_REPOSITORY, names.AUDIT_REPOSITORY})


def service_name_flaw(name: str) -> str | None:
    """Return why a text cannot be a service's name, to follow "but", or None if it can."""
    if not SERVICE.accepts(name):
        return SERVICE.says
    if name in _DEVICES:
        return "Windows keeps that name for a device"
    if name in _OURS:
        return "the platform's own repositories have that name"
    return None


def check_service_name(name: str) -> None:
    """Refuse a name that no service may have.

    Raises:
        BadInput: The name breaks a rule, which the error states.
    """
    if (flaw := service_name_flaw(name)) is not None:
        raise _refused(name, "a service's name", flaw, SERVICE)


def check_organization_name(name: str) -> None:
    """Refuse a name that no organization may have.

    Raises:
        BadInput: The name breaks GitHub's rule, which the error states.
    """
    if not ORGANIZATION.accepts(name):
        raise _refused(name, "an organization's name", ORGANIZATION.says, ORGANIZATION)


def check_team_name(name: str) -> None:
    """Refuse a slug that no team may have.

    Raises:
        BadInput: The slug breaks GitHub's rule, which the error states.
    """
    if not TEAM.accepts(name):
        raise _refused(name, "a team's slug", TEAM.says, TEAM)


def _refused(name: str, use: str, flaw: str, rule: Rule) -> BadInput:
    return BadInput(
        f"`{shown(name)}` cannot be {use}.",
        f"{flaw[0].upper()}{flaw[1:]}.",
        f"Choose another one, such as `{rule.example}`.",
    )


def repositories(service: str) -> tuple[str, str]:
    """Return the repositories that a service brings."""
    return service, names.integration_tests_repository(service)
