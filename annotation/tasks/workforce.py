"""Paid batches: rounds of calls to their platform, and the daily comparison of both sides' books.

One message works for some seconds, then asks for the next, so that no batch keeps a consumer from the others. What
became of it is kept where people see it (`LastRound`, `Reconciliation`), and says when the platform may be asked again.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from celery import shared_task
from django.core.cache import cache
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from annotation import launches, postings
from annotation.errors import AnnotationError
from annotation.models import Batch, Posting
from annotation.payments import paying, reconciling, waiting
from annotation.payments.reaching import reached
from annotation.platforms.paid import PaidPlatform
from annotation.platforms.patient import patient
from annotation.postings import Round
from annotation.postings.rounds import alone
from annotation.tasks.asking import or_swept

logger = logging.getLogger(__name__)
IsTimeUp = Callable[[], bool]

SECONDS_AT_IT = 20  # that one message works for a batch: a third to put up, to hear, to pay
SECONDS_TO_ROUND = 300  # that the sweep gives a round before it asks again
SECONDS_TO_RECONCILE = 3600
SWEEP_EVERY = 60  # seconds: whatever waits longer is left to the sweep
TROUBLE = 600.0  # seconds until it is tried again where a person must do something first
NUM_LEARNT = 50  # postings that are asked about before it looks at the clock
NUM_SWEPT = 100
ROUNDS = 7_311  # any number of its own, for the lock of whose turn a batch is
PAYING = 7_312  # any number of its own, for the lock of who pays people of a batch, or compares what was paid
BROKE_OFF = "A fault of Twinset's own broke off the last round. The log of the queue tells more; it is tried again."


def enqueue_round(batch_id: int, *, seconds: float = 0) -> None:
    """Ask for a round of calls to the batch's platform; the sweep is the guarantee."""
    with or_swept(f"the round of batch {batch_id} waits for the sweep"):
        round_of_batch.apply_async((batch_id,), countdown=seconds)


def enqueue_reconciliation(batch_id: int, *, seconds: float = 0) -> None:
    """Ask for the batch's books to be compared with its platform's; the sweep is the guarantee."""
    with or_swept(f"the reconciliation of batch {batch_id} waits for the sweep"):
        reconcile_batch.apply_async((batch_id,), countdown=seconds)


@shared_task(name="annotation.tasks.round_of_batch")
def round_of_batch(batch_id: int) -> None:
    """Put up what may be, hear who came, pay who is due. Two at once for a batch are one after the other."""
    batch = Batch.objects.filter(pk=batch_id, pay_minor_units__gt=0).first()
    if batch is not None:
        with alone(batch, ROUNDS) as is_alone:
            if is_alone:
                wait = _round(batch)
            else:  # it may be past what this message asks for
                wait = SECONDS_AT_IT if cache.add(_later_mark(batch_id), True, timeout=SECONDS_AT_IT) else None
        if wait is not None and wait < SWEEP_EVERY:
            cache.set(_round_mark(batch_id), True, timeout=SECONDS_TO_ROUND)  # the sweep asks for no other beside it
            enqueue_round(batch_id, seconds=wait)
            return
    cache.delete(_round_mark(batch_id))


@shared_task(name="annotation.tasks.sweep_rounds")
def sweep_rounds() -> None:
    """Ask for a round of every batch that something is to be done for; those without a platform end by themselves."""
    launches.close_overdue(now=timezone.now())
    for batch_id in waiting.due_batches(now=timezone.now()).values_list("pk", flat=True)[:NUM_SWEPT]:
        if cache.add(_round_mark(batch_id), True, timeout=SECONDS_TO_ROUND):
            enqueue_round(batch_id)


@shared_task(name="annotation.tasks.reconcile_batch")
def reconcile_batch(batch_id: int) -> None:
    """Compare the batch's books with its platform's, and keep what was found. Nobody is paid meanwhile."""
    batch = Batch.objects.filter(pk=batch_id, pay_minor_units__gt=0).first()
    if batch is not None:
        with alone(batch, PAYING) as is_alone:
            if not is_alone:
                enqueue_reconciliation(batch_id, seconds=SECONDS_AT_IT)
                return
            _reconcile(batch)
    cache.delete(_reconciliation_mark(batch_id))


@shared_task(name="annotation.tasks.sweep_reconciliations")
def sweep_reconciliations() -> None:
    """Ask for a comparison of every batch that was put up and not compared for a day."""
    for batch_id in _to_reconcile()[:NUM_SWEPT]:
        if cache.add(_reconciliation_mark(batch_id), True, timeout=SECONDS_TO_RECONCILE):
            enqueue_reconciliation(batch_id)


