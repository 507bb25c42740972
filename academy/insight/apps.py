from django.apps import AppConfig


class InsightConfig(AppConfig):
    name = "academy.insight"
    verbose_name = "insight"

    def ready(self) -> None:
        from academy.insight.overview import mark_changed
        from academy.quizzes.marking import marked

        marked.connect(mark_changed, dispatch_uid="insight")
