"""The colours of images that came in before colours were measured."""

import logging

from celery import shared_task
from django.core.cache import cache

from annotation import candidates
from annotation.models import Image, Study
from annotation.tasks.asking import or_swept

logger = logging.getLogger(__name__)

SECONDS_TO_MEASURE = 3600  # in which nobody else begins with the same study


def enqueue_measuring(study_id: int) -> None:
    """Ask for it; the sweep is the guarantee."""
    with or_swept(f"the colours of study {study_id} wait for the sweep"):
        measure_images.delay(study_id)


@shared_task(name="annotation.tasks.measure_images")
def measure_images(study_id: int) -> None:
    """Measure what is not measured, unless that is under way."""
    study = Study.objects.filter(pk=study_id).first()
    if study is None or not cache.add(_mark(study_id), True, timeout=SECONDS_TO_MEASURE):
        return
    try:
        done = candidates.measure_missing(study=study)
    finally:
        cache.delete(_mark(study_id))
    if done.num_unreadable:
        logger.warning("study %d: %d of %d pictures can't be read", study_id, done.num_unreadable, done.num_wanted)


@shared_task(name="annotation.tasks.sweep_measuring")
def sweep_measuring() -> None:
    """Ask for every study that has such images, also those whose message was lost."""
    waiting = Image.objects.filter(mean_red__isnull=True, candidates__isnull=False)
    for study_id in sorted(set(waiting.values_list("candidates__study", flat=True))):
        enqueue_measuring(study_id)


def _mark(study_id: int) -> str:
    return f"colours-measured-{study_id}"
