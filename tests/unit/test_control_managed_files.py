"""The control `managed-files`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from twinlock.model.managed import Blob
from twinlock.model.observed import Absent, Seen, Unread

if TYPE_CHECKING:
    from tests.unit.conftest import Case

SLUG, SUBJECT = "managed-files", "acme/payments"
WORKFLOW, SCRIPT, OWNERS = ".github/workflows/build.yml", "scripts/run", ".github/CODEOWNERS"


def _with(case: Case, **files: Blob | None) -> Case:
    """Return the case with a file changed or, for None, deleted; `workflow`, `script` and `owners` name the three."""
    paths = {"workflow": WORKFLOW, "script": SCRIPT, "owners": OWNERS, "more": "src/more.py"}
    changed = {**case.estate.repositories["payments"].managed_files}
    for name, blob in files.items():
        changed.pop(paths[name], None)
        if blob is not None:
            changed[paths[name]] = blob
    return case.repository(files=Seen(changed))


def test_as_rendered_says_nothing(clean: Case) -> None:
    """Managed files as rendered, and whatever the team adds, give no verdict."""
    assert clean.verdicts(SLUG) == []
    assert _with(clean, more=Blob("9" * 40, "100644")).verdicts(SLUG) == []


@pytest.mark.parametrize(
    ("blob", "message"),
    [
        (None, f"{WORKFLOW} is missing"),
        (Blob("9" * 40, "100644"), f"{WORKFLOW} differs from the rendering"),
        (Blob("2" * 40, "120000"), f"the mode of {WORKFLOW} is 120000, must be 100644"),
    ],
)
def test_each_change_of_a_managed_file_is_one_finding(clean: Case, blob: Blob | None, message: str) -> None:
    """A deleted file, another content, and a link that has the content for its target."""
    case = _with(clean, workflow=blob)
    assert case.findings(SLUG) == [(SLUG, SUBJECT)]
    assert case.finding(SLUG).message == message


def test_all_files_stand_in_one_finding(clean: Case) -> None:
    """A repository has one finding that names every file which needs a pull request."""
    case = _with(clean, workflow=None, script=Blob("3" * 40, "100644"))
    assert case.finding(SLUG).message == (f"{WORKFLOW} is missing; the mode of {SCRIPT} is 100644, must be 100755")


def test_code_owners_are_judged_by_what_they_mean(clean: Case) -> None:
    """A comment in CODEOWNERS changes nobody's ownership, so its bytes are not compared here."""
    assert _with(clean, owners=Blob("9" * 40, "100644")).verdicts(SLUG) == []


def test_a_repository_without_commits_lacks_them_all(clean: Case) -> None:
    """Where there is no default branch no file stands on it."""
    assert clean.repository(files=Absent()).finding(SLUG).message == "it is missing"


def test_what_was_not_read_is_unknown(clean: Case) -> None:
    """Files that were not read are unknown, and so are files that nobody rendered."""
    assert clean.repository(files=Unread("403")).unknowns(SLUG) == [(SUBJECT, "403")]
    payments = replace(clean.estate.repositories["payments"], managed_files={})
    estate = replace(clean.estate, repositories={**clean.estate.repositories, "payments": payments})
    assert replace(clean, estate=estate).unknowns(SLUG) == [(SUBJECT, "its files were not rendered")]
