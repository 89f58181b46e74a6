"""Send a world what no honest client sends, for some seconds, and count what it answers.

`fuzz.py SECONDS [SEED]`. Requests of the real Terraform provider and of gh, and of every route, are bent: fields lost,
added, of another type; paths, headers and bodies hostile; pushes with broken packs; AWS requests signed and not. It
ends with 1 if any answer was a failure of the server's own, none came within half a minute, or the world has ended.
"""

from __future__ import annotations

import gzip
import http.client
import json
import random
import re
import secrets
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from world_probe import World

if TYPE_CHECKING:
    from collections.abc import Callable

CONFORMANCE: Final = Path(__file__).parents[1] / "conformance"
PATIENCE_SECONDS: Final = 30
NOT_MODELLED: Final = 501
FAILURE: Final = 500
RENEWED: Final = 100
KNOWN: Final = {
    "org": "acme",
    "owner": "acme",
    "repo": "app",
    "username": "olga",
    "team_slug": "team",
    "environment_name": "production",
    "branch": "main",
    "ref": "heads/main",
    "tree_sha": "main",
    "path": "README.md",
    "pull_number": "1",
    "issue_number": "1",
    "name": "NAME",
}
WORDS: Final = (
    *("", "main", "null", "-1", "acme/app", "~ALL", "refs/heads/x", "--all", "..", "../../../x", "%2F", "[", "\0"),
    *("\U0001f600", "é", "a" * 3000, "0" * 40, "*" * 60, "(?:a+)+$", "2026-13-45T99:99:99Z"),
    *("'; drop table", "{{7*7}}", "${{ github.token }}"),
)
NUMBERS: Final = (0, -1, 1, 2**31, 2**63, 2**70, 1.5, 1e308)
HEADERS: Final = ("accept", "x-github-api-version", "content-type", "if-none-match", "x-http-method-override", "range")
TOKENS: Final = ("", "Bearer", "Basic !!", "Bearer x.y.z", "token ?", "AWS4-HMAC-SHA256 x")
ACTIONS: Final = (
    *("CreateRole", "PutRolePolicy", "ListRoles", "CreateOpenIDConnectProvider", "SimulatePrincipalPolicy"),
    *("AssumeRole", "AssumeRoleWithWebIdentity", "CreateVpc", "RunInstances", "Nonsense"),
)
TARGETS: Final = (
    *("AmazonEC2ContainerServiceV20141113.RunTask", "AmazonEC2ContainerRegistry_V20150921.PutImage"),
    *("AmazonSQS.CreateQueue", "Logs_20140328.PutLogEvents", "TrentService.Sign", "Nonsense.Call"),
)


