"""A checkpoint that was cut off is replaced by Pulumi's own copy, if that is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twinlock.engine.pulumi.half_written import restore

if TYPE_CHECKING:
    from pathlib import Path

OLD = b'{"checkpoint": {"latest": {"resources": [{"urn": "a"}]}}}'
NEW = b'{"checkpoint": {"latest": {"resources": [{"urn": "b"}]}}}'


@pytest.mark.parametrize(
    ("found", "copy", "after"),
    [
        (NEW[:20], OLD, OLD),
        (b"", OLD, OLD),
        (NEW, OLD, NEW),
        (NEW[:20], OLD[:20], NEW[:20]),
        (NEW[:20], None, NEW[:20]),
        (None, OLD, None),
    ],
)
def test_only_what_is_cut_off_is_replaced(
    tmp_path: Path, found: bytes | None, copy: bytes | None, after: bytes | None
) -> None:
    """By a copy that is whole; what is not there was removed, and is custody's to judge."""
    path = tmp_path / "payments.json"
    for place, content in ((path, found), (tmp_path / "payments.json.bak", copy)):
        if content is not None:
            place.write_bytes(content)
    restore(path)
    assert (path.read_bytes() if path.exists() else None) == after
