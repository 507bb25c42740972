from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "academy.accounts"
    label = "accounts"

    def ready(self) -> None:
        from django.apps import apps

        from academy.accounts.roles import make_groups

        # `lessons` is the last app the groups have rights in (INSTALLED_APPS); its tables and the others' exist by then.
        post_migrate.connect(make_groups, sender=apps.get_app_config("lessons"), dispatch_uid="roles")
