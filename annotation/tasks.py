"""What the `default` queue does. Every task takes ids, can run twice, and is found again by a sweep."""

import logging
from collections.abc import Iterable

import redis
from celery import shared_task
from django.core.cache import cache
from django.utils import timezone
from kombu.exceptions import OperationalError

from annotation import frequencies, grids
from annotation.errors import MissingContent
from annotation.models import Grid, TargetClass

logger = logging.getLogger(__name__)

QUIET_SECONDS = 2  # submits of a class within this time are counted together
NUM_ENQUEUED = 2000  # grids that one request asks contact sheets for; the sweep finds the others
NUM_SWEPT = 100


def enqueue_recompute(target_class_id: int) -> None:
    """Ask for a count soon; a burst of submits makes one message, and the sweep is the guarantee."""
    try:
        if cache.add(_mark(target_class_id), 1, timeout=QUIET_SECONDS * 5):
            recompute_frequencies.apply_async((target_class_id,), countdown=QUIET_SECONDS)
    except (OperationalError, redis.RedisError) as error:
        logger.warning("class %d waits for the sweep: the queue does not answer (%s)", target_class_id, error)


@shared_task
def recompute_frequencies(target_class_id: int) -> None:
    """Count one class; a class that is gone needs no counting."""
    cache.delete(_mark(target_class_id))  # before reading: what comes in from now on asks again
    target_class = TargetClass.objects.filter(pk=target_class_id).first()
    if target_class is not None:
        frequencies.recompute(target_class=target_class, now=timezone.now())


@shared_task
def sweep_frequencies() -> None:
    """Count every class that lost its message."""
    for target_class in frequencies.stale_target_classes():
        frequencies.recompute(target_class=target_class, now=timezone.now())


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
    for grid in Grid.objects.filter(sheets=[]).order_by("-id")[:NUM_SWEPT]:
        try:
            grids.make_sheets(grid=grid)
        except MissingContent as error:
            logger.warning("grid %d has no contact sheets: %s", grid.pk, error)
