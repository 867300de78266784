"""Assignments: slots that workers claim for a time, and hand in once.

A slot is free when nobody holds it or its lease has ended. Claiming locks one row and skips those
that others are locking, so that no two workers ever get the same slot.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from annotation import bitmaps, workers
from annotation.errors import (
    AlreadySubmitted,
    BatchClosed,
    HoldsEnough,
    InvalidSelection,
    MetBefore,
    NotYours,
    ServingStopped,
)
from annotation.models import HIT, Assignment, Batch, Complaint, Posting, Study, Worker
from annotation.models.base import look_again
from annotation.platforms.base import OUTSIDE
from annotation.serving import slots

MAX_LEASES = 2  # that run at once for one worker, over all studies
GONE = gettext_lazy(
    "This grid is no longer yours: it was returned, or its time ran out and another worker has it now. "
    "Open your invitation link for the next one."
)
CLAIMED = ["worker", "claimed_at", "lease_expires_at", "taken_from"]
COPY_HANDED_IN = (
    "COPY annotation_assignment "
    "(hit_id, worker_id, claimed_at, lease_expires_at, submitted_at, is_late, seen, selected) FROM STDIN"
)
SUBMITTED = ["seen", "selected", "submitted_at", "is_late", "draft", "draft_kept_at", "submission_key"]


def claim_in(*, study: Study, worker: Worker, now: datetime) -> Assignment | None:
    """A slot in any batch of the study: where the worker holds one that runs, else the oldest with a free one."""
    known = Worker.objects.get(pk=worker.pk)
    if known.platform in OUTSIDE:  # they get what their place is for, by `claim_of_hit` or `claim_within`
        return None
    slot = "hits__assignments"
    held = study.batches.filter(
        **{f"{slot}__worker": known, f"{slot}__submitted_at": None, f"{slot}__lease_expires_at__gt": now}
    ).order_by(f"{slot}__claimed_at")
    is_open = study.batches.filter(expired_at=None, platform=known.platform, is_simulated=known.is_simulated)
    for batch in dict.fromkeys([*held, *is_open]):
        if claimed := claim(batch=batch, worker=known, now=now):
            return claimed
    return None


def claim_next(*, batch: Batch, worker: Worker, now: datetime) -> Assignment | None:
    """A slot in this batch, or, where it has none for the worker, in another of its study."""
    if batch.platform in OUTSIDE:
        return None
    try:
        claimed = claim(batch=batch, worker=worker, now=now)
    except (BatchClosed, ServingStopped):  # a grid they hold may be in another batch
        claimed = None
    return claimed or claim_in(study=batch.study, worker=worker, now=now)


@transaction.atomic
def claim(*, batch: Batch, worker: Worker, now: datetime, besides: int | None = None) -> Assignment | None:
    """A slot for this worker: the one they have, its lease run out or not, else a free one, else none.

    Who is busy with an assignment claims ahead `besides` it: what they have is then another one. Who has given it back
    meanwhile, to rest, gets none: the page had asked before they pressed the button.
    """
    if besides is not None:
        _take_turns(worker.pk)
        if not Assignment.objects.filter(pk=besides, worker=worker).exists():
            return None
    claimed = slots.claim(worker.pk, batch=batch, most=MAX_LEASES, now=now, besides=besides)
    if claimed is None:
        _take_turns(worker.pk)
        _refuse_stopped(worker.pk, study_id=batch.study_id)
        if batch.expired_at is not None:
            raise BatchClosed(_("This batch takes no more work. Thank you for your interest."))
        _refuse_hoarding(worker.pk, now)
    return claimed


@transaction.atomic
def claim_of_hit(*, hit: HIT, worker: Worker, now: datetime) -> Assignment | None:
    """A slot of this very HIT: the one this worker has, handed in or not, else a free one, else none."""
    _take_turns(worker.pk)
    own = _locked().filter(hit=hit, worker=worker).first()
    if own is not None and (own.is_submitted or own.is_held_at(now)):
        return own
    _refuse_lease(hit, worker.pk, now)
    own = own or _free_slots(hit.pk, now).first()
    if own is None:
        return None
    if own.worker_id != worker.pk:
        _take(own, worker.pk, now)
    own.lease_expires_at = now + timedelta(seconds=hit.batch.lease_seconds)
    own.save(update_fields=[*CLAIMED, "draft", "draft_kept_at"])
    return own


def _refuse_lease(hit: HIT, worker_id: int, now: datetime) -> None:
    """Say why this worker may begin no lease of this HIT."""
    _refuse_stopped(worker_id, study_id=hit.batch.study_id)
    if hit.batch.expired_at is not None or hit.stopped_at is not None:
        raise BatchClosed(_("This batch takes no more work. Thank you for your interest."))
    _refuse_hoarding(worker_id, now)
    if slots.has_met(worker_id, grid_id=hit.grid_id, now=now):
        raise MetBefore(_("You have judged some of these images before, and each counts once for one person."))


@transaction.atomic
def claim_within(*, batch: Batch, worker: Worker, num_grids: int, now: datetime) -> Assignment | None:
    """A slot of this batch for a worker who gets so many in all, in however many windows; none where they had them."""
    _take_turns(worker.pk)
    theirs = dict(_of_batch(batch.pk, worker.pk).values_list("pk", "submitted_at"))
    if sum(at is not None for at in theirs.values()) >= num_grids:
        return None
    claimed = claim(batch=batch, worker=worker, now=now)
    if claimed is not None and claimed.pk not in theirs and len(theirs) >= num_grids:
        _give_back(Assignment.objects.filter(pk=claimed.pk))  # one of theirs shows images that they met meanwhile
        return None
    return claimed


def _of_batch(batch_id: int, worker_id: int) -> QuerySet[Assignment]:
    return Assignment.objects.filter(hit__batch=batch_id, worker=worker_id)


def record(*, judged: Iterable[tuple[int, int, datetime, bytes, bytes]]) -> int:
    """What was judged elsewhere: HIT, worker, time, seen and selected of each, handed in as it is taken."""
    num_taken = 0
    with connection.cursor() as cursor, cursor.copy(COPY_HANDED_IN) as copy:
        for hit_id, worker_id, at, seen, selected in judged:
            copy.write_row((hit_id, worker_id, at, at, at, False, seen, selected))
            num_taken += 1
    look_again(Assignment, num_more=num_taken)
    return num_taken


@transaction.atomic
def renew(*, assignment_id: int, worker_id: int, now: datetime) -> Assignment:
    """Start the lease again from now."""
    _take_turns(worker_id)
    assignment = _held_by(assignment_id, worker_id)
    if assignment.is_submitted:
        raise AlreadySubmitted(_("This grid is handed in already; there is nothing to renew."))
    if assignment.hit.batch.expired_at is not None:
        raise BatchClosed(_("This batch has been closed: hand in your grid before its time ends; there is no more."))
    if not assignment.is_held_at(now):  # as claiming does
        _refuse_lease(assignment.hit, worker_id, now)
    return _start_lease(assignment, assignment.hit.batch, now)


@transaction.atomic
def keep_draft(*, assignment_id: int, worker_id: int, selected: Iterable[int], now: datetime) -> Assignment:
    """Keep what is selected so far. It shows that the worker is there, so a lease that runs starts again."""
    assignment = _held_by(assignment_id, worker_id)
    if assignment.is_submitted:
        raise AlreadySubmitted(_("This grid is handed in already; what you changed since is not kept."))
    assignment.draft = _bitmaps(assignment.hit.grid.num_positions, set(selected), set())[1]
    assignment.draft_kept_at = now
    batch = assignment.hit.batch
    if assignment.is_held_at(now) and batch.expired_at is None:
        assignment.lease_expires_at = now + timedelta(seconds=batch.lease_seconds)
    assignment.save(update_fields=["draft", "draft_kept_at", "lease_expires_at"])
    return assignment


@transaction.atomic
def submit(
    *,
    assignment_id: int,
    worker_id: int,
    selected: Iterable[int],
    not_seen: Iterable[int],
    now: datetime,
    key: UUID | None = None,
) -> Assignment:
    """Hand in the judgements; handed in twice, with the same content or by the same key, they count once.

    Who comes too late and finds the slot taken over is given another one of the HIT, if there is one.
    Images that the worker has complained about were not seen, whatever is handed in.
    """
    _take_turns(worker_id)
    found = _find(assignment_id, worker_id)
    assignment = found or _another_slot(assignment_id, worker_id, now)
    grid, until = assignment.hit.grid, assignment.submitted_at or now
    reported = Complaint.objects.positions(grid, worker_id=worker_id, until=until)
    seen_bits, selected_bits = _bitmaps(grid.num_positions, set(selected) - reported, set(not_seen) | reported)
    if assignment.is_submitted:
        is_same_seen = bytes(assignment.seen or b"") == seen_bits or (key and key == assignment.submission_key)
        if bytes(assignment.selected or b"") != selected_bits or not is_same_seen:
            raise AlreadySubmitted(_("This grid was handed in before with another selection; the first one counts."))
        return assignment
    assignment.is_late = found is None or not assignment.is_held_at(now)
    if assignment.is_late and assignment.hit.batch.expired_at is not None:
        raise BatchClosed(
            _("The time for this grid ran out and its batch has been closed since; it can't be handed in.")
        )
    assignment.seen, assignment.selected, assignment.submitted_at = seen_bits, selected_bits, now
    assignment.draft, assignment.draft_kept_at, assignment.submission_key = None, None, key
    assignment.save(update_fields=SUBMITTED if found else SUBMITTED + CLAIMED)
    return assignment


def submit_and_claim(answer: slots.Answer, *, now: datetime) -> slots.HandedIn | None:
    """Submit, and claim the next slot of the batch, in one statement: a durable commit instead of two.

    Only where all is as usual: the first time, in time, by the holder. Else none, and nothing is done: `submit` then
    says why, or finds a place for it. Where there is no next slot, `claim` says why.
    """
    return slots.hand_in(answer, most=MAX_LEASES, now=now, outside=OUTSIDE)


@transaction.atomic
def release(*, assignment_id: int, worker_id: int, now: datetime) -> None:
    """Give the slot back for another worker."""
    assignment = _held_by(assignment_id, worker_id)
    if assignment.is_submitted:
        raise AlreadySubmitted(_("This grid is handed in already; it can't be returned."))
    _give_back(Assignment.objects.filter(pk=assignment.pk))


@transaction.atomic
def rest(*, assignment_id: int, worker_id: int, now: datetime) -> None:
    """Give the slot back, and every other one that the worker holds in its batch: those claimed ahead."""
    _take_turns(worker_id)
    release(assignment_id=assignment_id, worker_id=worker_id, now=now)
    batch = Assignment.objects.values_list("hit__batch", flat=True).get(pk=assignment_id)
    _give_back(Assignment.objects.filter(worker=worker_id, submitted_at__isnull=True, hit__batch=batch))


def _give_back(held: QuerySet[Assignment]) -> None:
    held.update(worker=None, claimed_at=None, lease_expires_at=None, draft=None, draft_kept_at=None)


def _take_turns(worker_id: int) -> None:
    """Two windows of one worker wait for each other; else each would get a slot of its own."""
    if not Worker.objects.select_for_update(no_key=True).filter(pk=worker_id).exists():
        raise NotYours(_("Your entry in this study was removed. Open your invitation again to start anew."))


def _refuse_stopped(worker_id: int, *, study_id: int) -> None:
    """Say so to a worker who gets no more grids of the study."""
    if workers.is_stopped(worker_id, study_id=study_id):
        raise ServingStopped(
            _(
                "The people who run this study give you no more grids of it. What you handed in stays, and is paid as "
                "agreed; a grid that you still hold can be handed in. If you think this is a mistake, write to them."
            )
        )


def _refuse_hoarding(worker_id: int, now: datetime) -> None:
    running = Assignment.objects.filter(worker=worker_id, submitted_at__isnull=True, lease_expires_at__gt=now)
    if running.count() >= MAX_LEASES:
        what = ngettext(
            "You have %(number)d grid open already, which is as many as one person may hold. "
            "Submit or return it, then open this page again.",
            "You have %(number)d grids open already, which is as many as one person may hold. "
            "Submit or return one of them, then open this page again.",
            MAX_LEASES,
        )
        raise HoldsEnough(what % {"number": MAX_LEASES})


def _start_lease(assignment: Assignment, batch: Batch, now: datetime) -> Assignment:
    assignment.lease_expires_at = now + timedelta(seconds=batch.lease_seconds)
    assignment.save(update_fields=["lease_expires_at"])
    return assignment


def _held_by(assignment_id: int, worker_id: int) -> Assignment:
    """The row, locked, if it is (still) this worker's."""
    assignment = _find(assignment_id, worker_id)
    if assignment is None:
        raise NotYours(str(GONE))
    return assignment


