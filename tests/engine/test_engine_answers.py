"""How often GitHub refuses the official provider: it loses one of a hundred permits on each refusal, and then hangs.

Source: https://github.com/integrations/terraform-provider-github/issues/3603.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PERMITS = 100
OFFICIAL = "terraform-provider-github/"
"""How the official provider calls itself: it wraps Terraform's."""


class Between(ThreadingHTTPServer):
    """Stands between clients and the world, and takes down what the official provider was answered."""

    daemon_threads = True

    def __init__(self, world: str) -> None:
        super().__init__(("127.0.0.1", 0), Passing)
        self.world = urlsplit(world).netloc
        self.answers: list[tuple[str, int]] = []

    @property
    def refusals(self) -> Counter[str]:
        """The answers other than success, by what was asked."""
        return Counter(asked for asked, status in self.answers if not 200 <= status < 300)


class Passing(BaseHTTPRequestHandler):
    """Passes requests on, over one connection to the world for each to here."""

    protocol_version = "HTTP/1.1"
    server: Between

    def setup(self) -> None:
        """Open the connection."""
        super().setup()
        self._world = http.client.HTTPConnection(self.server.world)

    def finish(self) -> None:
        """Close it."""
        self._world.close()
        super().finish()

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        self._world.request(self.command, self.path, body, headers)
        answer = self._world.getresponse()
        content = answer.read()
        if self.path == "/_world/seed":
            # The world says where it is; clients are to stay here.
            content = content.replace(self.server.world.encode(), self.headers["host"].encode())
        if self.headers.get("user-agent", "").startswith(OFFICIAL):
            self.server.answers.append((f"{self.command} {self.path.partition('?')[0]}", answer.status))
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"transfer-encoding", "connection", "content-length"}:
                self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _pass  # noqa: N815 - the base class's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class has it so
        """Write nothing."""


@pytest.fixture
def between(installed: object, new_platform: Callable[[], Any]) -> Iterator[tuple[Any, Between]]:
    """Return a platform of which nothing is provisioned, and what stands between it and its world."""
    del installed
    platform = new_platform()
    server = Between(platform.world["github"]["url"])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    file = platform.root / ".twinlock" / "world.json"
    document = platform.world
    document["github"]["url"] = f"http://127.0.0.1:{server.server_port}"
    written = file.read_bytes()
    file.write_text(json.dumps(document))
    yield platform, server
    file.write_bytes(written)
    server.shutdown()
    server.server_close()


def test_the_official_provider_is_refused_too_seldom_to_hang(between: tuple[Any, Between]) -> None:
    """All processes of a first run together lose one permit per repository; without changes none is lost."""
    platform, server = between
    for most in PERMITS // 10, 0:
        server.answers.clear()
        done = platform.twinlock("up", "--yes", "--engine", "pulumi")
        assert done.code == 0, done.err
        assert server.answers, "the provider was not seen"
        assert server.refusals.total() <= most, server.refusals.most_common()
