"""Make `openapi.json.gz` from npm's `@octokit/openapi`: the schemas of answers, as JSON Schema, without prose.

Usage: python strip_openapi.py PACKAGE, where PACKAGE is the unpacked npm package. OpenAPI 3.0 differs from JSON Schema
in `nullable`; references go to one registered document. The audit log stands in the document for enterprise plans.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any, Final

DROPPED: Final = frozenset(
    {
        "default",
        "deprecated",
        "description",
        "example",
        "examples",
        "externalDocs",
        "operationId",
        "readOnly",
        "summary",
        "tags",
        "title",
    }
)
METHODS: Final = ("delete", "get", "patch", "post", "put")
OWN: Final = "#/components/schemas/"
THERE: Final = "urn:github#/$defs/"
AUDIT_LOG: Final = "/orgs/{org}/audit-log"


def main(package: Path) -> None:
    """Write the document beside this file."""
    whole = json.loads((package / "generated" / "api.github.com.json").read_text(encoding="utf-8"))
    enterprise = json.loads((package / "generated" / "ghec.json").read_text(encoding="utf-8"))
    operations = {**answers(whole, None), **answers(enterprise, AUDIT_LOG)}
    schemas = {**enterprise["components"]["schemas"], **whole["components"]["schemas"]}
    definitions: dict[str, Any] = {}
    reach(operations, schemas, definitions)
    document = {
        "operations": operations,
        "definitions": {"$id": "urn:github", "$defs": dict(sorted(definitions.items()))},
    }
    text = json.dumps(document, separators=(",", ":"), sort_keys=True).encode()
    with (
        Path(__file__).with_name("openapi.json.gz").open("wb") as file,
        gzip.GzipFile(fileobj=file, mode="wb", compresslevel=9, mtime=0, filename="") as packed,
    ):
        packed.write(text)


def answers(document: dict[str, Any], only: str | None) -> dict[str, dict[str, Any]]:
    """Return each operation's answers by status; nothing stands for an answer without JSON."""
    shared, found = document["components"]["responses"], {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item and only in {None, path}:
                responses = item[method]["responses"]
                found[f"{method.upper()} {path}"] = {code: answer(one, shared) for code, one in responses.items()}
    return found


def answer(response: dict[str, Any], shared: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Return the schema of one answer."""
    if "$ref" in response:
        response = shared[response["$ref"].rpartition("/")[2]]
    content = response.get("content", {})
    schema = next((content[kind]["schema"] for kind in content if "json" in kind and "schema" in content[kind]), None)
    return None if schema is None else as_json_schema(stripped(schema))


def stripped(value: Any, *, names: bool = False) -> Any:  # noqa: ANN401 - JSON
    """Return a schema without prose; `names` says that keys are names of properties, which all stay."""
    if isinstance(value, list):
        return [stripped(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: item for key, item in value.items() if names or (key not in DROPPED and not key.startswith("x-"))}
    return {key: stripped(item, names=not names and key == "properties") for key, item in kept.items()}


def as_json_schema(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a schema of OpenAPI 3.0 as JSON Schema."""
    if isinstance(value, list):
        return [as_json_schema(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: as_json_schema(item) for key, item in value.items()}
    if isinstance(found.get("$ref"), str):
        found["$ref"] = found["$ref"].replace(OWN, THERE)
    if found.pop("nullable", False) is not True:
        return found
    if isinstance(found.get("type"), str):
        values = {"enum": [*found["enum"], None]} if "enum" in found and None not in found["enum"] else {}
        return {**found, **values, "type": [found["type"], "null"]}
    return {"anyOf": [found, {"type": "null"}]} if found else found


def reach(value: Any, schemas: dict[str, Any], found: dict[str, Any]) -> None:  # noqa: ANN401 - JSON
    """Collect the definitions that a document refers to, by whatever way."""
    if isinstance(value, list):
        for item in value:
            reach(item, schemas, found)
    elif isinstance(value, dict):
        name = value["$ref"].removeprefix(THERE) if isinstance(value.get("$ref"), str) else None
        if name is not None and name not in found:
            found[name] = as_json_schema(stripped(schemas[name]))
            reach(found[name], schemas, found)
        for item in value.values():
            reach(item, schemas, found)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
