"""The account's balance, and what a queue is told: a real queue of a real SQS server."""

import hashlib
import json
import random
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import boto3

from tests.fakes.mturk.account import REQUESTER, Account
from tests.fakes.mturk.operations import Parameters, operation
from tests.fakes.mturk.protocol import invalid

VERSIONS = ("2014-08-15", "2006-05-05")  # of the API's reference, and of botocore's


@operation("GetAccountBalance")
def balance(account: Account, parameters: Parameters) -> dict[str, Any]:
    account.settle_all()
    return {"AvailableBalance": _dollars(account.available), "OnHoldBalance": _dollars(account.on_hold)}


@operation("UpdateNotificationSettings")
def update_settings(account: Account, parameters: Parameters) -> dict[str, Any]:
    if parameters["HITTypeId"] not in account.hit_types:
        raise invalid("HITTypeId", parameters["HITTypeId"])
    if not parameters.keys() & {"Notification", "Active"}:
        raise invalid("Notification", "nothing")
    _check(parameters.get("Notification"), is_test=False)
    kept = account.notified.get(parameters["HITTypeId"], {"Active": True})
    account.notified[parameters["HITTypeId"]] = kept | parameters
    return {}


@operation("SendTestEventNotification")
def send_test(account: Account, parameters: Parameters) -> dict[str, Any]:
    _check(parameters["Notification"], is_test=True)
    event = {
        "EventType": parameters["TestEventType"],
        "EventTimestamp": account.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "HITTypeId": account.new_id(),
        "HITId": account.new_id(),
    }
    account.tell(parameters["Notification"]["Destination"], [event])
    return {}


def _check(notification: dict[str, Any] | None, *, is_test: bool) -> None:
    if notification is None:
        return
    if notification["Version"] not in VERSIONS:
        raise invalid("Version", notification["Version"])
    if "Ping" in notification["EventTypes"] and not is_test:
        raise invalid("EventTypes", "Ping")


def _dollars(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


class Notices:
    """Sends what happens to the queue at once, or keeps it and sends it late, in another order and twice."""

    def __init__(self) -> None:
        self.is_held = False
        self.num_copies = 1
        self._waiting: list[tuple[str, str]] = []
        self._number = 0

    def tell(self, queue: str, events: list[dict[str, str]]) -> None:
        self._number += 1
        document = {
            "Events": events,
            "EventDocId": hashlib.sha1(str(self._number).encode()).hexdigest(),
            "SourceAccount": "123456789012",
            "CustomerId": REQUESTER,
            "EventDocVersion": "2014-08-15",
        }
        self._waiting += [(queue, json.dumps(document))] * self.num_copies
        if not self.is_held:
            self.release()

    def release(self, *, seed: int | None = None) -> None:
        """Send what was kept, shuffled by the seed where one is given."""
        waiting, self._waiting = self._waiting, []
        if seed is not None:
            random.Random(seed).shuffle(waiting)
        for queue, body in waiting:
            client_of(queue).send_message(QueueUrl=queue, MessageBody=body)


def client_of(queue: str) -> Any:
    return _client(urlsplit(queue).netloc)


@cache
def _client(host: str) -> Any:
    return boto3.session.Session().client(
        "sqs",
        endpoint_url=f"http://{host}",
        region_name="us-east-1",
        aws_access_key_id="turk",
        aws_secret_access_key="turk",
    )
