"""Installing an engine: it is run before it is used, half of one never is, and nothing unverified gets in."""

from __future__ import annotations

import hashlib
import http.server
import io
import json
import os
import tarfile
import threading
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock.engine.installation import place, record, release
from twinlock.engine.installation.from_download import FromDownload, archives, checksum
from twinlock.engine.installation.from_path import FromPath
from twinlock.engine.installation.from_source import FromSource, modules
from twinlock.engine.installation.http_source import HttpSource
from twinlock.engine.installation.install import Request, install
from twinlock.engine.installation.record import Executable, Record
from twinlock.errors import BadInput, Incomplete

if TYPE_CHECKING:
    from collections.abc import Iterator

PULUMI = "#!/bin/sh\necho v3.256.0\n"
PROVIDER = "#!/bin/sh\necho 6.15.0\n"
GOOD = {"pulumi": PULUMI, "pulumi-resource-github": PROVIDER}


@dataclass
class Fake:
    """A way that gives these executables."""

    executables: dict[str, str]
    name: str = "path"
    refuses: str = ""
    found: list[list[str]] = field(default_factory=list)

    def fetch(self, into: Path, request: Request) -> None:
        """Write them."""
        del request
        self.found.append(sorted(path.name for path in into.iterdir()))
        for name, body in self.executables.items():
            (into / name).write_text(body)
            (into / name).chmod(0o755)
        if self.refuses:
            raise Incomplete(self.refuses, "It broke.", "Try again.")


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    """Return a request for whatever version there is."""
    return Request(tmp_path / "cache", None, lambda _: None, {"PATH": os.environ["PATH"]})


def test_what_was_run_is_installed_and_used(request_: Request) -> None:
    """The engine is in a directory of its version, with what each executable was when it was verified."""
    made = install(request_, [Fake(GOOD)])
    assert made.directory == request_.root / "3.256.0"
    assert place.usable(request_.root) == made
    assert (made.pulumi.read_text(), made.record.way, made.damage(thoroughly=True)) == (PULUMI, "path", None)
    assert record.parse((made.directory / record.NAME).read_bytes()) == made.record


@pytest.mark.parametrize(
    ("executables", "why"),
    [
        ({"pulumi": PULUMI}, "it is not there"),
        ({**GOOD, "pulumi": "#!/bin/sh\nexit 1\n"}, "asked for its version it answered nothing"),
        ({**GOOD, "pulumi-resource-github": "#!/bin/sh\necho 5.0.0\n"}, "asked for its version it answered 5.0.0"),
        ({**GOOD, "pulumi": "no program"}, "it does not run here: Exec format error"),
    ],
)
def test_what_does_not_run_as_it_should_is_not_installed(
    request_: Request, executables: dict[str, str], why: str
) -> None:
    """Nothing is put in its place before each executable has told its version."""
    with pytest.raises(Incomplete) as refused:
        install(request_, [Fake(executables)])
    assert refused.value.why == f"Of what was fetched, {why}."
    assert place.installed(request_.root) == ()


def test_a_half_fetched_engine_is_gone_on_with_and_never_used(request_: Request) -> None:
    """The next attempt finds what the first one left; until it is done there is no engine."""
    with pytest.raises(Incomplete, match="Broken off"):
        install(request_, [Fake({"pulumi": PULUMI}, refuses="Broken off.")])
    with pytest.raises(Incomplete, match="There is no Pulumi engine"):
        place.usable(request_.root)
    second = Fake(GOOD)
    install(request_, [second])
    assert second.found == [["pulumi"]]
    assert place.usable(request_.root).record.version == "3.256.0"


def test_the_next_way_is_tried_and_all_refusals_are_told(request_: Request) -> None:
    """The first way that works is taken; where none does, each says why."""
    broken = Fake({}, name="path", refuses="Not found.")
    assert install(request_, [broken, Fake(GOOD, name="source")]).record.way == "source"
    with pytest.raises(Incomplete) as refused:
        install(request_, [broken, Fake({}, name="source", refuses="Not built.")])
    assert refused.value.why == "path: Not found. It broke.\nsource: Not built. It broke."


def test_another_version_than_asked_for_is_refused(request_: Request) -> None:
    """`--version` is what is installed, or nothing is."""
    wanted = Request(request_.root, "3.200.0", request_.say, request_.environment)
    with pytest.raises(Incomplete, match=r"Pulumi 3\.200\.0 was not installed"):
        install(wanted, [Fake(GOOD)])