@dataclass
class Fuzz:
    """One run.

    Attributes:
        world: The world.
        chance: Where everything comes from: the same seed sends the same.
        answers: How many answers of each status, by kind of request.
        wrong: What must not be.
    """

    world: World
    chance: random.Random
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Read what is bent."""
        operations = json.loads(gzip.decompress((CONFORMANCE / "openapi.json.gz").read_bytes()))["operations"]
        self._operations = sorted(operations)
        self._recorded = list(_recorded())
        self._kinds: list[tuple[str, Callable[[], tuple[str, str, bytes, dict[str, str]]]]] = [
            ("recorded", self._bent),
            ("recorded", self._bent),
            ("routes", self._route),
            ("routes", self._route),
            ("graphql", self._graphql),
            ("git", self._git),
            ("paths", self._path),
            ("control", self._control),
            ("aws", self._aws),
        ]

    def renew(self) -> None:
        """Make again what earlier requests may have removed, whether it is there or not."""
        for path, body in (
            ("/orgs/acme/repos", {"name": "app", "auto_init": True, "private": True}),
            ("/orgs/acme/teams", {"name": "team"}),
        ):
            self.world.call("POST", path, body)

    def once(self) -> None:
        """Send one request."""
        kind, make = self.chance.choice(self._kinds)
        method, path, body, headers = make()
        where = self.world.known["aws" if kind == "aws" else "github"]["url"]
        connection = http.client.HTTPConnection(urlsplit(where).netloc, timeout=PATIENCE_SECONDS)
        told = f"{kind}: {method} {path[:200]} {body[:300]!r} {headers}"
        try:
            connection.request(method, path, body, headers)
            status = connection.getresponse().status
        except (ValueError, http.client.InvalidURL):
            return  # the client's own library does not send that
        except (OSError, http.client.HTTPException) as error:
            self.wrong.append(f"{type(error).__name__}: {error}: {told}")
            return
        finally:
            connection.close()
        self.answers[kind, status] += 1
        if status >= FAILURE and status != NOT_MODELLED:
            self.wrong.append(f"{status}: {told}")

    def _bent(self) -> tuple[str, str, bytes, dict[str, str]]:
        method, path, body = self.chance.choice(self._recorded)
        if self._likely(0.3):
            path = self._bent_path(path)
        return method, path, self._body(body), self._headers()

    def _route(self) -> tuple[str, str, bytes, dict[str, str]]:
        method, _, template = self.chance.choice(self._operations).partition(" ")

        def value(found: re.Match[str]) -> str:
            return KNOWN.get(found[1], "1") if self._likely(0.8) else quote(self._word(), safe="")

        path = re.sub(r"\{([^}]*)\}", value, template)
        if self._likely(0.3):
            path += f"?per_page={quote(self._word())}&page={self.chance.choice(NUMBERS)}&ref={quote(self._word())}"
        return method, path, self._body(self._object()), self._headers()

    def _graphql(self) -> tuple[str, str, bytes, dict[str, str]]:
        query = self.chance.choice(
            [
                "{viewer{login}}",
                'query($n:String!){repository(owner:"acme",name:$n){rulesets(first:10){nodes{name}}}}',
                "{" * self.chance.randint(1, 3000),
                "query A{...F} fragment F on Query{...F}",
                'mutation{deleteRef(input:{refId:"x"}){clientMutationId}}',
                '{organization(login:"acme"){' + "teams(first:100){nodes{" * 20 + "id" + "}}" * 20 + "}}",
                self._word(),
            ]
        )
        return "POST", "/graphql", self._body({"query": query, "variables": {"n": self._value()}}), self._headers()

    def _git(self) -> tuple[str, str, bytes, dict[str, str]]:
        service = self.chance.choice(["git-receive-pack", "git-upload-pack"])
        line = f"{'0' * 40} {self.chance.randbytes(20).hex()} refs/heads/{self._word()[:50]}\0report-status\n".encode(
            errors="replace"
        )
        packet = (
            f"{len(line) + 4:04x}".encode() + line + b"0000PACK" + self.chance.randbytes(self.chance.randint(0, 200))
        )
        body = self.chance.choice([packet, self.chance.randbytes(300), b"0000", b"ffff", b""])
        headers = self._headers() | {"Content-Type": f"application/x-{service}-request"}
        if self._likely(0.2):
            headers["Content-Encoding"] = "gzip"
        return "POST", f"/acme/app.git/{service}", body, headers

    def _path(self) -> tuple[str, str, bytes, dict[str, str]]:
        parts = "/".join(quote(self._word(), safe=self.chance.choice(["", "/", "/."])) for _ in range(4))
        start = self.chance.choice(["/", "/repos/acme/app/", "/api/v3/", "/orgs/acme/", "//", "/_world/", "/acme/"])
        return self.chance.choice(["GET", "DELETE", "POST", "OPTIONS", "BREW"]), start + parts, b"", self._headers()

    def _control(self) -> tuple[str, str, bytes, dict[str, str]]:
        name = self.chance.choice(["seed", "clock", "runs/bypass", "apps/key"])
        body = {key: self._value() for key in ("organization", "users", "apps", "aws", "seconds", "login", "remaining")}
        return "POST", f"/_world/{name}", self._body(body), self._headers()

    def _aws(self) -> tuple[str, str, bytes, dict[str, str]]:
        keys = self.world.known["aws"]["accounts"]["build"]
        service = self.chance.choice(["iam", "sts", "ec2", "s3", "ecs", "ecr", "sqs", "logs", "kms"])
        headers, path, method = {}, "/", "POST"
        if service == "s3":
            method = self.chance.choice(["GET", "PUT", "DELETE", "POST"])
            path = f"/{quote(self._word(), safe='')}/{quote(self._word(), safe='')}?{quote(self._word())}"
            body = self.chance.randbytes(50)
        elif service in {"iam", "sts", "ec2"}:
            fields = [f"Action={self.chance.choice(ACTIONS)}", "Version=2010-05-08"]
            fields += [
                f"{name}={quote(self._word(), safe='')}" for name in ("RoleName", "PolicyDocument", "Tags.member.1.Key")
            ]
            headers["Content-Type"], body = "application/x-www-form-urlencoded", "&".join(fields).encode()
        else:
            headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": self.chance.choice(TARGETS)}
            body = self._body(self._object())
        origin = self.world.known["aws"]["url"]
        request = AWSRequest(method, origin + path, headers, body)
        SigV4Auth(Credentials(keys["access_key"], keys["secret_key"]), service, "eu-west-1").add_auth(request)
        sent = dict(request.headers.items())
        if self._likely(0.2):
            sent["Authorization"] = self.chance.choice(TOKENS)
        return method, path, body, sent

    def _headers(self) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self.world.known['github']['tokens']['olga']}"}
        if self._likely(0.1):
            headers["Authorization"] = self.chance.choice(TOKENS)
        if self._likely(0.2):
            headers[self.chance.choice(HEADERS)] = re.sub(r"[^ -~]", "?", self._word())[:200]
        return headers

    def _body(self, document: object) -> bytes:
        chosen = self.chance.random()
        if chosen < 0.6:
            document = self._bend(document)
        content = json.dumps(document).encode()
        if chosen > 0.95:
            return content[: self.chance.randint(0, len(content))]
        if chosen > 0.93:
            return self.chance.choice([b"\xff" * 20, b"[" * 100_000, b"[]", b"nul", b"{" + b" " * 1_500_000 + b"}"])
        return content

    def _bend(self, document: Any) -> object:  # noqa: ANN401 - JSON
        if isinstance(document, dict) and document:
            bent = dict(document)
            name = self.chance.choice(sorted(bent))
            match self.chance.randrange(4):
                case 0:
                    del bent[name]
                case 1:
                    bent[name] = self._value()
                case 2:
                    bent[self._word()] = self._value()
                case _:
                    bent[name] = self._bend(bent[name])
            return bent
        if isinstance(document, list) and document:
            return [self._bend(self.chance.choice(document)) for _ in range(self.chance.randint(0, 4))]
        return self._value()

    def _object(self) -> dict[str, object]:
        _, _, body = self.chance.choice(self._recorded)
        return body if isinstance(body, dict) else {"name": self._word()}

    def _value(self, depth: int = 3) -> object:
        leaves = (None, True, False, self.chance.choice(NUMBERS), self._word(), self._word(), self._word())
        several = range(self.chance.randint(0, 3))
        if depth and self._likely(0.15):
            return [self._value(depth - 1) for _ in several]
        if depth and self._likely(0.15):
            return {self._word(): self._value(depth - 1) for _ in several}
        return self.chance.choice(leaves)

    def _bent_path(self, path: str) -> str:
        parts = path.split("/")
        parts[self.chance.randrange(1, len(parts))] = quote(self._word(), safe="")
        return "/".join(parts)

    def _likely(self, share: float) -> bool:
        return self.chance.random() < share

    def _word(self) -> str:
        return self.chance.choice(WORDS)


def _recorded() -> Any:  # noqa: ANN401 - an iterator of method, path and document
    for place in sorted((CONFORMANCE / "wire").glob("*.jsonl")):
        for line in place.read_text().splitlines():
            request = json.loads(line)
            if "m" in request:
                yield request["m"], request["p"], request.get("req") or request.get("body") or {}


def main(seconds: float, seed: int) -> int:
    """Fuzz a world of its own; return 1 if anything was wrong."""
    with tempfile.TemporaryDirectory() as place:
        world = World(Path(place))
        world.start()
        fuzz = Fuzz(world, random.Random(seed))  # noqa: S311 - to be repeatable
        until = time.monotonic() + seconds
        try:
            while time.monotonic() < until and world.process.poll() is None:
                fuzz.once()
                if fuzz.answers.total() % RENEWED == 0:
                    fuzz.renew()
            if world.process.poll() is not None:
                fuzz.wrong.append(f"the world ended with {world.process.returncode}")
            memory = world.megabytes
        finally:
            world.stop()
    told = [
        f"{kind:10} " + ", ".join(f"{s}: {n}" for (of, s), n in sorted(fuzz.answers.items()) if of == kind)
        for kind in sorted({kind for kind, _ in fuzz.answers})
    ]
    total = f"seed {seed}: {fuzz.answers.total()} requests in {seconds:.0f} s, {memory:.0f} MB, {len(fuzz.wrong)} wrong"
    sys.stdout.write("\n".join([*told, total, *(f"  {wrong}" for wrong in fuzz.wrong[:20]), ""]))
    return bool(fuzz.wrong)


if __name__ == "__main__":
    _, asked, *more = sys.argv
    raise SystemExit(main(float(asked), int(more[0]) if more else secrets.randbelow(2**32)))
