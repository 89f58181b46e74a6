"""Managed files as git knows them, without git."""

from __future__ import annotations

from twinlock.model.managed import Blob
from twinlock.scaffold.commit import managed_blobs
from twinlock.scaffold.tree import RECORD, File, Tree


def test_managed_files_have_gits_ids_and_modes() -> None:
    """The ids that `git hash-object` gives; what is the team's, and the scaffold's own record, is left out."""
    tree = Tree(
        {
            "a/hello": File(b"hello\n", managed=True),
            "run": File(b"", managed=True, executable=True),
            "README.md": File(b"ours", managed=False),
            RECORD: File(b"{}", managed=True),
        }
    )
    assert managed_blobs(tree) == {
        "a/hello": Blob("ce013625030ba8dba906f756967f9e9ca394464a", "100644"),
        "run": Blob("e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", "100755"),
    }
