"""OIDC subjects: how GitHub names a repository's workflows to AWS.

Source: https://docs.github.com/en/rest/actions/oidc. The flag `use_immutable_subject` has been seen false on a
repository whose subjects carry ids, so the prefix that GitHub reports is trusted before the flag.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from twinlock.github.fields import Fields, Malformed
from twinlock.model.observed import Observed, Seen, Unread
from twinlock.names import OIDC_SUBJECT_CLAIMS


@dataclass(frozen=True, slots=True)
class Subject:
    """How a repository's OIDC subjects are formed.

    Attributes:
        use_default: GitHub's own form; otherwise `claim_keys` say which claims it is made of.
        claim_keys: The claims of a customised subject, in order.
        immutable: Ids are part of it.
        prefix: What it begins with, as GitHub reports it; None where it does not.
    """

    use_default: bool
    claim_keys: tuple[str, ...]
    immutable: bool
    prefix: str | None


def decode(raw: object) -> Observed[Subject]:
    """Return the form of the subject that GitHub describes, or why it could not be understood."""
    try:
        fields = Fields(raw)
        keys = raw.get("include_claim_keys") if isinstance(raw, dict) else None
        fields.texts("include_claim_keys", frozenset())
        subject = Subject(
            use_default=fields.flag("use_default"),
            claim_keys=tuple(keys or ()),
            immutable=fields.flag("use_immutable_subject", default=False),
            prefix=fields.text("sub_claim_prefix") if fields.has("sub_claim_prefix") else None,
        )
        fields.close()
        return Seen(subject, fields.reported())
    except Malformed as error:
        return Unread(f"GitHub's answer was not understood: {error.reason}")


def claim_keys(raw: object) -> tuple[str, ...]:
    """Return what an organization's template makes subjects of, in order; GitHub's own form where there is none.

    Raises:
        Malformed: The answer is no template.
    """
    fields = Fields(raw)
    fields.texts("include_claim_keys", frozenset())
    keys = raw.get("include_claim_keys") if isinstance(raw, dict) else None
    return tuple(keys or OIDC_SUBJECT_CLAIMS)


def encode(subject: Subject) -> dict[str, Any]:
    """Return the body that sets the form of a repository's subject."""
    body: dict[str, Any] = {"use_default": subject.use_default, "use_immutable_subject": subject.immutable}
    return body if subject.use_default else body | {"include_claim_keys": list(subject.claim_keys)}
