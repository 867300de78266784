"""Rules about workers, what was decided on them, and reviews of a study's workers and judgements."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0015_frequency_mixtures"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ClassPosterior",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "candidate_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), help_text="Ascending.", size=None
                    ),
                ),
                (
                    "probabilities",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.FloatField(), help_text="In the order of the candidates.", size=None
                    ),
                ),
            ],
            options={
                "ordering": ["target_class_id"],
            },
        ),
        migrations.CreateModel(
            name="QualityReview",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("content", models.JSONField(blank=True, help_text="Empty until the first review is done.", null=True)),
                ("num_assignments", models.PositiveIntegerField(default=0, help_text="Handed in when it was made.")),
                ("reviewed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "requested_at",
                    models.DateTimeField(blank=True, help_text="Empty while nobody waits for the next one.", null=True),
                ),
            ],
            options={
                "ordering": ["study_id"],
            },
        ),
        migrations.CreateModel(
            name="RuleSetting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rule", models.CharField(max_length=40)),
                ("version", models.PositiveSmallIntegerField(help_text="Of the rule, when the threshold was chosen.")),
                ("threshold", models.FloatField()),
                (
                    "effect",
                    models.CharField(
                        choices=[("exclude", "exclude from frequencies"), ("stop", "stop serving")], max_length=10
                    ),
                ),
                (
                    "is_automatic",
                    models.BooleanField(default=False, help_text="Whether it decides by itself at each review."),
                ),
            ],
            options={
                "ordering": ["study_id", "rule"],
            },
        ),
        migrations.CreateModel(
            name="WorkerDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "effect",
                    models.CharField(
                        choices=[("exclude", "exclude from frequencies"), ("stop", "stop serving")], max_length=10
                    ),
                ),
                ("rule", models.CharField(blank=True, help_text="Empty where a person decided.", max_length=40)),
                ("rule_version", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("threshold", models.FloatField(blank=True, null=True)),
                ("evidence", models.JSONField(blank=True, default=dict, help_text="The numbers the rule found.")),
                (
                    "judged_until",
                    models.DateTimeField(blank=True, help_text="The rule looked at what was in by then.", null=True),
                ),
                (
                    "reason",
                    models.CharField(blank=True, help_text="In the words of the person who decided.", max_length=500),
                ),
                ("decided_at", models.DateTimeField()),
                ("reversed_at", models.DateTimeField(blank=True, null=True)),
                ("reversal_reason", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="enrolment",
            name="stopped_at",
            field=models.DateTimeField(
                blank=True, help_text="Since when the worker gets no more grids of the study.", null=True
            ),
        ),
        migrations.AddIndex(
            model_name="enrolment",
            index=models.Index(
                condition=models.Q(("stopped_at__isnull", False)), fields=["worker"], name="stopped_enrolments"
            ),
        ),
        migrations.AddField(
            model_name="classposterior",
            name="target_class",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="posterior", to="annotation.targetclass"
            ),
        ),
        migrations.AddField(
            model_name="qualityreview",
            name="study",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="quality_review", to="annotation.study"
            ),
        ),
        migrations.AddField(
            model_name="rulesetting",
            name="study",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="rule_settings", to="annotation.study"
            ),
        ),
        migrations.AddField(
            model_name="workerdecision",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="workerdecision",
            name="reversed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="workerdecision",
            name="study",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="worker_decisions", to="annotation.study"
            ),
        ),
        migrations.AddField(
            model_name="workerdecision",
            name="worker",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="decisions", to="annotation.worker"
            ),
        ),
        migrations.AddConstraint(
            model_name="classposterior",
            constraint=models.CheckConstraint(
                condition=models.Q(("candidate_ids__len", models.F("probabilities__len"))),
                name="a_probability_per_candidate",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulesetting",
            constraint=models.UniqueConstraint(fields=("study", "rule"), name="rule_set_once_per_study"),
        ),
        migrations.AddConstraint(
            model_name="workerdecision",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reversed_at__isnull", True)),
                fields=("study", "worker", "effect"),
                name="one_active_decision_per_worker_and_effect",
            ),
        ),
        migrations.AddConstraint(
            model_name="workerdecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("judged_until", None),
                        ("rule", ""),
                        ("rule_version", None),
                        ("threshold", None),
                        models.Q(("reason", ""), _negated=True),
                    ),
                    models.Q(
                        models.Q(("rule", ""), _negated=True),
                        ("judged_until__isnull", False),
                        ("rule_version__isnull", False),
                        ("threshold__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="a_decision_has_a_rule_or_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="workerdecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reversal_reason", ""), ("reversed_at", None), ("reversed_by", None)),
                    models.Q(("reversed_at__isnull", False), models.Q(("reversal_reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="a_reversal_has_a_reason",
            ),
        ),
    ]
