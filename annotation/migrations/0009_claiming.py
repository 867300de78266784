"""Claiming in the database: one call, whose statements are planned once per connection.

Sharing is about all that a grid shows, controls included.
"""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations

SHARING = """
-- The grid itself and all others that show one of its candidates. Opaque to the planner on purpose.
CREATE OR REPLACE FUNCTION annotation_grids_sharing(of_grid bigint) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE STRICT COST 5000 ROWS 3 AS $$
DECLARE
    ids bigint[];
BEGIN
    RETURN NEXT of_grid;
    SELECT candidate_ids INTO ids FROM annotation_grid WHERE id = of_grid;
    RETURN QUERY SELECT id FROM annotation_grid WHERE candidate_ids && ids AND id <> of_grid;
END $$;

DROP INDEX grids_by_measured_candidate;
DROP FUNCTION annotation_measured_ids(bigint[], bytea);
"""

SHARING_MEASURED = """
CREATE FUNCTION annotation_measured_ids(candidate_ids bigint[], measured bytea) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS $$
DECLARE
    ids bigint[] := '{}';
BEGIN
    FOR position IN 0 .. cardinality(candidate_ids) - 1 LOOP
        IF get_bit(measured, position) = 1 THEN
            ids := ids || candidate_ids[position + 1];
        END IF;
    END LOOP;
    RETURN ids;
END $$;
CREATE INDEX grids_by_measured_candidate ON annotation_grid
    USING gin (annotation_measured_ids(candidate_ids, measured));
CREATE OR REPLACE FUNCTION annotation_grids_sharing(of_grid bigint) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE STRICT COST 5000 ROWS 1 AS $$
DECLARE
    ids bigint[];
BEGIN
    RETURN NEXT of_grid;
    SELECT annotation_measured_ids(candidate_ids, measured) INTO ids FROM annotation_grid WHERE id = of_grid;
    RETURN QUERY SELECT id FROM annotation_grid
        WHERE annotation_measured_ids(candidate_ids, measured) && ids AND id <> of_grid;
END $$;
"""

HAS_MET = """
-- Whether a worker has met an image of this grid in any grid: one handed in, one whose lease runs beyond `at`, or the
-- one they are busy with. `+ 0` keeps the planner from reading all that the worker has ever done.
CREATE FUNCTION annotation_has_met(of_worker bigint, of_grid bigint, at timestamptz, busy_with bigint) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (
        SELECT 1
        FROM annotation_assignment mine
        WHERE mine.hit_id = ANY (ARRAY(
                SELECT h.id FROM annotation_hit h
                WHERE h.grid_id = ANY (ARRAY(SELECT annotation_grids_sharing(of_grid)))
            ))
            AND mine.worker_id + 0 = of_worker
            AND (mine.submitted_at IS NOT NULL OR mine.lease_expires_at > at OR mine.id = busy_with)
    );
END $$;
"""

CLAIM = """
-- A slot of the batch for this worker, or no row: what they have claimed and not handed in (besides the one they are
-- busy with), else the next free slot of a grid of which they have met no image. None for who holds as many as `most`
-- leases, nor in a closed batch; what they hold already stays theirs.
CREATE FUNCTION annotation_claim(
    of_worker bigint, of_batch bigint, at timestamptz, most integer, busy_with bigint
) RETURNS SETOF annotation_assignment
LANGUAGE plpgsql AS $$
DECLARE
    claimed annotation_assignment;
    until timestamptz;
    num_running integer;
    first_hit bigint;
    last_hit bigint;
    start_hit bigint;
    this_hit bigint;
    this_grid bigint;
BEGIN
    -- Two windows of one worker wait for each other; else each would get a slot of its own.
    PERFORM 1 FROM annotation_worker WHERE id = of_worker FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;

    -- First the grid they began first, then those whose time ran out; none of which they have judged some elsewhere.
    SELECT a.* INTO claimed
    FROM annotation_assignment a
    WHERE a.worker_id = of_worker AND a.submitted_at IS NULL AND a.id IS DISTINCT FROM busy_with
        AND (SELECT h.batch_id FROM annotation_hit h WHERE h.id = a.hit_id) = of_batch
        AND NOT annotation_has_met(
            of_worker, (SELECT h.grid_id FROM annotation_hit h WHERE h.id = a.hit_id), 'infinity', busy_with
        )
    ORDER BY a.lease_expires_at <= at, CASE WHEN a.lease_expires_at > at THEN a.claimed_at END,
        a.lease_expires_at DESC, a.id
    LIMIT 1
    FOR UPDATE OF a;
    IF claimed.lease_expires_at > at THEN
        RETURN NEXT claimed;
        RETURN;
    END IF;

    SELECT at + b.lease_seconds * interval '1 second' INTO until
    FROM annotation_batch b WHERE b.id = of_batch AND b.expired_at IS NULL;
    SELECT count(*) INTO num_running
    FROM annotation_assignment WHERE worker_id = of_worker AND submitted_at IS NULL AND lease_expires_at > at;
    IF until IS NULL OR num_running >= most THEN
        RETURN;
    END IF;
    IF claimed.id IS NOT NULL THEN
        RETURN QUERY UPDATE annotation_assignment SET lease_expires_at = until WHERE id = claimed.id RETURNING *;
        RETURN;
    END IF;

    -- A walk from one HIT with a free slot to the next (one look into the index `open_slots` each, so that finished
    -- HITs cost nothing), from the HIT this worker handed in last to the end of the batch and round to where it
    -- began: what they have done lies behind them.
    SELECT min(id), max(id) INTO first_hit, last_hit FROM annotation_hit WHERE batch_id = of_batch;
    SELECT hit_id INTO start_hit
    FROM (
        SELECT hit_id FROM annotation_assignment
        WHERE worker_id = of_worker AND submitted_at IS NOT NULL
        ORDER BY submitted_at DESC
        LIMIT 100
    ) latest
    WHERE hit_id BETWEEN first_hit AND last_hit
    LIMIT 1;
    start_hit := coalesce(start_hit, first_hit - 1);
    this_hit := start_hit;
    FOR round IN 1 .. 2 LOOP
        LOOP
            SELECT min(hit_id) INTO this_hit
            FROM annotation_assignment
            WHERE submitted_at IS NULL AND (lease_expires_at IS NULL OR lease_expires_at <= at)
                AND hit_id > this_hit AND hit_id <= CASE round WHEN 1 THEN last_hit ELSE start_hit END;
            EXIT WHEN this_hit IS NULL;
            -- Their own slot is looked for first, as it is cheaper.
            SELECT h.grid_id INTO this_grid
            FROM annotation_hit h
            WHERE h.id = this_hit AND h.batch_id = of_batch AND NOT EXISTS (
                SELECT 1 FROM annotation_assignment own WHERE own.hit_id = h.id AND own.worker_id + 0 = of_worker
            );
            CONTINUE WHEN NOT FOUND OR annotation_has_met(of_worker, this_grid, at, busy_with);
            RETURN QUERY
            UPDATE annotation_assignment SET
                worker_id = of_worker,
                claimed_at = at,
                lease_expires_at = until,
                draft = NULL,
                draft_kept_at = NULL,
                taken_from = CASE WHEN worker_id IS NULL THEN taken_from ELSE array_append(taken_from, worker_id) END
            WHERE id = (
                SELECT free.id
                FROM annotation_assignment free
                WHERE free.hit_id = this_hit AND free.submitted_at IS NULL
                    AND (free.lease_expires_at IS NULL OR free.lease_expires_at <= at)
                ORDER BY free.lease_expires_at NULLS FIRST
                LIMIT 1
                FOR UPDATE SKIP LOCKED
            )
            RETURNING *;
            IF FOUND THEN
                RETURN;
            END IF;
        END LOOP;
        this_hit := first_hit - 1;
    END LOOP;
END $$;
"""

