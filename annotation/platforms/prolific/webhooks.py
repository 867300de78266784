"""Prolific's calls to us: reading them, and asking for them."""

import base64
import binascii
import hashlib
import hmac
import json
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from annotation.access import Secret, is_safe_address
from annotation.platforms.paid import UNSEEN, Notification, PlatformError, PlatformRefused
from annotation.platforms.prolific.access import IDENTIFIER
from annotation.platforms.prolific.answers import Answer, Fields, Malformed
from annotation.platforms.prolific.listing import entries_at_once
from annotation.platforms.prolific.transport import Transport, path

log = logging.getLogger(__name__)

TOLERANCE = timedelta(minutes=5)
LONGEST_BODY = 64 * 1024
OF_SUBMISSIONS = {"submission.status.change"}
OF_STUDIES = {"study.status.change", "study.progress.change", "study.has_high_return_rate"}
SUBSCRIBED = ("study.status.change", "submission.status.change")


class ForgedNotification(PlatformError):
    """Not signed by Prolific, or long ago: answer it with a refusal, and believe nothing of it."""


class UnreadableNotification(ForgedNotification):
    """Signed, and of another shape than Prolific's are."""


def notification(headers: Mapping[str, str], body: bytes, *, secret: Secret, now: datetime) -> Notification | None:
    """What changed; nothing where it is of a kind that Twinset does not know, which the log tells.

    The signature covers the time and the body, and neither the id of the event nor the time it happened.
    """
    told = {name.lower(): value for name, value in headers.items()}
    signed_at = _verify(told, body, secret=secret, now=now)
    content = _content(body)
    kind, resource = content.get("event_type"), content.get("resource_id")
    if not isinstance(kind, str) or kind not in OF_SUBMISSIONS | OF_STUDIES:
        log.warning("Prolific notifies of %s, which is not known here: ignored", UNSEEN.sub(" ", repr(kind)[:80]))
        return None
    if not isinstance(resource, str) or not IDENTIFIER.fullmatch(resource):
        raise UnreadableNotification("The notification names nothing that changed.")
    is_submission = kind in OF_SUBMISSIONS
    return Notification(
        external_id=_event_id(told, body),
        posting_id="" if is_submission else resource,
        submission_id=resource if is_submission else "",
        happened_at=_moment(told.get("x-timestamp", "")) or signed_at,
    )


def signature(secret: Secret, timestamp: str, body: bytes) -> bytes:
    digest = hmac.new(secret.reveal().encode(), timestamp.encode() + body, hashlib.sha256).digest()
    return base64.b64encode(digest)


def _verify(told: Mapping[str, str], body: bytes, *, secret: Secret, now: datetime) -> datetime:
    """When it was sent."""
    if not secret:
        raise PlatformRefused("Set PROLIFIC_WEBHOOK_SECRET: without it no notification can be believed.")
    if len(body) > LONGEST_BODY:
        raise ForgedNotification("The notification is too large.")
    timestamp = told.get("x-prolific-request-timestamp", "")
    given = told.get("x-prolific-request-signature", "")
    try:
        raw = base64.b64decode(given.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raw = b""
    if not hmac.compare_digest(raw, base64.b64decode(signature(secret, timestamp, body))):
        raise ForgedNotification("The notification is not signed by Prolific.")
    sent = _moment(timestamp)
    if sent is None or abs(now - sent) > TOLERANCE:
        raise ForgedNotification("The notification was not sent just now.")
    return sent


def _moment(text: str) -> datetime | None:
    """A time in seconds since 1970."""
    try:
        seconds = float(text) if len(text) <= 32 else math.nan
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _content(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise UnreadableNotification("The notification can't be read.")
    return content


def _event_id(told: Mapping[str, str], body: bytes) -> str:
    """Stays the same when it is sent again; where it is missing, what was sent stands in for it."""
    given = told.get("x-event-id", "")
    if IDENTIFIER.fullmatch(given):
        return given
    return hashlib.sha256(told.get("x-timestamp", "").encode() + body).hexdigest()


@dataclass(frozen=True)
class Subscriptions:
    """What one workspace is notified of, and where."""

    transport: Transport
    workspace: str

    def subscribe(self, address: str) -> None:
        """Have study and submission events sent there; those that are sent there already are left as they are."""
        if not is_safe_address(address):
            raise PlatformRefused("Notifications can only be sent to an https address.")
        for kind in SUBSCRIBED:
            if not any(self._of(kind, address, is_enabled=True)):
                for unfinished in self._of(kind, address, is_enabled=False):
                    self._delete(unfinished)
                self._create(kind, address)

    def unsubscribe(self, address: str) -> None:
        for kind in SUBSCRIBED:
            for is_enabled in (True, False):
                for subscription in self._of(kind, address, is_enabled=is_enabled):
                    self._delete(subscription)

    def _of(self, kind: str, address: str, *, is_enabled: bool) -> list[str]:
        listed = entries_at_once(
            self.transport,
            path("hooks", "subscriptions"),
            lambda each: (each.identifier("id"), each.text("event_type"), each.text("target_url")),
            workspace_id=self.workspace,
            is_enabled="true" if is_enabled else "false",
        )
        return [subscription for subscription, *told in listed if told == [kind, address]]

    def _create(self, kind: str, address: str) -> None:
        body = {"workspace_id": self.workspace, "event_type": kind, "target_url": address}
        subscription, secret = self.transport.change("POST", path("hooks", "subscriptions"), body, _read_created)
        confirmation = {"secret": secret.reveal()}
        self.transport.change("POST", path("hooks", "subscriptions", subscription), confirmation, lambda answer: None)

    def _delete(self, subscription: str) -> None:
        self.transport.change("DELETE", path("hooks", "subscriptions", subscription), None, lambda answer: None)


def _read_created(answer: Answer) -> tuple[str, Secret]:
    """The id and what to confirm with. The schema shows a list, the text an object."""
    fields = answer.fields()
    subscription = fields if fields.has("id") else next(iter(fields.entries("results")), Fields({}))
    secret = answer.headers.get("x-hook-secret", "")
    if not secret:
        raise Malformed("no X-Hook-Secret")
    return subscription.identifier("id"), Secret(secret)