def _find(assignment_id: int, worker_id: int) -> Assignment | None:
    return _locked().filter(pk=assignment_id, worker_id=worker_id).first()


def _locked(**options: bool) -> QuerySet[Assignment]:
    return Assignment.objects.select_for_update(of=("self",), **options).select_related("hit__grid", "hit__batch")


def _another_slot(assignment_id: int, worker_id: int, now: datetime) -> Assignment:
    """For work whose slot was taken over: the worker's own slot of that HIT, else a free one."""
    lost = Assignment.objects.filter(pk=assignment_id, taken_from__contains=[worker_id]).first()
    if lost is None:
        raise NotYours(str(GONE))
    own = _locked().filter(hit=lost.hit_id, worker=worker_id).first()
    if own is not None:
        return own
    has_judged = Assignment.objects.filter(
        worker=worker_id, hit__grid=OuterRef("hit__grid"), submitted_at__isnull=False
    )
    free = _free_slots(lost.hit_id, now).filter(~Exists(has_judged)).first()
    if free is None or _has_had_all(worker_id, batch_id=free.hit.batch_id):
        raise NotYours(str(GONE))
    _take(free, worker_id, now)
    free.lease_expires_at = now
    return free


def _free_slots(hit_id: int, now: datetime) -> QuerySet[Assignment]:
    """Those of a HIT that nobody holds, never held ones first, without those that others are locking."""
    is_free = Q(lease_expires_at__isnull=True) | Q(lease_expires_at__lte=now)
    free = _locked(skip_locked=True).filter(is_free, hit=hit_id, submitted_at__isnull=True)
    return free.order_by(F("lease_expires_at").asc(nulls_first=True), "id")


