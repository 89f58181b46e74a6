"""Sealed plans: what is written is what is read, any change shows, and each of the five bindings is held."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock.engine.sealed_plan import (
    NO_CHECKPOINT,
    Origin,
    PlannedStack,
    Present,
    SealedPlan,
    differences,
    read,
    require_unchanged,
    write,
)
from twinlock.errors import BadInput

TREE, BASE, OTHER = "1" * 40, "2" * 40, "3" * 40
MANIFEST, BEFORE, AFTER = "4" * 64, "5" * 64, "6" * 64
PLAN = SealedPlan(
    Origin(TREE, BASE, MANIFEST, "3.256.0"),
    (
        PlannedStack("repositories/payments", BEFORE, b'{"resourcePlans": {}}'),
        PlannedStack("protections/payments", NO_CHECKPOINT, b"{}"),
    ),
)
PRESENT = Present(TREE, {OTHER, BASE}, MANIFEST, "3.256.0", {"repositories/payments": BEFORE})
AGAIN = "Preview again, and have the new plan approved."

hexadecimal = st.sampled_from("0123456789abcdef")
plans = st.builds(
    SealedPlan,
    st.builds(
        Origin,
        st.text(hexadecimal, min_size=40, max_size=40),
        st.text(hexadecimal, min_size=40, max_size=40),
        st.text(hexadecimal, min_size=64, max_size=64),
        st.sampled_from(("3.256.0", "3.300.0-alpha.1+dirty")),
    ),
    st.lists(
        st.builds(
            PlannedStack,
            st.sampled_from(("organization/platform", "repositories/payments", "protections/payments")),
            st.just(NO_CHECKPOINT) | st.text(hexadecimal, min_size=64, max_size=64),
            st.binary(max_size=200),
        ),
        max_size=3,
        unique_by=lambda planned: planned.stack,
    ).map(tuple),
)


@given(plans)
def test_what_is_written_is_read(plan: SealedPlan) -> None:
    """A plan's file gives the same plan with the same seal."""
    again = read(write(plan), "plan.tlplan")
    assert again == plan
    assert again.seal == plan.seal


@given(plans, plans)
def test_other_plans_have_other_seals(one: SealedPlan, other: SealedPlan) -> None:
    """A seal stands for one plan."""
    assert (one.seal == other.seal) == (one == other)


@given(plans, st.data())
def test_no_changed_byte_goes_unnoticed(plan: SealedPlan, data: st.DataObject) -> None:
    """Whatever byte of the file is replaced, the file is refused, or holds the very same plan."""
    content = bytearray(write(plan))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] = data.draw(st.integers(0, 255))
    with suppress(BadInput):
        assert read(bytes(content), "plan.tlplan") == plan


@given(st.binary(max_size=300))
def test_anything_else_is_refused(content: bytes) -> None:
    """Bytes of any kind are an error for a person, never another."""
    with pytest.raises(BadInput):
        read(content, "plan.tlplan")


def test_a_plan_that_was_changed_and_not_sealed_again_says_so() -> None:
    """The message names the file, what is wrong and what to do."""
    document = json.loads(write(PLAN))
    document["origin"]["engine"] = "3.257.0"
    with pytest.raises(BadInput) as caught:
        read(json.dumps(document).encode(), "plan.tlplan")
    assert str(caught.value) == (
        "plan.tlplan was not used.\n"
        "It was changed since it was sealed: its content does not have the digest that it states.\n"
        "Take the file as it was made, or make a new one: `twinlock preview --engine pulumi --seal plan.tlplan`."
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda d: d.update(format=2), "It does not say that it is of format 1."),
        (lambda d: d.pop("origin"), "A part is missing or is not what it should be."),
        (lambda d: d["origin"].update(tree="main"), "A part is missing or is not what it should be."),
        (lambda d: d["stacks"][0].update(stack="../x"), "A part is missing or is not what it should be."),
        (lambda d: d["stacks"][0].update(checkpoint=3), "A part is missing or is not what it should be."),
        (lambda d: d["stacks"].append(d["stacks"][0]), "A part is missing or is not what it should be."),
        (lambda d: d["stacks"][0].update(plan="%"), "A part is missing or is not what it should be."),
        (
            lambda d: d["stacks"][0].update(plan=base64.b64encode(zlib.compress(b"[]")).decode()),
            "A part is missing or is not what it should be.",
        ),
    ],
)
def test_a_part_of_another_form_is_refused(change: object, why: str) -> None:
    """What is missing, misspelt or not whole makes the file no plan."""
    document = json.loads(write(PLAN))
    change(document)  # type: ignore[operator]  # one of the functions above
    with pytest.raises(BadInput) as caught:
        read(json.dumps(document).encode(), "plan.tlplan")
    assert (caught.value.what, caught.value.why) == ("plan.tlplan is no sealed plan.", why)


