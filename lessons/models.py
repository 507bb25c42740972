"""The course in the database: a lesson points at the revision that is shown; revisions are never changed."""

import hashlib
from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q

from lessons.bank import Question as Question
from lessons.bank import QuestionVersion as QuestionVersion
from lessons.bank import Quiz as Quiz
from lessons.reading import GuideDone as GuideDone
from lessons.reading import LessonPlace as LessonPlace
from lessons.reading import SectionRead as SectionRead


class Origin(models.TextChoices):
    FILE = "file", "course file"
    ADMIN = "admin", "edited here"


class Lesson(models.Model):
    number = models.CharField(max_length=8, unique=True, help_text="As readers see it: 8.5")
    order = models.PositiveIntegerField(unique=True, help_text="major * 1000 + minor, so that 8.10 follows 8.9")
    # Copied from the published revision's front matter, so that lists need not parse texts.
    title = models.CharField(max_length=200)
    lead = models.CharField(max_length=400, blank=True)
    minutes = models.PositiveSmallIntegerField(default=20)
    published = models.ForeignKey(
        "LessonRevision", null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="What readers see."
    )
    # A newer course file that was not published because an instructor had edited the text. Waits for a choice.
    pending = models.ForeignKey("LessonRevision", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # The newest course file that the published text takes into account: where file and edit part, the base of their merge.
    common = models.ForeignKey("LessonRevision", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["order"]
        permissions = [("publish_lesson", "Can publish lessons, restore revisions and settle conflicts")]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class LessonRevision(models.Model):
    """One text of a lesson. Immutable: what a student was shown can always be shown again."""

    lesson = models.ForeignKey(Lesson, on_delete=models.PROTECT, related_name="revisions")
    n = models.PositiveIntegerField("revision")  # 1, 2, 3 ... within the lesson
    source = models.TextField()  # the exact text, byte for byte
    sha256 = models.CharField(max_length=64, editable=False)  # of source in UTF-8
    origin = models.CharField(max_length=8, choices=Origin.choices)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["lesson", "-n"]
        constraints = [
            models.UniqueConstraint(fields=["lesson", "n"], name="one_revision_per_number"),
            models.CheckConstraint(name="revision_numbers_start_at_one", condition=Q(n__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.lesson.number} r{self.n}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("A lesson revision is never changed; make a new one with lessons.revisions.add().")
        self.sha256 = sha256_of(self.source)
        super().save(*args, **kwargs)


class Draft(models.Model):
    """A text somebody works on, one for each lesson and author. Readers never see it, and it may be wrong."""

    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE, related_name="drafts")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    source = models.TextField()
    base = models.PositiveIntegerField()  # the revision it was begun with, or last merged with
    settles = models.PositiveIntegerField(null=True, blank=True)  # the course file that was merged into it
    note = models.CharField(max_length=200, blank=True)
    saves = models.PositiveIntegerField(default=1)  # counts; a form that shows an older count does not overwrite
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-saved_at"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["lesson", "author"], name="one_draft_per_author")]

    def __str__(self) -> str:
        return f"{self.lesson.number} draft of {self.author}"


class OpenEditor(models.Model):
    """Somebody has a lesson open in the editor and was heard of at `seen_at`."""

    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE, related_name="open_editors")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["lesson", "user"], name="one_open_editor_per_user")]

    def __str__(self) -> str:
        return f"{self.lesson.number} open at {self.user}"


# Words twice: as stems, so that "elections" finds "elected", and as written, so that the beginning of a word finds it while it is typed.
VECTOR = (
    SearchVector("title", weight="A", config="english")
    + SearchVector("title", weight="A", config="simple")
    + SearchVector("text", weight="C", config="english")
    + SearchVector("text", weight="D", config="simple")
)


class SearchEntry(models.Model):
    """Something that can be found. Made from texts and files by `lessons.indexing`, and nothing is lost when it is made anew."""

    class Kind(models.TextChoices):
        SECTION = "section", "Lesson"
        CONCEPT = "concept", "Concept"
        LAB = "lab", "Lab"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    key = models.CharField(max_length=90)  # 8.5#majority, or the slug of a concept or a lab
    # Whose publication it depends on; none for labs.
    lesson = models.ForeignKey(Lesson, null=True, on_delete=models.CASCADE, related_name="+")
    place = models.CharField(max_length=80, blank=True)  # id of the section's heading
    title = models.CharField(max_length=300)
    text = models.TextField()
    vector = models.GeneratedField(expression=VECTOR, output_field=SearchVectorField(), db_persist=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "search entries"
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="one_search_entry_per_key")]
        indexes = [GinIndex(fields=["vector"], name="search_entry_vector")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


def sha256_of(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()
