"""What the templates give for an estate, remembered: rendering is the slowest thing that an idle command could do.

The trees follow from the estate and the templates alone. What is needed of them without their text, each repository's
first commit and git's ids of its managed files, is kept in a file that may be deleted at any time.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import twinlock
from twinlock.engine import fingerprint
from twinlock.errors import Incomplete
from twinlock.files import write_atomically
from twinlock.model.managed import Blob
from twinlock.scaffold.commit import commit_id, managed_blobs
from twinlock.scaffold.rendering import render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.model.estate import Estate
    from twinlock.scaffold.source import TemplateSource
    from twinlock.scaffold.tree import Tree

REMEMBERED = (".twinlock", "renderings.json")
"""Beneath the platform directory."""


@dataclass(frozen=True, slots=True)
class Digest:
    """One repository's tree without its text.

    Attributes:
        commit: Id of the first commit.
        managed: Managed files by path.
    """

    commit: str
    managed: Mapping[str, Blob]


class Renderings:
    """The rendered trees of one platform directory; nothing is read or rendered before it is asked for."""

    def __init__(self, root: Path, estate: Estate, source: TemplateSource) -> None:
        """Name what is rendered.

        Args:
            root: The platform directory.
            estate: Whose repositories.
            source: Where the templates come from.
        """
        self._file = root.joinpath(*REMEMBERED)
        self._estate = estate
        self._source = source

    @cached_property
    def trees(self) -> Mapping[str, Tree]:
        """Every repository's tree, by the repository's name.

        Raises:
            BadInput: A template is broken.
        """
        return render(self._estate, self._source)

    @cached_property
    def digests(self) -> Mapping[str, Digest]:
        """Every repository's tree without its text, by the repository's name.

        Raises:
            BadInput: A template is broken.
        """
        made_of = self._fingerprint()
        known = _read(self._file, made_of)
        if known is not None and set(known) == set(self._estate.repositories):
            return known
        digests = {name: Digest(commit_id(tree), managed_blobs(tree)) for name, tree in self.trees.items()}
        # To have nothing remembered costs the next run a rendering, and no more.
        with suppress(Incomplete):
            write_atomically(self._file, _written(digests, made_of), mode=0o600)
        return digests

    def estate(self) -> Estate:
        """Return the estate with the managed files of each repository.

        Raises:
            BadInput: A template is broken.
        """
        repositories = {
            name: replace(repository, managed_files=self.digests[name].managed)
            for name, repository in self._estate.repositories.items()
        }
        return replace(self._estate, repositories=repositories)

    def _fingerprint(self) -> str:
        kinds = sorted({repository.kind.value for repository in self._estate.repositories.values()})
        return fingerprint.digest(
            fingerprint.sources(Path(twinlock.__file__).parent),
            [sys.version, metadata.version("jinja2")],
            self._estate,
            [sorted(self._source(kind)) for kind in kinds],
        )


def _written(digests: Mapping[str, Digest], made_of: str) -> str:
    entries = {
        name: {"commit": each.commit, "managed": {path: [blob.id, blob.mode] for path, blob in each.managed.items()}}
        for name, each in digests.items()
    }
    return json.dumps({"fingerprint": made_of, "repositories": entries}, indent=1, sort_keys=True) + "\n"


def _read(path: Path, made_of: str) -> Mapping[str, Digest] | None:
    try:
        document = json.loads(path.read_bytes())
        if document["fingerprint"] != made_of:
            return None
        return {
            str(name): Digest(str(entry["commit"]), {p: Blob(*map(str, blob)) for p, blob in entry["managed"].items()})
            for name, entry in document["repositories"].items()
        }
    except (OSError, ValueError, RecursionError, TypeError, KeyError, AttributeError):
        return None
