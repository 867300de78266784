"""A posting as a HIT and its type, and back."""

from datetime import datetime
from typing import Any

from annotation.platforms.mturk.access import is_safe
from annotation.platforms.mturk.money import check_currency, dollars
from annotation.platforms.mturk.texts import TOKEN, check_token, plain
from annotation.platforms.paid import PlatformRefused, Posted, Posting, PostingState

YEAR = 365 * 24 * 3600
LONGEST = {"title": 128, "description": 2000, "list of keywords": 1000}
EVENTS = (
    "AssignmentAccepted",
    "AssignmentSubmitted",
    "AssignmentReturned",
    "AssignmentAbandoned",
    "AssignmentApproved",
    "AssignmentRejected",
    "HITReviewable",
    "HITExpired",
)


def check(posting: Posting, *, local_too: bool) -> None:
    """Refuse what the platform would, before anything is asked of it."""
    check_token(posting.token)
    check_currency(posting.currency)
    if not is_safe(posting.address, local_too=local_too):
        raise PlatformRefused("MTurk shows https addresses only; where workers are to start is none.")
    if posting.num_places < 1:
        raise PlatformRefused("A posting needs at least one place.")
    for seconds, what in ((posting.seconds_allowed, "for a place"), (posting.lasts_seconds, "for places to be taken")):
        if not 30 <= seconds <= YEAR:
            raise PlatformRefused(f"The time {what} is {seconds} seconds; MTurk takes 30 seconds to a year.")


def refuse_unfit(posting: Posting, *, local_too: bool) -> None:
    """Refuse all that can be known to be refused, also of its texts."""
    check(posting, local_too=local_too)
    hit_type(posting, auto_approval_seconds=0)


def hit_type(posting: Posting, *, auto_approval_seconds: int) -> dict[str, Any]:
    """What all HITs of one kind share; the same properties are the same type over there."""
    values = {
        "Title": plain(posting.title, limit=LONGEST["title"], what="title"),
        "Description": plain(posting.description, limit=LONGEST["description"], what="description"),
        "Reward": dollars(posting.pay_minor_units),
        "AssignmentDurationInSeconds": posting.seconds_allowed,
        "AutoApprovalDelayInSeconds": auto_approval_seconds,
        "QualificationRequirements": requirements(posting),
    }
    if posting.keywords:
        keywords = ", ".join(word.replace(",", " ") for word in posting.keywords)
        values["Keywords"] = plain(keywords, limit=LONGEST["list of keywords"], what="list of keywords")
    return values


def requirements(posting: Posting) -> list[dict[str, str]]:
    """Who may see, preview and accept; a group is a qualification type of one's own, had or not."""
    blocked = dict.fromkeys((posting.blocked_group, posting.stopped_group))
    groups = [(posting.allowed_group, "Exists"), *((group, "DoesNotExist") for group in blocked)]
    return [
        {"QualificationTypeId": group, "Comparator": comparator, "ActionsGuarded": "DiscoverPreviewAndAccept"}
        for group, comparator in groups
        if group
    ]


def notified(queue: str) -> dict[str, Any]:
    """What `UpdateNotificationSettings` needs; the queue's own policy must let the service in (docs/platforms.md)."""
    return {"Destination": queue, "Transport": "SQS", "Version": "2014-08-15", "EventTypes": list(EVENTS)}


def posted(hit: dict[str, Any], *, now: datetime) -> Posted:
    """A HIT is open until it expires, also while all its places are taken: one of them may be given back.

    Closed and paused are the same over there, so that nothing is ever shown as paused.
    """
    annotation = hit.get("RequesterAnnotation", "")
    is_over = hit.get("HITStatus") == "Disposed" or hit["Expiration"] <= now
    return Posted(
        external_id=hit["HITId"],
        token=annotation if TOKEN.fullmatch(annotation) else "",
        state=PostingState.CLOSED if is_over else PostingState.OPEN,
        num_places=hit["MaxAssignments"],
    )
