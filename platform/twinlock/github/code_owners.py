"""CODEOWNERS: the file GitHub would use, and the model's noun, both ways.

Source: https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners:
the first of three locations is used, whatever stands in the others; a line with invalid syntax is skipped.
"""

from __future__ import annotations

import base64
import binascii
import re

from twinlock.github.fields import Fields, Malformed
from twinlock.model.code_owners import CodeOwners, OwnerRule
from twinlock.model.observed import Observed, Seen, Unread
from twinlock.model.ownership import is_valid

LOCATIONS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where GitHub looks, in this order."""

LARGEST = 3 * 1024 * 1024
"""GitHub does not load a larger file (same source)."""

_OWNER = re.compile(r"@[A-Za-z0-9][A-Za-z0-9-]*(/[A-Za-z0-9_.-]+)?|[^@\s]+@[^@\s]+")


def decode(raw: object, organization: str) -> Observed[CodeOwners]:
    """Return the rules of a file as the API describes its blob, or why they could not be read."""
    try:
        fields = Fields(raw)
        encoding, content = fields.text("encoding"), fields.text("content", "")
    except Malformed as error:
        return Unread(f"GitHub's answer was not understood: {error.reason}")
    if encoding != "base64":
        return Unread(f"CODEOWNERS is of encoding {encoding}, not a file that can be read")
    try:
        text = base64.b64decode(content).decode()
    except (binascii.Error, UnicodeDecodeError):
        return Unread("CODEOWNERS is not text")
    return Seen(parse(text, organization))


def parse(text: str, organization: str) -> CodeOwners:
    """Return the rules that GitHub takes from a file; lines it would skip are left out."""
    if len(text.encode()) > LARGEST:
        return CodeOwners(())
    rules = (_rule(line, organization) for line in text.replace("\r\n", "\n").split("\n"))
    return CodeOwners(tuple(rule for rule in rules if rule is not None))


def _rule(line: str, organization: str) -> OwnerRule | None:
    words = re.sub(r"(^|[ \t])#.*", "", line)
    # A space within a pattern is escaped by a backslash.
    pattern, *owners = re.split(r"(?<!\\)[ \t]+", words.strip(" \t"))
    if not is_valid(pattern) or not all(_OWNER.fullmatch(owner) for owner in owners):
        return None
    own = f"@{organization}/".lower()
    return OwnerRule(pattern, tuple(owner[len(own) :] if owner.lower().startswith(own) else owner for owner in owners))


def encode(code_owners: CodeOwners, organization: str) -> str:
    """Return the rules as lines of a file."""
    return "".join(
        " ".join((rule.pattern, *(_written(owner, organization) for owner in rule.owners))) + "\n"
        for rule in code_owners.rules
    )


def _written(owner: str, organization: str) -> str:
    return owner if "@" in owner else f"@{organization}/{owner}"
