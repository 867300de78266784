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
    ]
