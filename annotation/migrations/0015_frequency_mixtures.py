import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotation", "0014_judgement_filters")]
    operations = [
        migrations.CreateModel(
            name="FrequencyMixture",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("origin", models.CharField(choices=[("original", "Original"), ("pool", "Pool")], max_length=10)),
                (
                    "weight",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.FloatField(), help_text="Share of each component, summing to 1.", size=None
                    ),
                ),
                ("a", django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), size=None)),
                ("b", django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), size=None)),
                (
                    "held_out",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.FloatField(),
                        help_text="Log-likelihood of images left out, by number of components from 1.",
                        size=None,
                    ),
                ),
                ("num_images", models.PositiveIntegerField()),
                (
                    "num_selected",
                    models.PositiveBigIntegerField(help_text="Judgements it was fitted on that selected their image."),
                ),
                ("num_seen", models.PositiveBigIntegerField(help_text="All judgements it was fitted on.")),
                ("fitted_at", models.DateTimeField()),
                (
                    "judgement_filter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mixtures",
                        to="annotation.judgementfilter",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("judgement_filter", "origin"), name="mixture_once_per_filter_and_origin"
                    )
                ],
            },
        ),
    ]
