"""From the Estate to the files of each repository: render, write, compare, seed."""

from __future__ import annotations

from twinlock.scaffold.commit import commit_id
from twinlock.scaffold.comparison import Difference, FileDifference, compare
from twinlock.scaffold.rendering import pipelines_commit, pipelines_tree, platform_tree, render
from twinlock.scaffold.seed import AlreadySeeded, HasOtherCommits, Seeded, seed
from twinlock.scaffold.source import TemplateSource
from twinlock.scaffold.tree import RECORD, File, Tree
from twinlock.scaffold.writing import WriteReport, write

__all__ = [
    "RECORD",
    "AlreadySeeded",
    "Difference",
    "File",
    "FileDifference",
    "HasOtherCommits",
    "Seeded",
    "TemplateSource",
    "Tree",
    "WriteReport",
    "commit_id",
    "compare",
    "pipelines_commit",
    "pipelines_tree",
    "platform_tree",
    "render",
    "seed",
    "write",
]