def test_a_second_installation_waits_for_nobody(request_: Request) -> None:
    """Two at once would write the same files: the second is refused with who is first."""

    @dataclass
    class Inner:
        name: str = "path"

        def fetch(self, into: Path, request: Request) -> None:
            del into
            install(request, [Fake(GOOD)])

    with pytest.raises(Incomplete, match="The engine's installation was not begun"):
        install(request_, [Inner()])


def test_an_executable_that_was_changed_is_not_used(request_: Request) -> None:
    """The size is looked at on each use, every byte by `engine status`."""
    made = install(request_, [Fake(GOOD)])
    made.pulumi.write_text(PULUMI.replace("3.256.0", "3.256.1"))
    assert made.damage() is None
    assert made.damage(thoroughly=True) == "pulumi was changed after it was installed"
    made.pulumi.write_text("longer than it was, by far")
    with pytest.raises(Incomplete) as refused:
        place.usable(request_.root)
    assert refused.value.why == f"In {made.executables}, pulumi was changed after it was installed."
    made.pulumi.unlink()
    assert made.damage() == "pulumi is gone"


def test_the_version_that_is_tested_with_comes_before_newer_ones(request_: Request) -> None:
    """Then the newest; `usable` takes the first that is whole."""
    for version in ("3.99.0", "3.300.0", release.VERSION):
        install(request_, [Fake({**GOOD, "pulumi": f"#!/bin/sh\necho v{version}\n"})])
    versions = [each.record.version for each in place.installed(request_.root)]
    assert versions == [release.VERSION, "3.300.0", "3.99.0"]


def test_the_cache_is_where_the_system_has_it() -> None:
    """XDG's folder, its default, Apple's; a relative one is ignored, as the specification says."""
    assert place.cache({"HOME": "/h"}, "linux") == Path("/h/.cache/twinlock/engine")
    assert place.cache({"HOME": "/h"}, "darwin") == Path("/h/Library/Caches/twinlock/engine")
    assert place.cache({"HOME": "/h", "XDG_CACHE_HOME": "/c"}, "linux") == Path("/c/twinlock/engine")
    assert place.cache({"HOME": "/h", "XDG_CACHE_HOME": "c"}, "linux") == Path("/h/.cache/twinlock/engine")


@pytest.mark.parametrize("version", ["latest", "3.256", "../3.256.0", "3.100.0"])
def test_a_version_that_cannot_be_is_bad_input(version: str) -> None:
    """No text becomes part of an address or a path but three numbers, and none that is too old."""
    with pytest.raises(BadInput):
        release.parsed(version)
    assert release.parsed("v3.256.0") == "3.256.0"


@given(st.binary(max_size=200))
def test_any_file_is_a_record_or_none(content: bytes) -> None:
    """Whatever stands in the file is no error."""
    assert record.parse(content) is None or isinstance(record.parse(content), Record)


@given(st.dictionaries(st.text(max_size=8), st.builds(Executable, st.integers(0, 2**40), st.text(max_size=8))))
def test_a_record_is_read_as_it_was_written(executables: dict[str, Executable]) -> None:
    """Encoding and parsing are each other's inverse."""
    written = Record("3.256.0", "source", executables)
    assert record.parse(record.encode(written).encode()) == written


def test_from_path_copies_what_is_there(request_: Request, tmp_path: Path) -> None:
    """Pulumi from PATH, the provider from Pulumi's own plugins; what was verified is what is used."""
    path, plugins = tmp_path / "path", tmp_path / "plugins"
    here = {
        path / "pulumi": PULUMI,
        path / "pulumi-resource-aws": "#!/bin/sh\nsleep 60  # the world's, which tells no version\n",
        plugins / "resource-github-v6.15.0" / "pulumi-resource-github": PROVIDER,
    }
    for each, body in here.items():
        each.parent.mkdir(parents=True, exist_ok=True)
        each.write_text(body)
        each.chmod(0o755)
    made = install(request_, [FromPath(str(path), plugins)])
    (path / "pulumi").unlink()
    assert place.usable(request_.root) == made
    assert sorted(made.record.executables) == ["pulumi", "pulumi-resource-github"]
    official = plugins / "resource-aws-v7.51.1" / "pulumi-resource-aws"
    official.parent.mkdir()
    official.write_text("#!/bin/sh\necho 7.51.1\n")
    (path / "pulumi").write_text(PULUMI)
    (path / "pulumi").chmod(0o755)
    install(request_, [FromPath(str(path), plugins)]).require_aws()


