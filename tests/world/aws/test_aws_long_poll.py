"""Waiting for messages: it ends when one is there, and hinders nobody."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.world.aws.conftest import Cloud


@pytest.mark.parametrize("by", ["request", "queue"])
def test_a_wait_ends_with_a_message(cloud: Cloud, by: str) -> None:
    """Sent while somebody waits for it, be the wait the request's or the queue's own."""
    attributes = {"ReceiveMessageWaitTimeSeconds": "20"} if by == "queue" else {}
    sqs = cloud.world.aws("sqs")
    url = sqs.create_queue(QueueName=cloud.name("queue"), Attributes=attributes)["QueueUrl"]
    asked = {"WaitTimeSeconds": 20} if by == "request" else {}
    started = time.monotonic()
    with ThreadPoolExecutor(1) as waiting:
        received = waiting.submit(sqs.receive_message, QueueUrl=url, **asked)
        for number in range(3):  # others are served meanwhile
            sqs.create_queue(QueueName=cloud.name(f"other-{number}"))
        sqs.send_message(QueueUrl=url, MessageBody="hello")
        assert [message["Body"] for message in received.result()["Messages"]] == ["hello"]
    assert time.monotonic() - started < 15


def test_a_wait_without_a_message_ends(cloud: Cloud) -> None:
    """When its time is over, with none."""
    sqs = cloud.world.aws("sqs")
    url = sqs.create_queue(QueueName=cloud.name("queue"))["QueueUrl"]
    started = time.monotonic()
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)
    assert time.monotonic() - started >= 1
    sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=1)
    assert sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"][0]["Body"] == "later"


def test_a_wait_must_make_sense(cloud: Cloud) -> None:
    """At most twenty seconds, as SQS has it."""
    sqs = cloud.world.aws("sqs")
    url = sqs.create_queue(QueueName=cloud.name("queue"))["QueueUrl"]
    for seconds in (21, -1):
        with pytest.raises(ClientError) as caught:
            sqs.receive_message(QueueUrl=url, WaitTimeSeconds=seconds)
        assert caught.value.response["Error"]["Code"] == "InvalidParameterValue"
