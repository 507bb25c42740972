import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('lessons', '0004_progress'),
    ]

    operations = [
        migrations.RenameModel(old_name='QuestionName', new_name='Question'),
        migrations.AddField(
            model_name='question',
            name='lesson',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='questions', to='lessons.lesson'),
        ),
        migrations.CreateModel(
            name='QuestionVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('n', models.PositiveIntegerField()),
                ('source', models.TextField()),
                ('spec', models.JSONField()),
                ('key', models.JSONField()),
                ('rule', models.CharField(blank=True, max_length=40)),
                ('points', models.DecimalField(decimal_places=2, max_digits=6)),
                ('concepts', models.JSONField(default=list)),
                ('sha256', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('question', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='lessons.question')),
            ],
            options={
                'ordering': ['question', 'n'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Quiz',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40, unique=True)),
                ('title', models.CharField(blank=True, max_length=300)),
                ('slots', models.JSONField(default=list)),
                ('order', models.PositiveSmallIntegerField(default=0)),
                ('is_asked', models.BooleanField(default=True)),
                ('lesson', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='quizzes', to='lessons.lesson')),
            ],
            options={
                'verbose_name_plural': 'quizzes',
                'ordering': ['lesson__order', 'order'],
                'default_permissions': ('view',),
            },
        ),
        migrations.AddField(
            model_name='question',
            name='current',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lessons.questionversion'),
        ),
        migrations.AddConstraint(
            model_name='questionversion',
            constraint=models.UniqueConstraint(fields=('question', 'n'), name='one_question_version_per_number'),
        ),
        migrations.AddConstraint(
            model_name='questionversion',
            constraint=models.UniqueConstraint(fields=('question', 'sha256'), name='one_question_version_per_text'),
        ),
        migrations.AddConstraint(
            model_name='questionversion',
            constraint=models.CheckConstraint(condition=models.Q(('points__gt', 0)), name='question_points_above_zero'),
        ),
    ]
