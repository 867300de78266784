"""What runs on the queues. Every task takes ids, can run twice, and is found again by a sweep."""

import logging
import os
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import redis
from celery import current_app, shared_task
from django.core.cache import cache
from django.db import DatabaseError, connections
from django.db.models import Count, Q
from django.utils import timezone
from kombu.exceptions import OperationalError

from annotation.errors import MissingContent
from evaluation import classifiers, predictions, reports, runs, scores
from evaluation.errors import EvaluationError, LeaseLost
from evaluation.models import Report, Run, RunShard

logger = logging.getLogger(__name__)

RETRY_AFTER = timedelta(seconds=5)
RENEW_EVERY = timedelta(seconds=1)
HOLD_EVERY = timedelta(seconds=20)  # well within a lease, so that a database that is away for a minute costs nothing
QUIET = timedelta(minutes=1)  # that a report may be under way before the sweep looks at it
SECONDS_TO_BUILD = 300  # that the sweep gives a report without a step done before it asks again


def enqueue_run(run: Run) -> None:
    """One message per unfinished shard; with Redis away the run waits for the sweep."""
    _enqueue(run.pk, run.shards.filter(finished_at__isnull=True).count())


@shared_task
def score_shard(run_id: int) -> None:
    """Claim one shard of the run, score its images, and close the run after the last one."""
    run = Run.objects.select_related("classifier__study", "test_set").filter(pk=run_id).first()
    if run is None:
        return
    consumer = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    shard = runs.claim(run=run, consumer=consumer, now=timezone.now())
    if shard is None:
        return
    shard.run = run
    try:
        _score(shard, consumer)
    except LeaseLost as lost:
        logger.warning("%s", lost)
    except Exception as error:
        logger.exception("scoring %s failed, attempt %d", shard, shard.num_attempts)
        _try_later(shard, consumer, error)
    else:
        _close_if_complete(run)


@shared_task
def sweep_runs() -> None:
    """Find what got lost: shards that nobody holds or waits for, and runs that only need their score."""
    open_runs = Run.objects.filter(state=Run.State.OPEN).select_related("classifier__study", "test_set")
    for run in open_runs.annotate(num_open=Count("shards", filter=Q(shards__finished_at=None))).filter(num_open=0):
        try:
            _close_if_complete(run)
        except Exception:  # one run's trouble must not keep the others waiting; the next sweep tries again
            logger.exception("closing %s failed", run)
    waiting = _num_waiting()
    claimable = runs.claimable(now=timezone.now()).order_by()
    for run_id, num_shards in claimable.values_list("run_id").annotate(Count("pk")).order_by("run_id"):
        _enqueue(run_id, max(0, num_shards - waiting))
        waiting = max(0, waiting - num_shards)


def _score(shard: RunShard, consumer: str) -> None:
    renewed_at: datetime | None = None

    def hold(num_done: int) -> None:
        nonlocal renewed_at
        now = timezone.now()
        if renewed_at is None or now >= renewed_at + RENEW_EVERY:
            runs.renew(shard=shard, consumer=consumer, now=now, num_done=num_done)
            renewed_at = now

    def suspect(number: int) -> None:
        runs.suspect(shard=shard, consumer=consumer, number=number)

    with _held(shard, consumer):
        classifiers.load(shard.run.classifier)  # kept, so that it is there for what follows
    is_careful = shard.num_attempts > 1
    logits = predictions.predict(shard=shard, on_progress=hold, on_image=suspect if is_careful else None)
    predictions.store(shard=shard, logits=logits, now=timezone.now())
    runs.finish(shard=shard, consumer=consumer, now=timezone.now())


