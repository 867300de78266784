"""Batches pause and close. Claiming asks whether one is paused where it reads the batch anyway, so that it costs nothing."""

from importlib import import_module

from django.db import migrations, models

CLAIM = "annotation_claim(bigint, bigint, timestamptz, integer, bigint)"
PLANNED_ONCE = f"ALTER FUNCTION {CLAIM} SET plan_cache_mode = force_generic_plan SET enable_seqscan = off;"
BEFORE = import_module("annotation.migrations.0009_claiming").CLAIM.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
OPEN = "b.expired_at IS NULL;"
# Workers of other platforms have a place there, for which they may have more grids to do: their platform pauses.
NOT_PAUSED = """b.expired_at IS NULL
        AND (b.paused_at IS NULL OR b.platform NOT IN ('local', 'simulated'));"""
assert BEFORE.count(OPEN) == 1


class Migration(migrations.Migration):
    dependencies = [("annotation", "0033_launches")]
    operations = [
        migrations.AddField(
            "batch",
            "paused_at",
            models.DateTimeField(
                null=True, blank=True, help_text="Since when nobody may begin, until it is resumed; who has begun goes on."
            ),
        ),
        migrations.AddField(
            "batch",
            "closing_at",
            models.DateTimeField(
                null=True,
                blank=True,
                help_text="Since when no place can be taken any more; it expires once those who have one had their time.",
            ),
        ),
        migrations.RunSQL(BEFORE.replace(OPEN, NOT_PAUSED) + PLANNED_ONCE, BEFORE + PLANNED_ONCE),
    ]
