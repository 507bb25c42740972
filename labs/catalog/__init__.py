"""The catalogue: a lab arrives by existing. Every folder here with a `LAB` is one; nothing else is edited when one is added."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from labs.engine.definition import Lab
from labs.engine.errors import DefinitionError


@cache
def slugs() -> tuple[str, ...]:
    """The slugs of all labs, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__) if module.ispkg))


@cache
def find(slug: str) -> Lab:
    """The lab of that name. Raises KeyError for an unknown one, DefinitionError for a folder that defines none."""
    if slug not in slugs():
        raise KeyError(slug)
    lab = getattr(import_module(f"{__name__}.{slug}"), "LAB", None)
    if not isinstance(lab, Lab) or lab.slug != slug:
        raise DefinitionError(f"labs/catalog/{slug}/__init__.py must define LAB, a Lab with slug {slug!r}; found {lab!r:.60}.")
    return lab
