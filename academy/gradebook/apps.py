from typing import Any

from django.apps import AppConfig


class GradebookConfig(AppConfig):
    name = "academy.gradebook"
    verbose_name = "gradebook"

    def ready(self) -> None:
        from academy.quizzes.marking import marked

        marked.connect(post, dispatch_uid="gradebook")


def post(sender: Any, attempt: Any, actor: Any = None, reason: str = "", **kwargs: Any) -> None:
    from academy.gradebook import book

    book.post(attempt, actor=actor, reason=reason)
