"""Waiting for messages of SQS without keeping everybody else waiting.

moto waits within a request, and requests are served one at a time here, so nobody could send what is waited for. So
moto is asked without a wait, again whenever something happens to queues, and twice a second for what time alone
brings: delays and visibility that run out. Called by the edge. Source:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from moto.backends import get_backend

from twinlock_world.aws.call import RefusedError, parse

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from twinlock_world.aws.call import Request

_TARGET: Final = "AmazonSQS.ReceiveMessage"
_LONGEST: Final = 20
_LOOK_SECONDS: Final = 0.5


class Bell:
    """Rings when something has happened to a queue."""

    def __init__(self) -> None:
        self._changed = threading.Condition()

    def ring(self) -> None:
        """Wake all who wait."""
        with self._changed:
            self._changed.notify_all()

    def wait(self, until: float) -> bool:
        """Return when it rings, or a little later; false once the time is over."""
        left = until - time.monotonic()
        if left <= 0:
            return False
        with self._changed:
            self._changed.wait(min(left, _LOOK_SECONDS))
        return True


@dataclass(frozen=True, slots=True)
class Impatient:
    """A request for messages that waits, as one that doesn't: its body, and for how long to ask again."""

    body: bytes
    seconds: int


def impatient(request: Request) -> Impatient | None:
    """Return a request for messages without its wait; nothing for any other, and for one that moto will refuse."""
    if request.headers.get("x-amz-target") != _TARGET:
        return None
    try:
        asked = json.loads(request.body)
        seconds = (
            asked["WaitTimeSeconds"]
            if "WaitTimeSeconds" in asked
            else _of_queue(asked["QueueUrl"], parse(request).region)
        )
    except (RefusedError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return None
    if not (isinstance(seconds, int) and 0 < seconds <= _LONGEST):
        return None
    return Impatient(json.dumps({**asked, "WaitTimeSeconds": 0}).encode(), seconds)


def found_nothing(response: Response) -> bool:
    """Tell whether a request for messages was served and brought none."""
    return response.status_code == HTTPStatus.OK and not json.loads(response.get_data() or b"{}").get("Messages")


def _of_queue(url: str, region: str) -> int:
    """Return how long a queue lets its callers wait who do not say."""
    account, name = url.rstrip("/").split("/")[-2:]
    queue: Any = get_backend("sqs")[account][region].queues[name]  # moto's own class
    return int(queue.receive_message_wait_time_seconds)