def test_from_path_says_what_is_not_there(request_: Request, tmp_path: Path) -> None:
    """The first executable that is missing is named, and the other ways."""
    with pytest.raises(Incomplete) as refused:
        install(request_, [FromPath(str(tmp_path), tmp_path)])
    assert str(refused.value) == (
        "pulumi was not found.\n"
        f"It is neither on PATH nor in {tmp_path}.\n"
        "Fetch it: `twinlock engine install --from download`, or build it: `--from source`."
    )


class Releases(http.server.BaseHTTPRequestHandler):
    """Serves files of releases, with ranges."""

    files: dict[str, bytes]
    ranges: list[str]

    def do_GET(self) -> None:
        """Answer with a file, or the rest of it."""
        body, begin = self.files.get(self.path), 0
        if body is None:
            self.send_error(404)
            return
        asked = self.headers.get("Range")
        if asked:
            self.ranges.append(asked)
            begin = int(asked.removeprefix("bytes=").rstrip("-"))
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(body) - begin))
        self.end_headers()
        self.wfile.write(body[begin:])

    def log_message(self, *_: Any) -> None:  # noqa: ANN401 - the base class's
        """Say nothing."""


@dataclass
class Served:
    """Releases on loopback."""

    url: str
    files: dict[str, bytes]
    ranges: list[str]

    def publish(self, pulumi: bytes, provider: bytes, aws: bytes | None = None) -> None:
        """Publish the archives with their checksums, as Pulumi does: of a provider SHA-1, by its path."""
        bodies = (pulumi, provider) if aws is None else (pulumi, provider, aws)
        for archive, body in zip(archives("3.256.0", "", "linux", "x86_64"), bodies, strict=aws is not None):
            sha256 = f"{hashlib.sha256(body).hexdigest()}  {archive.name}\n"
            sha1 = f"{hashlib.sha1(body, usedforsecurity=False).hexdigest()}  ./{archive.name}\n"
            listed = sha256 if archive.checksums.startswith("pulumi-3") else sha1
            self.files[f"{archive.release}/{archive.name}"] = body
            self.files[f"{archive.release}/{archive.checksums}"] = listed.encode()


@pytest.fixture
def served() -> Iterator[Served]:
    """Serve releases on loopback."""
    files: dict[str, bytes] = {}
    ranges: list[str] = []
    handler = type("Handler", (Releases,), {"files": files, "ranges": ranges})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Served(f"http://127.0.0.1:{server.server_port}", files, ranges)
        server.shutdown()
        thread.join()


