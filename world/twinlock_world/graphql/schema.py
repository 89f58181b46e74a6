"""GitHub's GraphQL schema: npm's `@octokit/graphql-schema`, without its descriptions (THIRD_PARTY.md).

Whole, not pruned: clients look up by introspection which fields a type has, and decide by it what to ask. Building
takes a third of a second, so it is done when the first query comes.
"""

from __future__ import annotations

import gzip
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from graphql import build_schema

if TYPE_CHECKING:
    from graphql import GraphQLSchema


@cache
def github_schema() -> GraphQLSchema:
    """Return the schema."""
    packed = resources.files("twinlock_world.graphql").joinpath("github.graphql.gz").read_bytes()
    text = gzip.decompress(packed).decode()
    return build_schema(text, assume_valid=True, assume_valid_sdl=True, no_location=True)
