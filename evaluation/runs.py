"""Runs and their shards: the only writer of `Run` and `RunShard`.

A shard is claimed by lease, renewed, and finished by whoever holds it; a dead consumer's shard is
taken over when its lease ends. A run is finished only once it has its score.

What kills a consumer leaves no error behind. So every try after the first is careful: it goes image by image, notes
each before it begins, and begins with the one that the try before was at. An image at which two careful tries in a
row stopped is what stops them; consumers that are killed for other reasons stop elsewhere.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from annotation.models import TestSet
from evaluation import classifiers, conditions, runtimes
from evaluation.errors import (
    CannotCancel,
    CannotRequest,
    InvalidClassifier,
    InvalidPredictions,
    LeaseLost,
    NotFinished,
)
from evaluation.models import Classifier, PredictionSet, Run, RunShard, Score
from evaluation.models.classifier import SCORED_ELSEWHERE

LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 3
MAX_INTERRUPTIONS = 12  # tries of a shard whose consumers die, each at another image
SECONDS_OF_A_SHARD = 120
SHARD_SIZE = 1000  # where nothing is known of how fast the classifier is
SMALLEST, LARGEST = 100, 10_000
SHORTEST = timedelta(seconds=0.1)


class RunImage(NamedTuple):
    """As much of an image of a test set as scoring needs; as text it is what a person can find."""

    number: int
    source: str
    target_class_id: int
    sha256: str | None

    def __str__(self) -> str:
        return f"Image {self.number} ({self.source}, {f'sha256 {self.sha256[:12]}…' if self.sha256 else 'no picture'})"


def images_of(*, test_set: TestSet, start: int, stop: int) -> Sequence[RunImage]:
    """These of the set's images, in their order."""
    columns = ("number", "candidate__source", "target_class_id", "candidate__image__sha256")
    rows = test_set.images.order_by("number").values_list(*columns)[start:stop]
    return [RunImage(*row) for row in rows]


def request(
    *,
    classifier: Classifier,
    test_set: TestSet,
    now: datetime,
    condition: str = "clean",
    shard_size: int | None = None,
) -> Run:
    """Open a run with its shards, of about two minutes each; one that is open or finished is returned as it is."""
    if shard_size is None:
        shard_size = shard_size_for(classifier=classifier, condition=condition)
    num_images, condition = _check_request(classifier, test_set, condition, shard_size)
    wanted = {"classifier": classifier, "test_set": test_set, "condition": condition}
    existing: Run | None = Run.objects.filter(**wanted).standing().first()
    if existing:
        return existing
    try:
        with transaction.atomic():
            run: Run = Run.objects.create(**wanted, requested_at=now)
            _create_shards(run, num_images, shard_size)
    except IntegrityError:  # somebody else asked at the same moment
        return Run.objects.standing().get(**wanted)
    return run


def record(*, classifier: Classifier, test_set: TestSet, now: datetime) -> tuple[Run, RunShard]:
    """A run that happened elsewhere, in one shard that is finished: its predictions and its score follow at once."""
    run: Run = Run.objects.create(classifier=classifier, test_set=test_set, requested_at=now)
    shard: RunShard = RunShard.objects.create(run=run, number=0, start=0, stop=test_set.images.count(), finished_at=now)
    return run, shard


def withdraw(*, run: Run, reason: str, now: datetime) -> bool:
    """A finished run that happened elsewhere counts no more, though nothing failed; whether there was one."""
    finished = Run.objects.filter(pk=run.pk, state=Run.State.FINISHED, classifier__runtime=SCORED_ELSEWHERE)
    return bool(finished.update(state=Run.State.WITHDRAWN, failure=reason, ended_at=now))


