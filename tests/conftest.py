"""What tests of every folder may use: GitHub's OpenAPI, to hold answers against."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import pytest

DOCUMENT: Final = Path(__file__).parent / "conformance" / "openapi.json.gz"
PARAMETER: Final = re.compile(r"\{[^}]*\}")
FAILURE: Final = 400
UNDOCUMENTED: Final = frozenset(
    {
        "GET /_downloads/{}/{}",  # where logs and artifacts lead to: GitHub keeps them in storage elsewhere
        "POST /graphql",  # another API's door
    }
)
"""Operations whose answers are not held against the document, each with the reason."""
TOLERATED: Final = (
    ("evaluation_result", "null is not"),  # the description of the field says that it may be null
    ("GET /app/installations 200 0/account", ""),  # asks for a user and an enterprise at once
    ("deployments/{}/statuses 200", '"waiting" is not'),  # the state that its webhook's document knows, and this not
    ("GET /orgs/{}/audit-log", "/events"),  # calls names of events objects
    ("restrictions/apps", "description: null is not of type"),  # an app need not have one, says the app's own schema
)
"""Where GitHub's document contradicts itself, each with the reason: part of the place, part of the complaint."""


@dataclass
class OpenApi:
    """GitHub's description of its REST API, version 2022-11-28, and a validator for each answer that was seen."""

    operations: dict[str, dict[str, Any]]
    registry: jsonschema_rs.Registry
    validators: dict[tuple[str, int], jsonschema_rs.Draft202012Validator] = field(default_factory=dict)

    def problems(self, method: str, template: str, status: int, body: object) -> list[str]:
        """Return what of an answer GitHub would not answer so; `template` is the route's, by names."""
        name = f"{method} {PARAMETER.sub('{}', template)}"
        answers = self.operations.get(name)
        if name in UNDOCUMENTED:
            return []
        if answers is None:
            return [f"{name} is no operation of GitHub's"]
        if status >= FAILURE:
            return [] if isinstance(body, dict) and isinstance(body.get("message"), str) else [f"{name}: no message"]
        if str(status) not in answers:
            return [f"{name} never answers {status}"]
        schema = answers[str(status)]
        if schema is None:
            return []
        if (name, status) not in self.validators:
            self.validators[name, status] = jsonschema_rs.Draft202012Validator(schema, registry=self.registry)
        errors = self.validators[name, status].iter_errors(body)
        found = [f"{name} {status} {'/'.join(map(str, e.instance_path))}: {e.message[:200]}" for e in errors]
        return [text for text in found if not any(where in text and why in text for where, why in TOLERATED)]


@pytest.fixture(scope="session")
def openapi() -> OpenApi:
    """Return GitHub's OpenAPI, its operations by method and path."""
    document = json.loads(gzip.decompress(DOCUMENT.read_bytes()))
    operations = {PARAMETER.sub("{}", name): answers for name, answers in document["operations"].items()}
    return OpenApi(operations, jsonschema_rs.Registry([("urn:github", document["definitions"])]))
