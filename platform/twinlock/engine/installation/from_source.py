"""An engine built from Go modules, for networks that reach a module mirror and nothing else.

The modules are in `engine/` of the source tree: their `go.mod` and `go.sum` fix every byte that is compiled, so equal
toolchains build equal executables. Measurements and the reasons for each version are in `engine/README.md`.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from twinlock.engine.installation import toolchain
from twinlock.engine.installation.release import EXECUTOR, LANGUAGE, PROVIDER, PULUMI, VERSION
from twinlock.errors import Incomplete

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.engine.installation.install import Request

_STAMP = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_SDK = "github.com/pulumi/pulumi/sdk/v3"
_SCHEMA = "schema"
_SETTINGS = {"CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}
"""What would make one machine's build differ from another's; modules and checksums stay as they are configured."""

GO_SETTINGS = (
    "GOPROXY",
    "GOSUMDB",
    "GOMODCACHE",
    "GOCACHE",
    "GOPATH",
    "GOTOOLCHAIN",
    "GOAUTH",
    "NETRC",
)
"""What a build inherits: where modules come from and are kept. Nothing that could switch off verification by path."""

_SOME = 100
"""Packages between two lines of progress."""


@dataclass(frozen=True, slots=True)
class Build:
    """One executable.

    Attributes:
        name: What it is called.
        module: The directory of its module.
        package: The package of its `main`.
        version: What is stamped into it; empty where it knows.
    """

    name: str
    module: str
    package: str
    version: str = ""


_LANGUAGE_VERSION = "3.79.0"
BUILDS = (
    Build(PULUMI, "pulumi", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", f"v{VERSION}"),
    Build(LANGUAGE, "python", f"{_SDK}/python/cmd/pulumi-language-python", _LANGUAGE_VERSION),
    Build(_SCHEMA, "github", "./schema"),
    # The schema of the one before is embedded.
    Build(PROVIDER, "github", "./provider"),
)


def modules() -> Path:
    """Return the directory of the Go modules: beside this module in a wheel, at its root in a source tree."""
    packaged = Path(__file__).parent / "modules"
    return packaged if packaged.is_dir() else Path(__file__).parents[4] / "engine"


class FromSource:
    """Builds them."""

    name = "source"

    def __init__(self, path: str, source: Path, settings: Mapping[str, str]) -> None:
        """Say what to build with.

        Args:
            path: The directories of PATH.
            source: The Go modules.
            settings: Settings of Go (`GO_SETTINGS`).
        """
        self._path = path
        self._source = source
        self._settings = dict(settings)

    def fetch(self, into: Path, request: Request) -> None:
        """Build the executables; what Go has built before, it does not build again.

        Raises:
            Incomplete: There is no Go, or it failed.
        """
        if request.version not in (None, VERSION):
            raise Incomplete(
                f"Pulumi {request.version} was not built.",
                f"The Go modules are those of {VERSION}.",
                f"Build that one, or download {request.version}: `--from download`.",
            )
        go = toolchain.go(self._path, self._source, request.root / "go", request)
        # Built in a copy: the source tree may be read-only, and the schema is made in between.
        copy = into.parent / "modules"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self._source, copy)
        tools = into.parent / "tools"
        tools.mkdir(exist_ok=True)
        for number, build in enumerate(BUILDS, start=1):
            request.say(f"building {build.name} ({number} of {len(BUILDS)})")
            place = tools if build.name == _SCHEMA else into
            self._build(go, copy / build.module, build, place / build.name, request)
            if build.name == _SCHEMA:
                self._make_schema(tools, copy / "github" / "provider" / "schema.json", request)
        self._copy_executor(go, copy / "python", into / EXECUTOR, request)
        for path in (copy, tools):
            shutil.rmtree(path)

    def _build(self, go: Path, module: Path, build: Build, place: Path, request: Request) -> None:
        flags = f"-s -w -X {_STAMP}={build.version}" if build.version else "-s -w"
        command = [str(go), "build", "-v", "-mod=readonly", "-trimpath", "-buildvcs=false"]
        command += ["-ldflags", flags, "-o", str(place), build.package]
        with subprocess.Popen(  # noqa: S603 - the toolchain that was found
            command,
            cwd=module,
            env=self._environment(go, request),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        ) as process:
            last, count = "", 0
            for line in process.stderr or ():
                last, count = line.strip() or last, count + 1
                if count % _SOME == 0:
                    request.say(f"  {count} packages")
        if process.returncode != 0:
            raise Incomplete(
                f"{build.name} was not built.",
                f"go says: {last[:300]}",
                "Mend that (a module mirror is named by GOPROXY), then run the same command again; it goes on there.",
            )

    def _make_schema(self, tools: Path, place: Path, request: Request) -> None:
        made = tools / "made"
        self._output(
            [str(tools / _SCHEMA), "schema", "--skip-docs", "--skip-examples", "--out", str(made)], tools, request
        )
        shutil.move(made / "schema.json", place)

    def _copy_executor(self, go: Path, module: Path, place: Path, request: Request) -> None:
        listed = self._output([str(go), "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", _SDK], module, request, go)
        shutil.copyfile(Path(listed.strip()) / "python" / "cmd" / EXECUTOR, place)
        place.chmod(0o755)

    def _output(self, command: list[str], directory: Path, request: Request, go: Path | None = None) -> str:
        done = subprocess.run(  # noqa: S603 - what was built a moment ago, or the toolchain
            command,
            cwd=directory,
            env=self._environment(go or Path(command[0]), request),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        if done.returncode != 0:
            said = (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
            raise Incomplete(
                "The engine was not built.",
                f"{Path(command[0]).name} says: {said[:300]}",
                "Run the same command again; it goes on where this one stopped.",
            )
        return done.stdout

    def _environment(self, go: Path, request: Request) -> dict[str, str]:
        path = f"{go.parent}:{request.environment.get('PATH', '')}"
        return {**request.environment, **self._settings, **_SETTINGS, "PATH": path}
