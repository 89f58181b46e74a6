"""Which names are accepted, and the whole message where one is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock.errors import BadInput
from twinlock.manifest import check_service_name, naming

FORM = "A service's name has 2 to 40 lower-case letters, digits and single hyphens, and begins with a letter."
REFUSED = {
    "../x": ("../x", FORM),
    "a b": ("a b", FORM),
    "платежи": ("платежи", FORM),
    "a" * 200: ("a" * 57 + "...", FORM),
    "a" * 41: ("a" * 41, FORM),
    "a": ("a", FORM),
    "": ("", FORM),
    "-a": ("-a", FORM),
    "a-": ("a-", FORM),
    "a--b": ("a--b", FORM),
    "1a": ("1a", FORM),
    "Payments": ("Payments", FORM),
    "a_b": ("a_b", FORM),
    "ab\n": ("ab\\u000a", FORM),
    "٣a": ("٣a", FORM),
    "con": ("con", "Windows keeps that name for a device."),
    "lpt9": ("lpt9", "Windows keeps that name for a device."),
    "platform": ("platform", "The platform's own repositories have that name."),
    "delivery-pipelines": ("delivery-pipelines", "The platform's own repositories have that name."),
    "delivery-audit": ("delivery-audit", "The platform's own repositories have that name."),
}


@pytest.mark.parametrize("name", REFUSED, ids=lambda name: ascii(name)[:20])
def test_a_wrong_service_name_is_refused(name: str) -> None:
    """The refusal shows the name on one line and states the rule it breaks."""
    shown, why = REFUSED[name]
    with pytest.raises(BadInput) as caught:
        check_service_name(name)
    assert str(caught.value) == (
        f"`{shown}` cannot be a service's name.\n{why}\nChoose another one, such as `payments`."
    )


@pytest.mark.parametrize("name", ["ab", "payments", "a-1", "a" * 40, "console", "a-b-c", "integration-tests"])
def test_a_service_name_is_accepted(name: str) -> None:
    """Names within the rule pass."""
    check_service_name(name)


@given(st.from_regex(naming.SERVICE.pattern))
def test_the_pattern_for_editors_agrees(name: str) -> None:
    """What the schema's pattern lets through is refused only for its length or because the name is kept."""
    flaw = naming.service_name_flaw(name)
    assert flaw is None or len(name) > 40 or flaw != naming.SERVICE.says or name.endswith("\n")


ACCEPTED_FORMS = [
    (
        naming.LOGIN,
        ["alice", "Alice-1", "a", "a" * 39, "alice_acme"],
        ["-a", "a-", "a--b", "a" * 40, "a.b", "", "ä", "_a"],
    ),
    (naming.ORGANIZATION, ["acme", "Acme-2"], ["a_b", "-a", "a--b", "a" * 40, ""]),
    (naming.TEAM, ["a", "payments-testers", "a_b"], ["A", "a b", "-a", "a-", "a--b", "", "a/b"]),
    (naming.APP, ["renovate", "my-app"], ["renovate[bot]", "A", "a" * 35, ""]),
    (naming.ACCOUNT, ["012345678901"], ["12345678901", "0123456789012", "01234567890a", "٠١٢٣٤٥٦٧٨٩٠١"]),
    (naming.REGION, ["eu-west-1", "us-gov-west-1", "ap-southeast-2"], ["eu", "eu-west", "EU-west-1", "eu-west-11"]),
    (naming.COMMIT, ["0" * 40], ["0" * 39, "0" * 41, "A" * 40, "g" * 40]),
    (
        naming.ENDPOINT,
        ["https://cards.example", "https://a.b:8443/x/y?".rstrip("?"), "https://10.0.0.1/"],
        [
            "http://cards.example",
            "https://",
            "https://u@h.example",
            "https://h?q",
            "https://h#f",
            "https://h h",
            "https://-a",
        ],
    ),
    (
        naming.BACKEND,
        ["file://./state", "s3://bucket/path", "gs://x", "https://h"],
        ["ftp://x", "s3://[x]", "s3://", "s3://a b", "https://u:p@h"],
    ),
    (naming.BUCKET, ["acme-twinlock-evidence"], ["ab", "a" * 64, "-acme", "acme-", "Acme", "a.b.c", "a/b"]),
    (naming.SECRETS, ["passphrase", "awskms://alias/x"], ["awskms://", "plain", ""]),
    (naming.IDENTITY, ["alice@acme.example"], ["alice", "a@b@c", "a b@c", ""]),
    (naming.PRINCIPAL, ["alice", "arn:aws:iam::222222222222:user/a/b"], ["", "a b", "arn:aws:s3:::x", "a" * 65]),
    (
        naming.PUBLIC_KEY,
        ["ssh-ed25519 AAAA+/==", "ssh-ed25519 AAAA me@host"],
        ["ssh-rsa AAAA", "ssh-ed25519", "AAAA", ""],
    ),
    (naming.KEY_REFERENCE, ["awskms:///alias/x", "file:///run/key"], ["MIIE", "awskms://", "https://u:p@h"]),
    (naming.LINE, ["Takes card payments.", "ä"], ["", " ", "a\nb", "a" * 351]),
    (naming.KEY, ["alice", "a.b", "0", "a-b_c"], ["A", "-a", "a-", "a b", "", "a" * 65]),
    (naming.POINT, ["orders-queue", "ab"], ["a", "A", "a_b", "a" * 33]),
    (naming.CONTROL, ["branch-ruleset"], ["branch_ruleset", "-a", ""]),
]


@pytest.mark.parametrize(
    ("rule", "accepted", "refused"), ACCEPTED_FORMS, ids=lambda value: getattr(value, "example", "")
)
def test_each_rule_accepts_and_refuses(rule: naming.Rule, accepted: list[str], refused: list[str]) -> None:
    """Each form takes its examples, and refuses what GitHub or AWS would refuse, ends of line included."""
    assert [text for text in accepted if not rule.accepts(text)] == []
    assert [text for text in [*refused, accepted[0] + "\n"] if rule.accepts(text)] == []
