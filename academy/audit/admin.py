from typing import Any

import auditlog.admin  # noqa: F401 (registers what is unregistered below)
from auditlog.filters import ResourceTypeFilter
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.text import Truncator
from unfold.admin import ModelAdmin

from academy.audit.models import Entry

WORDS = {Entry.Action.CREATE: "made", Entry.Action.UPDATE: "changed", Entry.Action.DELETE: "deleted"}
SHORT_CHARACTERS = 160

admin.site.unregister(Entry)  # auditlog's own pages, in another skin


class KindFilter(ResourceTypeFilter):
    title = "what"


@admin.register(Entry)
class EntryAdmin(ModelAdmin):
    """To be read and never written, by superusers too."""

    list_display = ["timestamp", "who", "deed", "kind", "what", "short"]
    list_filter = ["action", KindFilter]
    list_filter_submit = False
    list_select_related = ["content_type"]
    search_fields = ["actor_name", "object_repr", "did"]
    search_help_text = "Who, or the name of what was changed."
    date_hierarchy = "timestamp"
    fields = readonly_fields = ["timestamp", "who", "deed", "kind", "what", "changed"]

    @admin.display(description="who", ordering="actor_name")
    def who(self, entry: Entry) -> str:
        return entry.actor_name or "the site"

    @admin.display(description="did", ordering="action")
    def deed(self, entry: Entry) -> str:
        return entry.did or WORDS.get(entry.action, "did")

    @admin.display(description="kind", ordering="content_type")
    def kind(self, entry: Entry) -> str:
        return entry.content_type.name

    @admin.display(description="what", ordering="object_repr")
    def what(self, entry: Entry) -> str:
        return entry.object_repr

    @admin.display(description="before and after")
    def short(self, entry: Entry) -> str:
        return Truncator("; ".join(changes(entry))).chars(SHORT_CHARACTERS)

    @admin.display(description="before and after")
    def changed(self, entry: Entry) -> str:
        return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in changes(entry))) or "nothing that a row holds"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        return super().get_queryset(request).defer("serialized_data", "changes_text")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def changes(entry: Entry) -> list[str]:
    """One line for each field that changed; a new row's empty fields are not worth one."""
    rows = sorted((entry.changes or {}).items())
    return [said(name, change) for name, change in rows if isinstance(change, dict) or not {*change} <= {"None", "none", ""}]


def said(name: str, change: Any) -> str:
    """One field: `role: student, now assistant`; groups and the like: `groups: add Authors`; a secret: `password: changed`."""
    if isinstance(change, dict):
        return f"{name}: {change.get('operation')} {', '.join(change.get('objects', []))}"
    before, after = change
    if before == after:
        return f"{name}: changed"
    return f"{name}: {after}" if before in ("None", "none") else f"{name}: {before}, now {after}"
