"""The subject of a job's token: GitHub's own form, or an organization's or repository's template. Pure.

Source: https://docs.github.com/en/actions/reference/security/oidc, sections *Example subject claims*, *Immutable
subject claims* and *Customizing the subject claims for an organization or repository*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock_world.jsonvalue import Fields

DEFAULT_KEYS: Final = ("repo", "context")


class SubjectError(ValueError):
    """A subject cannot be made; the text says in one line why."""


@dataclass(frozen=True, slots=True)
class SubjectForm:
    """How a repository's subjects are made.

    Attributes:
        keys: Claims in order; `repo` and `context` stand for the two parts of GitHub's own form.
        immutable: Whether the owner's and the repository's numbers stand in `repo`.
    """

    keys: tuple[str, ...]
    immutable: bool


@dataclass(frozen=True, slots=True)
class Names:
    """A repository and its owner, by name and number."""

    owner: str
    owner_id: int
    repository: str
    repository_id: int


def subject_form(repository: Fields, organization: Fields) -> SubjectForm:
    """Return the form that the settings of a repository and its organization give.

    The organization's template binds only a repository that left the default and has no template of its own.
    """
    immutable = repository.flag("use_immutable_subject")
    if repository.flag("use_default"):
        return SubjectForm(DEFAULT_KEYS, immutable)
    keys = repository.texts("include_claim_keys", []) or organization.texts("include_claim_keys", DEFAULT_KEYS)
    return SubjectForm(tuple(keys), immutable)


def prefix(names: Names, *, immutable: bool) -> str:
    """Return how GitHub's own form of a subject begins."""
    return f"repo:{_repo(names, immutable=immutable)}"


def subject(form: SubjectForm, names: Names, claims: Mapping[str, str]) -> str:
    """Return the subject of a token with these claims.

    Raises:
        SubjectError: The template asks for a claim that this job hasn't got, such as `environment`.
    """
    return ":".join(_part(key, form, names, claims) for key in form.keys)


def _part(key: str, form: SubjectForm, names: Names, claims: Mapping[str, str]) -> str:
    if key == "repo":
        return prefix(names, immutable=form.immutable)
    if key == "context":
        return _context(claims)
    if key not in claims:
        raise SubjectError(f"the subject's template asks for {key}, which this job does not have")
    return f"{key}:{_escaped(claims[key])}"


def _repo(names: Names, *, immutable: bool) -> str:
    if immutable:
        return f"{names.owner}@{names.owner_id}/{names.repository}@{names.repository_id}"
    return f"{names.owner}/{names.repository}"


def _context(claims: Mapping[str, str]) -> str:
    """Return what distinguishes jobs of one repository: the environment before the event before the ref."""
    if "environment" in claims:
        return f"environment:{_escaped(claims['environment'])}"
    if claims["event_name"] == "pull_request":
        return "pull_request"
    return f"ref:{_escaped(claims['ref'])}"


def _escaped(value: str) -> str:
    return value.replace(":", "%3A")