def test_a_plan_that_unpacks_to_more_than_is_read_is_refused() -> None:
    """A small file cannot fill the memory."""
    bomb = b"\0" * (65 * 1024 * 1024)
    document = json.loads(write(PLAN))
    document["stacks"][0] |= {
        "plan": base64.b64encode(zlib.compress(bomb)).decode(),
        "sha256": hashlib.sha256(bomb).hexdigest(),
    }
    with pytest.raises(BadInput) as caught:
        read(json.dumps(document).encode(), "plan.tlplan")
    assert caught.value.why == "A part is missing or is not what it should be."


def test_an_unchanged_world_lets_a_plan_happen() -> None:
    """The same five things: no difference, also when the seal was approved."""
    assert differences(PLAN, PRESENT) == []
    require_unchanged(PLAN, PRESENT, "plan.tlplan", PLAN.seal)


@pytest.mark.parametrize(
    ("present", "approved", "why", "mend"),
    [
        (PRESENT, AFTER, f"the saved plan was {PLAN.seal} and is {AFTER}", "Take the plan that was approved."),
        (
            dataclasses.replace(PRESENT, checkpoints={"repositories/payments": AFTER}),
            None,
            f"the checkpoint of repositories/payments was {BEFORE} and is {AFTER}",
            AGAIN,
        ),
        (
            dataclasses.replace(PRESENT, checkpoints={}),
            None,
            f"the checkpoint of repositories/payments was {BEFORE} and is none",
            AGAIN,
        ),
        (
            dataclasses.replace(PRESENT, checkpoints={**PRESENT.checkpoints, "protections/payments": AFTER}),
            None,
            f"the checkpoint of protections/payments was none and is {AFTER}",
            AGAIN,
        ),
        (
            dataclasses.replace(PRESENT, tree=OTHER),
            None,
            f"the git tree was {TREE} and is {OTHER}",
            f"Check out what was planned. {AGAIN}",
        ),
        (
            dataclasses.replace(PRESENT, bases={OTHER}),
            None,
            f"the commit that it stands on was {BASE} and is {OTHER}",
            AGAIN,
        ),
        (dataclasses.replace(PRESENT, bases=()), None, f"the commit that it stands on was {BASE} and is none", AGAIN),
        (
            dataclasses.replace(PRESENT, manifest=AFTER),
            None,
            f"the manifest was {MANIFEST} and is {AFTER}",
            AGAIN,
        ),
        (
            dataclasses.replace(PRESENT, engine="3.257.0"),
            None,
            "the engine's version was 3.256.0 and is 3.257.0",
            "Use that version: `twinlock engine install --version 3.256.0`.",
        ),
    ],
)
def test_each_of_the_five_is_held(present: Present, approved: str | None, why: str, mend: str) -> None:
    """Another plan, checkpoint, tree, base, manifest or engine: refused, and the message says which."""
    with pytest.raises(BadInput) as caught:
        require_unchanged(PLAN, present, "plan.tlplan", approved)
    assert str(caught.value) == f"plan.tlplan was not carried out.\nSince it was sealed, {why}.\n{mend}"


def test_all_that_differs_is_named_at_once() -> None:
    """Nobody mends one thing to learn of the next."""
    present = dataclasses.replace(PRESENT, tree=OTHER, manifest=AFTER)
    with pytest.raises(BadInput) as caught:
        require_unchanged(PLAN, present, "plan.tlplan")
    assert caught.value.why == (
        f"Since it was sealed, the git tree was {TREE} and is {OTHER}; the manifest was {MANIFEST} and is {AFTER}."
    )
