import django.core.validators
import django.db.models.deletion
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('classes', '0002_agreed'),
        ('quizzes', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Column',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=120)),
                ('points', models.DecimalField(decimal_places=2, default=Decimal('100'), help_text='The most there is to get.', max_digits=8)),
                ('weight', models.DecimalField(decimal_places=2, default=Decimal('1'), max_digits=6, validators=[django.core.validators.MinValueValidator(Decimal('0')), django.core.validators.MaxValueValidator(Decimal('1000'))])),
                ('order', models.PositiveSmallIntegerField(default=0)),
                ('hidden_from_students', models.BooleanField(default=False)),
                ('removed_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('schedule', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='column', to='quizzes.quizschedule')),
                ('school_class', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='columns', to='classes.schoolclass')),
            ],
            options={
                'ordering': ['order', 'pk'],
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='GradebookEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('points', models.DecimalField(decimal_places=8, max_digits=12, null=True)),
                ('max', models.DecimalField(decimal_places=2, max_digits=8)),
                ('state', models.CharField(choices=[('graded', 'graded'), ('exempt', 'exempt'), ('override', 'set by hand'), ('lifted', 'as graded again'), ('extension', 'extension')], max_length=9)),
                ('why', models.JSONField(default=dict)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('column', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='gradebook.column')),
                ('school_class', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='gradebook_events', to='classes.schoolclass')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='gradebook_events', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['pk'],
                'default_permissions': (),
            },
        ),
        migrations.AddConstraint(
            model_name='column',
            constraint=models.CheckConstraint(condition=models.Q(('points__gt', 0)), name='column_points_above_zero'),
        ),
        migrations.AddConstraint(
            model_name='column',
            constraint=models.CheckConstraint(condition=models.Q(('weight__gte', 0)), name='column_weight_not_below_zero'),
        ),
        migrations.AddIndex(
            model_name='gradebookevent',
            index=models.Index(fields=['school_class', 'column', 'user', '-id'], name='gradebook_g_school__14a3f8_idx'),
        ),
    ]
