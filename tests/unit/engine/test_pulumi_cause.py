"""What an error of the engine or a provider means: its words without wrappings, its cause, its mend."""

from __future__ import annotations

import pytest

from twinlock.engine.pulumi.cause import AGAIN, cause
from twinlock.engine.pulumi.progress import Problem, first

LOGGED = "sdk-v2/provider2.go:571: sdk.helper_schema: "
BY = ": provider=github@6.15.0"
URN = "urn:pulumi:payments::twinlock-repositories::twinlock:github:Repository$github:index/x:Repository::payments"
REACH = (
    "See whether it is there, on a world by `twinlock world status`. "
    "Then run the same command again; it goes on where this run stopped."
)


@pytest.mark.parametrize(
    ("message", "why", "mend"),
    [
        (
            f"{LOGGED}unexpected EOF{BY}",
            "The connection to GitHub was lost in the middle of an answer: unexpected EOF.",
            "Run the same command again; it goes on where this run stopped, and takes over what was made nevertheless.",
        ),
        (
            (
                "1 error occurred:\n\t* POST http://127.0.0.1:1/orgs/acme/teams: 422 Validation Failed "
                "[{Resource:Team Field:name Code:already_exists Message:Name must be unique for this org}]"
            ),
            (
                "GitHub says that the name is taken: POST http://127.0.0.1:1/orgs/acme/teams: 422 Validation Failed "
                "[{Resource:Team Field:name Code:already_exists Message:Name must be unique for this org}]."
            ),
            (
                "Run the same command again: what this run has made is then taken over. If it is refused again, "
                "somebody else made it: rename or remove the one or the other."
            ),
        ),
        (
            (
                f'refreshing {URN}: 1 error occurred:\n\t* Get "http://127.0.0.1:1/x": (http.RoundTripper).RoundTrip '
                "failed: GET http://127.0.0.1:1/x giving up after 4 attempt(s)"
            ),
            (
                'GitHub failed again and again, or is not there: Get "http://127.0.0.1:1/x": '
                "(http.RoundTripper).RoundTrip failed: GET http://127.0.0.1:1/x giving up after 4 attempt(s)."
            ),
            REACH,
        ),
        (
            f"{LOGGED}GET http://127.0.0.1:1/user: 401 Bad credentials []{BY}",
            "GitHub does not accept the token: it has expired or was revoked.",
            (
                "Make fresh tokens, on a world by `twinlock world up --detach`. "
                "Then run the same command again; it goes on where this run stopped."
            ),
        ),
        (
            "error reading from server: EOF",
            "The provider ended in the middle of its work: error reading from server: EOF.",
            (
                "Run the same command again; it begins with new processes, goes on where this run stopped, "
                "and takes over what was made nevertheless."
            ),
        ),
        (
            "error: open /state/x.json: no space left on device",
            "The disk is full: error: open /state/x.json: no space left on device.",
            "Make room, then run the same command again; it goes on where this run stopped.",
        ),
        (
            "1 error occurred:\n\t* AWS says: ServiceUnavailable: It failed. Mend: Try again.",
            "AWS says: ServiceUnavailable: It failed.",
            "Try again.",
        ),
        (f"{LOGGED}something\nelse{BY}", "The engine says: something else", AGAIN),
    ],
)
def test_an_error_is_told_by_its_cause(message: str, why: str, mend: str) -> None:
    """Nothing of the way that it took through the engine is left."""
    found = cause(message)
    assert (found.why, found.mend) == (why, mend)


def test_what_repeats_another_error_for_a_log_is_not_told() -> None:
    """It comes before the error itself, and says less."""
    echo = Problem(URN, 'logging/logging_http_transport.go:170: provider: Failed to parse: error="unexpected EOF"')
    assert first([echo, Problem(URN, "unexpected EOF")]) == Problem(URN, "unexpected EOF")
    assert first([echo]) == echo
