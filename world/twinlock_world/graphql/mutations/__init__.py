"""What changes something: each mutation is the REST route of the same meaning, but for what REST does not know."""

from __future__ import annotations

from twinlock_world.graphql.mutations import protection, pull_request, pull_request_state

__all__ = ["protection", "pull_request", "pull_request_state"]
