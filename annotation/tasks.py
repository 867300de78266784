"""What the `default` queue does. Every task takes ids, can run twice, and is found again by a sweep."""

import logging

import redis
from celery import shared_task
from django.core.cache import cache
from django.utils import timezone
from kombu.exceptions import OperationalError

from annotation import frequencies
from annotation.models import TargetClass

logger = logging.getLogger(__name__)

QUIET_SECONDS = 2  # submits of a class within this time are counted together


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
