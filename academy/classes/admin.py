"""Classes in the admin: the whole, to look through. Instructors find their own; what has rules of its own is done on the class's pages."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from academy.classes.access import managed_by
from academy.classes.forms import ClassForm
from academy.classes.models import ClassDate, Membership, SchoolClass


class AdminClassForm(ClassForm):
    """The same form in the skin of the admin."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget = UnfoldAdminTextInputWidget(attrs={"type": "date"} if name.endswith("_on") else {})


class OfOwnClasses(ModelAdmin):
    """Nothing is added or deleted here, and only what the asker manages is found."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not here; but who may delete an account takes its seats with it, which the admin asks about, too."""
        page = request.resolver_match.url_name or "" if request.resolver_match else ""
        return request.user.is_superuser and page in ("accounts_user_delete", "accounts_user_changelist")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(SchoolClass)
class SchoolClassAdmin(OfOwnClasses):
    form = AdminClassForm
    list_display = ["name", "time_zone", "members", "opens_on", "closes_on", "archived_at", "page"]
    list_filter = ["archived_at"]
    search_fields = ["name"]
    fields = ["name", "time_zone", "opens_on", "closes_on", "created_by", "created_at", "archived_at"]
    readonly_fields = ["created_by", "created_at", "archived_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SchoolClass]:
        own = managed_by(request.user).values("pk")
        return super().get_queryset(request).filter(pk__in=own).annotate(members=Count("memberships"))

    def has_change_permission(self, request: HttpRequest, obj: SchoolClass | None = None) -> bool:
        may = request.user.has_perm("classes.change_schoolclass")
        return may and (obj is None or (not obj.archived and managed_by(request.user).filter(pk=obj.pk).exists()))

    @admin.display(description="members", ordering="members")
    def members(self, found: Any) -> int:
        return int(found.members)

    @admin.display(description="page")
    def page(self, found: SchoolClass) -> str:
        return format_html('<a href="{}">Open</a>', reverse("classes:class", args=[found.pk]))


@admin.register(Membership)
class MembershipAdmin(OfOwnClasses):
    list_display = ["user", "listed_as", "school_class", "role", "how", "joined_at"]
    list_filter = ["role", "how", ("school_class", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["user", "school_class"]
    search_fields = ["user__username", "listed_as"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).filter(school_class__in=managed_by(request.user).values("pk"))


@admin.register(ClassDate)
class ClassDateAdmin(OfOwnClasses):
    list_display = ["what", "school_class", "opens_at", "due_at"]
    list_filter = [("school_class", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["school_class"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ClassDate]:
        return super().get_queryset(request).filter(school_class__in=managed_by(request.user).values("pk"))
