"""Assignments: slots that workers claim for a time, and hand in once.

A slot is free when nobody holds it or its lease has ended. Claiming locks one row and skips those
that others are locking, so that no two workers ever get the same slot.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction

from annotation import bitmaps
from annotation.errors import AlreadySubmitted, BatchClosed, InvalidSelection, NotYours
from annotation.models import Assignment, Batch, Worker

# One row: the first HIT (by id) with a free slot that this worker has not met, in this batch or another.
CLAIM = """
UPDATE annotation_assignment SET worker_id = %(worker)s, claimed_at = %(now)s, lease_expires_at = %(until)s
WHERE id = (
    SELECT a.id
    FROM annotation_assignment a
    JOIN annotation_hit h ON h.id = a.hit_id
    WHERE h.batch_id = %(batch)s
        AND a.submitted_at IS NULL
        AND (a.lease_expires_at IS NULL OR a.lease_expires_at <= %(now)s)
        AND NOT EXISTS (
            SELECT 1
            FROM annotation_assignment mine
            JOIN annotation_hit met ON met.id = mine.hit_id
            WHERE mine.worker_id = %(worker)s
                AND met.grid_id = h.grid_id
                AND mine.id <> a.id
                AND (mine.submitted_at IS NOT NULL OR met.id = h.id)
        )
    ORDER BY a.hit_id, a.id
    LIMIT 1
    FOR UPDATE OF a SKIP LOCKED
)
RETURNING id
"""


def register_worker(*, platform: str, external_id: str, now: datetime, is_simulated: bool = False) -> Worker:
    """The worker whom the platform calls by this id, made on first sight."""
    worker, _ = Worker.objects.get_or_create(
        platform=platform, external_id=external_id, defaults={"is_simulated": is_simulated, "created_at": now}
    )
    return worker


def claim(*, batch: Batch, worker: Worker, now: datetime) -> Assignment | None:
    """A slot for this worker: the one they hold, else a free one, else none."""
    held = Assignment.objects.filter(
        hit__batch=batch, worker=worker, submitted_at__isnull=True, lease_expires_at__gt=now
    ).first()
    if held is not None:
        return held
    if batch.expired_at is not None:
        raise BatchClosed("This batch takes no more work. Thank you for your interest.")
    values: dict[str, Any] = {
        "worker": worker.pk,
        "batch": batch.pk,
        "now": now,
        "until": now + timedelta(seconds=batch.lease_seconds),
    }
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(CLAIM, values)
            row = cursor.fetchone()
    except IntegrityError:
        # The same worker claimed in another window at the same moment: that claim is theirs.
        return Assignment.objects.filter(
            hit__batch=batch, worker=worker, submitted_at__isnull=True, lease_expires_at__gt=now
        ).first()
    return Assignment.objects.get(pk=row[0]) if row else None


@transaction.atomic
def renew(*, assignment_id: int, worker_id: int, now: datetime) -> Assignment:
    """Start the lease again from now."""
    assignment = _held_by(assignment_id, worker_id)
    if assignment.is_submitted:
        raise AlreadySubmitted("This grid is handed in already; there is nothing to renew.")
    assignment.lease_expires_at = now + timedelta(seconds=assignment.hit.batch.lease_seconds)
    assignment.save(update_fields=["lease_expires_at"])
    return assignment


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
