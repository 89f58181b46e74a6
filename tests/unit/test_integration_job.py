"""The job that makes an integration environment: what it asks for, what it notes, and whose credentials it uses."""

from __future__ import annotations

import dataclasses
import stat
from typing import TYPE_CHECKING

import pytest

from twinlock import integration_job as job
from twinlock.errors import BadInput, Incomplete
from twinlock.manifest import integration_file
from twinlock.model.integration import UnderTest

if TYPE_CHECKING:
    from pathlib import Path

ABOUT = integration_file.encode(UnderTest("payments", "payments-testers", (), 7200))
DIGEST, SUITE = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"
ASKED = job.Asked(
    ABOUT, "payments-7a1", DIGEST, SUITE, "444444444444", "111111111111", "eu-west-1", "2026-03-01T10:00:00+00:00"
)
KEYS = {"AWS_ACCESS_KEY_ID": "public", "AWS_SECRET_ACCESS_KEY": "hidden", "AWS_SESSION_TOKEN": "session"}


def test_a_stack_is_named_after_its_run() -> None:
    """Two runs of a service never share a state."""
    assert job.stack(ASKED, KEYS).id == "integration/payments-7a1"


@pytest.mark.parametrize(
    ("change", "what", "why"),
    [
        ({"digest": "latest"}, "'latest' is no digest.", "A digest is sha256: and 64 hexadecimal digits."),
        ({"suite_digest": f"{SUITE}\n"}, "is no digest.", "A digest is sha256: and 64 hexadecimal digits."),
        ({"build_account": "4"}, "'4' is refused.", "An AWS account id is twelve digits in quotes."),
        ({"integration_account": "x" * 12}, "is refused.", "An AWS account id is twelve digits in quotes."),
        ({"region": "eu-west-1.evil"}, "is refused.", "An AWS region is named by its area, side and number."),
        ({"run": "orders-7a1"}, "twinlock:run is 'orders-7a1'.", "A run of payments is called payments-SUFFIX"),
        ({"about": "{}"}, ".github/integration.json is refused.", "service: Field required"),
    ],
)
def test_what_cannot_be_right_is_refused(change: dict[str, str], what: str, why: str) -> None:
    """Before anything is noted or made."""
    with pytest.raises(BadInput) as raised:
        job.stack(dataclasses.replace(ASKED, **change), KEYS)
    assert what in raised.value.what
    assert raised.value.why.startswith(why)


@pytest.mark.parametrize("missing", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_a_job_without_its_role_is_told_so(missing: str) -> None:
    """No other keys are looked for."""
    with pytest.raises(Incomplete) as raised:
        job.stack(ASKED, KEYS | {missing: ""})
    assert raised.value.mend == "Obtain the integration role first."


def test_what_is_made_is_noted_before(tmp_path: Path) -> None:
    """Privately, without any key, and as it was asked for."""
    state = tmp_path / "state"
    assert job.noted(state) is None
    job.note(state, ASKED)
    assert job.noted(state) == ASKED
    (file,) = state.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not any(secret in file.read_text() for secret in KEYS.values())


def test_one_directory_holds_one_run(tmp_path: Path) -> None:
    """Else the first run's environment would never be destroyed."""
    job.note(tmp_path, ASKED)
    with pytest.raises(BadInput, match="The environment payments-8a1 was not made"):
        job.note(tmp_path, dataclasses.replace(ASKED, run="payments-8a1"))
    assert job.noted(tmp_path) == ASKED


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"run": "payments-7a1"}', "[" * 10_000])
def test_a_damaged_note_is_told_of(tmp_path: Path, content: str) -> None:
    """It is not taken for a job that made nothing."""
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(BadInput, match="is damaged"):
        job.noted(tmp_path)
