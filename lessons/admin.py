from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from unfold.admin import ModelAdmin
from unfold.decorators import display

from lessons.authoring import conflicts as file_conflicts
from lessons.authoring import editor, history, pages, presence
from lessons.models import Lesson, LessonRevision


class NeverMade(ModelAdmin):
    """Lessons come from files and revisions from edits; neither is added or deleted by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Lesson)
class LessonAdmin(NeverMade):
    list_display = ["number", "title", "shown", "origin", "waiting"]
    list_display_links = ["number", "title"]
    list_select_related = ["published", "pending"]
    search_fields = ["number", "title"]
    list_before_template = "admin/lessons/conflicts.html"

    @admin.display(description="revision")
    def shown(self, lesson: Lesson) -> str:
        return f"r{lesson.published.n}" if lesson.published else "not published"

    @admin.display(description="origin")
    def origin(self, lesson: Lesson) -> str:
        return lesson.published.get_origin_display() if lesson.published else ""

    @display(description="course file", label={"waits for a choice": "warning", "no conflict": "success"})
    def waiting(self, lesson: Lesson) -> str:
        return "waits for a choice" if lesson.pending_id else "no conflict"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, (extra_context or {}) | conflicts(request))

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return self.of_lesson(request, object_id, editor.edit)

    def of_lesson(self, request: HttpRequest, pk: Any, view: Any) -> HttpResponse:
        lesson = pages.lesson_or_404(pk if str(pk).isdigit() else 0)
        if not self.has_view_permission(request, lesson):
            raise PermissionDenied
        return view(self, request, lesson)

    def get_urls(self) -> list[URLPattern]:
        def page(name: str, view: Any) -> URLPattern:
            def answer(request: HttpRequest, pk: int) -> HttpResponse:
                return self.of_lesson(request, pk, view)

            return path(f"<int:pk>/{name}/", self.admin_site.admin_view(answer), name=f"lessons_lesson_{name}")

        def beat(admin: Any, request: HttpRequest, lesson: Lesson) -> HttpResponse:
            return presence.beat(request, lesson)

        own = [page("choose", file_conflicts.choose), page("revisions", history.history), page("beat", beat)]
        return [*own, *super().get_urls()]


@admin.register(LessonRevision)
class LessonRevisionAdmin(NeverMade):
    list_display = ["__str__", "origin", "author", "note", "created_at"]
    list_filter = ["origin", "lesson"]
    list_select_related = ["lesson", "author"]
    readonly_fields = ["lesson", "n", "origin", "author", "note", "created_at", "sha256", "source"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def conflicts(request: HttpRequest) -> dict[str, Any]:
    """Lessons whose course file changed after an instructor had edited them, for the banner."""
    if not request.user.has_perm("lessons.view_lesson"):
        return {"lessons_in_conflict": []}
    return {"lessons_in_conflict": list(Lesson.objects.exclude(pending=None).select_related("pending", "published"))}
