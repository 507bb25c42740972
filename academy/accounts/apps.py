from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "academy.accounts"
    label = "accounts"

    def ready(self) -> None:
        from django.apps import apps

        from academy.accounts.roles import make_instructors_group

        # `lessons` is the last app the group has rights in; its tables and ours exist by then.
        post_migrate.connect(make_instructors_group, sender=apps.get_app_config("lessons"), dispatch_uid="instructors")
