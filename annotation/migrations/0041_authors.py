"""A study has authors, whom citations of its frozen sets name."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotation', '0040_pictures_taken_down'),
    ]

    operations = [
        migrations.AddField(
            model_name='study',
            name='authors',
            field=models.TextField(blank=True, db_default='', help_text='Whom citations name: one a line, as Family, Given; or an organisation.'),
        ),
    ]
