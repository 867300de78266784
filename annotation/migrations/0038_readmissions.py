import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotation', '0037_candidates_in_order'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Readmission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(choices=[('in_original', 'is an image of the original test set'), ('duplicate', 'shows the same scene as another candidate'), ('wrong_class', 'is not of the class'), ('unusable', 'is broken, offensive or not a photograph'), ('unclear', 'does not show clearly what it is of'), ('drawing', 'is a drawing or a computer graphic'), ('composite', 'is put together from several pictures'), ('offensive', 'is offensive or upsetting'), ('rotated', 'is rotated'), ('other', 'was excluded in a review, for the reason noted there')], max_length=20)),
                ('excluded_at', models.DateTimeField()),
                ('let_in_at', models.DateTimeField()),
                ('candidate', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='readmissions', to='annotation.candidate')),
                ('excluded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('let_in_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
    ]