HAND_IN = """
-- The bitmap of `size` bits with these positions set, as `annotation/bitmaps.py` packs it.
CREATE FUNCTION annotation_bitmap(size integer, positions integer[]) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
    bits bytea := decode(repeat('00', (size + 7) / 8), 'hex');
    place integer;
BEGIN
    FOREACH place IN ARRAY positions LOOP
        bits := set_bit(bits, place, 1);
    END LOOP;
    RETURN bits;
END $$;

-- The ordinary way to hand in a grid: held by this worker, in time, for the first time, positions that exist. Then the
-- class to count again and the next slot claimed, if there is one. No row, and nothing done, for all that is not
-- ordinary.
CREATE FUNCTION annotation_hand_in(
    of_assignment bigint, of_worker bigint, chosen integer[], unseen integer[], by_key uuid, at timestamptz,
    most integer
) RETURNS TABLE (of_class bigint, next_id bigint)
LANGUAGE plpgsql AS $$
DECLARE
    of_batch bigint;
    size integer;
BEGIN
    -- Before the slot: renewing takes its turn first too, and two that lock in different orders would wait forever.
    PERFORM 1 FROM annotation_worker WHERE id = of_worker FOR NO KEY UPDATE;
    SELECT h.batch_id, g.target_class_id, cardinality(g.candidate_ids) INTO of_batch, of_class, size
    FROM annotation_assignment a
    JOIN annotation_hit h ON h.id = a.hit_id
    JOIN annotation_grid g ON g.id = h.grid_id
    WHERE a.id = of_assignment;
    IF NOT FOUND OR chosen && unseen OR NOT (0 <= ALL (chosen || unseen) AND size > ALL (chosen || unseen)) THEN
        RETURN;
    END IF;
    UPDATE annotation_assignment SET
        seen = annotation_bitmap(
            size, ARRAY(SELECT place FROM generate_series(0, size - 1) place WHERE place <> ALL (unseen))
        ),
        selected = annotation_bitmap(size, chosen),
        submitted_at = at,
        is_late = false,
        submission_key = by_key,
        draft = NULL,
        draft_kept_at = NULL
    WHERE id = of_assignment AND worker_id = of_worker AND submitted_at IS NULL AND lease_expires_at > at;
    IF FOUND THEN
        SELECT id INTO next_id FROM annotation_claim(of_worker, of_batch, at, most, NULL);
        RETURN NEXT;
    END IF;
END $$;
"""

UNDO = """
DROP FUNCTION annotation_hand_in(bigint, bigint, integer[], integer[], uuid, timestamptz, integer);
DROP FUNCTION annotation_bitmap(integer, integer[]);
DROP FUNCTION annotation_claim(bigint, bigint, timestamptz, integer, bigint);
DROP FUNCTION annotation_has_met(bigint, bigint, timestamptz, bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("annotation", "0008_workers_arrive")]
    operations = [
        migrations.AddIndex("grid", GinIndex(fields=["candidate_ids"], name="grids_by_candidate", fastupdate=False)),
        migrations.RunSQL(SHARING, SHARING_MEASURED),
        migrations.RunSQL(HAS_MET + CLAIM + HAND_IN, UNDO),
    ]
