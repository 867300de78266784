"""Reviews of the quality of a study's workers."""

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from annotation import quality
from annotation.models import Study
from annotation.tasks.asking import or_swept
from annotation.tasks.counting import enqueue_recounts

SECONDS_TO_REVIEW = 600  # that the sweep gives a review before it asks again


def enqueue_review(study_id: int) -> None:
    """Ask for a review of a study, which a row asks for already; the sweep is the guarantee."""
    with or_swept(f"the review of study {study_id} waits for the sweep"):
        review_quality.delay(study_id)


@shared_task(name="annotation.tasks.review_quality")
def review_quality(study_id: int) -> None:
    """Review one study, and count what its rules have excluded."""
    study = Study.objects.filter(pk=study_id).first()
    if study is not None:
        for decision in quality.review(study=study, now=timezone.now()):
            enqueue_recounts(decision)
    cache.delete(_review_mark(study_id))


@shared_task(name="annotation.tasks.sweep_reviews")
def sweep_reviews() -> None:
    """Ask for a review of every study whose review lost its message, and those whose rules decide by themselves."""
    for study in quality.due_studies(now=timezone.now()):
        if cache.add(_review_mark(study.pk), True, timeout=SECONDS_TO_REVIEW):
            enqueue_review(study.pk)  # a message each: where one fails or takes long, the others go on


def _review_mark(study_id: int) -> str:
    return f"review-swept-{study_id}"
