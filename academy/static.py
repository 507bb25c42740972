"""Static files under hashed names, with the imports inside JavaScript modules rewritten to them."""

from django.contrib.staticfiles.apps import StaticFilesConfig
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(StaticFilesConfig):
    """Without htmx's extensions: none is used, and the types in their comments read as imports of files that are not there."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "django_htmx/ext/*"]


class StaticStorage(CompressedManifestStaticFilesStorage):
    support_js_module_import_aggregation = True
