"""The table of routes, and finding the one for a request.

Paths are matched while still percent-encoded, so that an environment called `prod/eu west` is one segment; a template
segment `{name...}` takes several (branch names, file paths). A trie keeps the search independent of how many
routes there are. A `Mount` ties routes to the subject they live on: it finds the subject, checks the caller's need,
and only then runs the handler.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, TypeVar
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from twinlock_world.github.call import Call, Reply

C = TypeVar("C")
N = TypeVar("N")

LARGEST_DOCUMENT: Final = 1024 * 1024
LARGEST_CONTENT: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Route:
    """One method on one path template; most that write do so in one transaction, which is made for them.

    `largest` is how many bytes its document may have; those that carry the content of files take more than others.
    """

    method: str
    template: str
    run: Callable[[Call], Reply]
    own_transactions: bool = False
    largest: int = LARGEST_DOCUMENT


@dataclass(frozen=True, slots=True)
class Mount(Generic[C, N]):
    """Where a family of routes hangs, and how a call to one of them begins.

    `enter` turns the call into one about its subject, refusing it unless the need is met.
    """

    prefixes: tuple[str, ...]
    enter: Callable[[Call, N], C]

    def get(self, template: str, need: N, handler: Callable[[C], Reply]) -> list[Route]:
        """Declare a route that reads."""
        return self._routes("GET", template, need, handler)

    def post(
        self, template: str, need: N, handler: Callable[[C], Reply], largest: int = LARGEST_DOCUMENT
    ) -> list[Route]:
        """Declare a route that creates."""
        return self._routes("POST", template, need, handler, largest)

    def put(
        self, template: str, need: N, handler: Callable[[C], Reply], largest: int = LARGEST_DOCUMENT
    ) -> list[Route]:
        """Declare a route that sets."""
        return self._routes("PUT", template, need, handler, largest)

    def patch(self, template: str, need: N, handler: Callable[[C], Reply]) -> list[Route]:
        """Declare a route that changes a part."""
        return self._routes("PATCH", template, need, handler)

    def delete(self, template: str, need: N, handler: Callable[[C], Reply]) -> list[Route]:
        """Declare a route that removes."""
        return self._routes("DELETE", template, need, handler)

    def _routes(
        self, method: str, template: str, need: N, handler: Callable[[C], Reply], largest: int = LARGEST_DOCUMENT
    ) -> list[Route]:
        def run(call: Call) -> Reply:
            return handler(self.enter(call, need))

        return [Route(method, prefix + template, run, largest=largest) for prefix in self.prefixes]


@dataclass(slots=True)
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict)
    parameter: _Node | None = None
    rest: list[tuple[tuple[str, ...], _Node]] = field(default_factory=list)
    routes: dict[str, tuple[Route, tuple[str, ...]]] = field(default_factory=dict)


class Router:
    """All routes, searchable by path."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        for route in routes:
            self._add(route)

    def find(self, method: str, path: str) -> tuple[Route, Mapping[str, str]] | None:
        """Return the route of a percent-encoded path, with its decoded parameters."""
        found = _search(self._root, path.strip("/").split("/"), (), method)
        if found is None:
            return None
        (route, names), values = found
        return route, {name: unquote(value) for name, value in zip(names, values, strict=True)}

    def _add(self, route: Route) -> None:
        node, names = self._root, []
        segments = route.template.strip("/").split("/")
        for at, segment in enumerate(segments):
            if segment.endswith("...}"):
                names.append(segment[1:-4])
                node = _rest(node, tuple(segments[at + 1 :]))
                break
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.literals.setdefault(segment, _Node())
        if route.method in node.routes:
            raise ValueError(f"two routes for {route.method} {route.template}")
        node.routes[route.method] = (route, tuple(names))


def _rest(node: _Node, tail: tuple[str, ...]) -> _Node:
    for known, target in node.rest:
        if known == tail:
            return target
    target = _Node()
    node.rest.append((tail, target))
    node.rest.sort(key=lambda item: -len(item[0]))  # `…/protection` is tried before the name that could hold it
    return target


def _search(
    node: _Node, segments: list[str], values: tuple[str, ...], method: str
) -> tuple[tuple[Route, tuple[str, ...]], tuple[str, ...]] | None:
    if not segments:
        found = node.routes.get(method)
        return None if found is None else (found, values)
    head, below = segments[0], segments[1:]
    if head in node.literals:
        deeper = _search(node.literals[head], below, values, method)
        if deeper is not None:
            return deeper
    if node.parameter is not None and head:
        deeper = _search(node.parameter, below, (*values, head), method)
        if deeper is not None:
            return deeper
    for tail, target in node.rest:
        taken = len(segments) - len(tail)
        if taken > 0 and tuple(segments[taken:]) == tail and method in target.routes:
            return target.routes[method], (*values, "/".join(segments[:taken]))
    return None
