"""What the `default` queue does. Every task takes ids, can run twice, and is found again by a sweep."""

import logging
import os
import socket
import time
import uuid
from collections.abc import Iterable
from datetime import timedelta

import redis
from celery import shared_task
from django.core.cache import cache
from django.utils import timezone
from kombu.exceptions import OperationalError

from annotation import duplicates, exports, frequencies, grids, quality
from annotation.errors import AnnotationError, CannotSearch, ExportLeaseLost, MissingContent
from annotation.models import Export, Grid, Study, TargetClass, WorkerDecision

logger = logging.getLogger(__name__)

QUIET_SECONDS = 5  # submits of a class within this time are counted together
NUM_ENQUEUED = 2000  # grids that one request asks contact sheets for; the sweep finds the others
NUM_SWEPT = 100
NUM_REMEMBERED = 10_000  # classes
SECONDS_TO_RECOUNT = 30  # that a message may wait before another one is sent
SECONDS_TO_SEARCH = 1800  # that the sweep gives a search for duplicates before it asks again
SECONDS_TO_REVIEW = 600  # that the sweep gives a review before it asks again
SECONDS_TO_WRITE = 20  # that one message writes an export for: what else waits for the consumer gets its turn
RETRY_EXPORT_AFTER = timedelta(seconds=30)

_asked: dict[int, float] = {}  # when the count of a class is due that this process knows to be asked for


def enqueue_recompute(target_class_id: int) -> None:
    """Ask for a count soon; a burst of submits makes one message, and the sweep is the guarantee."""
    now = time.time()
    if now < _asked.get(target_class_id, 0):
        return  # the count asked for begins later than this, so it will see what has just come in
    due = now + QUIET_SECONDS
    try:
        if cache.add(_mark(target_class_id), due, timeout=QUIET_SECONDS * 5):
            recompute_frequencies.apply_async((target_class_id,), countdown=QUIET_SECONDS)
        else:  # another process has asked; where the count is overdue, it begins any moment
            due = max(cache.get(_mark(target_class_id), now), now + 1)
        _remember(target_class_id, due)
    except (OperationalError, redis.RedisError) as error:
        logger.warning("class %d waits for the sweep: the queue does not answer (%s)", target_class_id, error)


def _remember(target_class_id: int, due: float) -> None:
    if len(_asked) >= NUM_REMEMBERED:
        _asked.clear()
    _asked[target_class_id] = due


@shared_task
def recompute_frequencies(target_class_id: int) -> None:
    """Count one class; a class that is gone needs no counting."""
    cache.delete(_mark(target_class_id))  # before reading: what comes in from now on asks again
    target_class = TargetClass.objects.filter(pk=target_class_id).first()
    if target_class is not None:
        frequencies.recompute(target_class=target_class, now=timezone.now())


@shared_task
def sweep_frequencies() -> None:
    """Count every class that lost its message, and those that a decision or a new filter has made stale."""
    stale = frequencies.stale_target_classes()
    for study in Study.objects.filter(pk__in=stale.values("study")).order_by("pk"):
        frequencies.recompute_stale(study=study, now=timezone.now())


@shared_task
def sweep_mixtures() -> None:
    """Fit what the counts have outgrown; it takes seconds, so it is not done with every count."""
    for study in Study.objects.filter(judgement_filters__tallies__isnull=False).distinct().order_by("pk"):
        frequencies.fit_mixtures(study=study, now=timezone.now())


def enqueue_recounts(decision: WorkerDecision) -> None:
    """Ask for a count of the classes that a decision about a worker, or its reversal, has made stale."""
    if quality.affected_classes(decision).exists():
        enqueue_recount(decision.study_id)


def enqueue_recount(study_id: int) -> None:
    """Ask for a count of all that is stale in a study, by one message for all classes; the sweep is the guarantee."""
    try:
        if cache.add(_recount_mark(study_id), True, timeout=SECONDS_TO_RECOUNT):
            recount_stale.delay(study_id)
    except (OperationalError, redis.RedisError) as error:
        logger.warning("study %d is counted by the sweep: the queue does not answer (%s)", study_id, error)


@shared_task
def recount_stale(study_id: int) -> None:
    """Count what is stale in one study."""
    cache.delete(_recount_mark(study_id))  # before reading: what becomes stale from now on asks again
    study = Study.objects.filter(pk=study_id).first()
    if study is not None:
        frequencies.recompute_stale(study=study, now=timezone.now())


def enqueue_review(study_id: int) -> None:
    """Ask for a review of a study, which a row asks for already; the sweep is the guarantee."""
    try:
        review_quality.delay(study_id)
    except (OperationalError, redis.RedisError) as error:
        logger.warning("the review of study %d waits for the sweep: the queue does not answer (%s)", study_id, error)


@shared_task
def review_quality(study_id: int) -> None:
    """Review one study, and count what its rules have excluded."""
    study = Study.objects.filter(pk=study_id).first()
    if study is not None:
        for decision in quality.review(study=study, now=timezone.now()):
            enqueue_recounts(decision)
    cache.delete(_review_mark(study_id))


@shared_task
def sweep_reviews() -> None:
    """Ask for a review of every study whose review lost its message, and those whose rules decide by themselves."""
    for study in quality.due_studies(now=timezone.now()):
        if cache.add(_review_mark(study.pk), True, timeout=SECONDS_TO_REVIEW):
            enqueue_review(study.pk)  # a message each: where one fails or takes long, the others go on


