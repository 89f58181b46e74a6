"""The id of a tree's first commit, computed without git.

`pipelines.commit` must be known before anything exists, so author, date and message are constant and the id follows
from the tree alone. Format: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from twinlock.model.managed import Blob
from twinlock.scaffold.tree import RECORD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.scaffold.tree import File, Tree

AUTHOR = "twinlock <twinlock@twinlock.invalid>"
TIME = "1767225600 +0000"
MESSAGE = "Begin with the scaffolded tree\n"

_Node = dict[str, "File | _Node"]


def commit_id(tree: Tree) -> str:
    """Return the id of the parentless commit that holds exactly this tree."""
    content = f"tree {tree_id(tree)}\nauthor {AUTHOR} {TIME}\ncommitter {AUTHOR} {TIME}\n\n{MESSAGE}"
    return _object_id("commit", content.encode()).hex()


def tree_id(tree: Tree) -> str:
    """Return the id of the tree object."""
    return _directory(_nested(tree.files)).hex()


def managed_blobs(tree: Tree) -> Mapping[str, Blob]:
    """Return the managed files as git knows them, by path.

    Without the record: it tells `scaffold` what was rendered last, seeded files too, and decides nothing.
    """
    return {
        path: Blob(_object_id("blob", file.content).hex(), _mode(file))
        for path, file in tree.files.items()
        if file.managed and path != RECORD
    }


def _nested(files: Mapping[str, File]) -> _Node:
    root: _Node = {}
    for path, file in files.items():
        *directories, name = path.split("/")
        node = root
        for directory in directories:
            child = node.setdefault(directory, {})
            if not isinstance(child, dict):
                raise TypeError(f"{path} passes through a file")  # unreachable: Tree refuses it
            node = child
        node[name] = file
    return root


def _directory(node: _Node) -> bytes:
    # Git sorts a directory as if its name ended in a slash.
    entries = sorted(
        (name.encode() + (b"/" if isinstance(child, dict) else b""), child) for name, child in node.items()
    )
    return _object_id("tree", b"".join(_entry(name.rstrip(b"/"), child) for name, child in entries))


def _entry(name: bytes, child: File | _Node) -> bytes:
    if isinstance(child, dict):
        return b"40000 " + name + b"\0" + _directory(child)
    return _mode(child).encode() + b" " + name + b"\0" + _object_id("blob", child.content)


def _mode(file: File) -> str:
    return "100755" if file.executable else "100644"


def _object_id(kind: str, content: bytes) -> bytes:
    return hashlib.sha1(f"{kind} {len(content)}\0".encode() + content, usedforsecurity=False).digest()
