"""What a check says about one subject, before a control's slug and severity are put to it.

One subject has one judgement, so one finding at most: all that is wrong with it is in one sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from twinlock.model.comparison import Relation, differences
from twinlock.model.observed import Absent, Observed, Seen, Unread

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        clause: A clause of the message (`approvals is 1, must be 2`).
        desired: What must be.
        live: What is.
    """

    clause: str
    desired: str
    live: str


@dataclass(frozen=True, slots=True)
class Remark:
    """Something worth a note.

    Attributes:
        message: One sentence.
        softens: A correction would soften it.
        manifest_key: The manifest key to raise, where there is one.
    """

    message: str
    softens: bool = False
    manifest_key: str | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a check says about one subject; without faults, doubts and remarks it is as declared.

    Attributes:
        subject: What it is about.
        faults: What is wrong.
        doubts: Why it could not be judged, or not wholly.
        remarks: What is stricter, pending or made harmless.
        skipped: It was not looked at, because its protections are not provisioned yet.
    """

    subject: str
    faults: tuple[Fault, ...] = ()
    doubts: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    skipped: bool = False


MISSING = Fault("it is missing", "present", "absent")
UNDECLARED = Fault("nobody declared it", "absent", "present")


def no_key(_path: str) -> str | None:
    """Say that no key of the manifest raises a field."""
    return None


def not_known(unmodelled: tuple[str, ...]) -> tuple[str, ...]:
    """Return a doubt for each field of an answer that twinlock does not model."""
    return tuple(f"the setting {name} is not known to twinlock" for name in unmodelled)


def compared(
    subject: str, desired: T, live: Observed[T], *, manifest_key: Callable[[str], str | None] = no_key
) -> Judgement:
    """Judge one noun by the marks of its fields.

    Args:
        subject: What it is.
        desired: What must be.
        live: What is.
        manifest_key: Which key of the manifest raises a field, by the field's path.
    """
    match live:
        case Unread(reason):
            return Judgement(subject, doubts=(reason,))
        case Absent():
            return Judgement(subject, faults=(MISSING,))
        case Seen(value, unmodelled):
            found = tuple(differences(desired, value))
            weaker = any(d.relation is Relation.WEAKER for d in found)
            return Judgement(
                subject,
                faults=tuple(
                    Fault(str(d), f"{d.path} {d.desired}", f"{d.path} {d.live}")
                    for d in found
                    if d.relation is Relation.WEAKER
                ),
                doubts=not_known(unmodelled),
                remarks=tuple(
                    Remark(
                        f"{d.path} is {d.live}, stricter than {d.desired}.",
                        # Fewer exemptions from rules that are gone protect nothing, and must not stop a correction.
                        softens=not (weaker and d.exemption),
                        manifest_key=manifest_key(d.path),
                    )
                    for d in found
                    if d.relation is Relation.STRICTER
                ),
            )