def _take(free: Assignment, worker_id: int, now: datetime) -> None:
    """From whoever let its time run out, if anybody did; their draft is not the next one's."""
    if free.worker_id is not None:
        free.taken_from = [*(free.taken_from or []), free.worker_id]
    free.worker_id, free.claimed_at, free.draft, free.draft_kept_at = worker_id, now, None, None


def _has_had_all(worker_id: int, *, batch_id: int) -> bool:
    """Whether the worker has as many grids of a batch as belong to a place in it; there may be no such limit."""
    most = (
        Posting.objects.filter(batch=batch_id, hit=None, batch__platform__in=OUTSIDE).values_list("num_grids").first()
    )
    return most is not None and _of_batch(batch_id, worker_id).count() >= most[0]


def _bitmaps(size: int, selected: set[int], not_seen: set[int]) -> tuple[bytes, bytes]:
    outside = sorted(position for position in selected | not_seen if not 0 <= position < size)
    if outside:
        what = _("Position %(position)d is not in this grid of %(size)d. Reload the page and try again.")
        raise InvalidSelection(what % {"position": outside[0], "size": size})
    if selected & not_seen:
        raise InvalidSelection(_("An image can't be selected without having been seen. Reload the page and try again."))
    return bitmaps.pack(set(range(size)) - not_seen, size), bitmaps.pack(selected, size)
