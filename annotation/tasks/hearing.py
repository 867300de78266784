"""What platforms tell by themselves. It may come late, twice, in any order or never: it is only a reason to ask.

Who asks is told the truth then, so that what comes again changes nothing; what never comes is found by the sweep.
"""

import logging
import time
from collections.abc import Iterable
from urllib.parse import urlsplit

from celery import shared_task
from django.conf import settings
from django.core.cache import cache
from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from annotation import postings
from annotation.models import LastRound, Posting
from annotation.payments.reaching import reached
from annotation.platforms.mturk import Access, MTurkPlatform, NotificationQueue
from annotation.platforms.paid import Notification, PlatformError
from annotation.platforms.prolific import ProlificPlatform
from annotation.postings import Round
from annotation.tasks.asking import or_swept

logger = logging.getLogger(__name__)

QUIET_SECONDS = 5  # notifications of a posting within this time are one reason to ask
UNKNOWN_SECONDS = 30  # of those that name nothing known here, as other studies of the workspace do
NUM_ASKED = 10  # postings, where it is not known which one it is about
SECONDS_TO_RECEIVE = 20  # that one message empties the queue for


def enqueue_learning(platform: str, notifications: Iterable[Notification]) -> None:
    """Ask soon about the postings that these are about; a burst of them is one message a posting."""
    with or_swept("what a platform tells waits for the sweep"):
        for posting_id in _about(platform, notifications).values_list("pk", flat=True):
            if cache.add(_mark(posting_id), True, timeout=QUIET_SECONDS * 5):
                learn_posting.apply_async((posting_id,), countdown=QUIET_SECONDS)


@shared_task(name="annotation.tasks.learn_posting")
def learn_posting(posting_id: int) -> None:
    """Ask the platform who took one posting, unless it wants to be left in peace: then the sweep does."""
    cache.delete(_mark(posting_id))  # before asking: what is told from now on asks again
    posting = Posting.objects.select_related("batch").filter(pk=posting_id).exclude(external_id="").first()
    if posting is not None:
        _learn([posting])


@shared_task(name="annotation.tasks.receive_notifications")
def receive_notifications() -> None:
    """Empty MTurk's queue: a message is deleted once what it tells was asked for."""
    if not settings.MTURK_QUEUE_URL:
        return
    deadline = time.monotonic() + SECONDS_TO_RECEIVE
    try:
        queue = NotificationQueue(Access.from_settings())
        while time.monotonic() < deadline and (received := queue.receive()):
            told = [each for one in received for each in one.notifications]
            if not _learn(list(_about(MTurkPlatform.name, told))):
                return  # they come again
            for one in received:
                queue.delete(one.receipt)
    except PlatformError as error:
        logger.warning("MTurk's queue is not emptied: %s", error)


@shared_task(name="annotation.tasks.subscribe_to_prolific")
def subscribe_to_prolific() -> None:
    """See to it that Prolific tells this installation; asking again changes nothing."""
    address = settings.PUBLIC_URL + reverse("platforms:prolific-notifications")
    if not settings.PROLIFIC_WEBHOOK_SECRET or urlsplit(address).scheme != "https":
        return
    try:
        with reached(ProlificPlatform.name, clock=timezone.now) as platform:
            assert isinstance(platform, ProlificPlatform)
            platform.subscribe(address)
    except PlatformError as error:
        logger.warning("Prolific does not tell this installation what happens: %s", error)


def _about(platform: str, notifications: Iterable[Notification]) -> QuerySet[Posting]:
    """The postings they are about. A submission that nobody here knows may be of any that is open."""
    told = list(notifications)
    posting_ids = {each.posting_id for each in told if each.posting_id}
    submission_ids = {each.submission_id for each in told if each.submission_id and not each.posting_id}
    ours = Posting.objects.filter(batch__platform=platform).exclude(external_id="")
    known = (
        Q(external_id__in=posting_ids)
        | Q(places__external_id__in=submission_ids)
        | Q(arrivals__external_id__in=submission_ids)
    )
    ids = set(ours.filter(known).values_list("pk", flat=True))
    if submission_ids and not ids and cache.add(_unknown_mark(platform), True, timeout=UNKNOWN_SECONDS):
        is_open = ours.filter(state__in=[Posting.State.OPEN, Posting.State.PAUSED], batch__expired_at=None)
        ids = set(is_open.order_by(F("asked_at").asc(nulls_first=True)).values_list("pk", flat=True)[:NUM_ASKED])
    return ours.filter(pk__in=ids).select_related("batch").order_by("pk")


def _learn(about: list[Posting]) -> bool:
    """Whether all of them were asked about."""
    by_batch: dict[int, list[Posting]] = {}
    for posting in about:
        by_batch.setdefault(posting.batch_id, []).append(posting)
    heard = [_ask(rows) for rows in by_batch.values()]
    return all(heard)


def _ask(rows: list[Posting]) -> bool:
    """Of one batch. Problems are kept with those of its rounds, where people see them."""
    batch, now = rows[0].batch, timezone.now()
    if LastRound.objects.filter(batch=batch, come_back_at__gt=now).exists():
        return False
    try:
        with reached(batch.platform, clock=timezone.now) as platform:
            ids = [each.external_id for each in rows]
            done = postings.learn(batch=batch, platform=platform, now=now, only=ids)
    except PlatformError as error:
        done = Round(problems=[str(error)], come_back_after=postings.rounds.COME_BACK)
    if done.problems or done.is_over:
        postings.remember(batch=batch, done=done, now=now)
    return not done.is_over


def _mark(posting_id: int) -> str:
    return f"learn-asked-{posting_id}"


def _unknown_mark(platform: str) -> str:
    return f"learn-any-asked-{platform}"