def enqueue_duplicate_search(study_id: int) -> None:
    """Ask for a search for near-duplicates, which a row asks for already; the sweep is the guarantee."""
    try:
        search_duplicates.delay(study_id)
    except (OperationalError, redis.RedisError) as error:
        logger.warning("the search in study %d waits for the sweep: the queue does not answer (%s)", study_id, error)


@shared_task
def search_duplicates(study_id: int) -> None:
    """Search one study; why it broke off, if it does, is said on its page."""
    study = Study.objects.filter(pk=study_id).first()
    if study is not None:
        cache.set(_search_mark(study_id), True, timeout=SECONDS_TO_SEARCH)  # so that the sweep waits for this one
        try:
            duplicates.search(study=study, now=timezone.now())
        except CannotSearch as error:
            logger.warning("study %d is not searched for duplicates: %s", study_id, error)
    cache.delete(_search_mark(study_id))


@shared_task
def sweep_duplicate_searches() -> None:
    """Ask for every search that lost its message, but not for ever for one that never ends."""
    for study in duplicates.due_studies(now=timezone.now()):
        if not cache.add(_search_mark(study.pk), True, timeout=SECONDS_TO_SEARCH):
            continue  # it may be under way
        if duplicates.give_up(study=study, now=timezone.now()):
            logger.error("the search for duplicates in study %d never came to an end", study.pk)
            cache.delete(_search_mark(study.pk))
        else:
            enqueue_duplicate_search(study.pk)


def _search_mark(study_id: int) -> str:
    return f"duplicates-swept-{study_id}"


def _recount_mark(study_id: int) -> str:
    return f"recount-asked-{study_id}"


def _review_mark(study_id: int) -> str:
    return f"review-swept-{study_id}"


def _mark(target_class_id: int) -> str:
    return f"recompute-asked-{target_class_id}"


def enqueue_contact_sheets(grid_ids: Iterable[int]) -> None:
    """Ask for the contact sheets of new grids; who looks at a grid before they are made gets them on demand."""
    try:
        for grid_id in list(grid_ids)[:NUM_ENQUEUED]:
            make_contact_sheets.delay(grid_id)
    except (OperationalError, redis.RedisError) as error:
        logger.warning("contact sheets wait for the sweep: the queue does not answer (%s)", error)


@shared_task
def make_contact_sheets(grid_id: int) -> None:
    """Make the sheets of one grid, unless that was done."""
    grid = Grid.objects.filter(pk=grid_id).first()
    if grid is not None and not grid.sheets:
        grids.make_sheets(grid=grid)


@shared_task
def sweep_contact_sheets() -> None:
    """Make the sheets of grids that lost their message; newest first, as work goes on there."""
    for grid in Grid.objects.filter(sheets=[]).with_pictures().order_by("-id")[:NUM_SWEPT]:
        try:
            grids.make_sheets(grid=grid)
        except MissingContent as error:
            logger.warning("grid %d has no contact sheets: %s", grid.pk, error)


def enqueue_export(export_id: int) -> None:
    """Ask for an export to be written; with Redis away it waits for the sweep."""
    try:
        write_export.delay(export_id)
    except (OperationalError, redis.RedisError) as error:
        logger.warning("export %d waits for the sweep: the queue does not answer (%s)", export_id, error)


@shared_task
def write_export(export_id: int) -> None:
    """Write some pieces of an export, then make place for others; what a command writes is left to commands."""
    export = Export.objects.filter(pk=export_id, target__in=exports.QUEUED).first()
    consumer = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    held = exports.claim(export=export, consumer=consumer, now=timezone.now()) if export else None
    if held is None:
        return
    try:
        if not _go_on(held):
            enqueue_export(export_id)
    except ExportLeaseLost as lost:
        logger.warning("%s", lost)


@shared_task
def sweep_exports() -> None:
    """Go on with exports whose message got lost, or whose consumer died; those of commands end, in time."""
    exports.end_abandoned(now=timezone.now())
    waiting = exports.claimable(now=timezone.now()).filter(target__in=exports.QUEUED)
    for export_id in waiting.order_by("pk").values_list("pk", flat=True):
        enqueue_export(export_id)


@shared_task
def remove_old_exports() -> None:
    """Remove the files of exports that nobody has to download any more."""
    now = timezone.now()
    for export in exports.outdated(now=now).order_by("pk"):
        exports.remove(export=export, now=now)


def _go_on(held: exports.Held) -> bool:
    """Whether the export has ended; one that the world was in the way of is tried again a little later."""
    deadline = time.monotonic() + SECONDS_TO_WRITE
    try:
        rules = exports.Rules(is_time_up=lambda: time.monotonic() > deadline)
        has_ended = exports.write(held=held, clock=timezone.now, rules=rules)
    except ExportLeaseLost:
        raise
    except AnnotationError as error:
        exports.fail(held=held, reason=str(error), now=timezone.now())
        return True
    except Exception as error:
        logger.exception("writing %s failed", held.export)
        _try_later(held, error)
        return True
    if not has_ended:
        exports.release(held=held, now=timezone.now())
    return has_ended


def _try_later(held: exports.Held, error: Exception) -> None:
    """Give the export back to the sweep, or fail it when that was done often enough."""
    now = timezone.now()
    if held.export.num_attempts >= exports.MAX_ATTEMPTS:
        exports.fail(held=held, reason=f"{error} (tried {held.export.num_attempts} times)", now=now)
    else:
        exports.release(held=held, now=now, retry_after=RETRY_EXPORT_AFTER)
