"""Say pydantic's errors in the words of the manifest, each at its place in the file."""

from __future__ import annotations

import types
import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from twinlock.manifest.document import dotted
from twinlock.manifest.mistake import did_you_mean, listed, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pydantic import ValidationError
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

    from twinlock.manifest.document import Document, Path
    from twinlock.manifest.mistake import Mistake

_KINDS = {
    "string_type": ("text", "Write text, in quotes if need be."),
    "int_type": ("a whole number", "Write a number without quotes."),
    "bool_type": ("true or false", "Write true or false."),
    "list_type": ("a list", "Write a list, as in `[one, two]`."),
    "dict_type": ("a mapping", "Write keys and values, as in `key: value`."),
    "model_type": ("a mapping", "Write keys and values, as in `key: value`."),
}


@dataclass(frozen=True, slots=True)
class _Error:
    """An error of pydantic with its place.

    Attributes:
        model: The model of the file.
        path: The path to the value.
        at_key: It is about the key, not its value.
        written: The value as it was written, fit to be shown; empty for a mapping, a list or nothing.
        value: The value.
        kind: Pydantic's type of error.
        context: What pydantic knows about it.
    """

    model: type[BaseModel]
    path: Path
    at_key: bool
    written: str
    value: object
    kind: str
    context: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The key as a message names it."""
        return dotted(self.path)

    @property
    def found(self) -> str:
        """The beginning of a sentence: the key and its value."""
        match self.value:
            case list():
                return f"`{self.name}` is a list"
            case dict():
                return f"`{self.name}` is a mapping"
            case int() if not isinstance(self.value, bool) and self.kind in _KINDS:
                return f"`{self.name}` is the number `{self.value}`"
            case _:
                return f"`{self.name}` is `{self.written}`" if self.written else f"`{self.name}` is empty"


def mistakes(document: Document, model: type[BaseModel], error: ValidationError) -> Iterator[Mistake]:
    """Yield a mistake for each error that `model` found in `document`."""
    for details in error.errors(include_url=False):
        found = _error(document, model, details)
        message, mend = _WORDS.get(found.kind, _wrong_kind)(found)
        yield document.mistake(found.path, message, mend, at_key=found.at_key)


def _error(document: Document, model: type[BaseModel], details: ErrorDetails) -> _Error:
    path: Path = details["loc"]
    kind = details["type"]
    at_key = kind == "extra_forbidden"
    if path and path[-1] == "[key]" and path not in document.values:
        path, at_key = path[:-1], True
    written = document.written(path)
    return _Error(model, path, at_key, written, details["input"], kind, details.get("ctx", {}))


def _missing(error: _Error) -> tuple[str, str]:
    return f"`{error.name}` is missing.", f"Add it, as in `{error.path[-1]}: {_example(error)}`."


def _unknown(error: _Error) -> tuple[str, str]:
    known = sorted(_fields(error.model, error.path[:-1]))
    mend = did_you_mean(str(error.path[-1]), known) or f"Known keys are {listed(known)}."
    return f"`{error.name}` is an unknown key.", mend


def _no_choice(error: _Error) -> tuple[str, str]:
    return f"{error.found}.", f"Write {error.context['expected'].replace(chr(39), '')}."


def _too_small(error: _Error) -> tuple[str, str]:
    least = error.context["ge"]
    return f"{error.found}, but it must be at least {least}.", f"Write {least} or more."


def _too_great(error: _Error) -> tuple[str, str]:
    most = error.context["le"]
    return f"{error.found}, but it must be at most {most}.", f"Write {most} or less."


def _too_short(error: _Error) -> tuple[str, str]:
    return f"`{error.name}` is empty.", f"Write at least one, as in `{_example(error)}`."


def _refused(error: _Error) -> tuple[str, str]:
    problem, mend = error.context["problem"], error.context["mend"]
    if error.at_key:
        return f"`{shown(str(error.path[-1]))}` is a key of `{dotted(error.path[:-1])}`, {problem}.", mend
    subject = f"{error.found}, " if problem.startswith("but ") else f"`{error.name}` "
    return f"{subject}{problem}.", mend


def _wrong_kind(error: _Error) -> tuple[str, str]:
    wanted, mend = _KINDS.get(error.kind, ("of another form", "Look at `twinlock schema`."))
    if wanted == "text" and type(error.value) is int:
        mend = f'Put it in quotes: `"{error.written}"`.'
    return f"{error.found}, but it must be {wanted}.", mend


_WORDS: Mapping[str, Callable[[_Error], tuple[str, str]]] = {
    "missing": _missing,
    "extra_forbidden": _unknown,
    "literal_error": _no_choice,
    "greater_than_equal": _too_small,
    "less_than_equal": _too_great,
    "too_short": _too_short,
    "refused": _refused,
}


def _fields(model: type[BaseModel], path: Path) -> Mapping[str, FieldInfo]:
    """Return the known keys of the mapping that a path leads to."""
    at = _at(model, path)
    return at.model_fields if isinstance(at, type) and issubclass(at, BaseModel) else {}


def _example(error: _Error) -> str:
    field = _fields(error.model, error.path[:-1])[str(error.path[-1])]
    return _flow(field.examples[0] if field.examples else "...")


def _at(annotation: object, path: Path) -> object:
    """Return the annotation of what a path leads to."""
    if typing.get_origin(annotation) is typing.Annotated:
        return _at(typing.get_args(annotation)[0], path)
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        return _at(next(a for a in typing.get_args(annotation) if a is not types.NoneType), path)
    if not path:
        return annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _at(annotation.model_fields[str(path[0])].annotation, path[1:])
    return _at(typing.get_args(annotation)[-1], path[1:])


def _flow(value: object) -> str:
    """Return an example as YAML's flow style writes it."""
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(element)}" for key, element in value.items()) + "}"
    return f'"{value}"' if str(value).isdigit() else str(value)
