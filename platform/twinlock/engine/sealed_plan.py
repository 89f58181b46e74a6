"""A plan that one person makes and another lets happen: what was previewed, bound to all that it was made from.

Pulumi's saved plan refuses work that was not planned, but holds neither the state it starts from nor who may run it
(facts/delivery-and-aws.md, "Plan/apply SoD"). A sealed plan binds five things: the saved plan of each stack, the
digest of each stack's checkpoint, the git tree with the commit it stands on, the digest of the manifest, and the
engine's version. The tree, since a squash merge keeps the tree and not the commit. `seal` names all of it in one
digest: that is what an approval is for. Saved plans hold their secrets encrypted, and so does this.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import zlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from twinlock.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

SUFFIX: Final = ".tlplan"
NO_CHECKPOINT: Final = "none"
"""Stands for the checkpoint of a stack that does not exist yet."""
LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a sealed plan, and of one saved plan once unpacked; a stack of a service takes a few hundred thousand."""

_FORMAT: Final = 1
_STACK: Final = re.compile(r"[a-z]+/[a-z0-9][a-z0-9-]*")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_GIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_AUTHOR: Final = re.compile(r"[^\x00-\x1f\x7f]{0,320}")
_VERSION: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]{0,63}")


@dataclass(frozen=True, slots=True)
class Origin:
    """What a plan was made from.

    Attributes:
        tree: Object name of the git tree of the platform directory's repository.
        base: The commit that the change stands on: the default branch's when the plan was made.
        manifest: SHA-256 of the manifest.
        engine: Version of the engine.
        authors: Addresses under which the change was written, each once, in order.
    """

    tree: str
    base: str
    manifest: str
    engine: str
    authors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Present:
    """What a plan is to be carried out on.

    Attributes:
        tree: As of `Origin`.
        bases: The commits that a plan for this tree may stand on: HEAD, and what HEAD was merged onto.
        manifest: As of `Origin`.
        engine: As of `Origin`.
        checkpoints: Digest of each stack's checkpoint, `NO_CHECKPOINT` where there is none.
    """

    tree: str
    bases: Collection[str]
    manifest: str
    engine: str
    checkpoints: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PlannedStack:
    """The saved plan of one stack.

    Attributes:
        stack: `program/group`.
        checkpoint: SHA-256 of the checkpoint it starts from, or `NO_CHECKPOINT`.
        plan: The engine's saved plan.
    """

    stack: str
    checkpoint: str
    plan: bytes


@dataclass(frozen=True, slots=True)
class SealedPlan:
    """A plan with all that it is bound to.

    Attributes:
        origin: What it was made from.
        stacks: The stacks in the order in which they run.
    """

    origin: Origin
    stacks: tuple[PlannedStack, ...]

    @property
    def seal(self) -> str:
        """The SHA-256 of everything in it; what an approval names."""
        return hashlib.sha256(_canonical(_document(self))).hexdigest()


@dataclass(frozen=True, slots=True)
class Difference:
    """One of the five things that is another now.

    Attributes:
        what: Which, for a sentence.
        planned: What the plan is bound to.
        present: What there is.
        mend: What to do.
    """

    what: str
    planned: str
    present: str
    mend: str


def write(plan: SealedPlan) -> bytes:
    """Return a plan as the content of a file."""
    return _canonical({**_document(plan), "seal": plan.seal}) + b"\n"


def read(content: bytes, name: str) -> SealedPlan:
    """Return the plan in a file's content.

    Args:
        content: The bytes.
        name: What to call the file in messages.

    Raises:
        BadInput: It is no sealed plan, or was changed since it was sealed.
    """
    if len(content) > LARGEST:
        raise _no_plan(name, f"It has {len(content)} bytes; at most {LARGEST} are read.")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _no_plan(name, "It is no JSON.") from error
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise _no_plan(name, f"It does not say that it is of format {_FORMAT}.")
    try:
        plan = _parsed(document)
    except (KeyError, TypeError, ValueError, zlib.error, binascii.Error) as error:
        raise _no_plan(name, "A part is missing or is not what it should be.") from error
    if document.get("seal") != plan.seal:
        raise BadInput(
            f"{name} was not used.",
            "It was changed since it was sealed: its content does not have the digest that it states.",
            "Take the file as it was made, or make a new one: `twinlock preview --engine pulumi --seal plan.tlplan`.",
        )
    return plan


