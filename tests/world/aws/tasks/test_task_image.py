"""Images: what they say, and that their layers stay where they are unpacked."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import tarfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock_world.aws.tasks.image import Image, ImageError, Reference, parse, read, unpack

if TYPE_CHECKING:
    from pathlib import Path

HOST = "111111111111.dkr.ecr.eu-west-1.amazonaws.com"
SHA = f"sha256:{'a' * 64}"


def layer(*entries: tuple[str, str], link: tuple[str, str] | None = None) -> bytes:
    """Return a layer of files, and of one symbolic link."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, text in entries:
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
        if link is not None:
            entry = tarfile.TarInfo(link[0])
            entry.type, entry.linkname = tarfile.SYMTYPE, link[1]
            tar.addfile(entry)
    return gzip.compress(made.getvalue())


def image(*layers: bytes) -> Image:
    """Return an image of these layers."""
    return Image((), (), (), "/", layers)


def files(root: Path) -> dict[str, str]:
    """Return every file below a directory."""
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{HOST}/app", ("app", "latest")),
        (f"{HOST}/team/app:v1", ("team/app", "v1")),
        (f"{HOST}/app@{SHA}", ("app", SHA)),
        (f"{HOST}/app:v1@{SHA}", ("app", SHA)),
        ("python:3.12", None),
        (f"{HOST}/app@sha256:1", None),
        (f"{HOST}.example.com/app", None),
    ],
)
def test_images_are_named_by_digest_or_tag(text: str, found: tuple[str, str] | None) -> None:
    """Only ECR's own names are known; a digest stands before a tag."""
    expected = None if found is None else Reference(text, HOST, "111111111111", "eu-west-1", *found)
    assert parse(text) == expected


def test_a_configuration_says_how_to_run() -> None:
    """Absent and null are nothing; variables are split at their first sign."""
    config = {"config": {"Entrypoint": None, "Cmd": ["a", "b"], "Env": ["X=1=2", "broken"], "WorkingDir": ""}}
    assert read(json.dumps(config).encode(), [b"l"]) == Image((), ("a", "b"), (("X", "1=2"),), "/", (b"l",))


@pytest.mark.parametrize("config", [b"", b"[]x", b'{"config": 1}', b'{"config": {"Cmd": "a"}}', b"[" * 100_000])
def test_a_configuration_that_is_none(config: bytes) -> None:
    """It is refused, whatever is wrong with it."""
    with pytest.raises(ImageError, match="the image's configuration cannot be read"):
        read(config, [])


def test_upper_layers_replace_and_hide(tmp_path: Path) -> None:
    """A file of an upper layer stands; whiteouts take away one file, or all that a directory held."""
    lower = layer(("a", "1"), ("b", "1"), ("d/x", "1"), ("d/y", "1"), ("e/z", "1"))
    upper = layer(("a", "2"), (".wh.b", ""), ("d/.wh..wh..opq", ""), ("d/new", "2"), (".wh.e", ""))
    unpack(image(lower, upper), tmp_path / "root")
    assert files(tmp_path / "root") == {"a": "2", "d/new": "2"}


@pytest.mark.parametrize(
    "bad",
    [
        layer(("../out", "x")),
        layer(("a/../../out", "x")),
        layer(link=("out", "/etc")),
        layer(link=("out", "../..")),
        layer(("../.wh.kept", "")),
        b"\x1f\x8bno gzip",
        gzip.compress(b"no archive" * 100),
        layer(("a", "1"))[:-12],
    ],
)
def test_layers_do_not_reach_out(tmp_path: Path, bad: bytes) -> None:
    """What leads out of the directory, and what is damaged, is refused; nothing beside it is touched."""
    (tmp_path / "kept").write_text("kept")
    with pytest.raises(ImageError):
        unpack(image(bad), tmp_path / "root")
    assert [path.name for path in tmp_path.iterdir() if path.name != "root"] == ["kept"]


def test_a_link_of_a_lower_layer_leads_nowhere(tmp_path: Path) -> None:
    """A later layer does not write through what an earlier one linked."""
    (tmp_path / "outside").mkdir()
    with pytest.raises(ImageError):
        unpack(image(layer(link=("d", "../outside")), layer(("d/x", "1"))), tmp_path / "root")
    assert list((tmp_path / "outside").iterdir()) == []


@given(st.binary(max_size=300))
def test_no_bytes_break_it(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Any layer is unpacked or refused."""
    with contextlib.suppress(ImageError):
        unpack(image(data), tmp_path_factory.mktemp("any") / "root")