def _reconcile(batch: Batch) -> None:
    with _told_to_people(batch), reached(batch.platform, clock=timezone.now) as platform:
        wait = _patience(SECONDS_TO_RECONCILE / 4)
        found = reconciling.reconcile(batch=batch, platform=platform, now=timezone.now(), wait=wait)
        reconciling.remember(batch=batch, found=found, now=timezone.now())


def _round(batch: Batch) -> float | None:
    """The seconds after which the next is to begin; none where nothing is left to do at once."""
    done = Round()
    with _told_to_people(batch, done), reached(batch.platform, clock=timezone.now) as platform:
        _work(done, batch, patient(platform, wait=time.sleep))
        postings.remember(batch=batch, done=done, now=timezone.now())
    return done.come_back_after if done.is_over else 0.0 if done.num_left else None


def _work(done: Round, batch: Batch, platform: PaidPlatform) -> None:
    """Each in turn, whatever trouble the one before had, unless the platform wants to be left in peace."""

    def go_on(_: IsTimeUp) -> Round:
        return launches.go_on(batch=batch, platform=platform, now=timezone.now())

    def learn(_: IsTimeUp) -> Round:
        now = timezone.now()
        news = waiting.unheard(batch, now=now).order_by("asked_at", "id")
        ids = list(news.values_list("external_id", flat=True)[:NUM_LEARNT])
        heard = postings.learn(batch=batch, platform=platform, now=now, only=ids) if ids else Round()
        heard.num_left = waiting.unheard(batch, now=now).count()
        return heard

    def pay(is_time_up: IsTimeUp) -> Round:
        with alone(batch, PAYING) as is_alone:
            if not is_alone:  # its books are being compared: what is due can wait
                return Round()
            return paying.pay_due(batch=batch, platform=platform, now=timezone.now(), is_time_up=is_time_up)

    steps = (go_on, learn, pay)
    for step in steps:
        if not done.is_busy:
            _take_step(done, step, seconds=SECONDS_AT_IT / len(steps))


def _take_step(done: Round, step: Callable[[IsTimeUp], Round], *, seconds: float) -> None:
    """Until all of it is done, it is in trouble, or its share of the time is used up."""
    deadline = time.monotonic() + seconds

    def is_time_up() -> bool:
        return time.monotonic() > deadline

    while True:
        one = step(is_time_up)
        done.problems += one.problems
        done.is_busy = one.is_busy
        if one.come_back_after is not None:
            done.come_back_after = max(one.come_back_after, done.come_back_after or 0.0)
            return
        if not (one.num_done and one.num_left):  # all is done, or what is left can't be done now
            return
        if is_time_up():
            done.num_left += one.num_left
            return


@contextmanager
def _told_to_people(batch: Batch, done: Round | None = None) -> Iterator[None]:
    """What breaks off the work is kept where people see it; it is tried again, but not at once."""
    done = done or Round()
    try:
        yield
    except AnnotationError as error:
        logger.warning("%s: %s", batch, error)
        done.problems.append(str(error))
    except Exception:
        logger.exception("the work for %s was broken off", batch)
        done.problems.append(BROKE_OFF)
    else:
        return
    done.come_back_after = TROUBLE
    postings.remember(batch=batch, done=done, now=timezone.now())


def _to_reconcile() -> QuerySet[Batch, int]:
    now = timezone.now()
    is_stale = Q(reconciliation=None) | Q(reconciliation__at__lte=now - timedelta(days=1))
    up = Posting.objects.filter(batch=OuterRef("pk")).exclude(external_id="")
    rows = waiting.live_batches(now=now).filter(is_stale, Exists(up))
    return rows.order_by(F("reconciliation__at").asc(nulls_first=True), "pk").values_list("pk", flat=True)


def _patience(seconds: float) -> Callable[[float], None]:
    """Waits as long as it is asked to, until so many seconds are used up; then no more, and the platform ends it."""
    deadline = time.monotonic() + seconds

    def wait(asked: float) -> None:
        time.sleep(max(0.0, min(asked, deadline - time.monotonic())))

    return wait


def _round_mark(batch_id: int) -> str:
    return f"round-swept-{batch_id}"


def _later_mark(batch_id: int) -> str:
    return f"round-asked-{batch_id}"


def _reconciliation_mark(batch_id: int) -> str:
    return f"reconciliation-swept-{batch_id}"
