"""Complaints belong to the worker, not to the slot: a slot is handed on, and its next holder has said nothing.

Nothing filed complaints before this, so there is no row to give a worker; where there is one, this fails.
"""

import django.db.models.deletion
from django.db import migrations, models

HAND_IN = """
-- As before, but a grid with an image that the worker has complained about is not ordinary.
CREATE OR REPLACE FUNCTION annotation_hand_in(
    of_assignment bigint, of_worker bigint, chosen integer[], unseen integer[], by_key uuid, at timestamptz,
    most integer
) RETURNS TABLE (of_class bigint, next_id bigint)
LANGUAGE plpgsql AS $$
DECLARE
    of_batch bigint;
    size integer;
    shown bigint[];
BEGIN
    -- Before the slot: renewing takes its turn first too, and two that lock in different orders would wait forever.
    PERFORM 1 FROM annotation_worker WHERE id = of_worker FOR NO KEY UPDATE;
    SELECT h.batch_id, g.target_class_id, cardinality(g.candidate_ids), g.candidate_ids
    INTO of_batch, of_class, size, shown
    FROM annotation_assignment a
    JOIN annotation_hit h ON h.id = a.hit_id
    JOIN annotation_grid g ON g.id = h.grid_id
    WHERE a.id = of_assignment;
    IF NOT FOUND OR chosen && unseen OR NOT (0 <= ALL (chosen || unseen) AND size > ALL (chosen || unseen)) THEN
        RETURN;
    END IF;
    -- An image they have complained about was not seen, whatever they say: `assignments.submit` sees to it.
    IF EXISTS (
        SELECT 1 FROM annotation_complaint c WHERE c.worker_id = of_worker AND c.candidate_id = ANY (shown)
    ) THEN
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

HAND_IN_BEFORE = """
CREATE OR REPLACE FUNCTION annotation_hand_in(
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


class Migration(migrations.Migration):
    dependencies = [("annotation", "0009_claiming")]
    operations = [
        migrations.RemoveConstraint(model_name="complaint", name="complaint_once_per_assignment_and_image"),
        migrations.AddField(
            model_name="complaint",
            name="worker",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="complaints",
                to="annotation.worker",
            ),
        ),
        migrations.AlterField(
            model_name="complaint",
            name="assignment",
            field=models.ForeignKey(
                help_text="Where they met it.",
                on_delete=django.db.models.deletion.CASCADE,
                related_name="complaints",
                to="annotation.assignment",
            ),
        ),
        migrations.AddConstraint(
            model_name="complaint",
            constraint=models.UniqueConstraint(
                fields=("worker", "candidate"), name="complaint_once_per_worker_and_image"
            ),
        ),
        migrations.RunSQL(HAND_IN, HAND_IN_BEFORE),
    ]
