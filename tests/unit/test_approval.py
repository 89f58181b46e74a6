"""Who may let a sealed plan happen: a person of the roster who wrote nothing of it."""

from __future__ import annotations

import pytest

from twinlock.engine.approval import require_another
from twinlock.engine.sealed_plan import Origin, SealedPlan, read, write
from twinlock.errors import BadInput
from twinlock.model.declaration import Person


def person(name: str, *github: str) -> Person:
    """Return a person of the roster."""
    return Person(name, f"{name}@acme.example", github, (), (), ())


PEOPLE = {"alice": person("alice", "alice", "Alice-Work"), "rita": person("rita", "rita")}


def plan(*authors: str) -> SealedPlan:
    """Return a plan that these addresses wrote."""
    return SealedPlan(Origin("a" * 40, "b" * 40, "c" * 64, "3.256.0", authors), ())


@pytest.mark.parametrize(
    "address",
    [
        "alice@acme.example",
        "ALICE@acme.example",
        "alice@users.noreply.github.com",
        "1234+alice-work@users.noreply.github.com",
    ],
)
def test_an_author_never_approves_and_another_may(address: str) -> None:
    """Under every address that is theirs: the identity, and GitHub's for each of their accounts."""
    require_another(plan(address), "rita", PEOPLE, "plan.tlplan")
    with pytest.raises(BadInput) as refused:
        require_another(plan(address), "alice", PEOPLE, "plan.tlplan")
    assert str(refused.value) == (
        "plan.tlplan was not carried out.\n"
        f"It was approved by alice, who wrote a part of it as {address}.\n"
        "Let somebody else approve it."
    )


def test_one_of_several_authors_does_not_approve_either() -> None:
    """Whoever wrote any of it wrote it."""
    with pytest.raises(BadInput, match="who wrote a part of it as rita@acme"):
        require_another(plan("alice@acme.example", "rita@acme.example"), "rita", PEOPLE, "plan.tlplan")


@pytest.mark.parametrize(
    ("approver", "authors", "why"),
    [
        ("mallory", (), "It was approved by mallory, whom roster.yaml does not name."),
        ("rita", ("x@elsewhere.example",), "x@elsewhere.example wrote a part of it, and is nobody's in roster.yaml."),
        ("rita", ("",), " wrote a part of it, and is nobody's in roster.yaml."),
    ],
)
def test_who_cannot_be_told_apart_is_refused(approver: str, authors: tuple[str, ...], why: str) -> None:
    """An approver whom nobody knows, and an author who could be anybody."""
    with pytest.raises(BadInput) as refused:
        require_another(plan(*authors), approver, PEOPLE, "plan.tlplan")
    assert refused.value.why == why


def test_the_seal_covers_who_wrote_it() -> None:
    """Another author is another plan, so an approval of the one is none of the other."""
    one, other = plan("alice@acme.example"), plan("rita@acme.example")
    assert one.seal != other.seal
    assert read(write(one), "plan.tlplan") == one
    forged = write(one).replace(b"alice@acme.example", b"rita@acme.example")
    with pytest.raises(BadInput, match=r"^plan\.tlplan was not used\."):
        read(forged, "plan.tlplan")
