"""The functions that serve grids keep one plan each, through the indexes.

Left to itself the planner tries the first five calls of every connection with plans of their own, and takes an array
of 48 candidates for a reason to read all grids: hundreds of milliseconds instead of one.
"""

from django.db import migrations

FUNCTIONS = (
    "annotation_grids_sharing(bigint)",
    "annotation_claim(bigint, bigint, timestamptz, integer, bigint)",
    "annotation_hand_in(bigint, bigint, integer[], integer[], uuid, timestamptz, integer)",
)
SET = "ALTER FUNCTION {} SET plan_cache_mode = force_generic_plan SET enable_seqscan = off"
RESET = "ALTER FUNCTION {} RESET plan_cache_mode RESET enable_seqscan"


class Migration(migrations.Migration):
    dependencies = [("annotation", "0010_complaints_of_workers")]
    operations = [migrations.RunSQL(SET.format(name), RESET.format(name)) for name in FUNCTIONS]