def packed(members: dict[str, str]) -> bytes:
    """Return an archive of files."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        for name, body in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body.encode()))
    return held.getvalue()


PULUMI_ARCHIVE = packed({"pulumi/pulumi": PULUMI, "pulumi/pulumi-watch": "x", "../../outside": "x"})
PROVIDER_ARCHIVE = packed({"pulumi-resource-github": PROVIDER, "LICENSE": "x"})


def test_a_release_is_downloaded_checked_and_unpacked(request_: Request, served: Served) -> None:
    """Only the executables that are wanted come out of an archive, wherever its members would go."""
    served.publish(PULUMI_ARCHIVE, PROVIDER_ARCHIVE)
    made = install(request_, [FromDownload(HttpSource(), served.url, "linux", "x86_64")])
    assert sorted(made.record.executables) == ["pulumi", "pulumi-resource-github"]
    assert sorted(path.name for path in made.directory.iterdir() if path.name != "home") == ["bin", "engine.json"]
    assert not (request_.root.parent / "outside").exists()


def test_the_official_aws_provider_comes_along_where_it_can_be_had(request_: Request, served: Served) -> None:
    """It is verified as the others are; an engine without it is one too, and says so where it is asked for."""
    served.publish(PULUMI_ARCHIVE, PROVIDER_ARCHIVE)
    without = install(request_, [FromDownload(HttpSource(), served.url, "linux", "x86_64")])
    with pytest.raises(Incomplete, match=r"^The official AWS provider is not installed\.") as refused:
        without.require_aws()
    assert refused.value.why == f"The engine in {without.directory} was installed from download, without it."
    served.publish(PULUMI_ARCHIVE, PROVIDER_ARCHIVE, packed({"pulumi-resource-aws": "#!/bin/sh\necho v7.51.1\n"}))
    made = install(request_, [FromDownload(HttpSource(), served.url, "linux", "x86_64")])
    made.require_aws()
    served.publish(PULUMI_ARCHIVE, PROVIDER_ARCHIVE, packed({"pulumi-resource-aws": "#!/bin/sh\necho v6.0.0\n"}))
    with pytest.raises(Incomplete, match=r"^pulumi-resource-aws was not installed\."):
        install(request_, [FromDownload(HttpSource(), served.url, "linux", "x86_64")])
    assert place.usable(request_.root) == made


def test_the_providers_are_those_of_their_sdks() -> None:
    """Programs are written against the SDKs, and Pulumi asks for their versions."""
    assert (metadata.version("pulumi-github"), metadata.version("pulumi-aws")) == (release.GITHUB, release.AWS)


def test_of_pulumi_itself_no_weaker_checksum_will_do(request_: Request, served: Served) -> None:
    """It lists SHA-256, so a list of SHA-1 is none of its own."""
    served.publish(PULUMI_ARCHIVE, PROVIDER_ARCHIVE)
    name = "pulumi-v3.256.0-linux-x64.tar.gz"
    listed = f"{hashlib.sha1(PULUMI_ARCHIVE, usedforsecurity=False).hexdigest()}  {name}\n"
    served.files["/pulumi/releases/download/v3.256.0/pulumi-3.256.0-checksums.txt"] = listed.encode()
    with pytest.raises(Incomplete) as refused:
        install(request_, [FromDownload(HttpSource(), served.url, "linux", "x86_64")])
    assert refused.value.why == "Of the download, pulumi-3.256.0-checksums.txt does not list it."


def test_a_download_goes_on_where_it_stopped(request_: Request, served: Served) -> None:
    """What is there already is not fetched again."""
    served.publish(PULUMI_ARCHIVE, PROVIDER_ARCHIVE)
    staging = request_.root / ".partial-download"
    staging.mkdir(parents=True)
    name = "pulumi-v3.256.0-linux-x64.tar.gz"
    (staging / f"{name}.part").write_bytes(PULUMI_ARCHIVE[:100])
    install(request_, [FromDownload(HttpSource(), served.url, "linux", "x86_64")])
    assert served.ranges == ["bytes=100-"]


@pytest.mark.parametrize(
    ("listed", "why"),
    [
        ("0" * 64 + "  pulumi-v3.256.0-linux-x64.tar.gz\n", "its checksum is not the published one"),
        ("0" * 64 + "  another.tar.gz\n", "pulumi-3.256.0-checksums.txt does not list it"),
    ],
)
def test_a_download_that_is_not_what_is_published_is_refused(
    request_: Request, served: Served, listed: str, why: str
) -> None:
    """Neither a changed archive nor one that nobody vouches for is unpacked."""
    served.publish(PULUMI_ARCHIVE, PROVIDER_ARCHIVE)
    served.files["/pulumi/releases/download/v3.256.0/pulumi-3.256.0-checksums.txt"] = listed.encode()
    with pytest.raises(Incomplete) as refused:
        install(request_, [FromDownload(HttpSource(), served.url, "linux", "x86_64")])
    assert refused.value.why == f"Of the download, {why}."
    assert place.installed(request_.root) == ()


def test_what_is_not_published_is_said(request_: Request, served: Served) -> None:
    """The address, the answer, and the way that needs no download."""
    with pytest.raises(Incomplete) as refused:
        install(request_, [FromDownload(HttpSource(), served.url, "linux", "x86_64")])
    assert refused.value.why == "There, the answer was 404."
    assert "--from source" in refused.value.mend
    with pytest.raises(Incomplete, match="Nothing was downloaded"):
        archives("3.256.0", "", "plan9", "mips")


@given(st.text(max_size=200))
def test_any_list_of_checksums_holds_one_or_none(listed: str) -> None:
    """Whatever is published is no error."""
    assert checksum(listed, "pulumi.tar.gz") is None


FAKE_GO = """#!/bin/sh
echo "$@ GOFLAGS=[$GOFLAGS] GITHUB_TOKEN=[$GITHUB_TOKEN]" >> "{log}"
case "$1" in
list) echo "{sdk}";;
build)
  while [ "$1" != -o ]; do shift; done
  case "$2" in
  *schema) printf '#!/bin/sh\\nmkdir -p "$5"; echo "{{}}" > "$5/schema.json"\\n' > "$2";;
  *github) test -f provider/schema.json || exit 1; printf '#!/bin/sh\\necho 6.15.0\\n' > "$2";;
  *) printf '#!/bin/sh\\necho v3.256.0\\n' > "$2";;
  esac
  chmod +x "$2";;