def differences(plan: SealedPlan, present: Present, approved: str | None = None) -> Sequence[Difference]:
    """Return what has changed since a plan was made; nothing where it may be carried out.

    Args:
        plan: The plan.
        present: What it would be carried out on.
        approved: The seal that somebody approved, if that is known.
    """
    again = "Preview again, and have the new plan approved."
    found = []
    if approved is not None and approved != plan.seal:
        found.append(Difference("the saved plan", plan.seal, approved, "Take the plan that was approved."))
    for stack in plan.stacks:
        checkpoint = present.checkpoints.get(stack.stack, NO_CHECKPOINT)
        if checkpoint != stack.checkpoint:
            found.append(Difference(f"the checkpoint of {stack.stack}", stack.checkpoint, checkpoint, again))
    origin = plan.origin
    if origin.tree != present.tree:
        found.append(Difference("the git tree", origin.tree, present.tree, f"Check out what was planned. {again}"))
    if origin.base not in present.bases:
        bases = " or ".join(sorted(present.bases)) or "none"
        found.append(Difference("the commit that it stands on", origin.base, bases, again))
    if origin.manifest != present.manifest:
        found.append(Difference("the manifest", origin.manifest, present.manifest, again))
    if origin.engine != present.engine:
        mend = f"Use that version: `twinlock engine install --version {origin.engine}`."
        found.append(Difference("the engine's version", origin.engine, present.engine, mend))
    return found


def require_unchanged(plan: SealedPlan, present: Present, name: str, approved: str | None = None) -> None:
    """Refuse a plan that was made from something else than there is now.

    Raises:
        BadInput: One of the five things differs; the message names each that does.
    """
    found = differences(plan, present, approved)
    if found:
        named = "; ".join(f"{each.what} was {each.planned} and is {each.present}" for each in found)
        raise BadInput(f"{name} was not carried out.", f"Since it was sealed, {named}.", found[0].mend)


def _document(plan: SealedPlan) -> dict[str, Any]:
    stacks = [
        {
            "stack": each.stack,
            "checkpoint": each.checkpoint,
            "sha256": hashlib.sha256(each.plan).hexdigest(),
            "plan": base64.b64encode(zlib.compress(each.plan, 9)).decode("ascii"),
        }
        for each in plan.stacks
    ]
    return {"format": _FORMAT, "origin": asdict(plan.origin), "stacks": stacks}


def _parsed(document: dict[str, Any]) -> SealedPlan:
    origin = document["origin"]
    stacks = tuple(_stack(each) for each in document["stacks"])
    if len({each.stack for each in stacks}) != len(stacks):
        raise ValueError("a stack is there twice")
    return SealedPlan(
        Origin(
            tree=_shaped(origin["tree"], _GIT),
            base=_shaped(origin["base"], _GIT),
            manifest=_shaped(origin["manifest"], _SHA256),
            engine=_shaped(origin["engine"], _VERSION),
            authors=tuple(_shaped(author, _AUTHOR) for author in origin["authors"]),
        ),
        stacks,
    )


def _stack(document: dict[str, Any]) -> PlannedStack:
    checkpoint = document["checkpoint"]
    unpacking = zlib.decompressobj()
    plan = unpacking.decompress(base64.b64decode(document["plan"], validate=True), LARGEST)
    if not unpacking.eof or unpacking.unused_data:
        raise ValueError("the plan is not whole")
    if hashlib.sha256(plan).hexdigest() != document["sha256"]:
        raise ValueError("the plan is another")
    return PlannedStack(
        _shaped(document["stack"], _STACK),
        checkpoint if checkpoint == NO_CHECKPOINT else _shaped(checkpoint, _SHA256),
        plan,
    )


def _shaped(value: object, shape: re.Pattern[str]) -> str:
    if not isinstance(value, str) or shape.fullmatch(value) is None:
        raise ValueError("a value has another form")
    return value


def _canonical(document: dict[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _no_plan(name: str, why: str) -> BadInput:
    return BadInput(
        f"{name} is no sealed plan.", why, "Make one: `twinlock preview --engine pulumi --seal plan.tlplan`."
    )
