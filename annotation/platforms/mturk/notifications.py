"""What the platform tells a queue. It may come late, twice, in any order or forged: a reason to ask, no more."""

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from annotation.platforms.mturk.access import Access
from annotation.platforms.mturk.calls import call
from annotation.platforms.paid import Notification

logger = logging.getLogger(__name__)

TEST_EVENT = "Ping"


@dataclass(frozen=True, kw_only=True)
class Received:
    """One message of the queue: it comes again unless it is deleted by its receipt."""

    receipt: str
    notifications: tuple[Notification, ...]


class NotificationQueue:
    """The SQS queue of one account; for one call site."""

    def __init__(self, access: Access) -> None:
        self._client = access.sqs()
        self._address = access.queue

    def receive(self, *, wait_seconds: int = 0) -> list[Received]:
        """At most ten messages. One that is not of the expected shape is reported, and comes with nothing in it."""
        answer = call(
            self._client.receive_message,
            QueueUrl=self._address,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=wait_seconds,
        )
        received = []
        for message in answer.get("Messages", ()):
            try:
                notifications = read(message["Body"])
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                logger.warning("message %s of the queue can't be read: %s", message["MessageId"], type(error).__name__)
                notifications = ()
            received.append(Received(receipt=message["ReceiptHandle"], notifications=notifications))
        return received

    def delete(self, receipt: str) -> None:
        call(self._client.delete_message, QueueUrl=self._address, ReceiptHandle=receipt)


def read(body: str) -> tuple[Notification, ...]:
    """The events of one message; those that only test the queue are left out."""
    document = json.loads(body)
    document_id = _text(document["EventDocId"])
    return tuple(
        Notification(
            external_id=f"{document_id}:{index}",
            posting_id=_text(event["HITId"]),
            submission_id=_text(event.get("AssignmentId", "")),
            happened_at=_time(event["EventTimestamp"]),
        )
        for index, event in enumerate(document["Events"])
        if event["EventType"] != TEST_EVENT
    )


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 100 or not value.isprintable():
        raise TypeError("a short text was expected")
    return value


def _time(value: Any) -> datetime:
    """Always in UTC, as the documentation has it."""
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment
