"""Places: who took a posting, as the platform says, and the work here that goes with it. The only writer of `Place`.

A place and work belong together where the platform's worker of the place has handed in here: of a HIT's posting, the
assignment of that HIT; of a whole batch's, the first in the batch. Both are unique: no work goes with two places.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from annotation.models import Assignment, Batch, Place, Posting, Worker
from annotation.platforms.own import OWN
from annotation.platforms.paid import PaidPlatform, Submission
from annotation.postings import putting_up
from annotation.postings.rounds import Round, refuse_other_platform

State = Place.State
NOT_DONE = (State.WORKING, State.RETURNED)
LEARNT = ["worker_external_id", "worker", "assignment", "state", "submitted_at", "seen_at"]


def learn(
    *, batch: Batch, platform: PaidPlatform, now: datetime, limit: int = 100, only: Collection[str] | None = None
) -> Round:
    """Ask the platform who took the postings, those first that were asked about longest ago.

    `only` these, by the platform's ids, where a notification told of them. Of one's own people all is known here: only
    postings with work that has no place yet are looked at.
    """
    refuse_other_platform(batch, platform.name)
    there = batch.postings.exclude(external_id="")
    if only is not None:
        there = there.filter(external_id__in=list(only))
    elif platform.name in OWN:
        work = Assignment.objects.filter(hit=OuterRef("hit"), submitted_at__isnull=False, place=None)
        there = there.filter(Exists(work))
    done, num_there = Round(), there.count()
    for posting in there.order_by(F("asked_at").asc(nulls_first=True), "id")[:limit]:
        _learn_one(done, posting, platform=platform, now=now)
        if done.is_over:
            break
    done.num_left = max(0, num_there - done.num_done)
    return done


def read(*, posting: Posting, platform: PaidPlatform) -> list[Submission]:
    """All of its places as the platform has them now."""
    return list(platform.submissions(posting.external_id))


@transaction.atomic
def take_in(*, posting: Posting, submissions: Sequence[Submission], now: datetime) -> None:
    """Record what the platform said at this time; older news than is known changes nothing."""
    Posting.objects.select_for_update(no_key=True).get(pk=posting.pk)
    known = {each.external_id: each for each in posting.places.all()}
    workers = _workers(posting, submissions)
    work = _work(posting, [each.pk for each in workers.values()])
    rows = []
    for submission in submissions:
        place = known.get(submission.external_id) or Place(posting=posting, external_id=submission.external_id)
        if place.pk is None or place.seen_at <= now:
            _follow(place, submission, now=now)
        place.worker = workers.get(submission.worker_id)
        if place.assignment_id is None and place.worker is not None and place.state != State.RETURNED:
            place.assignment = work.pop(place.worker.pk, None)
        rows.append(place)
    Place.objects.bulk_create([each for each in rows if each.pk is None])
    Place.objects.bulk_update([each for each in rows if each.external_id in known], LEARNT)
    putting_up.asked(posting=posting, now=now)


def decided(*, place: Place, state: Place.State, now: datetime) -> None:
    """The platform has taken the decision."""
    Place.objects.filter(pk=place.pk).exclude(state=State.APPROVED).update(state=state, seen_at=now)


def _learn_one(done: Round, posting: Posting, *, platform: PaidPlatform, now: datetime) -> None:
    done.ask(
        lambda: take_in(posting=posting, submissions=read(posting=posting, platform=platform), now=now),
        about=str(posting),
        refused=lambda why: putting_up.asked(posting=posting, now=now),
        uncertain=lambda: putting_up.asked(posting=posting, now=now),
    )


def _follow(place: Place, submission: Submission, *, now: datetime) -> None:
    """What is approved stays so, and what is rejected can only be approved, whatever comes late."""
    state = State(submission.state.value)
    is_new = place.pk is None
    if (
        is_new
        or place.state in (*NOT_DONE, State.SUBMITTED)
        or (place.state, state) == (State.REJECTED, State.APPROVED)
    ):
        place.state = state
    place.worker_external_id, place.seen_at = submission.worker_id, now
    if place.state not in NOT_DONE:
        place.submitted_at = place.submitted_at or submission.submitted_at or now


def _workers(posting: Posting, submissions: Sequence[Submission]) -> dict[str, Worker]:
    """Who has arrived here, by the platform's ids of them."""
    ids = {each.worker_id for each in submissions}
    rows = Worker.objects.filter(platform=posting.batch.platform, external_id__in=ids)
    return {each.external_id: each for each in rows}


def _work(posting: Posting, worker_ids: list[int]) -> dict[int, Assignment]:
    """By worker, what they handed in and no place has: of several the first."""
    rows: QuerySet[Assignment] = Assignment.objects.filter(
        worker__in=worker_ids, submitted_at__isnull=False, place=None
    )
    if posting.hit_id:
        of = rows.filter(hit=posting.hit_id)
    else:
        served = posting.places.filter(assignment__isnull=False).values("worker")
        of = rows.filter(hit__batch=posting.batch_id).exclude(worker__in=served)
    found: dict[int, Assignment] = {}
    for assignment in of.order_by("submitted_at", "id"):
        found.setdefault(assignment.worker_id or 0, assignment)
    return found
