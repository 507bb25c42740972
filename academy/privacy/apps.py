from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "academy.privacy"
    verbose_name = "Privacy"
