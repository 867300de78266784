"""Selection frequencies: counting a class, all that is stale in a study, and fitting mixtures."""

import time

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from annotation import frequencies, quality
from annotation.models import Study, TargetClass, WorkerDecision
from annotation.tasks.asking import or_swept

QUIET_SECONDS = 5  # submits of a class within this time are counted together
NUM_REMEMBERED = 10_000  # classes
SECONDS_TO_RECOUNT = 30  # that a message may wait before another one is sent

_asked: dict[int, float] = {}  # when the count of a class is due that this process knows to be asked for


def enqueue_recompute(target_class_id: int) -> None:
    """Ask for a count soon; a burst of submits makes one message, and the sweep is the guarantee."""
    now = time.time()
    if now < _asked.get(target_class_id, 0):
        return  # the count asked for begins later than this, so it will see what has just come in
    due = now + QUIET_SECONDS
    with or_swept(f"class {target_class_id} waits for the sweep"):
        if cache.add(_mark(target_class_id), due, timeout=QUIET_SECONDS * 5):
            recompute_frequencies.apply_async((target_class_id,), countdown=QUIET_SECONDS)
        else:  # another process has asked; where the count is overdue, it begins any moment
            due = max(cache.get(_mark(target_class_id), now), now + 1)
        _remember(target_class_id, due)


def enqueue_recounts(decision: WorkerDecision) -> None:
    """Ask for a count of the classes that a decision about a worker, or its reversal, has made stale."""
    if quality.affected_classes(decision).exists():
        enqueue_recount(decision.study_id)


def enqueue_recount(study_id: int) -> None:
    """Ask for a count of all that is stale in a study, by one message for all classes; the sweep is the guarantee."""
    with or_swept(f"study {study_id} is counted by the sweep"):
        if cache.add(_recount_mark(study_id), True, timeout=SECONDS_TO_RECOUNT):
            recount_stale.delay(study_id)


@shared_task(name="annotation.tasks.recompute_frequencies")
def recompute_frequencies(target_class_id: int) -> None:
    """Count one class; a class that is gone needs no counting."""
    cache.delete(_mark(target_class_id))  # before reading: what comes in from now on asks again
    target_class = TargetClass.objects.filter(pk=target_class_id).first()
    if target_class is not None:
        frequencies.recompute(target_class=target_class, now=timezone.now())


@shared_task(name="annotation.tasks.recount_stale")
def recount_stale(study_id: int) -> None:
    """Count what is stale in one study."""
    cache.delete(_recount_mark(study_id))  # before reading: what becomes stale from now on asks again
    study = Study.objects.filter(pk=study_id).first()
    if study is not None:
        frequencies.recompute_stale(study=study, now=timezone.now())


@shared_task(name="annotation.tasks.sweep_frequencies")
def sweep_frequencies() -> None:
    """Count every class that lost its message, and those that a decision or a new filter has made stale."""
    stale = frequencies.stale_target_classes()
    for study in Study.objects.filter(pk__in=stale.values("study")).order_by("pk"):
        frequencies.recompute_stale(study=study, now=timezone.now())


@shared_task(name="annotation.tasks.sweep_mixtures")
def sweep_mixtures() -> None:
    """Fit what the counts have outgrown; it takes seconds, so it is not done with every count."""
    for study in Study.objects.filter(judgement_filters__tallies__isnull=False).distinct().order_by("pk"):
        frequencies.fit_mixtures(study=study, now=timezone.now())


def _remember(target_class_id: int, due: float) -> None:
    if len(_asked) >= NUM_REMEMBERED:
        _asked.clear()
    _asked[target_class_id] = due


def _mark(target_class_id: int) -> str:
    return f"recompute-asked-{target_class_id}"


def _recount_mark(study_id: int) -> str:
    return f"recount-asked-{study_id}"
