"""What the database itself guarantees: frozen test sets never change; judgements can be read in SQL."""

from django.db import migrations

FREEZE = """
CREATE FUNCTION annotation_refuse_if_frozen(set_id bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- FOR SHARE: an image must not slip in or out while its set is being frozen.
    PERFORM 1 FROM (SELECT frozen_at FROM annotation_testset WHERE id = set_id FOR SHARE) AS locked
        WHERE frozen_at IS NOT NULL;
    IF FOUND THEN
        RAISE EXCEPTION 'test set % is frozen and never changes', set_id USING ERRCODE = 'restrict_violation';
    END IF;
END $$;

CREATE FUNCTION annotation_keep_frozen_set() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.frozen_at IS NOT NULL THEN
        RAISE EXCEPTION 'test set % is frozen and never changes', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION annotation_keep_frozen_images() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN PERFORM annotation_refuse_if_frozen(OLD.test_set_id); END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    PERFORM annotation_refuse_if_frozen(NEW.test_set_id);
    RETURN NEW;
END $$;

CREATE FUNCTION annotation_keep_from_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM annotation_testset WHERE frozen_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a frozen test set never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER keep_frozen BEFORE UPDATE OR DELETE ON annotation_testset
    FOR EACH ROW EXECUTE FUNCTION annotation_keep_frozen_set();
CREATE TRIGGER keep_frozen BEFORE INSERT OR UPDATE OR DELETE ON annotation_testsetimage
    FOR EACH ROW EXECUTE FUNCTION annotation_keep_frozen_images();
CREATE TRIGGER keep_from_truncate BEFORE TRUNCATE ON annotation_testset
    FOR EACH STATEMENT EXECUTE FUNCTION annotation_keep_from_truncate();
CREATE TRIGGER keep_from_truncate BEFORE TRUNCATE ON annotation_testsetimage
    FOR EACH STATEMENT EXECUTE FUNCTION annotation_keep_from_truncate();
"""

UNFREEZE = """
DROP TRIGGER keep_from_truncate ON annotation_testsetimage;
DROP TRIGGER keep_from_truncate ON annotation_testset;
DROP TRIGGER keep_frozen ON annotation_testsetimage;
DROP TRIGGER keep_frozen ON annotation_testset;
DROP FUNCTION annotation_keep_from_truncate();
DROP FUNCTION annotation_keep_frozen_images();
DROP FUNCTION annotation_keep_frozen_set();
DROP FUNCTION annotation_refuse_if_frozen(bigint);
"""

# One row per worker and measured candidate: the worker's first judgement of it.
JUDGEMENT = """
CREATE VIEW judgement AS
SELECT DISTINCT ON (a.worker_id, c.candidate_id)
    a.worker_id,
    c.candidate_id,
    g.target_class_id,
    a.id AS assignment_id,
    (c.ordinality - 1)::integer AS position,
    get_bit(a.selected, (c.ordinality - 1)::integer) = 1 AS is_selected,
    a.submitted_at
FROM annotation_assignment a
JOIN annotation_hit h ON h.id = a.hit_id
JOIN annotation_grid g ON g.id = h.grid_id
CROSS JOIN LATERAL unnest(g.candidate_ids) WITH ORDINALITY AS c(candidate_id, ordinality)
WHERE a.submitted_at IS NOT NULL
    AND get_bit(g.measured, (c.ordinality - 1)::integer) = 1
    AND get_bit(a.seen, (c.ordinality - 1)::integer) = 1
ORDER BY a.worker_id, c.candidate_id, a.submitted_at, a.id;
"""


class Migration(migrations.Migration):
    dependencies = [("annotation", "0001_initial")]
    operations = [
        migrations.RunSQL(FREEZE, UNFREEZE),
        migrations.RunSQL(JUDGEMENT, "DROP VIEW judgement;"),
    ]
