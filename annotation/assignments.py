"""Assignments: slots that workers claim for a time, and hand in once.

A slot is free when nobody holds it or its lease has ended. Claiming locks one row and skips those
that others are locking, so that no two workers ever get the same slot.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, Max, Min, OuterRef, QuerySet

from annotation import bitmaps
from annotation.errors import AlreadySubmitted, BatchClosed, InvalidSelection, NotYours
from annotation.models import Assignment, Batch, Worker

# The first HIT (by id) with a free slot that this worker has not met: not this HIT, and not its grid in another
# batch. Read in the order of the index `open_slots` from the first open one, so that finished HITs cost nothing;
# the bounds and the coalesce keep the planner from gathering and sorting every open slot instead.
CLAIM = """
UPDATE annotation_assignment SET worker_id = %(worker)s, claimed_at = %(now)s, lease_expires_at = %(until)s
WHERE id = (
    SELECT a.id
    FROM annotation_assignment a
    JOIN annotation_hit h ON h.id = a.hit_id
    WHERE a.submitted_at IS NULL
        AND coalesce(a.lease_expires_at, '-infinity') <= %(now)s
        AND a.hit_id BETWEEN %(first)s AND %(last)s
        AND h.batch_id = %(batch)s
        AND h.id >= (
            SELECT min(hit_id) FROM annotation_assignment WHERE submitted_at IS NULL AND hit_id >= %(first)s
        )
        AND NOT EXISTS (
            SELECT 1
            FROM annotation_hit met
            JOIN annotation_assignment mine ON mine.hit_id = met.id
            WHERE met.grid_id = h.grid_id
                AND mine.worker_id = %(worker)s
                AND (mine.submitted_at IS NOT NULL OR mine.lease_expires_at > %(now)s OR met.id = h.id)
        )
        AND EXISTS (SELECT 1 FROM annotation_batch b WHERE b.id = %(batch)s AND b.expired_at IS NULL)
    ORDER BY a.hit_id, a.lease_expires_at
    LIMIT 1
    FOR UPDATE OF a SKIP LOCKED
)
RETURNING *
"""


def register_worker(*, platform: str, external_id: str, now: datetime, is_simulated: bool = False) -> Worker:
    """The worker whom the platform calls by this id, made on first sight."""
    worker, _ = Worker.objects.get_or_create(
        platform=platform, external_id=external_id, defaults={"is_simulated": is_simulated, "created_at": now}
    )
    return worker


@transaction.atomic
def claim(*, batch: Batch, worker: Worker, now: datetime) -> Assignment | None:
    """A slot for this worker: the one they have, its lease run out or not, else a free one, else none."""
    # Two windows of one worker take turns; else each would get a slot of its own.
    Worker.objects.select_for_update(no_key=True).get(pk=worker.pk)
    held = _open_work(batch, worker).select_for_update(of=("self",)).order_by("-lease_expires_at", "id").first()
    if held is not None and held.is_held_at(now):
        return held
    if batch.expired_at is not None:
        raise BatchClosed("This batch takes no more work. Thank you for your interest.")
    if held is not None:
        return _start_lease(held, batch, now)
    span = batch.hits.aggregate(first=Min("id"), last=Max("id"))
    until = now + timedelta(seconds=batch.lease_seconds)
    values = {"worker": worker.pk, "batch": batch.pk, "now": now, "until": until, **span}
    return next(iter(Assignment.objects.raw(CLAIM, values)), None)


def _open_work(batch: Batch, worker: Worker) -> QuerySet[Assignment]:
    """What this worker has claimed here and not handed in, here or for the same grid in another batch."""
    mine = Assignment.objects.filter(worker=worker)
    elsewhere = mine.filter(hit__grid=OuterRef("hit__grid"), submitted_at__isnull=False)
    return mine.filter(~Exists(elsewhere), hit__batch=batch, submitted_at__isnull=True)


@transaction.atomic
def renew(*, assignment_id: int, worker_id: int, now: datetime) -> Assignment:
    """Start the lease again from now."""
    assignment = _held_by(assignment_id, worker_id)
    if assignment.is_submitted:
        raise AlreadySubmitted("This grid is handed in already; there is nothing to renew.")
    if assignment.hit.batch.expired_at is not None:
        raise BatchClosed("This batch has been closed: hand in your grid before its time ends; there is no more.")
    return _start_lease(assignment, assignment.hit.batch, now)


@transaction.atomic
def submit(
    *, assignment_id: int, worker_id: int, selected: Iterable[int], not_seen: Iterable[int], now: datetime
) -> Assignment:
    """Hand in the judgements; the same ones twice are handed in once."""
    assignment = _held_by(assignment_id, worker_id)
    seen_bits, selected_bits = _bitmaps(assignment.hit.grid.num_positions, set(selected), set(not_seen))
    if assignment.is_submitted:
        if (bytes(assignment.seen or b""), bytes(assignment.selected or b"")) != (seen_bits, selected_bits):
            raise AlreadySubmitted("This grid was handed in before with another selection; the first one counts.")
        return assignment
    assignment.is_late = not assignment.is_held_at(now)
    if assignment.is_late and assignment.hit.batch.expired_at is not None:
        raise BatchClosed("The time for this grid ran out and its batch has been closed since; it can't be handed in.")
    assignment.seen, assignment.selected, assignment.submitted_at = seen_bits, selected_bits, now
    assignment.save(update_fields=["seen", "selected", "submitted_at", "is_late"])
    return assignment


@transaction.atomic
def release(*, assignment_id: int, worker_id: int, now: datetime) -> None:
    """Give the slot back for another worker."""
    assignment = _held_by(assignment_id, worker_id)
    if assignment.is_submitted:
        raise AlreadySubmitted("This grid is handed in already; it can't be returned.")
    assignment.worker = assignment.claimed_at = assignment.lease_expires_at = None
    assignment.save(update_fields=["worker", "claimed_at", "lease_expires_at"])


def _start_lease(assignment: Assignment, batch: Batch, now: datetime) -> Assignment:
    assignment.lease_expires_at = now + timedelta(seconds=batch.lease_seconds)
    assignment.save(update_fields=["lease_expires_at"])
    return assignment


def _held_by(assignment_id: int, worker_id: int) -> Assignment:
    """The row, locked, if it is (still) this worker's."""
    rows = Assignment.objects.select_for_update(of=("self",)).select_related("hit__grid", "hit__batch")
    assignment = rows.filter(pk=assignment_id, worker_id=worker_id).first()
    if assignment is None:
        raise NotYours(
            "This grid is no longer yours: it was returned, or its time ran out and another worker has it now. "
            "Open your invitation link for the next one."
        )
    return assignment


def _bitmaps(size: int, selected: set[int], not_seen: set[int]) -> tuple[bytes, bytes]:
    outside = sorted(position for position in selected | not_seen if not 0 <= position < size)
    if outside:
        raise InvalidSelection(f"Position {outside[0]} is not in this grid of {size}. Reload the page and try again.")
    if selected & not_seen:
        raise InvalidSelection("An image can't be selected without having been seen. Reload the page and try again.")
    return bitmaps.pack(set(range(size)) - not_seen, size), bitmaps.pack(selected, size)