@contextmanager
def _held(shard: RunShard, consumer: str) -> Iterator[None]:
    """Renew the lease meanwhile: loading a large classifier takes longer than a lease, and tells nothing of itself."""
    is_over = threading.Event()

    def keep() -> None:
        try:
            while not is_over.wait(HOLD_EVERY.total_seconds()):
                try:
                    runs.hold(shard=shard, consumer=consumer, now=timezone.now())
                except DatabaseError:
                    logger.warning("the lease of %s could not be renewed; once more in a moment", shard, exc_info=True)
                    connections.close_all()
        except LeaseLost:
            logger.warning("%s was lost while its classifier was loaded", shard)  # the next renewal ends the work
        finally:
            connections.close_all()  # those of this thread

    thread = threading.Thread(target=keep, name=f"holds {shard}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _try_later(shard: RunShard, consumer: str, error: Exception) -> None:
    """Give the shard back, or fail its run after the third error: tries that were killed say nothing of why."""
    if shard.num_errors + 1 >= runs.MAX_ATTEMPTS:
        reason = f"{error} (tried {shard.num_attempts} times)"
        try:
            runs.hold(shard=shard, consumer=consumer, now=timezone.now())
        except LeaseLost as lost:  # so that another tries it, whose word counts
            logger.warning("%s", lost)
            return
        runs.fail(run=shard.run, reason=reason, now=timezone.now())
        return
    try:
        runs.release(shard=shard, consumer=consumer, now=timezone.now(), retry_after=RETRY_AFTER)
    except LeaseLost as lost:
        logger.warning("%s", lost)
    else:
        _enqueue(shard.run_id, 1, countdown=RETRY_AFTER.total_seconds() + 1)


def _close_if_complete(run: Run) -> None:
    """Score and finish a run whose shards are all finished; whoever comes second changes nothing."""
    if run.shards.filter(finished_at__isnull=True).exists():
        return
    try:
        scores.compute(run=run, now=timezone.now())
        runs.close(run=run, now=timezone.now())
    except (EvaluationError, MissingContent) as error:
        logger.exception("%s can't be scored", run)
        runs.fail(run=run, reason=str(error), now=timezone.now())


def _enqueue(run_id: int, num_messages: int, countdown: float = 0) -> None:
    try:
        for _ in range(num_messages):
            score_shard.apply_async((run_id,), countdown=countdown)
    except OperationalError as error:
        logger.warning("run %d waits for the sweep: the queue does not answer (%s)", run_id, error)


def _num_waiting() -> int:
    """Messages that wait for a consumer of the `gpu` queue: the sweep adds to them only what is missing."""
    with current_app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        return int(channel.client.llen("gpu"))


def enqueue_report(report: Report) -> None:
    """Ask for a report to be built; with Redis away it waits for the sweep."""
    try:
        cache.set(_report_mark(report.pk), True, timeout=SECONDS_TO_BUILD)
        build_report.delay(report.pk)
    except (OperationalError, redis.RedisError) as error:
        logger.warning("report %d waits for the sweep: the queue does not answer (%s)", report.pk, error)


@shared_task
def build_report(report_id: int) -> None:
    """Build a report that was asked for; one that has ended, or is gone, needs nothing."""
    report = Report.objects.select_related("study").defer("content").filter(pk=report_id).first()
    if report is None:
        return

    def tell(num_done: int, num_steps: int) -> None:
        try:
            cache.set(_report_mark(report_id), True, timeout=SECONDS_TO_BUILD)  # so that the sweep waits for this one
        except redis.RedisError as error:
            logger.warning("the sweep may begin report %d once more: Redis does not answer (%s)", report_id, error)

    try:
        reports.make(report=report, now=timezone.now(), on_progress=tell)
    except Exception as error:
        logger.exception("building %s failed", report)
        reports.fail(report=report, reason=f"Building it broke off: {error}")


@shared_task
def sweep_reports() -> None:
    """Build what lost its message or its consumer, but not for ever what never comes to an end."""
    for report in reports.unfinished(now=timezone.now(), quiet=QUIET).defer("content").order_by("pk"):
        if not cache.add(_report_mark(report.pk), True, timeout=SECONDS_TO_BUILD):
            continue  # it may be under way
        if reports.give_up(report=report):
            logger.error("%s never came to an end", report)
        else:
            enqueue_report(report)


def _report_mark(report_id: int) -> str:
    return f"report-asked-{report_id}"
