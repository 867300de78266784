"""Judgements from elsewhere: batches say which table they are from, and candidates can be without their picture."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0017_decisions_about_workers"),
    ]

    operations = [
        migrations.AddField(
            model_name="batch",
            name="imported_from",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The table whose judgements these are; empty where workers judge here.",
                max_length=200,
            ),
        ),
        migrations.AlterField(
            model_name="candidate",
            name="image",
            field=models.ForeignKey(
                blank=True,
                help_text="Empty: its picture is not here, only judgements of it.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="candidates",
                to="annotation.image",
            ),
        ),
        migrations.AlterField(
            model_name="worker",
            name="external_id",
            field=models.CharField(max_length=200),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(
                condition=(~Q(platform="imported") & Q(imported_from=""))
                | (Q(platform="imported", expired_at__isnull=False, pay_minor_units=0) & ~Q(imported_from="")),
                name="imported_batches_are_closed",
            ),
        ),
        migrations.AddConstraint(
            model_name="candidate",
            constraint=models.UniqueConstraint(
                condition=Q(image__isnull=True),
                fields=("study", "target_class", "origin", "source"),
                name="candidate_without_picture_once",
            ),
        ),
    ]
