"""Rules of push rulesets: which files may come into a repository at all, by whatever ref.

Source: https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/
available-rules-for-rulesets ("Push rulesets"). The wording is unconfirmed but for `File path is restricted`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.policy.file_pattern import any_matches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from twinlock_world.jsonvalue import Fields
    from twinlock_world.policy.attempt import Attempt
    from twinlock_world.policy.facts import Facts, FileFact
    from twinlock_world.policy.rule import ActiveRule, Check

WORKFLOW_PERMISSION: Final = "workflow_permission"
"""No rule of GitHub's lists, but what it demands of every app; seen by others among rule violations."""

_MEGABYTE: Final = 1024 * 1024
_WORKFLOWS: Final = ".github/workflows/"


def _files(sentence: str, is_wrong: Callable[[FileFact, Fields], bool]) -> Check:
    def check(attempt: Attempt, rule: ActiveRule, facts: Facts) -> Iterable[str]:
        if attempt.deletes:
            return
        wrong = sorted({file.path for file in facts.files() if is_wrong(file, rule.parameters)})
        if wrong:
            count = "1 violation" if len(wrong) == 1 else f"{len(wrong)} violations"
            yield f"{sentence}\n  Found {count}:\n" + "".join(f"\n  {path}" for path in wrong)

    return check


def _workflow_permission(attempt: Attempt, _rule: ActiveRule, facts: Facts) -> Iterable[str]:
    if attempt.deletes:
        return
    touched = sorted({file.path for file in facts.files() if file.path.startswith(_WORKFLOWS)})
    if touched:
        yield (
            f"refusing to allow a GitHub App to create or update workflow `{touched[0]}` without `workflows` permission"
        )


def _extension_is_restricted(file: FileFact, parameters: Fields) -> bool:
    endings = (f".{extension.removeprefix('*').removeprefix('.')}" for extension in _restricted(parameters))
    return file.path.casefold().endswith(tuple(ending.casefold() for ending in endings))


def _restricted(parameters: Fields) -> list[str]:
    return parameters.texts("restricted_file_extensions")


CHECKS: Final[Mapping[str, Check]] = {
    "file_path_restriction": _files(
        "File path is restricted",
        lambda file, parameters: any_matches(parameters.texts("restricted_file_paths"), file.path),
    ),
    "max_file_path_length": _files(
        "File path is too long",
        lambda file, parameters: len(file.path) > parameters.number("max_file_path_length"),
    ),
    "file_extension_restriction": _files("File extension is restricted", _extension_is_restricted),
    WORKFLOW_PERMISSION: _workflow_permission,
    "max_file_size": _files(
        "File size is too large",
        lambda file, parameters: file.size > parameters.number("max_file_size") * _MEGABYTE,
    ),
}
