import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    dependencies = [('annotation', '0038_readmissions')]

    operations = [
        migrations.AlterField(
            model_name='ledgerentry',
            name='assignment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='ledger', to='annotation.assignment'),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='place',
            field=models.ForeignKey(blank=True, help_text='Only where the platform paid it though no work here went with it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='entered', to='annotation.place'),
        ),
        migrations.AddConstraint(
            model_name='ledgerentry',
            constraint=models.CheckConstraint(
                condition=Q(assignment__isnull=False, place__isnull=True)
                | Q(assignment__isnull=True, place__isnull=False) & ~Q(step__in=['refused', 'void']),
                name='ledger_is_of_work_or_of_a_place',
            ),
        ),
        migrations.AddField(
            model_name='launch',
            name='stopped_group',
            field=models.CharField(blank=True, db_default='', default='', help_text="The platform's group of whom the study gives no more grids; empty until it was made.", max_length=100),
        ),
        migrations.CreateModel(
            name='KeptAway',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_away', models.BooleanField(help_text="What it was told: whether to keep the worker from the study's postings.")),
                ('refusal', models.TextField(blank=True, help_text='Why it said no; then it is as it was before.')),
                ('at', models.DateTimeField()),
                ('study', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='kept_away', to='annotation.study')),
                ('worker', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='kept_away', to='annotation.worker')),
            ],
            options={
                'verbose_name_plural': 'kept away',
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('study', 'worker'), name='kept_away_once_per_worker')],
            },
        ),
    ]
