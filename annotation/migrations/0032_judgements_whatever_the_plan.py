"""A bit is asked of a bitmap only where it has one: in which order conditions are looked at is the planner's choice."""

from django.db import migrations

COLUMNS = """
CREATE OR REPLACE VIEW judgement AS
SELECT DISTINCT ON (a.worker_id, c.candidate_id)
    a.worker_id,
    c.candidate_id,
    g.target_class_id,
    a.id AS assignment_id,
    (c.ordinality - 1)::integer AS position,
    {selected} AS is_selected,
    a.submitted_at
FROM annotation_assignment a
JOIN annotation_hit h ON h.id = a.hit_id
JOIN annotation_grid g ON g.id = h.grid_id
CROSS JOIN LATERAL unnest(g.candidate_ids) WITH ORDINALITY AS c(candidate_id, ordinality)
WHERE a.submitted_at IS NOT NULL
    AND {measured}
    AND {seen}
ORDER BY a.worker_id, c.candidate_id, a.submitted_at, a.id;
"""
BITMAPS = {"selected": "a.selected", "measured": "g.measured", "seen": "a.seen"}
BIT = "get_bit({bitmap}, (c.ordinality - 1)::integer) = 1"
AS_IT_WAS = COLUMNS.format(**{name: BIT.format(bitmap=bitmap) for name, bitmap in BITMAPS.items()})
# CASE is the one thing that is looked at in order.
GUARDED = COLUMNS.format(
    **{
        name: f"(CASE WHEN c.ordinality <= 8 * octet_length({bitmap}) THEN {BIT.format(bitmap=bitmap)} ELSE false END)"
        for name, bitmap in BITMAPS.items()
    }
)


class Migration(migrations.Migration):
    dependencies = [("annotation", "0031_postings")]

    operations = [migrations.RunSQL(GUARDED, AS_IT_WAS)]
