import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotation", "0005_grids_that_share_candidates")]
    operations = [
        migrations.AlterField(
            model_name="assignment",
            name="hit",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="assignments",
                to="annotation.hit",
            ),
        ),
        migrations.AlterField(
            model_name="assignment",
            name="worker",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="assignments",
                to="annotation.worker",
            ),
        ),
    ]
