"""`.github/integration.json`: what is rendered is read back, and nothing else is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock.errors import BadInput
from twinlock.manifest import integration_file, naming
from twinlock.model.declaration import IntegrationPoint
from twinlock.model.integration import UnderTest

QUEUE = IntegrationPoint("orders-queue", "aws-sqs", None, critical=True)
GATEWAY = IntegrationPoint("card-gateway", "https", "https://cards.example", critical=False)
PAYMENTS = UnderTest("payments", "payments-testers", (QUEUE, GATEWAY), 7200)
RENDERED = {
    "service": "payments",
    "testers": "payments-testers",
    "ttl_seconds": 7200,
    "integration_points": [
        {"name": "orders-queue", "kind": "aws-sqs", "critical": True},
        {"name": "card-gateway", "kind": "https", "endpoint": "https://cards.example", "critical": False},
    ],
}
MEND = "Restore the file as `twinlock scaffold` renders it."


def test_a_service_is_written_for_people_and_read_back() -> None:
    """One key to a line, no key without a value, a newline at the end."""
    text = integration_file.encode(PAYMENTS)
    assert text == json.dumps(RENDERED, indent=2) + "\n"
    assert integration_file.decode(text.encode()) == PAYMENTS


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"service": "../etc"}, f"service: but {naming.SERVICE.says}"),
        ({"service": None}, "service: Input should be a valid string"),
        ({"testers": "*"}, f"testers: but {naming.TEAM.says}"),
        ({"ttl_seconds": 60}, "ttl_seconds: Input should be greater than or equal to 900"),
        ({"ttl_seconds": 10**9}, "ttl_seconds: Input should be less than or equal to 86400"),
        ({"ttl_seconds": "7200"}, "ttl_seconds: Input should be a valid integer"),
        ({"role": "admin"}, "role: Extra inputs are not permitted"),
        ({"integration_points": [RENDERED["integration_points"][0]] * 2}, "It names an integration point twice."),  # type: ignore[index]  # a list
        ({"integration_points": [{"name": "a$(x)", "kind": "aws-sqs"}]}, "integration_points.0.name: but "),
        ({"integration_points": [{"name": "queue", "kind": "aws-iam"}]}, "integration_points.0.kind: Input should be"),
    ],
)
def test_what_cannot_be_right_is_refused(change: dict[str, object], why: str) -> None:
    """A file of a repository that others write to says what is wrong with it, by its key."""
    with pytest.raises(BadInput) as raised:
        integration_file.decode(json.dumps(RENDERED | change).encode())
    assert raised.value.what == ".github/integration.json is refused."
    assert raised.value.why.startswith(why)
    assert raised.value.mend == MEND


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"\xff", b"[" * 10_000, b" " * 100_000])
def test_what_is_no_such_file_is_refused(content: bytes) -> None:
    """Empty, of another shape, no text, nested without end, or too large."""
    with pytest.raises(BadInput, match="is refused"):
        integration_file.decode(content)


@given(st.binary(max_size=200))
def test_no_bytes_are_more_than_refused(content: bytes) -> None:
    """Whatever a repository holds there."""
    with pytest.raises(BadInput):
        integration_file.decode(content)
