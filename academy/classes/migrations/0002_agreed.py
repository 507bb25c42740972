from typing import Any

from django.db import migrations, models
from django.db.models import F


def keep_seats(apps: Any, editor: Any) -> None:
    """Whoever has a seat keeps it."""
    apps.get_model("classes", "Membership").objects.update(agreed_at=F("joined_at"))


class Migration(migrations.Migration):
    dependencies = [("classes", "0001_initial")]

    operations = [
        migrations.AddField(model_name="membership", name="agreed_at", field=models.DateTimeField(blank=True, null=True)),
        migrations.RunPython(keep_seats, migrations.RunPython.noop),
    ]
