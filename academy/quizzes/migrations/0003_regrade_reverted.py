from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("quizzes", "0002_append_only"),
    ]

    operations = [
        migrations.AddField(
            model_name="regraderun",
            name="reverted_by",
            field=models.ForeignKey(
                null=True, on_delete=models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="regraderun",
            name="revert_reason",
            field=models.CharField(blank=True, max_length=300),
        ),
    ]
