"""A merge goes through exactly when a small model of the rules says so, whatever happened before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world.github.pulls.conftest import Workshop

WRITERS: Final = ("alice", "bob", "carol")
PEOPLE: Final = (*WRITERS, "rita")


@dataclass
class Model:
    """What the rules look at: one approval with write after the last push, not the pusher's, and no objection."""

    pusher: str = "alice"
    opinions: dict[str, str] = field(default_factory=dict)

    def push(self, by: str) -> None:
        """Approvals go stale, objections stay."""
        self.pusher = by
        self.opinions = {who: what for who, what in self.opinions.items() if what != "APPROVE"}

    @property
    def mergeable(self) -> bool:
        """Whether the change may be merged."""
        counted = {who: what for who, what in self.opinions.items() if who in WRITERS}
        approved = any(what == "APPROVE" and who != self.pusher for who, what in counted.items())
        return approved and "REQUEST_CHANGES" not in counted.values()


STEPS: Final = st.lists(
    st.one_of(
        st.tuples(st.just("push"), st.sampled_from(WRITERS)),
        st.tuples(st.sampled_from(["APPROVE", "REQUEST_CHANGES", "COMMENT"]), st.sampled_from(PEOPLE)),
        st.tuples(st.just("dismiss"), st.sampled_from(PEOPLE)),
    ),
    min_size=1,
    max_size=6,
)


@given(STEPS)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_merge_goes_through_exactly_when_the_model_says_so(
    new_workshop: Callable[[], Workshop], steps: list[tuple[str, str]]
) -> None:
    """Pushes, approvals, objections, comments and dismissals in any order, by anybody."""
    workshop, model = new_workshop(), Model()
    workshop.protect(workshop.review_rule(dismiss_stale_reviews_on_push=True, require_last_push_approval=True))
    workshop.propose()
    for what, who in steps:
        _do(workshop, model, what, who)
    status = workshop.call("PUT", "/pulls/1/merge", {}).status
    assert status == (200 if model.mergeable else 405)


def _do(workshop: Workshop, model: Model, what: str, who: str) -> None:
    if what == "push":
        workshop.commit("topic", by=who)
        model.push(who)
    elif what == "dismiss":
        held = workshop.make("GET", "/pulls/1/reviews")
        newest = [review for review in held if review["user"]["login"] == who and review["state"] != "COMMENTED"]
        if newest and newest[-1]["state"] != "DISMISSED":
            workshop.make("PUT", f"/pulls/1/reviews/{newest[-1]['id']}/dismissals", {"message": "m"})
            del model.opinions[who]
    else:
        answer = workshop.call("POST", "/pulls/1/reviews", {"event": what, "body": "b"}, who)
        assert answer.status == (422 if who == "alice" and what != "COMMENT" else 200)
        if answer.status == 200 and what != "COMMENT":
            model.opinions[who] = what
