"""What the site knows of somebody's reading: one row for each section read, each guide finished, each lesson opened.

Every table is unique by user and thing, and no row says more than its existence and a time, so that a guest's rows and an account's add up
to their union (`academy/accounts/guests.py`). `lessons.progress` is the door.
"""

from django.conf import settings
from django.db import models


class SectionRead(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sections_read")
    lesson = models.ForeignKey("lessons.Lesson", on_delete=models.CASCADE, related_name="+")
    section = models.CharField(max_length=80)  # id of a heading of the second level
    read_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "lesson", "section"], name="section_read_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.lesson.number}#{self.section}"


class GuideDone(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="guides_done")
    lesson = models.ForeignKey("lessons.Lesson", on_delete=models.CASCADE, related_name="+")
    guide = models.CharField(max_length=80)  # its key in the lesson
    done_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "lesson", "guide"], name="guide_done_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.lesson.number} {self.guide}"


class LessonPlace(models.Model):
    """Where somebody was last in a lesson. The newest says where to continue."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="lesson_places")
    lesson = models.ForeignKey("lessons.Lesson", on_delete=models.CASCADE, related_name="+")
    section = models.CharField(max_length=80, blank=True)  # empty: its beginning
    seen_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "lesson"], name="one_place_in_a_lesson")]
        indexes = [models.Index(fields=["user", "-seen_at"])]

    def __str__(self) -> str:
        return f"{self.user}: {self.lesson.number}"
