"""Made-up workers at work on a rehearsal."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from annotation import rehearsals
from annotation.tasks.asking import ask_once, is_overtaken, or_swept

SECONDS_TO_REHEARSE = 20  # that one message works for: what else waits for the consumer gets its turn


def enqueue_rehearsal(batch_id: int) -> None:
    """Ask for the crowd of a batch to work; the sweep is the guarantee."""
    with or_swept(f"the rehearsal of batch {batch_id} waits for the sweep"):
        ask_once(rehearse, batch_id)


@shared_task(name="annotation.tasks.rehearse")
def rehearse(batch_id: int) -> None:
    """Go on with a rehearsal for a while; another message goes on after it."""
    if is_overtaken(rehearse, batch_id):
        return
    batch = rehearsals.unfinished().filter(pk=batch_id).select_related("study").first()
    if batch is None:
        return
    until = timezone.now() + timedelta(seconds=SECONDS_TO_REHEARSE)
    progress = rehearsals.work(batch=batch, seed=batch.study.seed, clock=timezone.now, until=until)
    if not progress.is_over and timezone.now() >= until:
        enqueue_rehearsal(batch_id)


@shared_task(name="annotation.tasks.sweep_rehearsals")
def sweep_rehearsals() -> None:
    """Go on with rehearsals that lost their message; one that is under way does not begin twice."""
    for batch_id in rehearsals.unfinished().order_by("pk").values_list("pk", flat=True):
        enqueue_rehearsal(batch_id)
