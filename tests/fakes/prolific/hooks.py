"""Prolific's notifications: who subscribed, and sending what happened, by real requests."""

import base64
import hashlib
import hmac
import http.client
import itertools
import json
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.prolific.account import Account, Refusal

Json = dict[str, Any]
EVENT_TYPES = {"study.status.change", "submission.status.change", "study.progress.change", "study.has_high_return_rate"}


@dataclass
class Subscription:
    id: str
    event_type: str
    target_url: str
    confirmation: str
    is_enabled: bool = False
    """Once it was confirmed."""


@dataclass
class Hooks:
    """The subscriptions of one account and the secret that all its notifications are signed with."""

    account: Account
    secret: str = "a-webhook-secret"
    clock: Callable[[], float] = time.time
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def described(self, subscription: Subscription) -> Json:
        return {
            "id": subscription.id,
            "event_type": subscription.event_type,
            "target_url": subscription.target_url,
            "is_enabled": subscription.is_enabled,
            "workspace_id": self.account.workspace,
        }

    def create(self, body: Json) -> tuple[Json, dict[str, str]]:
        if body["event_type"] not in EVENT_TYPES:
            raise Refusal(400, {"event_type": ["Unknown event type."]})
        subscription = Subscription(
            self.account.new_id(), body["event_type"], body["target_url"], secrets.token_urlsafe(24)
        )
        self.subscriptions[subscription.id] = subscription
        return self.described(subscription), {"X-Hook-Secret": subscription.confirmation}

    def found(self, subscription_id: str) -> Subscription:
        if subscription_id not in self.subscriptions:
            raise Refusal(404, "Not found.")
        return self.subscriptions[subscription_id]

    def confirm(self, subscription_id: str, body: Json) -> Json:
        subscription = self.found(subscription_id)
        if not hmac.compare_digest(body["secret"], subscription.confirmation):
            raise Refusal(400, {"secret": ["Wrong secret."]})
        subscription.is_enabled = True
        return self.described(subscription)

    def delete(self, subscription_id: str) -> None:
        del self.subscriptions[self.found(subscription_id).id]

    # --- sending ----------------------------------------------------------------------------------

    def deliver(
        self, *, times: int = 1, backwards: bool = False, secret: str | None = None, age_seconds: float = 0
    ) -> list[int]:
        """Send all that happened since the last time to who subscribed; the statuses that came back.

        More than once, in the wrong order, signed with another secret or long ago: all of it happens, or is tried.
        """
        with self.account.lock:
            events, self.account.events = self.account.events, []
        numbered = [(f"event-{next(self.numbers)}", event) for event in events]
        wanted = [
            (event_id, event, each.target_url)
            for event_id, event in (reversed(numbered) if backwards else numbered)
            for each in self.subscriptions.values()
            if each.is_enabled and each.event_type == event["event_type"]
        ]
        sent_at = self.clock() - age_seconds
        return [
            self.send(url, event, event_id=event_id, secret=secret or self.secret, sent_at=sent_at)
            for event_id, event, url in wanted
            for _ in range(times)
        ]

    def send(self, url: str, event: Json, *, event_id: str, secret: str, sent_at: float) -> int:
        body = json.dumps(event).encode()
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.netloc, timeout=60)
        try:
            connection.request("POST", parts.path, body, self.headers(body, event_id, secret, sent_at))
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()

    @staticmethod
    def headers(body: bytes, event_id: str, secret: str, sent_at: float) -> dict[str, str]:
        timestamp = str(int(sent_at))
        digest = hmac.new(secret.encode(), timestamp.encode() + body, hashlib.sha256).digest()
        return {
            "Content-Type": "application/json",
            "X-Prolific-Request-Timestamp": timestamp,
            "X-Prolific-Request-Signature": base64.b64encode(digest).decode(),
            "X-Event-ID": event_id,
            "X-Timestamp": timestamp,
        }


def as_list(entries: Sequence[Json]) -> Json:
    return {"results": list(entries), "meta": {"count": len(entries)}}
