"""JSON Schema of the files, for editors and for whoever generates them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from twinlock.manifest.platform_file import PlatformFile
from twinlock.manifest.roster_file import RosterFile
from twinlock.manifest.service_file import ServiceFile

if TYPE_CHECKING:
    from pydantic import BaseModel

Kind: TypeAlias = Literal["platform", "roster", "service"]

_MODELS: dict[Kind, type[BaseModel]] = {"platform": PlatformFile, "roster": RosterFile, "service": ServiceFile}
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(kind: Kind) -> dict[str, object]:
    """Return the JSON Schema (2020-12) of one kind of file."""
    described = _plain(_MODELS[kind].model_json_schema())
    return {"$schema": _DIALECT, **described}


def _plain(node: dict[str, object]) -> dict[str, object]:
    """Drop the titles that pydantic makes of class and key names; they tell nobody anything."""
    return {key: _plain_value(key, value) for key, value in node.items() if not _is_title(key, value)}


def _plain_value(key: str, value: object) -> object:
    if key in {"default", "examples"}:
        return value
    if isinstance(value, dict):
        return _plain(value)
    if isinstance(value, list):
        return [_plain(element) if isinstance(element, dict) else element for element in value]
    return value


def _is_title(key: str, value: object) -> bool:
    return key == "title" and isinstance(value, str)
