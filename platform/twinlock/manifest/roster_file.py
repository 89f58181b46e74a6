"""The shape of `roster.yaml`: persons, not accounts.

The descriptions are what `twinlock schema` and editors show.
"""

from __future__ import annotations

from pydantic import Field

from twinlock.manifest import fields  # noqa: TC001 - pydantic reads annotations at run time
from twinlock.manifest.fields import Mapping


class PersonFile(Mapping):
    """A person, with all accounts and teams."""

    identity: fields.Identity = Field(
        description="The identity provider's name for the person.", examples=["alice@acme.example"]
    )
    github: fields.Logins = Field(description="All GitHub logins of the person.", examples=[["alice"]], min_length=1)
    aws: fields.Principals = Field(default=[], description="ARNs or names of the person's AWS users and roles.")
    keys: fields.PublicKeys = Field(default=[], description="OpenSSH public keys that the person signs with.")
    teams: fields.Teams = Field(default=[], description="Slugs of the teams that the person is in.")


class RosterFile(Mapping):
    """Everybody, by name."""

    people: dict[fields.Key, PersonFile] = Field(
        description="People by name; several accounts of one person are one person.",
        examples=[{"alice": {"identity": "alice@acme.example", "github": ["alice"]}}],
    )
