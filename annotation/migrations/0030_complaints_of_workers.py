"""Complaints belong to the worker, not to the slot: a slot is handed on, and its next holder has said nothing.

Nothing filed complaints before this, so there is no row to give a worker; where there is one, this fails.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("annotation", "0008_workers_arrive")]

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
    ]
