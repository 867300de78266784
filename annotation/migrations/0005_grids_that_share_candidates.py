"""Finding the grids that measure the same candidates: an index over what each grid measures."""

from django.db import migrations

MEASURED = """
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

-- The grid itself and all others that measure one of its candidates. Opaque to the planner on purpose.
CREATE FUNCTION annotation_grids_sharing(of_grid bigint) RETURNS SETOF bigint
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

UNMEASURED = """
DROP FUNCTION annotation_grids_sharing(bigint);
DROP INDEX grids_by_measured_candidate;
DROP FUNCTION annotation_measured_ids(bigint[], bytea);
"""


class Migration(migrations.Migration):
    dependencies = [("annotation", "0004_drafts_of_assignments")]
    operations = [migrations.RunSQL(MEASURED, UNMEASURED)]
