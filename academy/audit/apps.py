from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "academy.audit"
    label = "audit"
    verbose_name = "Audit trail"

    def ready(self) -> None:
        from academy.audit import watch

        watch.begin()
