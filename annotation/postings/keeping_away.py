"""Whom a study gives no more grids is kept away from its postings, too. The only writer of `KeptAway`.

The decision about the worker is the intent; the row is what the platform was told since. Its group has who is
stopped, and the study's postings block it. Putting in who is in it and taking out who is not change nothing, so that
whatever was cut short is asked for again.
"""

from datetime import datetime, timedelta
from functools import partial

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.crypto import salted_hmac

from annotation.models import Batch, Effect, KeptAway, Study, WorkerDecision
from annotation.platforms.paid import PaidPlatform
from annotation.postings.rounds import Round, refuse_other_platform

LIMIT = 100
AGAIN = timedelta(hours=6)  # what was refused is asked for again after it
NAME_LENGTH = 12


def group_of_stopped(study: Study, platform: PaidPlatform) -> str:
    """The id of the study's own; its name is the same on any machine, and says nothing to workers who see it."""
    token = salted_hmac("annotation.stopped", str(study.pk), algorithm="sha256").hexdigest()[:NAME_LENGTH]
    return platform.group(f"twinset: group {token}", description="A group of workers of a study.")


def keep_away(*, batch: Batch, platform: PaidPlatform, group: str, now: datetime, limit: int = LIMIT) -> Round:
    """Tell the platform who is stopped by now, and who is no longer."""
    refuse_other_platform(batch, platform.name)
    of_batch = {"study": batch.study_id, "worker__platform": batch.platform}
    done, stopped, returning = Round(), untold(now=now).filter(**of_batch), returned(now=now).filter(**of_batch)
    for decision in stopped.select_related("worker").order_by("id")[:limit]:
        block = partial(platform.block, decision.worker.external_id, group=group)
        _tell(done, KeptAway(study_id=batch.study_id, worker=decision.worker, is_away=True, at=now), block)
        if done.is_over:
            break
    for row in [] if done.is_over else returning.select_related("worker").order_by("id")[:limit]:
        unblock = partial(platform.unblock, row.worker.external_id, group=group)
        _tell(done, KeptAway(study_id=batch.study_id, worker=row.worker, is_away=False, at=now), unblock)
        if done.is_over:
            break
    done.num_left = stopped.count() + returning.count()
    return done


def untold(*, now: datetime) -> QuerySet[WorkerDecision]:
    """Stops that hold, and that the worker's platform has not been told, unless it refused to hear of it of late."""
    told = KeptAway.objects.filter(study=OuterRef("study"), worker=OuterRef("worker"))
    known = told.filter(Q(is_away=True, refusal="") | ~Q(refusal="") & Q(at__gt=now - AGAIN))
    return WorkerDecision.objects.active().filter(effect=Effect.STOP).exclude(Exists(known))


def returned(*, now: datetime) -> QuerySet[KeptAway]:
    """Whom the platform keeps away, though no stop holds any more."""
    holds = WorkerDecision.objects.active().filter(
        effect=Effect.STOP, study=OuterRef("study"), worker=OuterRef("worker")
    )
    rows: QuerySet[KeptAway] = KeptAway.objects.filter(Q(refusal="", is_away=True) | Q(is_away=False) & ~Q(refusal=""))
    return rows.exclude(Exists(holds)).exclude(~Q(refusal="") & Q(at__gt=now - AGAIN))


def _tell(done: Round, row: KeptAway, call: partial[None]) -> None:
    """What came of it is written after it."""

    def told() -> None:
        call()
        _note(row, refusal="")

    done.ask(
        told,
        about=f"Worker {row.pseudonym}, {'stopped' if row.is_away else 'no longer stopped'}",
        refused=lambda why: _note(row, refusal=why),
        uncertain=lambda: None,
    )


def _note(row: KeptAway, *, refusal: str) -> None:
    said = {"is_away": row.is_away, "refusal": refusal, "at": row.at}
    KeptAway.objects.update_or_create(study_id=row.study_id, worker=row.worker, defaults=said)
