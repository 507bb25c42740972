from django.apps import AppConfig


class ClassesConfig(AppConfig):
    name = "academy.classes"
    label = "classes"
    verbose_name = "Classes"
