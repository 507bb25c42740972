"""Static files under hashed names, with the imports inside JavaScript modules rewritten to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

# package -> the directory in it, and the files of it that are served
PACKAGES = {"plotly": ("package_data", ("plotly.min.js",)), "django_ace": ("static/django_ace/ace", ("ace.js", "ext-searchbox.js"))}


class StaticFiles(StaticFilesConfig):
    """Without htmx's extensions: none is used, and the types in their comments read as imports of files that are not there."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "django_htmx/ext/*"]


class StaticStorage(CompressedManifestStaticFilesStorage):
    support_js_module_import_aggregation = True


class PackageFinder(BaseFinder):
    """Single files out of Python packages that are no Django apps: `plotly/plotly.min.js`."""

    def find(self, path: str, find_all: bool = False, **options: Any) -> Any:
        package, _, name = path.partition("/")
        if package not in PACKAGES or name not in PACKAGES[package][1]:
            return []
        found = str(place(package) / name)
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        for package, (_, names) in PACKAGES.items():
            storage = FileSystemStorage(location=place(package))
            storage.prefix = package  # type: ignore[attr-defined]
            yield from ((name, storage) for name in names)

    def check(self, **kwargs: Any) -> Any:
        return []


def place(package: str) -> Path:
    """Where a package keeps its files, found without importing it."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / PACKAGES[package][0]