def shard_size_for(*, classifier: Classifier, condition: str) -> int:
    """The images of two minutes, by the classifier's last shard under this condition."""
    measured = RunShard.objects.filter(finished_at__isnull=False, started_at__isnull=False)
    last = measured.filter(run__classifier=classifier, run__condition=condition).order_by("-finished_at").first()
    if last is None:
        return SHARD_SIZE
    assert last.finished_at is not None
    assert last.started_at is not None
    seconds = max(last.finished_at - last.started_at, SHORTEST).total_seconds()
    return min(max(round(last.num_images / seconds * SECONDS_OF_A_SHARD), SMALLEST), LARGEST)


def claim(*, run: Run, consumer: str, now: datetime, lease: timedelta = LEASE) -> RunShard | None:
    """Lease the next shard that nobody holds; one that was tried too often fails the run."""
    with transaction.atomic():
        shard: RunShard | None = (
            claimable(now=now)
            .filter(run=run)
            .order_by("number")
            .select_for_update(skip_locked=True, of=("self",))
            .first()
        )
        if shard is None:
            return None
        reason = _why_not_again(shard)
        if reason is None:
            shard.consumer, shard.lease_expires_at = consumer, now + lease
            shard.num_attempts += 1
            shard.started_at, shard.num_done = None, 0
            shard.save(update_fields=["consumer", "lease_expires_at", "num_attempts", "started_at", "num_done"])
            return shard
    fail(run=run, reason=reason, now=now)
    return None


def claimable(*, now: datetime) -> QuerySet[RunShard]:
    """Unfinished shards of open runs that nobody holds now."""
    free = Q(lease_expires_at__isnull=True) | Q(lease_expires_at__lte=now)
    return RunShard.objects.filter(free, run__state=Run.State.OPEN, finished_at__isnull=True)


def renew(*, shard: RunShard, consumer: str, now: datetime, lease: timedelta = LEASE, num_done: int = 0) -> None:
    """Hold the shard for another lease, and say how far it is; its time runs from the first of these."""
    begun = Coalesce(F("started_at"), now)
    if not _held(shard, consumer).update(lease_expires_at=now + lease, num_done=num_done, started_at=begun):
        raise _lost(shard)


def hold(*, shard: RunShard, consumer: str, now: datetime, lease: timedelta = LEASE) -> None:
    """Hold the shard for another lease before its first image: its time does not run yet."""
    if not _held(shard, consumer).update(lease_expires_at=now + lease):
        raise _lost(shard)


def suspect(*, shard: RunShard, consumer: str, number: int) -> None:
    """Note, in a careful try, which image is scored next: where it stops the consumer, it is known."""
    again = Case(When(suspect=number, then=F("num_suspected") + 1), default=Value(1))
    if not _held(shard, consumer).update(suspect=number, num_suspected=again):
        raise _lost(shard)


def release(*, shard: RunShard, consumer: str, now: datetime, retry_after: timedelta = timedelta()) -> None:
    """Give the shard back after an error for another try, at once or a little later; its image has killed nobody."""
    if not _held(shard, consumer).update(
        lease_expires_at=now + retry_after, num_errors=F("num_errors") + 1, num_suspected=0
    ):
        raise _lost(shard)


def finish(*, shard: RunShard, consumer: str, now: datetime) -> None:
    """Mark the shard finished; its predictions must be stored, and the lease still be the consumer's."""
    if not PredictionSet.objects.filter(shard=shard).exists():
        raise InvalidPredictions(f"{shard} has no predictions yet; store them before it is finished.")
    if not _held(shard, consumer).update(finished_at=now, lease_expires_at=None):
        raise _lost(shard)


def close(*, run: Run, now: datetime) -> None:
    """Finish the run: every shard is finished and the score is there."""
    if run.shards.filter(finished_at__isnull=True).exists() or not Score.objects.filter(run=run).exists():
        raise NotFinished(f"{run} has unfinished shards or no score yet.")
    Run.objects.filter(pk=run.pk, state=Run.State.OPEN).update(state=Run.State.FINISHED, ended_at=now)


