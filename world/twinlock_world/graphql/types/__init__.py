"""The fields of each type that this world answers, one module per noun."""

from __future__ import annotations


def load() -> None:
    """Fill the registry; importing a module of this package is what fills it."""
    from twinlock_world.graphql import mutations  # noqa: F401, PLC0415 - as above
    from twinlock_world.graphql.types import (  # noqa: F401, PLC0415 - as above
        account,
        check,
        commit,
        environment,
        organization,
        protection,
        pull_request,
        query,
        repository,
        review,
        ruleset,
        team,
    )
