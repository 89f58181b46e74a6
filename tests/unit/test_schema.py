"""The JSON Schema of the files: it accepts what is valid, refuses what is not, and describes every key."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped] # it ships no types
import pytest

from twinlock import manifest
from twinlock.manifest import document, examples, generate
from twinlock.manifest.json_schema import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock.manifest.json_schema import Kind

TEAMS = {"authors": "developers", "reviewers": "reviewers", "testers": "testers", "releasers": "releasers"}
EXAMPLES = {
    "platform": examples.platform_yaml("acme", "a" * 40),
    "roster": examples.roster_yaml("acme", examples.founders()),
    "service": examples.service_yaml("payments", TEAMS),
}
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_is_one_and_accepts_the_example(kind: Kind) -> None:
    """Each schema is valid in its dialect, and so is the example that names it."""
    schema = manifest.schema(kind)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document.read("f.yaml", EXAMPLES[kind].encode()).root, schema)


WRONG = [
    ("platform", "plan: enterprise", "plan: gold"),
    ("platform", "region:", "regoin:"),
    ("platform", '"444444444444"', '"4444"'),
    ("platform", "[olga, otto]", "[olga, olga]"),
    ("platform", "tester: 2", "tester: 1"),
    ("platform", "{duty: platform}", "{duty: boss}"),
    ("platform", "file://./state", "ftp://x"),
    ("roster", "[uma]", "[]"),
    ("roster", "[uma]", "[u--a]"),
    ("roster", "uma@acme.example", "uma"),
    ("service", 'service: "payments"', "service: a--b"),
    ("service", "approvals: 2", "approvals: 1"),
    ("service", "ttl: 2h", "ttl: 2 hours"),
    ("service", "kind: ecs", "kind: lambda"),
    ("service", "kind: aws-sqs", "kind: https, endpoint: 'http://a.example'"),
]


@pytest.mark.parametrize(("kind", "old", "new"), WRONG, ids=[new for _, _, new in WRONG])
def test_the_schema_refuses_what_the_parser_refuses(kind: Kind, old: str, new: str) -> None:
    """Editors mark the same mistakes that `check` reports."""
    text = EXAMPLES[kind].replace(old, new, 1)
    assert text != EXAMPLES[kind]
    validator = jsonschema.Draft202012Validator(manifest.schema(kind))
    assert len(list(validator.iter_errors(document.read("f.yaml", text.encode()).root))) > 0


def _keys(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    definitions = schema.get("$defs", {})
    for definition in (schema, *definitions.values()):
        for name, key in definition.get("properties", {}).items():
            yield name, {**definitions.get(key.get("$ref", "").rsplit("/", 1)[-1], {}), **key}


def _mappings(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, definition in {"the file": schema, **schema["$defs"]}.items():
        if definition["type"] == "object":
            yield name, definition


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_is_described(kind: Kind) -> None:
    """Each key says in a sentence what it is for, and nothing carries a title made of a class name."""
    for name, key in _keys(manifest.schema(kind)):
        assert key.get("description", "").endswith((".", "?")), name
        assert not isinstance(key.get("title"), str), name


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_keys_are_refused_everywhere(kind: Kind) -> None:
    """No mapping of the schema lets an unknown key pass."""
    open_to_all = [name for name, mapping in _mappings(manifest.schema(kind)) if mapping["additionalProperties"]]
    assert open_to_all == []


def test_the_committed_schemas_are_as_generated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that changed and schemas that did not is told."""
    monkeypatch.chdir(ROOT)
    assert generate.main(["--check"]) == 0


def test_generating_writes_what_is_missing_and_checking_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`make check` only tells; `make docs` writes."""
    monkeypatch.chdir(tmp_path)
    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        f"platform/twinlock/manifest/schemas/{kind}.json is not as generated: run `make docs`." for kind in KINDS
    ]
    assert not list(tmp_path.iterdir())
    assert (generate.main([]), generate.main(["--check"])) == (0, 0)
    assert {path.name: path.read_text() for path in (tmp_path / generate.SCHEMAS).iterdir()} == generate.schemas()