def cancel(*, run: Run, now: datetime) -> None:
    """End an open run without a result; who works on it stops at the next renewal. It can be requested anew."""
    if Run.objects.filter(pk=run.pk, state=Run.State.OPEN).update(state=Run.State.CANCELLED, ended_at=now):
        return
    state = Run.objects.values_list("state", flat=True).get(pk=run.pk)
    if state != Run.State.CANCELLED:
        been = "been " if state == Run.State.WITHDRAWN else ""
        raise CannotCancel(f"The run of {run.classifier} on {run.test_set} has {been}{state} already.")


def fail(*, run: Run, reason: str, now: datetime) -> None:
    """End an open run with the reason; it can be requested anew."""
    Run.objects.filter(pk=run.pk, state=Run.State.OPEN).update(state=Run.State.FAILED, failure=reason, ended_at=now)


def _check_request(classifier: Classifier, test_set: TestSet, condition: str, shard_size: int) -> tuple[int, str]:
    """The number of images and the condition's one spelling, when this run makes sense."""
    if classifier.study_id != test_set.study_id:
        raise CannotRequest(f"{classifier.name} and {test_set.citation} belong to different studies.")
    if not test_set.is_frozen:
        raise CannotRequest(f"{test_set.citation} is not frozen; freeze it first, so that what is scored can't change.")
    if classifier.is_scored_elsewhere:
        raise CannotRequest(
            f"{classifier.name} was scored elsewhere: only its predictions are here, so it can't be run. Upload its "
            f"predictions for {test_set.citation}, or register it with its file under another name."
        )
    if shard_size < 1:
        raise CannotRequest(f"A shard has at least 1 image, not {shard_size}.")
    wanted = conditions.get(condition)
    wanted.check(runtimes.get(classifier.runtime), name=classifier.runtime)
    try:
        classifiers.output_order(classifier)
    except InvalidClassifier as error:
        raise CannotRequest(str(error)) from error
    num_images: int = test_set.images.count()
    if not num_images:
        raise CannotRequest(f"{test_set.citation} has no images.")
    lacking = test_set.images.filter(candidate__image__isnull=True)
    if num_gone := lacking.filter(candidate__take_down__isnull=False).count():
        raise CannotRequest(
            f"The pictures of {num_gone} images of {test_set.citation} were taken down and are gone, so no classifier "
            "can be run on it any more. What was scored before stays; rebuild the set to score classifiers anew."
        )
    if num_lacking := lacking.count():
        raise CannotRequest(
            f"The pictures of {num_lacking} images of {test_set.citation} are not here, so it can only take "
            "predictions of classifiers that were scored elsewhere."
        )
    return num_images, wanted.name


def _create_shards(run: Run, num_images: int, shard_size: int) -> None:
    RunShard.objects.bulk_create(
        RunShard(run=run, number=number, start=start, stop=min(start + shard_size, num_images))
        for number, start in enumerate(range(0, num_images, shard_size))
    )


def _why_not_again(shard: RunShard) -> str | None:
    """Why a shard that was tried before is given up, if it is."""
    if shard.suspect is not None and shard.num_suspected > 1:
        image = images_of(test_set=shard.run.test_set, start=shard.suspect, stop=shard.suspect + 1)[0]
        return (
            f"{image} stopped every consumer that scored it, the last two times alone "
            f"(tried {shard.num_attempts} times, last by {shard.consumer})."
        )
    num_deaths = shard.num_attempts - shard.num_errors
    if num_deaths >= (MAX_ATTEMPTS if shard.suspect is None else MAX_INTERRUPTIONS):
        return (
            f"Images {shard.start} to {shard.stop - 1} were tried {shard.num_attempts} times and never "
            f"finished; each time the consumer stopped (last {shard.consumer})."
        )
    return None


def _held(shard: RunShard, consumer: str) -> QuerySet[RunShard]:
    return RunShard.objects.filter(pk=shard.pk, consumer=consumer, finished_at__isnull=True, run__state=Run.State.OPEN)


def _lost(shard: RunShard) -> LeaseLost:
    return LeaseLost(f"{shard} was taken over by another consumer, is finished, or its run has ended.")
