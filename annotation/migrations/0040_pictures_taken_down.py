"""Pictures are removed for good; claiming passes by the HITs that showed one. Replaced reasons of exclusions are kept."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

pausing = import_module("annotation.migrations.0034_batches_pause")
BEFORE = pausing.BEFORE.replace(pausing.OPEN, pausing.NOT_PAUSED)
# Of a HIT that was stopped, who is at work may finish; nobody begins it, or takes it up again after their time.
OWN = "AND (SELECT h.batch_id FROM annotation_hit h WHERE h.id = a.hit_id) = of_batch"
OWN_GOING_ON = """AND (
            SELECT h.batch_id FROM annotation_hit h
            WHERE h.id = a.hit_id AND (h.stopped_at IS NULL OR a.lease_expires_at > at)
        ) = of_batch"""
FREE = "WHERE h.id = this_hit AND h.batch_id = of_batch AND NOT EXISTS ("
FREE_GOING_ON = "WHERE h.id = this_hit AND h.batch_id = of_batch AND h.stopped_at IS NULL AND NOT EXISTS ("
assert BEFORE.count(OWN) == BEFORE.count(FREE) == 1
AFTER = BEFORE.replace(OWN, OWN_GOING_ON).replace(FREE, FREE_GOING_ON)


class Migration(migrations.Migration):

    dependencies = [
        ('annotation', '0039_payments_without_work_and_stops'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ClassCorrection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('before', models.JSONField(help_text='What was changed, as it was: fields and their values.')),
                ('after', models.JSONField(help_text='The same fields, as they are since.')),
                ('corrected_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='ReplacedExclusion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(choices=[('in_original', 'is an image of the original test set'), ('duplicate', 'shows the same scene as another candidate'), ('wrong_class', 'is not of the class'), ('unusable', 'is broken, offensive or not a photograph'), ('unclear', 'does not show clearly what it is of'), ('drawing', 'is a drawing or a computer graphic'), ('composite', 'is put together from several pictures'), ('offensive', 'is offensive or upsetting'), ('rotated', 'is rotated'), ('other', 'was excluded in a review, for the reason noted there'), ('taken_down', 'was taken down: its picture may not be kept')], max_length=20)),
                ('excluded_at', models.DateTimeField()),
                ('stage', models.CharField(blank=True, help_text='The stage that had found it; empty for all others.', max_length=20)),
                ('replaced_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='TakeDown',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sha256', models.CharField(help_text='Of the file as it came.', max_length=64, unique=True)),
                ('pixel_sha256', models.CharField(db_index=True, help_text='Of the upright RGB pixels.', max_length=64)),
                ('ground', models.CharField(choices=[('owner', 'its owner asked for it'), ('terms', 'the terms of where it came from ask for it'), ('law', 'the law asks for it'), ('other', 'for the reason noted')], max_length=10)),
                ('note', models.CharField(blank=True, help_text='Who asked, and where that is written.', max_length=500)),
                ('taken_down_at', models.DateTimeField()),
                ('files_left', models.JSONField(blank=True, default=list, help_text='Kind and hash of each file that is to be removed; empty once they are gone.')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='candidate',
            name='candidate_without_picture_once',
        ),
        migrations.AddField(
            model_name='hit',
            name='stopped_at',
            field=models.DateTimeField(blank=True, help_text='Since when nobody begins it: a picture of its grid was taken down.', null=True),
        ),
        migrations.AlterField(
            model_name='bulkexclusion',
            name='reason',
            field=models.CharField(choices=[('in_original', 'is an image of the original test set'), ('duplicate', 'shows the same scene as another candidate'), ('wrong_class', 'is not of the class'), ('unusable', 'is broken, offensive or not a photograph'), ('unclear', 'does not show clearly what it is of'), ('drawing', 'is a drawing or a computer graphic'), ('composite', 'is put together from several pictures'), ('offensive', 'is offensive or upsetting'), ('rotated', 'is rotated'), ('other', 'was excluded in a review, for the reason noted there'), ('taken_down', 'was taken down: its picture may not be kept')], max_length=20),
        ),
        migrations.AlterField(
            model_name='candidate',
            name='image',
            field=models.ForeignKey(blank=True, help_text='Empty: its picture is not here, only judgements of it, or it was taken down.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='candidates', to='annotation.image'),
        ),
        migrations.AlterField(
            model_name='exclusion',
            name='reason',
            field=models.CharField(choices=[('in_original', 'is an image of the original test set'), ('duplicate', 'shows the same scene as another candidate'), ('wrong_class', 'is not of the class'), ('unusable', 'is broken, offensive or not a photograph'), ('unclear', 'does not show clearly what it is of'), ('drawing', 'is a drawing or a computer graphic'), ('composite', 'is put together from several pictures'), ('offensive', 'is offensive or upsetting'), ('rotated', 'is rotated'), ('other', 'was excluded in a review, for the reason noted there'), ('taken_down', 'was taken down: its picture may not be kept')], max_length=20),
        ),
        migrations.AlterField(
            model_name='readmission',
            name='reason',
            field=models.CharField(choices=[('in_original', 'is an image of the original test set'), ('duplicate', 'shows the same scene as another candidate'), ('wrong_class', 'is not of the class'), ('unusable', 'is broken, offensive or not a photograph'), ('unclear', 'does not show clearly what it is of'), ('drawing', 'is a drawing or a computer graphic'), ('composite', 'is put together from several pictures'), ('offensive', 'is offensive or upsetting'), ('rotated', 'is rotated'), ('other', 'was excluded in a review, for the reason noted there'), ('taken_down', 'was taken down: its picture may not be kept')], max_length=20),
        ),
        migrations.AddField(
            model_name='classcorrection',
            name='corrected_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='classcorrection',
            name='target_class',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='corrections', to='annotation.targetclass'),
        ),
        migrations.AddField(
            model_name='replacedexclusion',
            name='bulk',
            field=models.ForeignKey(blank=True, help_text='With which many others it was excluded at once.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='annotation.bulkexclusion'),
        ),
        migrations.AddField(
            model_name='replacedexclusion',
            name='candidate',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='replaced_exclusions', to='annotation.candidate'),
        ),
        migrations.AddField(
            model_name='replacedexclusion',
            name='excluded_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='replacedexclusion',
            name='replaced_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='takedown',
            name='taken_down_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='candidate',
            name='take_down',
            field=models.ForeignKey(blank=True, db_index=False, help_text='By which its picture was removed for good; then it has none.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='candidates', to='annotation.takedown'),
        ),
        migrations.AddIndex(
            model_name='candidate',
            index=models.Index(condition=models.Q(('take_down__isnull', False)), fields=['study', 'id'], name='candidate_taken_down'),
        ),
        migrations.AddConstraint(
            model_name='candidate',
            constraint=models.UniqueConstraint(condition=models.Q(('image__isnull', True), ('take_down__isnull', True)), fields=('study', 'target_class', 'origin', 'source'), name='candidate_without_picture_once'),
        ),
        migrations.AddConstraint(
            model_name='candidate',
            constraint=models.CheckConstraint(condition=models.Q(('image__isnull', True), ('take_down__isnull', True), _connector='OR'), name='what_is_taken_down_has_no_picture'),
        ),
        migrations.RunSQL(AFTER + pausing.PLANNED_ONCE, BEFORE + pausing.PLANNED_ONCE),
    ]
