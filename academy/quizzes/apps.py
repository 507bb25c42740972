from django.apps import AppConfig


class QuizzesConfig(AppConfig):
    name = "academy.quizzes"
    verbose_name = "quizzes"