esac
"""


@pytest.fixture
def toolchain(tmp_path: Path) -> Path:
    """Put a `go` on a PATH that writes down how it is called, and builds scripts."""
    sdk = tmp_path / "sdk" / "python" / "cmd"
    sdk.mkdir(parents=True)
    (sdk / release.EXECUTOR).write_text("exec")
    go = tmp_path / "go" / "go"
    go.parent.mkdir()
    go.write_text(FAKE_GO.format(log=tmp_path / "log", sdk=tmp_path / "sdk"))
    go.chmod(0o755)
    return go.parent


def test_an_engine_is_built_from_locked_modules(request_: Request, toolchain: Path, tmp_path: Path) -> None:
    """Every build reads its lock, leaves paths out, and is stamped; the schema is made before what embeds it."""
    made = install(request_, [FromSource(str(toolchain), modules(), {"GOFLAGS": "-mod=mod"})])
    assert sorted(made.record.executables) == [
        "pulumi",
        "pulumi-language-python",
        "pulumi-language-python-exec",
        "pulumi-resource-github",
    ]
    calls = (tmp_path / "log").read_text().splitlines()
    builds = [call for call in calls if call.startswith("build")]
    assert [call.rpartition(" -o ")[2].split()[0].rpartition("/")[2] for call in builds] == [
        "pulumi",
        "pulumi-language-python",
        "schema",
        "pulumi-resource-github",
    ]
    assert all("-mod=readonly -trimpath -buildvcs=false" in call for call in builds)
    assert all(call.endswith("GOFLAGS=[] GITHUB_TOKEN=[]") for call in calls)
    assert "version.Version=v3.256.0" in builds[0]


def test_only_the_modules_version_can_be_built(request_: Request, toolchain: Path) -> None:
    """Another version is refused before anything is built."""
    other = Request(request_.root, "3.200.0", request_.say, request_.environment)
    with pytest.raises(Incomplete, match=r"Pulumi 3\.200\.0 was not built"):
        install(other, [FromSource(str(toolchain), modules(), {})])


def test_what_go_says_is_told(request_: Request, tmp_path: Path) -> None:
    """The last line of a failed build is the reason."""
    go = tmp_path / "go"
    go.write_text("#!/bin/sh\necho 'pkg: no route to mirror' >&2; exit 1\n")
    go.chmod(0o755)
    with pytest.raises(Incomplete) as refused:
        install(request_, [FromSource(str(tmp_path), modules(), {})])
    assert (refused.value.what, refused.value.why) == ("pulumi was not built.", "go says: pkg: no route to mirror")


def test_the_modules_name_what_is_asked_of_the_executables() -> None:
    """The versions in the code and in the Go modules are the same, and no mirror is named."""
    assert f"pulumi/pkg/v3 v{release.VERSION}" in (modules() / "pulumi" / "go.mod").read_text()
    assert (modules() / "github" / "version.txt").read_text().strip() == release.GITHUB
    for each in ("pulumi", "github", "python"):
        text = (modules() / each / "go.mod").read_text()
        assert "GOPROXY" not in text
        assert "proxy.golang.org" not in text
        assert (modules() / each / "go.sum").stat().st_size > 0


def test_status_is_stable_json(request_: Request) -> None:
    """What is written can be read by other tools."""
    made = install(request_, [Fake(GOOD)])
    assert json.loads((made.directory / record.NAME).read_text()) == {
        "version": "3.256.0",
        "from": "path",
        "executables": {
            name: {"size": len(body), "sha256": hashlib.sha256(body.encode()).hexdigest()}
            for name, body in GOOD.items()
        },
    }
