"""The patterns of metadata rules: a text must, or with `negate` must not, fit an operator and its pattern.

Regular expressions are RE2's, as GitHub documents; a ruleset with one that is none is refused when it is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.policy.regex import RegexError, compiled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twinlock_world.jsonvalue import Fields

_VERBS: Final = {
    "starts_with": "start with a matching pattern",
    "ends_with": "end with a matching pattern",
    "contains": "contain a matching pattern",
    "regex": "match a given regex pattern",
}


def fits(text: str, parameters: Fields) -> bool:
    """Tell whether a text is as the parameters of a pattern rule demand."""
    matched = _OPERATORS[parameters.text("operator")](text, parameters.text("pattern"))
    return matched is not parameters.flag("negate", default=False)


def describe(parameters: Fields) -> str:
    """Return what a pattern rule demands, as the end of a sentence that began with its subject."""
    word = "must not" if parameters.flag("negate", default=False) else "must"
    return f"{word} {_VERBS[parameters.text('operator')]}: {parameters.text('pattern')}"


def is_regex(pattern: str) -> bool:
    """Tell whether this is a regular expression that can be used."""
    try:
        compiled(pattern)
    except RegexError:
        return False
    return True


def _search(text: str, pattern: str) -> bool:
    return compiled(pattern).search(text) is not None


_OPERATORS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "contains": lambda text, pattern: pattern in text,
    "regex": _search,
}
