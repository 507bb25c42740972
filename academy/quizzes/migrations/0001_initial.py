import django.core.validators
import django.db.models.deletion
import uuid
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('classes', '0002_agreed'),
        ('labs', '0003_achieved'),
        ('lessons', '0005_bank'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('in_progress', 'in progress'), ('submitted', 'handed in, being graded'), ('graded', 'graded'), ('needs_review', 'waits for an instructor'), ('abandoned', 'given up'), ('voided', 'does not count')], default='in_progress', max_length=12)),
                ('seed', models.CharField(max_length=32)),
                ('started_at', models.DateTimeField()),
                ('deadline_at', models.DateTimeField(blank=True, null=True)),
                ('submitted_at', models.DateTimeField(blank=True, null=True)),
                ('submit_key', models.UUIDField(default=uuid.uuid4)),
                ('finalize_reason', models.CharField(blank=True, choices=[('student', 'handed in'), ('time', 'time was up'), ('closed', 'the quiz closed'), ('staff', 'ended by an instructor')], max_length=8)),
                ('grading_tries', models.PositiveSmallIntegerField(default=0)),
                ('grading_error', models.CharField(blank=True, max_length=500)),
                ('quiz', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attempts', to='lessons.quiz')),
                ('school_class', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='attempts', to='classes.schoolclass')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attempts', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-started_at'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='AttemptItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slot', models.PositiveSmallIntegerField()),
                ('seed', models.CharField(max_length=32)),
                ('dealt', models.JSONField(default=dict)),
                ('draft', models.JSONField(blank=True, null=True)),
                ('draft_rev', models.PositiveIntegerField(default=0)),
                ('drafted_at', models.DateTimeField(blank=True, null=True)),
                ('attempt', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='quizzes.attempt')),
                ('question_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lessons.questionversion')),
            ],
            options={
                'ordering': ['attempt', 'slot'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='AttemptRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='runs', to='quizzes.attemptitem')),
                ('run', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='for_attempt', to='labs.run')),
            ],
            options={
                'ordering': ['pk'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='ChallengeAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('run_uuid', models.UUIDField()),
                ('challenge', models.CharField(max_length=60)),
                ('lab_version', models.PositiveIntegerField()),
                ('engine_version', models.PositiveIntegerField()),
                ('commands_digest', models.CharField(max_length=64)),
                ('outcome', models.CharField(max_length=12)),
                ('percent', models.PositiveSmallIntegerField()),
                ('text', models.CharField(blank=True, max_length=300)),
                ('evidence', models.JSONField(default=list)),
                ('t_us', models.BigIntegerField(null=True)),
                ('digest', models.CharField(blank=True, max_length=64)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='challenge_attempts', to='quizzes.attemptitem')),
                ('run', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='labs.run')),
            ],
            options={
                'ordering': ['-pk'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='QuizSchedule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('opens_at', models.DateTimeField(blank=True, null=True)),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('closes_at', models.DateTimeField(blank=True, null=True)),
                ('time_limit_s', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(60), django.core.validators.MaxValueValidator(86400)])),
                ('grace_s', models.PositiveSmallIntegerField(default=15, validators=[django.core.validators.MaxValueValidator(600)])),
                ('attempts_max', models.PositiveSmallIntegerField(blank=True, default=2, help_text='Empty: no limit.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(20)])),
                ('aggregate', models.CharField(choices=[('best', 'the best attempt'), ('last', 'the last attempt'), ('mean', 'the mean of all attempts')], default='best', max_length=4)),
                ('shuffle', models.BooleanField(default=True, help_text='Each attempt asks its questions in an order of its own.')),
                ('late', models.JSONField(blank=True, default=list)),
                ('score_when', models.CharField(choices=[('at_once', 'as soon as it is graded'), ('due', 'after the due date'), ('closed', 'after the quiz closes'), ('released', 'when an instructor releases it'), ('never', 'never')], default='at_once', max_length=8)),
                ('feedback_when', models.CharField(choices=[('at_once', 'as soon as it is graded'), ('due', 'after the due date'), ('closed', 'after the quiz closes'), ('released', 'when an instructor releases it'), ('never', 'never')], default='at_once', max_length=8)),
                ('key_when', models.CharField(choices=[('at_once', 'as soon as it is graded'), ('due', 'after the due date'), ('closed', 'after the quiz closes'), ('released', 'when an instructor releases it'), ('never', 'never')], default='closed', max_length=8)),
                ('released_at', models.DateTimeField(blank=True, null=True)),
                ('practice_open', models.BooleanField(default=True, help_text='Students of the class may practise this quiz before it closes.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('quiz', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='schedules', to='lessons.quiz')),
                ('school_class', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='quiz_schedules', to='classes.schoolclass')),
            ],
            options={
                'ordering': [models.OrderBy(models.F('due_at'), nulls_last=True), 'pk'],
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='PolicyOverride',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('opens_at', models.DateTimeField(blank=True, null=True)),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('closes_at', models.DateTimeField(blank=True, null=True)),
                ('time_limit_s', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(60), django.core.validators.MaxValueValidator(86400)])),
                ('attempts_max', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(20)])),
                ('time_factor', models.DecimalField(blank=True, decimal_places=2, help_text='1.5: half as much time again.', max_digits=3, null=True, validators=[django.core.validators.MinValueValidator(Decimal('1')), django.core.validators.MaxValueValidator(Decimal('5'))])),
                ('reason', models.CharField(max_length=300)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='policy_overrides', to=settings.AUTH_USER_MODEL)),
                ('schedule', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='overrides', to='quizzes.quizschedule')),
            ],
            options={
                'ordering': ['-pk'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Receipt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True)),
                ('lines', models.JSONField()),
                ('created_at', models.DateTimeField()),
                ('attempt', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='receipt', to='quizzes.attempt')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='RegradeRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mode', models.CharField(choices=[('new_key', 'mark by the new version'), ('best_of', 'the better of old and new'), ('accept_both', 'accept the old and the new key'), ('full_credit', 'full marks for everybody'), ('drop_item', 'leave the question out')], max_length=12)),
                ('state', models.CharField(choices=[('draft', 'being computed'), ('previewed', 'waits for a decision'), ('applying', 'being applied'), ('applied', 'applied'), ('reverted', 'taken back'), ('failed', 'failed')], default='draft', max_length=10)),
                ('reason', models.CharField(max_length=300)),
                ('error', models.CharField(blank=True, max_length=500)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('applied_at', models.DateTimeField(blank=True, null=True)),
                ('reverted_at', models.DateTimeField(blank=True, null=True)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('question', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='regrades', to='lessons.question')),
                ('school_class', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='regrades', to='classes.schoolclass')),
                ('to_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lessons.questionversion')),
            ],
            options={
                'ordering': ['-pk'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='RegradeDelta',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('old_points', models.DecimalField(decimal_places=8, max_digits=12)),
                ('new_points', models.DecimalField(decimal_places=8, max_digits=12)),
                ('old_max', models.DecimalField(decimal_places=2, max_digits=8)),
                ('new_max', models.DecimalField(decimal_places=2, max_digits=8)),
                ('new', models.JSONField(default=dict)),
                ('pass_flip', models.SmallIntegerField(default=0)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('applied', models.BooleanField(default=False)),
                ('from_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lessons.questionversion')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='quizzes.attemptitem')),
                ('regrade', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deltas', to='quizzes.regraderun')),
            ],
            options={
                'ordering': ['regrade', 'pk'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='ResponseEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.PositiveIntegerField()),
                ('kind', models.CharField(choices=[('draft', 'Draft'), ('check', 'Check'), ('final', 'Final'), ('late', 'Late')], max_length=5)),
                ('answer', models.JSONField(null=True)),
                ('client_event_id', models.UUIDField(blank=True, null=True)),
                ('received_at', models.DateTimeField()),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='responses', to='quizzes.attemptitem')),
            ],
            options={
                'ordering': ['item', 'seq'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='GradeEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('grader_version', models.PositiveIntegerField()),
                ('kind', models.CharField(choices=[('auto', 'graded'), ('regrade', 'regraded'), ('manual', 'graded by hand'), ('override', 'overridden'), ('excused', 'excused'), ('cleared', 'decision by hand taken back')], max_length=8)),
                ('fraction', models.DecimalField(decimal_places=8, max_digits=9)),
                ('points', models.DecimalField(decimal_places=8, max_digits=12)),
                ('points_max', models.DecimalField(decimal_places=2, max_digits=8)),
                ('feedback', models.JSONField(default=list)),
                ('facts', models.JSONField(default=dict)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='grades', to='quizzes.attemptitem')),
                ('question_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lessons.questionversion')),
                ('regrade', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='grades', to='quizzes.regraderun')),
                ('response', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='grades', to='quizzes.responseevent')),
            ],
            options={
                'ordering': ['item', 'pk'],
                'default_permissions': (),
            },
        ),
        migrations.AddIndex(
            model_name='attempt',
            index=models.Index(condition=models.Q(('state', 'in_progress')), fields=['deadline_at'], name='attempts_with_a_deadline'),
        ),
        migrations.AddIndex(
            model_name='attempt',
            index=models.Index(condition=models.Q(('state', 'submitted')), fields=['submitted_at'], name='attempts_to_grade'),
        ),
        migrations.AddIndex(
            model_name='attempt',
            index=models.Index(fields=['school_class', 'quiz', 'user'], name='quizzes_att_school__3a5586_idx'),
        ),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.UniqueConstraint(condition=models.Q(('school_class__isnull', False)), fields=('user', 'quiz', 'school_class', 'number'), name='one_attempt_per_number'),
        ),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'in_progress')), fields=('user', 'quiz', 'school_class'), name='one_attempt_in_progress', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['in_progress', 'abandoned', 'voided']), ('submitted_at__isnull', False), _connector='OR'), name='an_attempt_that_is_over_says_when'),
        ),
        migrations.AddConstraint(
            model_name='attemptitem',
            constraint=models.UniqueConstraint(fields=('attempt', 'slot'), name='one_item_per_slot'),
        ),
        migrations.AddConstraint(
            model_name='challengeattempt',
            constraint=models.UniqueConstraint(fields=('run_uuid', 'challenge', 'commands_digest', 'lab_version', 'engine_version'), name='one_verdict_for_a_log'),
        ),
        migrations.AddConstraint(
            model_name='quizschedule',
            constraint=models.UniqueConstraint(fields=('quiz', 'school_class'), name='one_schedule_for_a_quiz_and_class'),
        ),
        migrations.AddConstraint(
            model_name='quizschedule',
            constraint=models.CheckConstraint(condition=models.Q(('opens_at', None), ('due_at', None), ('opens_at__lt', models.F('due_at')), _connector='OR'), name='a_quiz_opens_before_it_is_due'),
        ),
        migrations.AddConstraint(
            model_name='quizschedule',
            constraint=models.CheckConstraint(condition=models.Q(('due_at', None), ('closes_at', None), ('due_at__lte', models.F('closes_at')), _connector='OR'), name='a_quiz_is_due_before_it_closes'),
        ),
        migrations.AddConstraint(
            model_name='quizschedule',
            constraint=models.CheckConstraint(condition=models.Q(('opens_at', None), ('closes_at', None), ('opens_at__lt', models.F('closes_at')), _connector='OR'), name='a_quiz_opens_before_it_closes'),
        ),
        migrations.AddIndex(
            model_name='policyoverride',
            index=models.Index(fields=['schedule', 'user', '-id'], name='quizzes_pol_schedul_56b636_idx'),
        ),
        migrations.AddConstraint(
            model_name='regradedelta',
            constraint=models.UniqueConstraint(fields=('regrade', 'item'), name='one_delta_per_item'),
        ),
        migrations.AddConstraint(
            model_name='responseevent',
            constraint=models.UniqueConstraint(fields=('item', 'seq'), name='one_response_per_number'),
        ),
        migrations.AddConstraint(
            model_name='responseevent',
            constraint=models.UniqueConstraint(fields=('item', 'client_event_id'), name='one_response_per_client_event'),
        ),
        migrations.AddConstraint(
            model_name='responseevent',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'final')), fields=('item',), name='one_final_response'),
        ),
        migrations.AddConstraint(
            model_name='gradeevent',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'auto')), fields=('response', 'question_version', 'grader_version'), name='graded_once_by_each_version'),
        ),
        migrations.AddConstraint(
            model_name='gradeevent',
            constraint=models.CheckConstraint(condition=models.Q(('fraction__gte', 0), ('fraction__lte', 1)), name='a_fraction_is_from_0_to_1'),
        ),
    ]
