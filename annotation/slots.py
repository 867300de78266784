"""Which slot a worker gets, in one statement each: the one they hold, or the next free one that may be theirs.

Written in SQL because the way through the rows matters: a claim reads a handful of them, however many
HITs the batch has and however many the worker has done.
"""

from datetime import datetime, timedelta

from annotation.models import Assignment, Batch

# What this worker has claimed in the batch and not handed in, unless they have judged some of it elsewhere (or see it
# in the grid they are busy with): first the grid they began first, then those whose time ran out.
HELD = """
SELECT a.*
FROM annotation_assignment a
WHERE a.worker_id = %(worker)s AND a.submitted_at IS NULL
    AND a.id IS DISTINCT FROM %(besides)s
    AND (SELECT h.batch_id FROM annotation_hit h WHERE h.id = a.hit_id) = %(batch)s
    AND NOT EXISTS (
        SELECT 1
        FROM annotation_grids_sharing(
            (SELECT h.grid_id FROM annotation_hit h WHERE h.id = a.hit_id)
        ) AS shared (grid_id)
        JOIN annotation_hit met ON met.grid_id = shared.grid_id
        JOIN annotation_assignment mine ON mine.hit_id = met.id AND mine.worker_id = %(worker)s
        WHERE mine.submitted_at IS NOT NULL OR mine.id = %(besides)s
    )
ORDER BY a.lease_expires_at <= %(now)s, CASE WHEN a.lease_expires_at > %(now)s THEN a.claimed_at END,
    a.lease_expires_at DESC, a.id
LIMIT 1
FOR UPDATE OF a
"""

# A walk from one HIT with an open slot to the next (one look into the index `open_slots` each, so that finished
# HITs cost nothing), from the HIT this worker handed in last to the end of the batch and round to where it began:
# what they have done lies behind them. Taken is the first where they have met none of the measured candidates; the
# CASE looks for their own slot first, which is cheaper.
CLAIM = """
WITH RECURSIVE span AS MATERIALIZED (
    SELECT first, last, coalesce((
        SELECT hit_id
        FROM (
            SELECT mine.hit_id
            FROM annotation_assignment mine
            WHERE mine.worker_id = %(worker)s AND mine.submitted_at IS NOT NULL
            ORDER BY mine.submitted_at DESC
            LIMIT 100
        ) latest
        WHERE hit_id BETWEEN first AND last
        LIMIT 1
    ), first - 1) AS start
    FROM (SELECT min(id) AS first, max(id) AS last FROM annotation_hit WHERE batch_id = %(batch)s) hits
    WHERE EXISTS (SELECT 1 FROM annotation_batch b WHERE b.id = %(batch)s AND b.expired_at IS NULL)
        AND (
            SELECT count(*)
            FROM annotation_assignment mine
            WHERE mine.worker_id = %(worker)s AND mine.submitted_at IS NULL AND mine.lease_expires_at > %(now)s
        ) < %(most)s
),
walk (hit_id, is_second_round) AS (
    SELECT start, false FROM span
    UNION ALL
    SELECT coalesce(next.hit_id, span.first - 1), is_second_round OR next.hit_id IS NULL
    FROM walk CROSS JOIN span CROSS JOIN LATERAL (
        SELECT min(a.hit_id) AS hit_id
        FROM annotation_assignment a
        WHERE a.submitted_at IS NULL
            AND a.hit_id > walk.hit_id
            AND a.hit_id <= CASE WHEN is_second_round THEN span.start ELSE span.last END
    ) next
    WHERE next.hit_id IS NOT NULL OR NOT is_second_round
)
UPDATE annotation_assignment SET
    worker_id = %(worker)s,
    claimed_at = %(now)s,
    lease_expires_at = %(until)s,
    draft = NULL,
    draft_kept_at = NULL,
    taken_from = CASE WHEN worker_id IS NULL THEN taken_from ELSE array_append(taken_from, worker_id) END
WHERE id = (
    SELECT free.id
    FROM walk CROSS JOIN LATERAL (
        SELECT a.id
        FROM annotation_hit h
        JOIN annotation_assignment a ON a.hit_id = h.id
        WHERE h.id = walk.hit_id
            AND h.batch_id = %(batch)s
            AND a.submitted_at IS NULL
            AND (a.lease_expires_at IS NULL OR a.lease_expires_at <= %(now)s)
            AND CASE WHEN EXISTS (
                SELECT 1 FROM annotation_assignment own WHERE own.hit_id = h.id AND own.worker_id = %(worker)s
            ) THEN false ELSE NOT EXISTS (
                SELECT 1
                FROM annotation_grids_sharing(h.grid_id) AS shared (grid_id)
                JOIN annotation_hit met ON met.grid_id = shared.grid_id
                JOIN annotation_assignment mine ON mine.hit_id = met.id AND mine.worker_id = %(worker)s
                WHERE mine.submitted_at IS NOT NULL OR mine.lease_expires_at > %(now)s OR mine.id = %(besides)s
            ) END
        ORDER BY a.lease_expires_at NULLS FIRST
        LIMIT 1
        FOR UPDATE OF a SKIP LOCKED
    ) free
    LIMIT 1
)
RETURNING *
"""


def held_by(worker_id: int, *, batch: Batch, now: datetime, besides: int | None = None) -> Assignment | None:
    """The worker's open work in the batch `besides` one assignment, its lease run out or not, locked."""
    values = {"worker": worker_id, "batch": batch.pk, "now": now, "besides": besides}
    return next(iter(Assignment.objects.raw(HELD, values)), None)


def take(worker_id: int, *, batch: Batch, most: int, now: datetime, besides: int | None = None) -> Assignment | None:
    """A free slot, from now the worker's; none for who holds as many as `most` leases."""
    until = now + timedelta(seconds=batch.lease_seconds)
    values = {"worker": worker_id, "batch": batch.pk, "now": now, "until": until, "most": most, "besides": besides}
    return next(iter(Assignment.objects.raw(CLAIM, values)), None)
