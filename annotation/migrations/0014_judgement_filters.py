import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

# What is counted so far was counted as the standard filter counts.
CARRY_OVER = """
INSERT INTO annotation_judgementfilter (study_id, slug, name, leaves_out_excluded, created_at)
    SELECT id, 'standard', 'Standard', true, now() FROM annotation_study;
UPDATE annotation_selectionfrequency f SET judgement_filter_id = j.id
    FROM annotation_candidate c JOIN annotation_judgementfilter j ON j.study_id = c.study_id
    WHERE c.id = f.candidate_id;
UPDATE annotation_frequencytally t SET judgement_filter_id = j.id, num_counted = num_assignments
    FROM annotation_targetclass c JOIN annotation_judgementfilter j ON j.study_id = c.study_id
    WHERE c.id = t.target_class_id;
SET CONSTRAINTS ALL IMMEDIATE;
"""
BACK = """
DELETE FROM annotation_selectionfrequency f USING annotation_judgementfilter j
    WHERE j.id = f.judgement_filter_id AND j.slug <> 'standard';
DELETE FROM annotation_frequencytally t USING annotation_judgementfilter j
    WHERE j.id = t.judgement_filter_id AND j.slug <> 'standard';
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [("annotation", "0011_serving_is_planned_once")]
    operations = [
        migrations.CreateModel(
            name="JudgementFilter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=80)),
                ("name", models.CharField(max_length=200)),
                (
                    "until",
                    models.DateTimeField(
                        blank=True, help_text="Only what was handed in by then; empty: everything.", null=True
                    ),
                ),
                (
                    "leaves_out_excluded",
                    models.BooleanField(
                        default=True, help_text="Leaves out workers who are excluded from frequencies by a decision."
                    ),
                ),
                (
                    "min_control_accuracy",
                    models.FloatField(
                        blank=True,
                        help_text="In [0, 1]: an assignment with a smaller share of its controls right is left out; empty: none is.",
                        null=True,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "study",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="judgement_filters",
                        to="annotation.study",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("study", "slug"), name="judgement_filter_once_per_study"),
                    models.CheckConstraint(
                        condition=Q(min_control_accuracy__isnull=True)
                        | Q(min_control_accuracy__gte=0, min_control_accuracy__lte=1),
                        name="control_accuracy_is_a_fraction",
                    ),
                    models.CheckConstraint(
                        condition=~Q(slug="standard")
                        | Q(until__isnull=True, leaves_out_excluded=True, min_control_accuracy__isnull=True),
                        name="standard_filter_is_the_same_everywhere",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="selectionfrequency",
            name="judgement_filter",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="frequencies",
                to="annotation.judgementfilter",
            ),
        ),
        migrations.AddField(
            model_name="frequencytally",
            name="judgement_filter",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="tallies",
                to="annotation.judgementfilter",
            ),
        ),
        migrations.AddField(
            model_name="frequencytally",
            name="num_counted",
            field=models.PositiveIntegerField(default=0, help_text="Those of them that the filter lets count."),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="frequencytally",
            name="is_stale",
            field=models.BooleanField(default=False, help_text="Something else than what is handed in has changed."),
        ),
        migrations.RunSQL(CARRY_OVER, BACK),
        migrations.AlterField(
            model_name="selectionfrequency",
            name="judgement_filter",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="frequencies",
                to="annotation.judgementfilter",
            ),
        ),
        migrations.AlterField(
            model_name="frequencytally",
            name="judgement_filter",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="tallies",
                to="annotation.judgementfilter",
            ),
        ),
        migrations.AlterField(
            model_name="selectionfrequency",
            name="candidate",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="selection_frequencies",
                to="annotation.candidate",
            ),
        ),
        migrations.AlterField(
            model_name="frequencytally",
            name="target_class",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="frequency_tallies",
                to="annotation.targetclass",
            ),
        ),
        migrations.AlterField(
            model_name="frequencytally",
            name="num_assignments",
            field=models.PositiveIntegerField(help_text="Handed in, as far as the filter's time reaches."),
        ),
        migrations.AlterModelOptions(
            name="selectionfrequency",
            options={"ordering": ["id"], "verbose_name_plural": "selection frequencies"},
        ),
        migrations.AlterModelOptions(
            name="frequencytally",
            options={"ordering": ["id"], "verbose_name_plural": "frequency tallies"},
        ),
        migrations.AddConstraint(
            model_name="selectionfrequency",
            constraint=models.UniqueConstraint(
                fields=("judgement_filter", "candidate"), name="frequency_once_per_filter"
            ),
        ),
        migrations.AddConstraint(
            model_name="frequencytally",
            constraint=models.UniqueConstraint(
                fields=("judgement_filter", "target_class"), name="tally_once_per_filter"
            ),
        ),
        migrations.AddConstraint(
            model_name="frequencytally",
            constraint=models.CheckConstraint(
                condition=Q(num_counted__lte=F("num_assignments")), name="counted_were_handed_in"
            ),
        ),
        # Counts are updated where they stand, without touching an index, as long as their page has room.
        migrations.RunSQL(
            "ALTER TABLE annotation_selectionfrequency SET (fillfactor = 50);",
            "ALTER TABLE annotation_selectionfrequency RESET (fillfactor);",
        ),
    ]
