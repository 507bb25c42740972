"""Classes: who is in them in which role, who was asked in, and the dates that belong to the class and never to a lesson's text."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from academy.classes.zones import check_name


class SchoolClass(models.Model):
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[check_name], help_text="IANA name: Europe/Berlin")
    opens_on = models.DateField(null=True, blank=True)
    closes_on = models.DateField(null=True, blank=True)
    # Empty: nobody joins by code. Who holds it may join as a student, once.
    join_code = models.CharField(max_length=12, unique=True, null=True, blank=True, editable=False)
    code_expires_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True)  # nothing in an archived class changes, and its staff see no runs

    class Meta:
        verbose_name = "class"
        verbose_name_plural = "classes"
        ordering = ["name", "pk"]
        default_permissions = ("add", "change", "view")
        constraints = [
            models.CheckConstraint(
                name="a_class_opens_before_it_closes",
                condition=Q(opens_on__isnull=True) | Q(closes_on__isnull=True) | Q(opens_on__lte=F("closes_on")),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def archived(self) -> bool:
        return self.archived_at is not None

    @property
    def code_is_open(self) -> bool:
        expired = self.code_expires_at is not None and self.code_expires_at <= timezone.now()
        return bool(self.join_code) and not expired and not self.archived


class Role(models.TextChoices):
    STUDENT = "student", "student"
    ASSISTANT = "assistant", "teaching assistant"
    INSTRUCTOR = "instructor", "instructor"


class How(models.TextChoices):
    CODE = "code", "by code"
    ROSTER = "roster", "by roster"
    LINK = "link", "by invitation"
    HAND = "hand", "by hand"


class Seats(models.QuerySet["Membership"]):
    def agreed(self) -> Seats:
        return self.exclude(agreed_at=None)


class Membership(models.Model):
    school_class = models.ForeignKey(SchoolClass, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role.choices, default=Role.STUDENT)
    how = models.CharField(max_length=8, choices=How.choices)
    listed_as = models.CharField(max_length=150, blank=True, help_text="The name on the roster; the account is not changed by it.")
    joined_at = models.DateTimeField(auto_now_add=True)
    # Who was put in by others is only asked: until they agree the seat gives nobody anything, them and the class's staff included.
    agreed_at = models.DateTimeField(null=True, blank=True)

    objects = models.Manager.from_queryset(Seats)()

    class Meta:
        ordering = ["role", "user__username"]
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["school_class", "user"], name="once_in_a_class")]
        indexes = [models.Index(fields=["user", "role"])]

    def __str__(self) -> str:
        return f"{self.user} in {self.school_class}"


class Invitation(models.Model):
    """A line of the roster without an account yet. Its link makes one membership, for whoever opens it first."""

    school_class = models.ForeignKey(SchoolClass, on_delete=models.CASCADE, related_name="invitations")
    name = models.CharField(max_length=150, blank=True)
    email = models.EmailField(blank=True)
    username = models.CharField(max_length=150, blank=True)
    token_hash = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)
    token_expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    used_by = models.ForeignKey(Membership, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "email", "pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"invitation {self.pk} to {self.school_class}"

    @property
    def label(self) -> str:
        return self.name or self.username or self.email


class ClassDate(models.Model):
    """When a lesson, or something named, opens and is due for a class. Moments are in UTC; pages show them in the class's zone."""

    school_class = models.ForeignKey(SchoolClass, on_delete=models.CASCADE, related_name="dates")
    lesson_number = models.CharField("lesson", max_length=8, blank=True)
    item = models.CharField(max_length=120, blank=True, help_text="What it is, where it is no lesson: Project report")
    opens_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "date"
        ordering = [F("due_at").asc(nulls_last=True), "opens_at", "pk"]
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="a_date_is_of_a_lesson_or_an_item",
                condition=(Q(lesson_number="") & ~Q(item="")) | (~Q(lesson_number="") & Q(item="")),
            ),
            models.CheckConstraint(name="a_date_says_when", condition=Q(opens_at__isnull=False) | Q(due_at__isnull=False)),
            models.CheckConstraint(
                name="a_date_opens_before_it_is_due",
                condition=Q(opens_at__isnull=True) | Q(due_at__isnull=True) | Q(opens_at__lt=F("due_at")),
            ),
            models.UniqueConstraint(fields=["school_class", "lesson_number", "item"], name="one_date_of_a_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.what} for {self.school_class}"

    @property
    def what(self) -> str:
        return f"lesson {self.lesson_number}" if self.lesson_number else self.item
