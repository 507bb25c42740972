from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from labs.models import Run


@admin.register(Run)
class RunAdmin(ModelAdmin):
    """Runs can be looked up, not edited: a run is what its log says."""

    list_display = ["id", "lab", "scenario", "owner", "revision", "created_at"]
    list_filter = ["lab", "scenario"]
    search_fields = ["id", "owner__username"]
    list_select_related = ["owner"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        return False
