"""Collections: images taken in from a source, some at a time."""

import logging
import os
import socket
import uuid
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from annotation import collecting
from annotation.errors import AnnotationError, CollectionLeaseLost, SourceBusy
from annotation.models import Collection
from annotation.tasks.asking import ask_once, is_overtaken, or_swept

logger = logging.getLogger(__name__)

TURN = timedelta(seconds=20)  # for which one message takes in: what else waits for the consumer gets its turn


def enqueue_collection(collection_id: int) -> None:
    """Ask for a collection to be taken in; with Redis away it waits for the sweep."""
    with or_swept(f"collection {collection_id} waits for the sweep"):
        ask_once(collect, collection_id)


@shared_task(name="annotation.tasks.collect")
def collect(collection_id: int) -> None:
    """Take in some of a collection, then make place for others; what a command takes in is left to commands."""
    if is_overtaken(collect, collection_id):
        return
    collection = Collection.objects.filter(pk=collection_id, is_queued=True).first()
    consumer = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    held = collection and collecting.claim(collection=collection, consumer=consumer, now=timezone.now())
    if not held:
        return
    try:
        if not _go_on(held):
            enqueue_collection(collection_id)
    except CollectionLeaseLost as lost:
        logger.info("%s", lost)


@shared_task(name="annotation.tasks.sweep_collections")
def sweep_collections() -> None:
    """Go on with collections whose message got lost, whose consumer died or whose source wanted to be left alone."""
    collecting.end_abandoned(now=timezone.now())
    waiting = collecting.claimable(now=timezone.now()).filter(is_queued=True)
    for collection_id in waiting.order_by("pk").values_list("pk", flat=True):
        enqueue_collection(collection_id)


def _go_on(held: collecting.Held) -> bool:
    """Whether there is nothing to do at once: it has ended, or it is tried again a little later."""
    try:
        has_ended = collecting.run(held=held, clock=timezone.now, time=TURN)
    except CollectionLeaseLost:
        raise
    except SourceBusy as busy:
        collecting.put_off(held=held, reason=str(busy), seconds=busy.seconds, now=timezone.now())
        return True
    except AnnotationError as error:
        collecting.fail(held=held, reason=str(error), now=timezone.now())
        return True
    except Exception as error:
        logger.exception("taking in collection %d failed", held.collection.pk)
        collecting.put_off(held=held, reason=_told(error), seconds=0, now=timezone.now())
        return True
    if not has_ended:
        collecting.release(held=held, now=timezone.now())
    return has_ended


def _told(error: Exception) -> str:
    """What the system says, such as that the disk is full; what libraries say is for the log alone."""
    why = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
    return f"It broke off with {type(error).__name__}{why}; the log of the queue says more."
