import shlex
from typing import Any

import allauth.account.admin  # noqa: F401 (registers what is unregistered below)
from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from academy.accounts import links, roles
from academy.accounts.models import User
from academy.audit.models import record

LINKS_MAX = 20

# The admin's own log-in has no rate limits; ours does.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.unregister(Group)
admin.site.unregister(EmailAddress)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    pass


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "kind", "seen_on", "date_joined", "is_active"]
    list_filter = ["is_guest", "is_staff", "is_superuser", "is_active", "groups"]
    ordering = ["-date_joined"]
    actions = ["hand_out_reset_link"]
    readonly_fields = ["is_guest", "seen_on", "last_login", "date_joined", "deleting"]
    fieldsets = (
        (None, {"fields": ("username", "password", "is_guest")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "seen_on", "date_joined")}),
        ("The end of the account", {"fields": ("deleting",)}),
    )

    @admin.display(description="kind")
    def kind(self, user: User) -> str:
        if user.is_guest:
            return "guest"
        if user.is_superuser:
            return "administrator"
        return ", ".join(group.name for group in user.groups.all()) or "no role" if user.is_staff else "student"

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Instructors find the students of their own classes, administrators everybody."""
        return roles.of_own_classes(request.user, super().get_queryset(request)).prefetch_related("groups")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may change a member of staff can become one, so only superusers may."""
        return super().has_change_permission(request, obj) and (obj is None or request.user.is_superuser or not obj.is_staff)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes a row here: attempts, marks and answers would go with it. There is one door, `academy/privacy/erasure.py`."""
        return False

    @admin.display(description="deleting it")
    def deleting(self, user: User) -> str:
        return format_html(
            "The person does it under <em>Your data</em> in the menu. On the server, <code>python3 manage.py delete_account {}</code> says "
            "what goes and what classes keep without the name, and does it with <code>--yes</code>. Without “Active” the account "
            "stays as it is and nobody can log in to it.",
            shlex.quote(user.username),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if request.user.is_superuser:
            return self.readonly_fields
        return [*self.readonly_fields, "is_staff", "is_superuser", "groups", "user_permissions"]

    def has_hand_out_permission(self, request: HttpRequest) -> bool:
        return roles.is_instructor(request.user) and request.user.has_perm("accounts.hand_out_reset_link")

    @admin.action(description="Make a one-time link to set a new password", permissions=["hand_out"])
    def hand_out_reset_link(self, request: HttpRequest, users: QuerySet[User]) -> None:
        for user in users[:LINKS_MAX]:
            self.hand_out(request, user)
        if users.count() > LINKS_MAX:
            self.message_user(request, f"Only the first {LINKS_MAX} were made.", messages.WARNING)

    def hand_out(self, request: Any, user: User) -> None:
        if not roles.may_hand_out_reset_link(request.user, user):
            self.message_user(request, f"Not made for {user.username}: {refusal(user)}", messages.ERROR)
            return
        LogEntry.objects.log_actions(request.user.pk, [user], CHANGE, "Made a one-time password link.", single_object=True)
        record(user, "made a one-time password link")
        url = request.build_absolute_uri(links.reset_path(user))
        text = format_html("Give this to {} and to nobody else. It works once, for three days: <code>{}</code>", user.username, url)
        self.message_user(request, text, messages.SUCCESS)


def refusal(user: User) -> str:
    if user.is_guest:
        return "a guest has no password; signing up makes one."
    if not user.is_active:
        return "the account is switched off."
    return "only an administrator hands out links for staff, and for students of other classes than one's own."
